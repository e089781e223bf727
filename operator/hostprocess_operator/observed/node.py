"""A Windows node: what the scheduler, the DaemonSet controller and a person would look at.

Heartbeats are not part of it, so that a healthy node's status writes leave the value equal.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hostprocess_operator.observed.objects import Body, condition, label, moment, text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

_BUILD_LABEL = "node.kubernetes.io/windows-build"


@dataclass(frozen=True, slots=True)
class Taint:
    """A node's taint; effect is NoSchedule, PreferNoSchedule or NoExecute."""

    key: str
    value: str
    effect: str

    def __str__(self) -> str:
        """Return it as kubectl writes it: `key=value:effect`, or `key:effect` without a value."""
        return f"{self.key}{'=' if self.value else ''}{self.value}:{self.effect}"


@dataclass(frozen=True, slots=True)
class Node:
    """A node as the API server last showed it.

    Attributes:
        ready: whether its Ready condition is True (False and Unknown are both not ready).
        ready_since: when Ready last changed; None when the node never reported.
        unschedulable: whether it is cordoned.
        kubelet: version of the kubelet, such as `v1.34.1`; empty when it never reported, like the next two.
        runtime: kind and version of the container runtime, such as `containerd://2.0.4`.
        build: version of Windows, such as `10.0.20348.3328`.
    """

    name: str
    uid: str
    created: datetime | None
    labels: Mapping[str, str]
    taints: tuple[Taint, ...]
    unschedulable: bool
    ready: bool
    ready_since: datetime | None
    kubelet: str = ""
    runtime: str = ""
    build: str = ""


def observe_node(body: Body) -> Node:
    """Return what a Node shows."""
    metadata, spec = body["metadata"], body.get("spec") or {}
    ready, info = condition(body, "Ready"), (body.get("status") or {}).get("nodeInfo") or {}
    return Node(
        name=str(metadata["name"]),
        uid=str(metadata["uid"]),
        created=moment(metadata.get("creationTimestamp")),
        labels={text(k): text(v) for k, v in (metadata.get("labels") or {}).items()},
        taints=tuple(
            Taint(text(t["key"]), text(t.get("value", "")), text(t["effect"])) for t in spec.get("taints") or ()
        ),
        unschedulable=bool(spec.get("unschedulable")),
        ready=ready.get("status") == "True",
        ready_since=moment(ready.get("lastTransitionTime")),
        kubelet=text(info.get("kubeletVersion", "")),
        runtime=text(info.get("containerRuntimeVersion", "")),
        build=text(info.get("kernelVersion") or label(body, _BUILD_LABEL)),
    )
