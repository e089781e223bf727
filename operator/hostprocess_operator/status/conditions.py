"""The conditions: Ready with its companions, and the three that say which part of it holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from hostprocess_operator.api.agent import HostProcessAgent
from hostprocess_operator.api.conditions import ConditionType
from hostprocess_operator.api.faults import Fault
from hostprocess_operator.api.reasons import Reason
from hostprocess_operator.api.status import Condition
from hostprocess_operator.api.warnings import in_words
from hostprocess_operator.diagnosis.words import on_nodes
from hostprocess_operator.rollout import Phase
from hostprocess_operator.status.agents import Agent, Stage
from hostprocess_operator.status.facts import Facts, Outlook, Readiness
from hostprocess_operator.status.overlap import overlapping
from hostprocess_operator.status.rights import known_reason
from hostprocess_operator.verification.runs import Standing
from hostprocess_operator.verification.text import clean_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from hostprocess_operator.api.status import AgentStatus

ConditionStatus = Literal["True", "False", "Unknown"]
_Said = tuple[ConditionStatus, Fault | Reason, str]

MESSAGE_BYTES = 2048
_OVERLAPS = " Another agent is in its way: see the condition Overlapping."


def conditions(facts: Facts, ready: Readiness, previous: AgentStatus | None, now: datetime) -> tuple[Condition, ...]:
    """Return every condition, sorted by type; lastTransitionTime moves only with the status."""
    overlap = overlapping(facts)
    beside = _OVERLAPS if overlap is not None and ready.status == "True" else ""
    said: dict[ConditionType, _Said] = {
        ConditionType.READY: (ready.status, ready.reason, f"{ready.message}{beside}"),
        ConditionType.VALID: _valid(facts),
        ConditionType.ROLLED_OUT: _rolled_out(facts, ready),
        ConditionType.ADMIN_RIGHTS_VERIFIED: _admin_rights_verified(facts),
    }
    if ready.outlook is Outlook.RECONCILING:
        said[ConditionType.RECONCILING] = ("True", ready.reason, ready.message)
    if ready.outlook is Outlook.STALLED:
        said[ConditionType.STALLED] = ("True", ready.reason, ready.message)
    if overlap is not None:
        said[ConditionType.OVERLAPPING] = ("True", *overlap)
    return tuple(_condition(kind, said[kind], facts, previous, now) for kind in sorted(said))


def _condition(
    kind: ConditionType, said: _Said, facts: Facts, previous: AgentStatus | None, now: datetime
) -> Condition:
    status, reason, message = said
    before = previous.condition(kind) if previous else None
    unchanged = before is not None and before.status == status
    return Condition(
        type=kind.value,
        status=status,
        observed_generation=facts.agent.generation,
        last_transition_time=before.last_transition_time
        if unchanged and before
        else now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        reason=reason.value,
        message=clean_text(message, MESSAGE_BYTES),
    )


def _valid(facts: Facts) -> _Said:
    if isinstance(facts.agent, HostProcessAgent):
        return "True", Reason.SPEC_VALID, in_words(facts.warnings) or "The spec obeys every rule."
    return "False", Reason.SPEC_INVALID, "; ".join(f"{e.path}: {e.message}" for e in facts.agent.errors)


def _rolled_out(facts: Facts, ready: Readiness) -> _Said:
    if not isinstance(facts.agent, HostProcessAgent):
        return "Unknown", Reason.SPEC_INVALID, "No revision is made of a spec that breaks a rule."
    works = any(agent.state.updated and agent.state.working for agent in facts.agents)
    if facts.plan.has_rolled_out or (facts.plan.phase is Phase.STABLE and works):
        return "True", Reason.ROLLED_OUT, "The spec's revision has worked on every node that counted."
    return "False", ready.reason, ready.message


def _admin_rights_verified(facts: Facts) -> _Said:
    if facts.verification_off:
        return "Unknown", Reason.VERIFICATION_OFF, "verification.mode is None: no log is read and nothing is proven."
    reachable = [agent for agent in facts.agents if agent.stage is not Stage.UNREACHABLE]
    denied = [agent for agent in reachable if agent.standing is Standing.DENIED]
    if denied:
        gate = denied[0].pod.gate if denied[0].pod else None
        where = on_nodes(agent.node for agent in denied)
        return "False", known_reason(gate.reason if gate else ""), f"Other rights or another account on {where}."
    counting = [agent for agent in reachable if agent.counts]
    if not counting:
        return "Unknown", Reason.PENDING, "No node has reported yet."
    unproven = [agent for agent in counting if agent.standing is not Standing.VERIFIED]
    if unproven:
        return "Unknown", _why(unproven), f"Not proven on {on_nodes(agent.node for agent in unproven)}."
    return "True", Reason.ALL_VERIFIED, "The current run on every node that counts reported the rights asked for."


def _why(unproven: Sequence[Agent]) -> Reason:
    """Return why agents are not proven: a report that tells nothing outranks one that is awaited."""
    silent = (agent.pod for agent in unproven if agent.standing is Standing.UNKNOWN)
    reason = next((pod.gate.reason for pod in silent if pod and pod.gate), None)
    if reason is not None:
        return known_reason(reason)
    rechecked = all(agent.standing is Standing.RECHECKING for agent in unproven)
    return Reason.RECHECKING if rechecked else Reason.VERIFYING
