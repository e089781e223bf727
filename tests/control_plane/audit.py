"""The API server's audit log as values: who wrote exactly what, who read what. Reads files, asks nobody."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

WRITES = ["create", "update", "patch", "delete", "deletecollection"]
READS = ["get", "list", "watch"]


@dataclass(frozen=True)
class AuditEvent:
    """One finished request of an audited user."""

    user: str
    verb: str  # get, list, watch, create, update, patch, delete, deletecollection
    resource: str  # plural: pods
    subresource: str  # log, status, or empty
    namespace: str
    name: str  # empty for list and watch
    code: int  # HTTP status of the answer; refused requests are events too
    body: Any  # what a write sent, decoded (a dict; a list for a JSON patch); None for a read
    stage: str  # ResponseComplete, or Panic
    time: datetime  # when the request came in
    user_agent: str = ""


def audit_policy(users: Sequence[str], groups: Sequence[str]) -> dict[str, Any]:
    """Return a policy that records writes with their body and reads without, of these users and groups alone.

    One line per request: a log read would otherwise have a second one when its answer starts. A request that names
    no resource (discovery, /version) is not recorded.
    """
    resources = [{"group": "*"}]
    rules = [
        {"level": level, **who, "verbs": verbs, "resources": resources}
        for who in ({"users": list(users)}, {"userGroups": list(groups)})
        for level, verbs in (("Request", WRITES), ("Metadata", READS))
        if any(who.values())  # an empty list would mean everybody
    ]
    return {
        "apiVersion": "audit.k8s.io/v1",
        "kind": "Policy",
        "omitStages": ["RequestReceived", "ResponseStarted"],
        "rules": [*rules, {"level": "None"}],
    }


def audit_mark(log: Path) -> int:
    """Return the present end of the log, in bytes: what comes later lies behind it."""
    return log.stat().st_size if log.exists() else 0


def read_audit(log: Path, since: int = 0) -> list[AuditEvent]:
    """Return the events behind a mark, in the order in which their requests ended.

    The API server writes an event before it ends its answer, so a caller who has a whole answer finds its event here
    (a large one may reach its reader a moment earlier). A watch has its event only once it is over.
    """
    if not log.exists():  # the first event makes the file
        return []
    with log.open("rb") as file:
        file.seek(since)
        lines = file.read().splitlines(keepends=True)
    return [parse_event(line) for line in lines if line.endswith(b"\n")]


def parse_event(line: bytes) -> AuditEvent:
    """Read one line of the log."""
    event = json.loads(line)
    target = event.get("objectRef") or {}
    body = event.get("requestObject")
    sent_name = body.get("metadata", {}).get("name", "") if isinstance(body, dict) else ""
    return AuditEvent(
        user=event["user"]["username"],
        verb=event["verb"],
        resource=target.get("resource", ""),
        subresource=target.get("subresource", ""),
        namespace=target.get("namespace", ""),
        name=target.get("name", "") or sent_name,  # a create names its object in the body only
        code=event.get("responseStatus", {}).get("code", 0),
        body=body,
        stage=event["stage"],
        time=datetime.fromisoformat(event["requestReceivedTimestamp"]),
        user_agent=event.get("userAgent", ""),
    )
