"""Where resources live on the API server, and what a request is called in the metrics.

Pure.
"""

from __future__ import annotations

from typing import Final

from hostprocess_operator.api.names import GROUP, PLURAL, VERSION

NODES: Final = "/api/v1/nodes"
NAMESPACES: Final = "/api/v1/namespaces"

_COORDINATION = "/apis/coordination.k8s.io/v1"

_SUBRESOURCE_DEPTH = 3
_VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}


def pods(namespace: str | None = None) -> str:
    """Return the path of the pods of one namespace, or of all."""
    return _collection("/api/v1", "pods", namespace)


def daemonsets(namespace: str | None = None) -> str:
    """Return the path of the DaemonSets of one namespace, or of all."""
    return _collection("/apis/apps/v1", "daemonsets", namespace)


def revisions(namespace: str | None = None) -> str:
    """Return the path of the ControllerRevisions of one namespace, or of all."""
    return _collection("/apis/apps/v1", "controllerrevisions", namespace)


def core_events(namespace: str) -> str:
    """Return the path of the core API's Events of one namespace."""
    return _collection("/api/v1", "events", namespace)


def agents(namespace: str | None = None) -> str:
    """Return the path of the HostProcessAgents of one namespace, or of all."""
    return _collection(f"/apis/{GROUP}/{VERSION}", PLURAL, namespace)


def events(namespace: str) -> str:
    """Return the path of the Events of one namespace."""
    return _collection("/apis/events.k8s.io/v1", "events", namespace)


def leases(namespace: str) -> str:
    """Return the path of the Leases of one namespace."""
    return _collection(_COORDINATION, "leases", namespace)


def is_of_leases(path: str) -> bool:
    """Return whether a path, behind whatever prefix a proxy asks for, is of a Lease."""
    return _COORDINATION in path


def namespace_of(path: str) -> str:
    """Return the namespace that a path is confined to, empty for the whole cluster."""
    rest = _below_version(path)
    return rest[1] if rest[0] == "namespaces" and len(rest) > 2 else ""  # noqa: PLR2004 - namespaces/NAME/PLURAL


def describe(method: str, path: str, *, watch: bool = False) -> tuple[str, str]:
    """Return verb and resource as RBAC calls them, such as `("patch", "pods/status")`: a small, closed set."""
    rest = _below_version(path)
    if namespace_of(path):
        rest = rest[2:]
    resource = f"{rest[0]}/{rest[2]}" if len(rest) >= _SUBRESOURCE_DEPTH else rest[0]
    if method == "GET":
        verb = "watch" if watch else "get" if len(rest) > 1 else "list"
    else:
        verb = _VERBS.get(method, method.lower())
    return verb, resource


def _collection(root: str, plural: str, namespace: str | None) -> str:
    return f"{root}/namespaces/{namespace}/{plural}" if namespace else f"{root}/{plural}"


def _below_version(path: str) -> list[str]:
    """Return the parts behind `/api/v1/` or `/apis/GROUP/VERSION/`."""
    parts = path.strip("/").split("/")
    rest = parts[3:] if parts[0] == "apis" else parts[2:]
    return rest or [""]
