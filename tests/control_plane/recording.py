"""Record every state that objects go through, as a watch shows it; a test that polls would miss some."""

import contextlib
import http.client
import json
import socket
import threading
import time
from types import TracebackType
from typing import Any, NamedTuple, Self

from control_plane.api import ApiClient


class Seen(NamedTuple):
    """One event of a watch."""

    at: float  # time.monotonic() when it arrived
    change: str  # ADDED, MODIFIED, DELETED; ERROR, with a Status, when the server ends the watch
    object: dict[str, Any]


class Recording:
    """What a watch has seen so far; it grows until the ``with`` block ends.

    Objects that are there already come first, as ADDED. A watch that ends (the API server ends one after some minutes,
    or is restarted) is opened again: what happened in between is missing, and every object is ADDED once more.
    """

    def __init__(self, api: ApiClient, path: str) -> None:
        self.events: list[Seen] = []
        self._api, self._path = api, f"{path}?watch=1"
        self._over = threading.Event()
        self._listener = threading.Thread(target=self._listen, name=f"record {path}", daemon=True)

    def states(self, name: str) -> list[dict[str, Any]]:
        """Return the states of the objects of this name, oldest first; the DELETED event repeats the last one."""
        return [seen.object for seen in self.events if seen.object["metadata"].get("name") == name]

    def __enter__(self) -> Self:
        self._connection, self._response = self._api.open(self._path)
        self._listener.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        with contextlib.suppress(OSError):
            if self._connection.sock:
                self._connection.sock.shutdown(socket.SHUT_RDWR)  # the listener reads the end of the stream
        self._listener.join()
        self._connection.close()

    def _listen(self) -> None:
        while not self._over.is_set():
            with contextlib.suppress(OSError, http.client.HTTPException, ValueError):  # cut at any byte
                for line in self._response:
                    event = json.loads(line)
                    self.events.append(Seen(time.monotonic(), event["type"], event["object"]))
            self._connection.close()
            self._reopen()

    def _reopen(self) -> None:
        while not self._over.wait(0.2):
            with contextlib.suppress(OSError, http.client.HTTPException):
                self._connection, self._response = self._api.open(self._path)
                return
