"""Requests of the benchmark itself: on connections that stay open, as an operator's are."""

import json
import threading
import time


class Wire:
    """One kept connection per thread to the API server of a cluster."""

    def __init__(self, cluster):
        self._api = cluster.api
        self._local = threading.local()

    def send(self, method, path, body, content_type="application/json"):
        """Send a request; return its answer, the seconds it took, and when the answer was there (monotonic)."""
        if not hasattr(self._local, "connection"):
            self._local.connection = self._api._connect(60)
        connection = self._local.connection
        headers = {**self._api._headers, "Accept": "application/json", "Content-Type": content_type}
        began = time.monotonic()
        connection.request(method, path, json.dumps(body), headers)
        response = connection.getresponse()
        content = response.read()
        done = time.monotonic()
        if response.status >= 400:
            raise RuntimeError(f"{method} {path} was answered with {response.status}: {content[:500]!r}")
        return json.loads(content), done - began, done


def paced(count, per_second):
    """Yield 0 .. count - 1, so many in a second; None means without a pause."""
    began = time.monotonic()
    for number in range(count):
        if per_second:
            time.sleep(max(0.0, began + number / per_second - time.monotonic()))
        yield number
