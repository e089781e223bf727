"""Which run of which container speaks for a pod, and whether what is stored on the pod is about that run.

The pod itself says how it is verified, not the spec: a pod of an earlier revision may have been made for another
mode.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from hostprocess_operator.api.names import PROBE_CONTAINER
from hostprocess_operator.verification.report import load_report

if TYPE_CHECKING:
    from datetime import datetime

    from hostprocess_operator.observed import Container, Pod
    from hostprocess_operator.verification.report import Report


class Standing(StrEnum):
    """What is known about the rights of a pod's current run."""

    OFF = "off"
    """The pod has no readiness gate: nobody asked."""
    PENDING = "pending"
    """No verdict was reached yet."""
    VERIFIED = "verified"
    """The verdict is True and about the current run."""
    RECHECKING = "rechecking"
    """The verdict is True, but about an earlier run of the pod."""
    DENIED = "denied"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Run:
    """The run whose log is read to judge a pod.

    Attributes:
        container: name of the container.
        id: container ID of its current run, empty while there is none.
        account: runAsUserName that the run was started with.
        probe: whether it is the probe, which is read once it has ended; an agent's log is read while it runs.
        started: start of the run, None when the kubelet did not say.
        ended: end of the run, None while it goes on.
    """

    container: str
    id: str
    account: str
    probe: bool
    started: datetime | None
    ended: datetime | None

    @property
    def readable(self) -> bool:
        """Return whether the run has a log that can hold a complete report."""
        return bool(self.id) and (self.ended is not None if self.probe else self.started is not None)


def current_run(pod: Pod, container: str | None) -> Run | None:
    """Return the run that speaks for the pod, None for a pod without a readiness gate.

    `container` names the agent container to read where the pod has no probe; None means the first.
    """
    if not pod.gated:
        return None
    probe = next((c for c in pod.containers if c.init and c.name == PROBE_CONTAINER), None)
    if probe is not None:
        return _run(probe, pod, probe=True)
    agents = [c for c in pod.containers if not c.init]
    named = next((c for c in agents if c.name == container), agents[0] if agents else None)
    return _run(named, pod, probe=False) if named else None


def report_of_run(pod: Pod, run: Run) -> Report | None:
    """Return the report that is stored on the pod, None unless it is about this very run."""
    stored = load_report(pod.report) if pod.report else None
    return stored.report if stored and stored.run == run.id else None


def standing_of(pod: Pod, container: str | None) -> Standing:
    """Return what is known about the rights of the pod's current run."""
    run = current_run(pod, container)
    if run is None:
        return Standing.OFF
    if pod.gate is None:
        return Standing.PENDING
    match pod.gate.status:
        case "True":
            return Standing.VERIFIED if report_of_run(pod, run) is not None else Standing.RECHECKING
        case "False":
            return Standing.DENIED
    return Standing.UNKNOWN


def _run(container: Container, pod: Pod, *, probe: bool) -> Run:
    # a probe that waits for its next try has no start, and is late from the pod's creation on
    started = container.started or (pod.created if probe else None)
    return Run(container.name, container.run, container.account or pod.account, probe, started, container.finished)
