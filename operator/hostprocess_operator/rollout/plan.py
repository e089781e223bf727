"""Decide: which template to serve, which pods to delete now, and when to look again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from hostprocess_operator.api.agent import HostProcessAgent
from hostprocess_operator.api.conditions import Reason
from hostprocess_operator.observed import stuck_container
from hostprocess_operator.rollout.budget import Taking, allowance, places, presumed_out, still_out, take
from hostprocess_operator.rollout.ownership import Ownership
from hostprocess_operator.rollout.phase import Phase
from hostprocess_operator.rollout.record import Proven, Record
from hostprocess_operator.rollout.situation import Situation, gather

if TYPE_CHECKING:
    from datetime import datetime

    from hostprocess_operator.api.parse import InvalidAgent
    from hostprocess_operator.observed import Pod, Seen
    from hostprocess_operator.rollout.fleet import NodeState

RELIST_PAUSE = timedelta(seconds=30)
"""No pod is deleted for so long after a cache had to be rebuilt: node health may lag behind what it shows."""
UNKNOWN_REVISION_GRACE = timedelta(seconds=60)
"""A pod may be seen before its ControllerRevision is; after this time its revision is taken for gone."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do now.

    Attributes:
        situation: what the plan was made from.
        record: the rollout record; it has to stand on the DaemonSet before a pod is deleted.
        write: whether the DaemonSet has to be written, for its spec, its metadata or the record.
        delete: pods to delete now, in order.
        look_again: when the plan may change though nothing else does, None when it cannot.
    """

    situation: Situation
    phase: Phase
    reason: Reason
    record: Record
    write: bool = False
    delete: tuple[Pod, ...] = ()
    look_again: datetime | None = None

    @property
    def has_rolled_out(self) -> bool:
        """Return whether the target once worked on every node that counted."""
        proven, target = self.record.proven, self.situation.target
        return proven is not None and target is not None and proven.rev == target.rev


def plan_rollout(agent: HostProcessAgent | InvalidAgent, seen: Seen, now: datetime) -> Plan:
    """Return what to do for the agent at `now`, given all that was seen."""
    situation = gather(agent, seen, now)
    if not isinstance(agent, HostProcessAgent):
        return _hands_off(situation, Reason.SPEC_INVALID)
    if situation.ownership is Ownership.FOREIGN:
        return _hands_off(situation, Reason.NAME_CONFLICT)
    if agent.spec.suspend:
        return _hands_off(situation, Reason.SUSPENDED)
    if situation.ownership is Ownership.LEAVING:
        return _hands_off(situation, Reason.APPLYING)
    taking = _taking(agent, situation)
    record = _next_record(situation, taking)
    phase, reason = _phase(situation, taking)
    return Plan(
        situation=situation,
        phase=phase,
        reason=reason,
        record=record,
        write=not situation.in_place or _must_note(situation, record, phase),
        delete=taking.pods,
        look_again=_look_again(situation, record),
    )


def _hands_off(situation: Situation, reason: Reason) -> Plan:
    """Return the plan that writes nothing, deletes nothing and leaves the record as it is."""
    phase = Phase.STABLE if _finished(situation) else Phase.ROLLING
    return Plan(situation, phase, reason, situation.record, look_again=_look_again(situation, situation.record))


def _taking(agent: HostProcessAgent, situation: Situation) -> Taking:
    """Return the pods to delete now; none before the template is served everywhere it has to be."""
    fleet = situation.fleet
    is_lost = situation.ownership is Ownership.OURS and situation.noted is None
    out = presumed_out(fleet, situation.now) if is_lost else still_out(situation.record.out, fleet)
    if not situation.settled or _is_on_hold(situation):
        return Taking((), out, waiting=False)
    candidates = [state for state in fleet.eligible if _is_to_be_replaced(state, situation)]
    held = places(out, fleet, situation.deadline, situation.now)
    allowed = allowance(agent.spec.rollout.max_unavailable, len(fleet.wanted))
    return take(candidates, out, held, allowed, situation.now)


def _is_to_be_replaced(state: NodeState, situation: Situation) -> bool:
    """Return whether the node's pod is ours and either not of the target or past being verified."""
    pod, daemonset = state.pod, situation.seen.daemonset
    if pod is None or daemonset is None or pod.owner_uid != daemonset.uid:
        return False
    if state.updated:
        return pod.uid in situation.seen.lost_logs
    known = pod.revision in situation.seen.digests()
    return known or (pod.created is not None and pod.created + UNKNOWN_REVISION_GRACE <= situation.now)


