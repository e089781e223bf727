"""Failure and attribution: what counts against a revision, and what never does.

A charge is made per node and stays until the revision works there. A node that was broken before its turn, or that
joined after the rollout began, is excused: its failure says nothing about the revision.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from hostprocess_operator.api.faults import Fault
from hostprocess_operator.api.reasons import Reason
from hostprocess_operator.diagnosis import diagnose_pod
from hostprocess_operator.observed import stuck_container

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from hostprocess_operator.observed import Pod
    from hostprocess_operator.rollout.fleet import Fleet, NodeState
    from hostprocess_operator.rollout.record import Out, Target

START_GRACE = timedelta(seconds=60)
"""A pull or start error counts once it has lasted so long: registries hiccup."""

_PULL = frozenset({"ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull"})
_START = frozenset(
    {"RunContainerError", "CreateContainerError", "CreateContainerConfigError", "StartError", "CrashLoopBackOff"}
)


def charge(
    charged: Mapping[str, str],
    fleet: Fleet,
    out: Mapping[str, Out],
    target: Target,
    impact: timedelta,
    now: datetime,
) -> dict[str, str]:
    """Return the nodes on which the target failed, with the reason; charges of before stay until it works there."""
    well = {state.name for state in fleet.wanted if state.updated and state.working}
    kept = {name: reason for name, reason in charged.items() if name not in well}
    for state in fleet.wanted:
        if (
            state.name in kept
            or state.name in well
            or not state.updated
            or state.stale
            or _is_excused(state, out, target)
        ):
            continue
        reason = failure(state, impact, now)
        if reason is not None:
            kept[state.name] = reason.value
    return dict(sorted(kept.items()))


def failure(state: NodeState, impact: timedelta, now: datetime) -> Fault | Reason | None:
    """Return why the node's agent counts as failed, None while it works or may still get there.

    A node that is cordoned when it goes down is under maintenance: whoever reboots one cordons it first.
    """
    pod, node = state.pod, state.node
    if pod is None:
        return None
    if not node.ready:
        began = pod.started
        lost = node.ready_since is not None and began is not None and began <= node.ready_since <= began + impact
        return Reason.NODE_LOST if impact and lost and not node.unschedulable else None
    if pod.gate is not None and pod.gate.status == "False":
        return next((reason for reason in Reason if reason.value == pod.gate.reason), Reason.NOT_ADMINISTRATOR)
    if state.working:
        return None
    if pod.keeps_ending:
        return Fault.CRASH_LOOP
    if (error := _start_error(pod, now)) is not None and now >= stuck_since(pod) + START_GRACE:
        return error
    return Reason.DEADLINE_EXCEEDED if state.due <= now else None


def stuck_since(pod: Pod) -> datetime:
    """Return the earliest moment since which the pod can have been stuck: it was made, or ceased to be Ready, then."""
    moments = [moment for moment in (pod.created, pod.ready_since) if moment is not None]
    return max(moments)


def _is_excused(state: NodeState, out: Mapping[str, Out], target: Target) -> bool:
    entry = out.get(state.name)
    joined = state.node.created is not None and state.node.created > target.started
    return joined or (entry is not None and not entry.taken)


def _start_error(pod: Pod, now: datetime) -> Fault | None:
    """Return why the pod cannot start, as exactly as its status tells."""
    container = stuck_container(pod)
    if container is None or container.reason not in _PULL | _START:
        return None
    finding = diagnose_pod(pod, (), now)
    if finding is not None and isinstance(finding.reason, Fault) and finding.reason is not Fault.CRASH_LOOP:
        return finding.reason
    return Fault.IMAGE_PULL_FAILED if container.reason in _PULL else Fault.START_FAILED
