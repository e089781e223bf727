"""A small client for any Kubernetes API server: JSON in, JSON out, kinds by any name that kubectl takes.

A test polls with it, where a kubectl process per look would cost the CPU that the control plane needs.
"""

import http.client
import json
import ssl
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

DISCOVERY = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"


class ApiError(Exception):
    """An answer of the API server that is not a success."""

    def __init__(self, code: int, reason: str, message: str) -> None:
        super().__init__(f"{code} {reason}: {message}")
        self.code, self.reason, self.message = code, reason, message


class NotFoundError(ApiError, LookupError):
    """The object or the kind is not there; ``wait_for`` takes it for "not yet"."""


class Resource(NamedTuple):
    """Where a kind is served."""

    prefix: str  # /api/v1, /apis/apps/v1
    plural: str
    namespaced: bool


class ApiClient:
    """Requests to one API server, each on a connection of its own, so that a restart of the server leaves no trace."""

    def __init__(self, server: str, *, token: str | None = None, ca_file: Path | None = None) -> None:
        self._address = urlsplit(server)
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._trust = ssl.create_default_context(cafile=ca_file) if self._address.scheme == "https" else None
        self._resources: dict[str, Resource] = {}

    def request(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        content_type: str = "application/json",
        accept: str = "application/json",
        timeout: float = 30,
    ) -> Any:
        """Send one request and return the decoded answer, or its text when it is not JSON.

        Raises:
            ApiError: the server said no; NotFoundError for a 404.
            OSError: there is no server.
        """
        connection, response = self.open(path, method, body, content_type=content_type, accept=accept, timeout=timeout)
        try:
            content = response.read()
        finally:
            connection.close()
        is_json = response.headers.get_content_type() == "application/json"
        answer = json.loads(content) if is_json else content.decode(errors="replace")
        if response.status >= http.client.BAD_REQUEST:
            said = answer if isinstance(answer, dict) else {"message": answer}
            error = NotFoundError if response.status == http.client.NOT_FOUND else ApiError
            raise error(response.status, said.get("reason", ""), said.get("message", ""))
        return answer

    def open(
        self,
        path: str,
        method: str = "GET",
        body: Any = None,
        *,
        content_type: str = "application/json",
        accept: str = "application/json",
        timeout: float | None = None,
    ) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
        """Send one request and return as soon as the answer begins; the caller reads it and closes the connection."""
        connection = self._connect(timeout)
        try:
            headers = {**self._headers, "Accept": accept, "Content-Type": content_type}
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            return connection, connection.getresponse()
        except BaseException:
            connection.close()
            raise

    def path(
        self,
        kind: str,
        namespace: str | None = None,
        name: str | None = None,
        subresource: str | None = None,
        **query: str,
    ) -> str:
        """Return the path of an object, or of all objects of a kind when ``name`` is None.

        Args:
            kind: kind, plural, singular, short name, or ``plural.group``, in any case.
            namespace: None means all namespaces for a list, and ``default`` for a named object.
            name: the object's name.
            subresource: ``status``, ``log``.
            query: camelCase, as in the API: ``labelSelector``.
        """
        found = self.resource(kind)
        namespace = namespace or ("default" if name else None)
        scope = ["namespaces", namespace] if found.namespaced and namespace else []
        parts = [found.prefix, *scope, found.plural, name, subresource]
        return "/".join(part for part in parts if part) + (f"?{urlencode(query)}" if query else "")

    def resource(self, kind: str) -> Resource:
        """Look a kind up in the server's discovery document, which is read again for a kind that is not in it yet."""
        if kind.lower() not in self._resources:
            self._resources = self._discover()
        try:
            return self._resources[kind.lower()]
        except KeyError:
            raise NotFoundError(
                http.client.NOT_FOUND, "NotFound", f"the server has no resource type {kind!r}"
            ) from None

    def _discover(self) -> dict[str, Resource]:
        found: dict[str, Resource] = {}
        for root in ("/api", "/apis"):
            for group in self.request("GET", root, accept=DISCOVERY)["items"]:
                group_name = group["metadata"].get("name", "")
                for version in group["versions"]:  # best first, so that setdefault keeps the preferred one
                    prefix = "/".join(filter(None, (root, group_name, version["version"])))
                    for entry in version["resources"]:
                        plural = entry["resource"]
                        where = Resource(prefix, plural, entry["scope"] == "Namespaced")
                        kind = entry["responseKind"]["kind"]
                        short = entry.get("shortNames", [])
                        singular = entry.get("singularResource", "")
                        full = (f"{plural}.{group_name}", f"{kind}.{group_name}")  # `pod.` is core's
                        for name in (plural, singular, kind, *short, *full):
                            found.setdefault(name.lower(), where)
        return found

    def _connect(self, timeout: float | None) -> http.client.HTTPConnection:
        host, port = str(self._address.hostname), self._address.port
        if self._trust:
            return http.client.HTTPSConnection(host, port, timeout=timeout, context=self._trust)
        return http.client.HTTPConnection(host, port, timeout=timeout)
