"""Why each agent that is not well is so: one finding per node, from its verdict, its pod, or what refuses its pod."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from hostprocess_operator.api.faults import Fault
from hostprocess_operator.api.reasons import Reason
from hostprocess_operator.diagnosis import (
    Finding,
    Severity,
    diagnose_pod,
    diagnose_refusal,
    foresee_refusal,
    mismatch,
)
from hostprocess_operator.status.agents import Agent, Stage
from hostprocess_operator.status.rights import known_reason
from hostprocess_operator.status.unexplained import is_missing, leaving_pods, missing_since
from hostprocess_operator.verification.runs import Standing
from hostprocess_operator.verification.text import clean_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from hostprocess_operator.observed import Event, GateCondition, Pod
    from hostprocess_operator.rollout import Plan

_AT_PEACE = frozenset({Stage.WELL, Stage.RECHECKING, Stage.UNREACHABLE})
_CLOCKS: Final = timedelta(seconds=5)
"""How far the clock of the controller manager may be from the API server's."""
_VERDICT_BYTES = 512


def find(
    agents: Sequence[Agent],
    plan: Plan,
    images: Sequence[str],
    events: Mapping[str, tuple[Event, ...]],
    now: datetime,
) -> Mapping[str, Finding]:
    """Return why agents are not well, by node; nodes of which nothing is known have none.

    Args:
        images: the images that the spec asks for.
        events: Events by the UID of the pod or DaemonSet that they are about.
    """
    leaving, refusal = leaving_pods(plan), _refusal(plan, events, now)
    found: dict[str, Finding] = {}
    for agent in agents:
        if agent.stage in _AT_PEACE:
            continue
        pod = agent.pod or leaving.get(agent.node)
        finding = _of_pod(agent, pod, events, now) if pod is not None else refusal
        finding = finding or _of_node(agent, images)
        if finding is None and agent.stage is Stage.LATE:
            finding = _late(agent)
        if finding is not None:
            found[agent.node] = finding
    return found


def _of_pod(agent: Agent, pod: Pod, events: Mapping[str, tuple[Event, ...]], now: datetime) -> Finding | None:
    if pod.gate is not None and agent.standing in {Standing.DENIED, Standing.UNKNOWN}:
        finding: Finding | None = _verdict(pod.gate)
    elif agent.state.working:
        return None  # an old pod that just waits for its turn
    else:
        finding = diagnose_pod(pod, events.get(pod.uid, ()), now)
    if finding is None or agent.is_new:
        return finding
    return replace(finding, text=f"Of an earlier revision: {finding.text}")


def _of_node(agent: Agent, images: Sequence[str]) -> Finding | None:
    """Return what the node itself says of an agent that is not well there, None when it says nothing."""
    if agent.stage is Stage.CORDONED:
        fault = Fault.NODE_CORDONED
        cure = f"`kubectl uncordon {agent.node}` ends it."
        return Finding(fault, fault.meaning, cure, Severity.TROUBLE, examples=(agent.node,))
    return mismatch(images, agent.state.node)


def _verdict(gate: GateCondition) -> Finding:
    return Finding(known_reason(gate.reason), clean_text(gate.message, _VERDICT_BYTES), "", Severity.FAILURE)


def _refusal(plan: Plan, events: Mapping[str, tuple[Event, ...]], now: datetime) -> Finding | None:
    """Return why no pods are made: as the API server said since they are missing, or as the namespace lets expect."""
    seen, leaving = plan.situation.seen, leaving_pods(plan)
    missing = [
        missing_since(state, plan)
        for state in plan.situation.fleet.wanted
        if state.name not in leaving and is_missing(state, plan, now)
    ]
    foreseen = foresee_refusal(seen.namespace)
    if not missing or seen.daemonset is None:
        return foreseen
    since = min(missing) - _CLOCKS
    said = [event for event in events.get(seen.daemonset.uid, ()) if event.last is not None and event.last >= since]
    return foreseen or diagnose_refusal(said, seen.daemonset.namespace, seen.namespace)


def _late(agent: Agent) -> Finding:
    missing = "No pod was made on the node." if agent.pod is None else "The agent does not work."
    return Finding(
        Reason.DEADLINE_EXCEEDED,
        f"{missing} spec.rollout.progressDeadlineSeconds have passed.",
        "",
        Severity.FAILURE,
    )
