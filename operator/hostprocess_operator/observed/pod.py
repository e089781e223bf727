"""A pod of an agent: its runs, its readiness, and the verdict and report that stand on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hostprocess_operator.api.names import AGENT_LABEL, GATE, REPORT_ANNOTATION
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

CRASHES = 3
"""A container that restarted so often is crash-looping, unless it stays up for long."""

_STARTING = frozenset({"ContainerCreating", "PodInitializing", ""})
_SAID = {"True": True, "False": False}
_PROBES = ("liveness", "readiness", "startup")


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run of a container ended; the message is hostile text."""

    exit_code: int
    reason: str
    message: str
    finished: datetime | None


@dataclass(frozen=True, slots=True)
class Container:
    """One container of a pod with the state of its current run.

    Attributes:
        init: whether it is an init container.
        account: its own runAsUserName, empty when it has none.
        run: container ID of the run that the status speaks of, empty before the first start.
        state: waiting, running or terminated; empty when the kubelet has not reported yet.
        reason: the kubelet's reason for waiting or terminated.
        message: the kubelet's words beside it: hostile text, to be cleaned before it is shown.
        image: the image that the spec asks for.
        ready: whether it is ready, as far as its own probes and hooks decide that.
        last: how the run before this one ended, None when there was none.
        memory_limit: its memory limit as written in the spec, empty when it has none.
        probes: which of `liveness`, `readiness` and `startup` it has; exec_probes: which of them run a command.
        hooks: whether it has lifecycle hooks.
        sidecar: whether it is an init container that keeps running beside the agent.
    """

    name: str
    init: bool
    account: str
    run: str
    restarts: int
    state: str
    reason: str
    message: str
    exit_code: int | None
    started: datetime | None
    finished: datetime | None
    image: str = ""
    ready: bool = False
    last: Ended | None = None
    memory_limit: str = ""
    probes: tuple[str, ...] = ()
    exec_probes: tuple[str, ...] = ()
    hooks: bool = False
    sidecar: bool = False


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
        """Return whether a container has restarted so often that another end is to be expected."""
        return self.restarts >= CRASHES

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
        account=_account(spec),
        containers=(*_containers(spec, status, init=True), *_containers(spec, status, init=False)),
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


def _account(spec: Mapping[str, Any]) -> str:
    options = (spec.get("securityContext") or {}).get("windowsOptions") or {}
    return text(options.get("runAsUserName", ""))


def _containers(spec: Mapping[str, Any], status: Mapping[str, Any], *, init: bool) -> tuple[Container, ...]:
    names, statuses = ("initContainers", "initContainerStatuses") if init else ("containers", "containerStatuses")
    reported = {entry["name"]: entry for entry in status.get(statuses) or ()}
    return tuple(_container(c, reported.get(c["name"]) or {}, init=init) for c in spec.get(names) or ())


def _container(container: Mapping[str, Any], status: Mapping[str, Any], *, init: bool) -> Container:
    state, detail = next(((k, v or {}) for k, v in (status.get("state") or {}).items()), ("", {}))
    return Container(
        name=text(container["name"]),
        init=init,
        account=_account(container),
        run=str(status.get("containerID") or ""),
        restarts=status.get("restartCount") or 0,
        state=text(state),
        reason=text(detail.get("reason", "")),
        message=str(detail.get("message") or ""),
        exit_code=detail.get("exitCode"),
        started=moment(detail.get("startedAt")),
        finished=moment(detail.get("finishedAt")),
        image=text(container.get("image", "")),
        ready=bool(status.get("ready")),
        last=_ended((status.get("lastState") or {}).get("terminated") or {}),
        memory_limit=text(((container.get("resources") or {}).get("limits") or {}).get("memory", "")),
        probes=tuple(kind for kind in _PROBES if container.get(f"{kind}Probe")),
        exec_probes=tuple(kind for kind in _PROBES if (container.get(f"{kind}Probe") or {}).get("exec")),
        hooks=bool(container.get("lifecycle")),
        sidecar=init and container.get("restartPolicy") == "Always",
    )


def _ended(terminated: Mapping[str, Any]) -> Ended | None:
    if not terminated:
        return None
    return Ended(
        exit_code=terminated.get("exitCode") or 0,
        reason=text(terminated.get("reason", "")),
        message=str(terminated.get("message") or ""),
        finished=moment(terminated.get("finishedAt")),
    )
