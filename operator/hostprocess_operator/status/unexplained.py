"""Which objects to ask Events about: those whose own status does not say why an agent does not run."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from hostprocess_operator.diagnosis import wants_events

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from hostprocess_operator.observed import Pod
    from hostprocess_operator.rollout import NodeState, Plan

MOST_ASKED: Final = 8
"""So many objects are asked about for one agent: what is wrong with thousands of pods shows in a few."""
MISSING_GRACE: Final = timedelta(seconds=2)
"""The DaemonSet controller makes a pod within so long, or says in an Event why it cannot."""
_SOON, _LATER = timedelta(seconds=5), timedelta(seconds=30)
_YOUNG = timedelta(minutes=1)


def unexplained(plan: Plan, now: datetime) -> tuple[str, ...]:
    """Return the UIDs of the objects to ask about, the DaemonSet first where pods are missing."""
    daemonset, leaving = plan.situation.seen.daemonset, leaving_pods(plan)
    missing = any(state.name not in leaving and is_missing(state, plan, now) for state in plan.situation.fleet.wanted)
    about = [daemonset.uid] if missing and daemonset is not None else []
    about += [pod.uid for pod in _unwell(plan, leaving) if wants_events(pod, now)]
    return tuple(about[:MOST_ASKED])


def look_closer(plan: Plan, now: datetime) -> datetime | None:
    """Return when to look again at an agent that is not well: what keeps it may show in the meantime."""
    waiting = [state for state in plan.situation.fleet.wanted if state.node.ready and not state.working]
    if not waiting:
        return None
    youngest = max(missing_since(state, plan) for state in waiting)
    return now + (_SOON if now < youngest + _YOUNG else _LATER)


def is_missing(state: NodeState, plan: Plan, now: datetime) -> bool:
    """Return whether the node should have a pod by now, and has none but perhaps one that is going."""
    since = missing_since(state, plan) + MISSING_GRACE
    return plan.settled and state.node.ready and state.pod is None and now >= since


def missing_since(state: NodeState, plan: Plan) -> datetime:
    """Return since when the node may wait for its agent."""
    return state.due - plan.situation.deadline


def leaving_pods(plan: Plan) -> Mapping[str, Pod]:
    """Return the pods of the agent that are being deleted, by node."""
    return {pod.node: pod for pod in plan.situation.seen.pods if pod.deleting}


def _unwell(plan: Plan, leaving: Mapping[str, Pod]) -> Iterator[Pod]:
    """Yield the pods that keep nodes from having a working agent, sorted by node."""
    for state in plan.situation.fleet.wanted:
        pod = state.pod or leaving.get(state.name)
        if pod is not None and state.node.ready and not state.working:
            yield pod
