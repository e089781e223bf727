"""A pod of an agent: its runs, its readiness, and the verdict and report that stand on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hostprocess_operator.api.names import AGENT_LABEL, GATE, REPORT_ANNOTATION
from hostprocess_operator.observed.container import Container, account_of, observe_containers
from hostprocess_operator.observed.objects import (
    Body,
    annotation,
    condition,
    controller_of,
    label,
    moment,
    shared,
    text,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

_STARTING = frozenset({"ContainerCreating", "PodInitializing", ""})
_SAID = {"True": True, "False": False}


@dataclass(frozen=True, slots=True)
class GateCondition:
    """The pod condition that holds the verdict, as it stands."""

    status: str
    reason: str
    message: str
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Pod:
    """A pod as the API server last showed it.

    Attributes:
        agent: name of the HostProcessAgent, from the pod's label.
        owner_uid: UID of the object that controls it, empty for an orphan.
        revision: value of the label controller-revision-hash.
        ready: whether its Ready condition is True; ready_since says since when that is as it is.
        gated: whether the pod has our readiness gate.
        gate: our condition on it, None before the first verdict.
        report: our annotation on it, as text, None before the first report.
        account: runAsUserName of the pod.
        reason: why it was given up or found no place (Evicted, PodOSNotSupported, Unschedulable, ...), else empty.
        gone_by: for a pod that is being deleted when its grace period ends, else None.
        sandboxed: whether its sandbox is there and its volumes are mounted; None when the kubelet does not say.
    """

    namespace: str
    name: str
    uid: str
    agent: str
    node: str
    owner_uid: str
    revision: str
    created: datetime | None
    deleting: bool
    phase: str
    reason: str
    message: str
    ready: bool
    ready_since: datetime | None
    gated: bool
    gate: GateCondition | None
    report: str | None
    account: str
    containers: tuple[Container, ...]
    gone_by: datetime | None = None
    sandboxed: bool | None = None

    @property
    def started(self) -> datetime | None:
        """Return when the youngest container of the agent started, None before the first did."""
        return max((c.started for c in self.containers if not c.init and c.started is not None), default=None)

    @property
    def keeps_ending(self) -> bool:
        """Return whether another end of a container is to be expected."""
        return any(container.keeps_ending for container in self.containers)

    @property
    def restarts(self) -> int:
        """Return how often the container that restarted most often did."""
        return max((container.restarts for container in self.containers), default=0)


def observe_pod(body: Body) -> Pod:
    """Return what a Pod shows."""
    metadata, spec, status = body["metadata"], body.get("spec") or {}, body.get("status") or {}
    ready, scheduled = condition(body, "Ready"), condition(body, "PodScheduled")
    unscheduled = scheduled if scheduled.get("status") == "False" else {}
    return Pod(
        namespace=text(metadata.get("namespace")),
        name=str(metadata["name"]),
        uid=str(metadata["uid"]),
        agent=label(body, AGENT_LABEL),
        node=text(spec.get("nodeName") or _bound_node(spec)),
        owner_uid=text(controller_of(body).get("uid", "")),
        revision=label(body, "controller-revision-hash"),
        created=moment(metadata.get("creationTimestamp")),
        deleting=metadata.get("deletionTimestamp") is not None,
        phase=text(status.get("phase", "")),
        reason=text(status.get("reason") or unscheduled.get("reason", "")),
        message=str(status.get("message") or unscheduled.get("message") or ""),
        ready=ready.get("status") == "True",
        ready_since=moment(ready.get("lastTransitionTime")),
        gated=any(gate.get("conditionType") == GATE for gate in spec.get("readinessGates") or ()),
        gate=_gate(condition(body, GATE)),
        report=annotation(body, REPORT_ANNOTATION),
        account=account_of(spec),
        containers=(*observe_containers(spec, status, init=True), *observe_containers(spec, status, init=False)),
        gone_by=moment(metadata.get("deletionTimestamp")),
        sandboxed=_SAID.get(condition(body, "PodReadyToStartContainers").get("status", "")),
    )


def stuck_container(pod: Pod) -> Container | None:
    """Return the first container that the kubelet has given a reason for not running, None when there is none."""
    return next((container for container in pod.containers if _is_stuck(container)), None)


def _is_stuck(container: Container) -> bool:
    if container.state == "waiting":
        return container.reason not in _STARTING
    return container.state == "terminated" and bool(container.exit_code)


def _bound_node(spec: Mapping[str, Any]) -> str:
    """Return the node that the DaemonSet controller made the pod for; the scheduler has not bound it yet."""
    required = ((spec.get("affinity") or {}).get("nodeAffinity") or {}).get(
        "requiredDuringSchedulingIgnoredDuringExecution"
    ) or {}
    for term in required.get("nodeSelectorTerms") or ():
        for requirement in term.get("matchFields") or ():
            if requirement.get("key") == "metadata.name" and requirement.get("operator") == "In":
                return str(requirement["values"][0])
    return ""


def _gate(entry: Mapping[str, Any]) -> GateCondition | None:
    if not entry:
        return None
    return GateCondition(
        status=text(entry.get("status")),
        reason=text(entry.get("reason", "")),
        message=shared(str(entry.get("message", ""))),
        since=moment(entry.get("lastTransitionTime")),
    )
