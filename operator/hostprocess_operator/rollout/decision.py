"""The decision table: what is served and whose turn it is, first matching row wins."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum, auto
from typing import TYPE_CHECKING

from hostprocess_operator.api.names import APPROVE_ANNOTATION
from hostprocess_operator.api.reasons import Reason
from hostprocess_operator.diagnosis import diagnose_pod
from hostprocess_operator.observed import stuck_container
from hostprocess_operator.rollout.budget import allowance
from hostprocess_operator.rollout.canary import Trial, choose_canaries
from hostprocess_operator.rollout.phase import Phase
from hostprocess_operator.rollout.record import LONGEST_VALUE, MOST_BLOCKED, Block
from hostprocess_operator.rollout.target import is_stored
from hostprocess_operator.verification.text import clean_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from hostprocess_operator.api.agent import Canary, HostProcessAgent
    from hostprocess_operator.rollout.fleet import NodeState
    from hostprocess_operator.rollout.record import Record
    from hostprocess_operator.rollout.situation import Situation

NAMED = 3
"""So many nodes are named with a block."""
DETAIL_BYTES = 240
"""So much of what was seen is kept with a block."""


class Serve(Enum):
    """Which template the DaemonSet has."""

    TARGET = auto()
    PROVEN = auto()
    AS_IS = auto()


@dataclass(frozen=True, slots=True)
class Decision:
    """What the table says.

    Attributes:
        candidates: nodes whose pod is to be replaced, as the budget allows; None of them while deletes are on hold.
        record: the record with what the decision adds to it: a block, a promotion, the canaries.
        look_again: when time alone changes the decision.
    """

    phase: Phase
    reason: Reason
    serve: Serve
    record: Record
    candidates: tuple[NodeState, ...] = ()
    look_again: datetime | None = None


def decide(agent: HostProcessAgent, situation: Situation) -> Decision:
    """Return the first row of the table that fits."""
    record = situation.record
    if record.proven is None or situation.has_rolled_out:
        return _rolling(situation, record)
    allowed = allowance(agent.spec.rollout.max_unavailable, len(situation.fleet.wanted))
    record = _with_block(agent, situation, allowed)
    if blocks(record):
        return _blocked(agent, situation, record)
    canary, target = agent.spec.rollout.canary, record.target
    if canary is None or target is None or target.promoted:
        return _rolling(situation, record)
    return _canary(agent, canary, situation, record, allowed)


def blocks(record: Record) -> Block | None:
    """Return the block that keeps the target from being served, None when nothing does."""
    target, proven = record.target, record.proven
    if target is None or (proven is not None and proven.rev == target.rev):
        return None
    return next(
        (block for block in reversed(record.blocked) if target.spec == block.spec or target.rev == block.rev), None
    )


def _with_block(agent: HostProcessAgent, situation: Situation, allowed: int) -> Record:
    """Return the record with a block on the target if too many nodes are charged to it."""
    record, target, rollout = situation.record, situation.record.target, agent.spec.rollout
    if not record.charged or target is None or blocks(record):
        return record
    trying = rollout.canary is not None and not target.promoted
    full = len(record.charged.keys() & {state.name for state in situation.fleet.wanted}) >= allowed
    if not (trying or full or len(record.charged) > rollout.max_failures):
        return record
    reasons = sorted(record.charged.values())
    block = Block(
        rev=target.rev,
        spec=target.spec,
        reason=max(reasons, key=reasons.count),
        nodes=tuple(sorted(record.charged))[:NAMED],
        detail=_detail(situation, sorted(record.charged)),
        at=situation.now,
    )
    return record.model_copy(update={"blocked": (*record.blocked, block)[-MOST_BLOCKED:]})


def _detail(situation: Situation, charged: Sequence[str]) -> str:
    """Return what is seen on the first charged node that shows anything, nothing where none does.

    It is read when the pod may be gone, so a command that names the pod is left out.
    """
    for state in situation.fleet.wanted:
        pod = state.pod
        if state.name not in charged or pod is None or not state.updated:
            continue
        if pod.gate is not None and pod.gate.status == "False":
            return clean_text(pod.gate.message, DETAIL_BYTES)
        if (finding := diagnose_pod(pod, (), situation.now)) is not None:
            lasting = finding.text if pod.name in finding.examples else finding.message
            return clean_text(lasting, DETAIL_BYTES)
    return ""


def _blocked(agent: HostProcessAgent, situation: Situation, record: Record) -> Decision:
    proven = record.proven
    if proven is None or not is_stored(proven.digest, situation.seen):
        return Decision(Phase.HALTED, Reason.HISTORY_GONE, Serve.AS_IS, record)
    if agent.spec.rollout.on_failure == "Halt":
        return Decision(Phase.HALTED, Reason.HALTED, Serve.PROVEN, record)
    strays = tuple(state for state in situation.fleet.eligible if state.digest != proven.digest)
    return Decision(Phase.ROLLED_BACK, Reason.ROLLED_BACK, Serve.PROVEN, record, strays)


def _canary(
    agent: HostProcessAgent,
    canary: Canary,
    situation: Situation,
    record: Record,
    allowed: int,
) -> Decision:
    trial = choose_canaries(canary, record.canaries, situation.fleet, situation.out, situation.now)
    record = record.model_copy(update={"canaries": trial.names})
    if not trial.nodes:
        return Decision(Phase.CANARY, Reason.NO_CANARY_NODE, Serve.PROVEN, record)
    strays = _strays(situation, record, trial)
    if strays:
        return Decision(Phase.CANARY, Reason.REPAIRING, Serve.PROVEN, record, strays)
    held = situation.held
    if trial.lacking and (len(held) < allowed or any(state.name in held for state in trial.lacking)):
        takable = tuple(state for state in trial.lacking if state.eligible)
        return Decision(Phase.CANARY, Reason.CANARY_STARTING, Serve.TARGET, record, takable)
    bake = canary.bake_seconds if canary.bake_seconds is not None else agent.spec.rollout.node_impact_seconds
    baked = trial.baked_at(timedelta(seconds=bake))
    if trial.lacking or baked is None or not all(state.working for state in trial.nodes):
        return Decision(Phase.CANARY, Reason.CANARY_VERIFYING, Serve.PROVEN, record)
    if situation.now < baked:
        return Decision(Phase.CANARY, Reason.CANARY_BAKING, Serve.PROVEN, record, look_again=baked)
    if canary.approval == "Manual" and not is_approved(agent, record):
        return Decision(Phase.CANARY, Reason.AWAITING_APPROVAL, Serve.PROVEN, record)
    promoted = record.model_copy(
        update={"target": record.target.model_copy(update={"promoted": True}) if record.target else None}
    )
    return _rolling(situation, promoted)


def is_approved(agent: HostProcessAgent, record: Record) -> bool:
    """Return whether the approve annotation names the target's revision, and was not there when a block was lifted.

    As with retry, a slash and anything behind it name the same revision again.
    """
    value = agent.annotations.get(APPROVE_ANNOTATION, "")[:LONGEST_VALUE]
    return record.target is not None and value.partition("/")[0] == record.target.rev and value != record.spent_approval


def _strays(situation: Situation, record: Record, trial: Trial) -> tuple[NodeState, ...]:
    """Return the out-nodes that an earlier version broke: they have a pod of neither revision, or none at the moment.

    A canary without a pod is about to get one of the target; any other node must get the proven one.
    """
    known = {record.proven.digest if record.proven else None, record.target.digest if record.target else None}

    def is_stray(state: NodeState) -> bool:
        if state.pod is None:
            return state.name not in trial.names and situation.now < state.due
        return state.digest is not None and state.digest not in known

    return tuple(state for state in situation.fleet.eligible if state.name in situation.out and is_stray(state))


def _rolling(situation: Situation, record: Record) -> Decision:
    fleet = situation.fleet
    if not fleet.wanted:
        return Decision(Phase.ROLLING, Reason.NO_MATCHING_NODES, Serve.TARGET, record)
    others = tuple(state for state in fleet.eligible if _is_to_be_replaced(state, situation))
    if not fleet.eligible:
        return Decision(Phase.ROLLING, Reason.WAITING_FOR_NODES, Serve.TARGET, record)
    done = finished(situation) and not others
    phase, reason = (Phase.STABLE, Reason.ROLLED_OUT) if done else (Phase.ROLLING, Reason.ROLLING)
    return Decision(phase, reason, Serve.TARGET, record, others)


def _is_to_be_replaced(state: NodeState, situation: Situation) -> bool:
    """Return whether the node needs another pod; for a log that is lost only once until the agent works there again.

    Where every log is lost, the next pod fares no better, and an agent is not to be killed again and again for that.
    """
    log_is_lost = state.log_is_lost(situation.seen) and state.name not in situation.out
    return not state.updated or state.stale or log_is_lost


def finished(situation: Situation) -> bool:
    """Return whether every eligible node has a pod of the target that works or is past its deadline."""
    return all(state.updated and (state.working or state.due <= situation.now) for state in situation.fleet.eligible)


def is_blocked(state: NodeState) -> bool:
    """Return whether the node's new agent is not just on its way: it failed or was judged."""
    pod = state.pod
    if pod is None or not state.updated:
        return False
    return stuck_container(pod) is not None or (pod.gate is not None and pod.gate.status != "True")