def _is_on_hold(situation: Situation) -> bool:
    """Return whether deletes wait: a cache was just rebuilt, or most nodes are down (an outage, not a rollout)."""
    relisted, wanted = situation.seen.relisted, situation.fleet.wanted
    if relisted is not None and situation.now < relisted + RELIST_PAUSE:
        return True
    return 2 * sum(not state.node.ready for state in wanted) > len(wanted)


def _next_record(situation: Situation, taking: Taking) -> Record:
    record, target = situation.record, situation.target
    known = target is not None and target.is_that_of(record.target)
    following = record.model_copy(update={"target": target, "out": dict(taking.out), "seq": record.seq + (not known)})
    if not _is_proven_now(situation, following) or target is None or target.digest is None:
        return following
    proven = Proven(rev=target.rev, spec=target.spec, digest=target.digest, at=situation.now)
    return following.model_copy(update={"proven": proven, "seq": following.seq + 1})


def _is_proven_now(situation: Situation, record: Record) -> bool:
    proven, target = record.proven, record.target
    already = proven is not None and target is not None and (proven.rev, proven.spec) == (target.rev, target.spec)
    works = any(state.working for state in situation.fleet.eligible)
    return situation.settled and works and not already and _finished(situation)


def _finished(situation: Situation) -> bool:
    """Return whether every eligible node has a pod of the target that works or is past its deadline."""
    return all(state.updated and (state.working or state.due <= situation.now) for state in situation.fleet.eligible)


def _phase(situation: Situation, taking: Taking) -> tuple[Phase, Reason]:
    """Return the first phase of the table whose description fits."""
    fleet = situation.fleet
    if not fleet.wanted:
        return Phase.ROLLING, Reason.NO_MATCHING_NODES
    if not situation.settled:
        return Phase.ROLLING, Reason.APPLYING
    if not fleet.eligible or _is_on_hold(situation):
        return Phase.ROLLING, Reason.WAITING_FOR_NODES
    if taking.pods or not _finished(situation):
        waits = taking.waiting and not taking.pods and all(_is_blocked(s) for s in fleet.wanted if s.name in taking.out)
        return Phase.ROLLING, Reason.WAITING_FOR_BUDGET if waits else Reason.ROLLING
    return Phase.STABLE, Reason.ROLLED_OUT


def _is_blocked(state: NodeState) -> bool:
    """Return whether the node's new agent is not just on its way: it failed or was judged."""
    pod = state.pod
    if pod is None or not state.updated:
        return False
    return stuck_container(pod) is not None or (pod.gate is not None and pod.gate.status != "True")


def _must_note(situation: Situation, record: Record, phase: Phase) -> bool:
    """Return whether the DaemonSet's copy of the record is too old.

    It has to name the target and every node that is out. Nodes that are not out any more are taken off with the next
    write, or once the rollout is done; what else changes rides in the status.
    """
    noted = situation.noted
    if noted is None or record.target is None or not record.target.is_that_of(noted.target):
        return True
    grown = any(noted.out.get(name) != entry for name, entry in record.out.items())
    return grown or (phase is Phase.STABLE and bool(noted.out) and not record.out)


def _look_again(situation: Situation, record: Record) -> datetime | None:
    """Return the next moment at which time alone can change the plan."""
    moments = [entry.since + situation.deadline for entry in record.out.values() if not entry.taken]
    moments += [state.works_from for state in situation.fleet.wanted if state.works_from is not None]
    moments += [state.due for state in situation.fleet.wanted if not state.working]
    moments += [state.joined + situation.deadline for state in situation.fleet.wanted if state.joined is not None]
    moments += [
        pod.created + UNKNOWN_REVISION_GRACE
        for pod in situation.seen.pods
        if pod.created is not None and pod.revision not in situation.seen.digests()
    ]
    if situation.seen.relisted is not None:
        moments.append(situation.seen.relisted + RELIST_PAUSE)
    return min((moment for moment in moments if moment > situation.now), default=None)
