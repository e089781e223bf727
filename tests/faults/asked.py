"""What a request asks for, as RBAC and the audit log call it. Pure."""

from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

WRITES = frozenset({"create", "update", "patch", "delete"})
_VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}


@dataclass(frozen=True)
class Asked:
    """One request.

    Attributes:
        verb: get, list, watch, create, update, patch or delete.
        resource: with its subresource: `pods/status`; empty for discovery.
        client: the User-Agent header.
        bearer: the token that it came with.
        continues: whether it asks for the second or a later page of a list.
        single: whether a list asks for one object by its name.
    """

    verb: str
    resource: str
    namespace: str = ""
    name: str = ""
    client: str = ""
    bearer: str = field(default="", repr=False)
    continues: bool = False
    single: bool = False

    @property
    def writes(self):
        """Return whether it changes something."""
        return self.verb in WRITES


def describe(method, url, client="", authorization=""):
    """Return what a request asks for, from its method and its path with query."""
    parts = urlsplit(url)
    query = parse_qs(parts.query)
    path = [part for part in parts.path.split("/") if part]
    rest = path[3:] if path[:1] == ["apis"] else path[2:] if path[:1] == ["api"] else []
    namespace = ""
    if len(rest) > 2 and rest[0] == "namespaces":
        namespace, rest = rest[1], rest[2:]
    resource = "/".join(rest[0::2][:2])
    name = rest[1] if len(rest) > 1 else ""
    if method == "GET":
        verb = "watch" if query.get("watch", [""])[0] in {"true", "1"} else "get" if name or not rest else "list"
    else:
        verb = _VERBS.get(method, method.lower())
    return Asked(
        verb,
        resource,
        namespace,
        name,
        client,
        authorization.removeprefix("Bearer "),
        continues="continue" in query,
        single="metadata.name" in query.get("fieldSelector", [""])[0],
    )
