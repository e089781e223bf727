"""A container of a pod: its current run, and how the one before ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from hostprocess_operator.observed.objects import moment, text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

CRASHES: Final = 3
"""A container that restarted so often is crash-looping, unless it stays up for long."""
LASTING: Final = timedelta(minutes=10)
"""A run of this length was no crash: the kubelet forgets its back-off after as long."""

_PROBES = ("liveness", "readiness", "startup")


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run of a container ended; the message is hostile text.

    Attributes:
        started: when the run began, None where the kubelet does not tell or it never did.
    """

    exit_code: int
    reason: str
    message: str
    finished: datetime | None
    started: datetime | None = None


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

    @property
    def ended(self) -> Ended | None:
        """Return how the latest run that has ended did, None when none has."""
        if self.state != "terminated":
            return self.last
        return Ended(self.exit_code or 0, self.reason, self.message, self.finished, self.started)

    @property
    def keeps_ending(self) -> bool:
        """Return whether another end is to be expected: it has restarted often, and was up only briefly before.

        Restarts are counted over the whole life of a pod: of a month, or of a few reboots of its node, they tell
        nothing. An init container ends with success each time.
        """
        if self.restarts < CRASHES or self.ended is None:
            return self.restarts >= CRASHES
        is_done = self.init and not self.sidecar and not self.ended.exit_code
        return not is_done and not _lasted(self.ended)


def account_of(spec: Mapping[str, Any]) -> str:
    """Return the runAsUserName of a pod or container, empty when it has none."""
    options = (spec.get("securityContext") or {}).get("windowsOptions") or {}
    return text(options.get("runAsUserName", ""))


def observe_containers(spec: Mapping[str, Any], status: Mapping[str, Any], *, init: bool) -> tuple[Container, ...]:
    """Return the containers, or the init containers, of a pod with what its status says of each."""
    names, statuses = ("initContainers", "initContainerStatuses") if init else ("containers", "containerStatuses")
    reported = {entry["name"]: entry for entry in status.get(statuses) or ()}
    return tuple(_container(c, reported.get(c["name"]) or {}, init=init) for c in spec.get(names) or ())


def _container(container: Mapping[str, Any], status: Mapping[str, Any], *, init: bool) -> Container:
    state, detail = next(((k, v or {}) for k, v in (status.get("state") or {}).items()), ("", {}))
    return Container(
        name=text(container["name"]),
        init=init,
        account=account_of(container),
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
        started=moment(terminated.get("startedAt")),
    )


def _lasted(ended: Ended) -> bool:
    """Return whether the run lasted for long; one that could not even start began in 1970."""
    if ended.started is None or ended.finished is None or ended.started.timestamp() <= 0:
        return False
    return ended.finished - ended.started >= LASTING
