"""Decide: which template to serve, which pods to delete now, what to note, and when to look again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from hostprocess_operator.api.agent import HostProcessAgent
from hostprocess_operator.api.reasons import Reason
from hostprocess_operator.diagnosis import foresee_refusal
from hostprocess_operator.observed import stuck_container
from hostprocess_operator.rollout.budget import Taking, allowance, take
from hostprocess_operator.rollout.charges import START_GRACE, stuck_since
from hostprocess_operator.rollout.decision import Decision, Serve, decide, finished, is_blocked
from hostprocess_operator.rollout.ownership import Ownership
from hostprocess_operator.rollout.phase import Phase
from hostprocess_operator.rollout.record import Proven, Record
from hostprocess_operator.rollout.serving import Serving, serve
from hostprocess_operator.rollout.situation import Situation, gather
from hostprocess_operator.rollout.target import Keep

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from hostprocess_operator.api.parse import InvalidAgent
    from hostprocess_operator.observed import Pod, Revision, Seen
    from hostprocess_operator.rollout.fleet import NodeState

RETRY_PAUSE = timedelta(seconds=1)
"""No pod is deleted in the second of a retry: the next one could not be told from those that failed before it."""
RELIST_PAUSE = timedelta(seconds=30)
"""No pod is deleted for so long after a cache had to be rebuilt: node health may lag behind what it shows."""
POD_GRACE = timedelta(seconds=10)
"""The DaemonSet controller makes pods within a second or so; what it has not made by then it may not be able to."""
UNKNOWN_REVISION_GRACE = timedelta(seconds=60)
"""A pod may be seen before its ControllerRevision is; after this time its revision is taken for gone."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do now.

    Attributes:
        situation: what the plan was made from.
        record: the rollout record; it has to stand on the DaemonSet before a pod is deleted.
        serving: the template to serve, None while nothing is written.
        write: whether the DaemonSet has to be written, for its spec, its metadata or the record.
        delete: pods to delete now, in order.
        copy: digest of the template to keep a copy of before the record may call it proven, None when there is none.
        discard: copies that nothing names any more.
        look_again: when the plan may change though nothing else does, None when it cannot.
    """

    situation: Situation
    phase: Phase
    reason: Reason
    record: Record
    serving: Serving | None = None
    write: bool = False
    delete: tuple[Pod, ...] = ()
    copy: str | None = None
    discard: tuple[Revision, ...] = ()
    look_again: datetime | None = None

    @property
    def has_rolled_out(self) -> bool:
        """Return whether the target once worked on every node that counted."""
        proven, target = self.record.proven, self.situation.target
        return proven is not None and target is not None and proven.rev == target.rev

    @property
    def acts(self) -> bool:
        """Return whether there is anything to write or to delete."""
        return self.write or bool(self.delete or self.discard) or self.copy is not None

    @property
    def settled(self) -> bool:
        """Return whether what is to be served is served and was acted on."""
        return self.serving is not None and self.serving.settled


def plan_rollout(agent: HostProcessAgent | InvalidAgent, seen: Seen, now: datetime) -> Plan:
    """Return what to do for the agent at `now`, given all that was seen."""
    situation = gather(agent, seen, now)
    if not isinstance(agent, HostProcessAgent):
        return _hands_off(situation, Reason.SPEC_INVALID)
    if situation.ownership is Ownership.FOREIGN:
        return _hands_off(situation, Reason.NAME_CONFLICT)
    if agent.spec.suspend:
        decision = decide(agent, situation)
        plan = _hands_off(situation, Reason.SUSPENDED, _serving(agent, situation, decision.serve))
        return replace(plan, phase=decision.phase)
    if situation.ownership is Ownership.LEAVING:
        return _hands_off(situation, Reason.APPLYING)
    decision = decide(agent, situation)
    serving = _serving(agent, situation, decision.serve)
    taking = _taking(agent, situation, decision, serving)
    copied = _copies(situation)
    record, copy = _next_record(situation, decision, serving, taking, copied)
    phase, reason = _outcome(situation, decision, serving, taking)
    return Plan(
        situation=situation,
        phase=phase,
        reason=reason,
        record=record,
        serving=serving,
        write=serving is not None and (not serving.in_place or _must_note(situation, record, phase)),
        delete=taking.pods,
        copy=copy,
        discard=_spare(copied, record, situation.base),
        look_again=min((moment for moment in _moments(situation, decision, record) if moment > now), default=None),
    )


def _hands_off(situation: Situation, reason: Reason, serving: Serving | None = None) -> Plan:
    """Return the plan that writes nothing, deletes nothing and leaves the record as it is."""
    phase = Phase.STABLE if finished(situation) else Phase.ROLLING
    moments = (state.works_from or state.due for state in situation.fleet.wanted)
    look_again = min((moment for moment in moments if moment > situation.now), default=None)
    return Plan(situation, phase, reason, situation.base, serving, look_again=look_again)


def _serving(agent: HostProcessAgent, situation: Situation, what: Serve) -> Serving | None:
    """Return the template to serve and how far it is served; None when the DaemonSet is left as it is."""
    target, proven, source = situation.target, situation.record.proven, situation.source
    if what is Serve.TARGET and target is not None and source is not None:
        return serve(agent, situation, target.rev, source, target.digest)
    if what is Serve.PROVEN and proven is not None:
        return serve(agent, situation, proven.rev, Keep(proven.digest), proven.digest)
    return None


def _taking(agent: HostProcessAgent, situation: Situation, decision: Decision, serving: Serving | None) -> Taking:
    """Return the pods to delete now; none before the template is served everywhere it has to be."""
    fleet = situation.fleet
    out = situation.out
    if serving is None or not serving.settled or _is_on_hold(situation) or situation.now < _retry_over(situation):
        return Taking((), out, waiting=False)
    candidates = [state for state in decision.candidates if _is_ours_to_replace(state, situation)]
    allowed = allowance(agent.spec.rollout.max_unavailable, len(fleet.wanted))
    return take(candidates, out, situation.held, allowed, situation.now)


def _is_ours_to_replace(state: NodeState, situation: Situation) -> bool:
    """Return whether the node has a pod of our DaemonSet whose revision is told, or never will be."""
    pod, daemonset = state.pod, situation.seen.daemonset
    if pod is None or daemonset is None or pod.owner_uid != daemonset.uid:
        return False
    return state.digest is not None or (
        pod.created is not None and pod.created + UNKNOWN_REVISION_GRACE <= situation.now
    )


def _is_on_hold(situation: Situation) -> bool:
    """Return whether deletes wait: the next pod would be refused, a cache was just rebuilt, or most nodes are down."""
    if foresee_refusal(situation.seen.namespace) is not None:
        return True
    relisted, wanted = situation.seen.relisted, situation.fleet.wanted
    if relisted is not None and situation.now < relisted + RELIST_PAUSE:
        return True
    return 2 * sum(not state.node.ready for state in wanted) > len(wanted)


def _retry_over(situation: Situation) -> datetime:
    """Return when pods can be told from those of before the last retry; the past, where there was none."""
    retried = situation.target.retried if situation.target else None
    return situation.now if retried is None else retried + RETRY_PAUSE


def _copies(situation: Situation) -> tuple[Revision, ...]:
    """Return our own copies of templates: ControllerRevisions that the agent controls, not the DaemonSet."""
    return tuple(revision for revision in situation.seen.revisions if revision.is_copy)


def _next_record(
    situation: Situation, decision: Decision, serving: Serving | None, taking: Taking, copies: tuple[Revision, ...]
) -> tuple[Record, str | None]:
    """Return the record to note, and the digest to copy first when the target is about to be proven."""
    record = decision.record
    served = serving.rev if serving is not None else record.served
    following = record.model_copy(update={"out": dict(taking.out), "served": served})
    target, copy = following.target, None
    if target is not None and target.digest is not None and _is_proven_now(situation, decision, serving):
        if any(revision.digest == target.digest for revision in copies):
            proven = Proven(
                rev=target.rev, spec=target.spec, token=target.token, digest=target.digest, at=situation.now
            )
            following = following.model_copy(update={"proven": proven, "charged": {}, "canaries": ()})
        else:
            copy = target.digest
    seq = situation.base.seq + (_essence(following) != _essence(situation.base))
    return following.model_copy(update={"seq": seq}), copy


def _essence(record: Record) -> Record:
    """Return what makes one copy of the record newer than the other."""
    target = record.target.model_copy(update={"digest": None}) if record.target else None
    return record.model_copy(update={"seq": 0, "out": {}, "served": None, "target": target})


def _is_proven_now(situation: Situation, decision: Decision, serving: Serving | None) -> bool:
    """Return whether the target works on every node that counts, and has for as long as it could kill its node."""
    proven, target = decision.record.proven, decision.record.target
    already = proven is not None and target is not None and (proven.rev, proven.spec) == (target.rev, target.spec)
    if already or decision.serve is not Serve.TARGET or serving is None or not serving.settled:
        return False
    works = any(state.working for state in situation.fleet.eligible)
    impact_over = all(moment <= situation.now for moment in _impact_ends(situation))
    return works and finished(situation) and impact_over


def _impact_ends(situation: Situation) -> Iterator[datetime]:
    """Yield when each agent on a node older than the rollout is past being blamed for what becomes of its node."""
    target = situation.target
    for state in situation.fleet.eligible:
        joined = target is not None and state.node.created is not None and state.node.created > target.started
        began = state.pod.started if state.pod and state.updated and not joined else None
        if began is not None:
            yield began + situation.impact


def _spare(copies: tuple[Revision, ...], record: Record, base: Record) -> tuple[Revision, ...]:
    """Return the copies that are not of the proven revision, once that one is copied and the record says so."""
    proven = record.proven
    if proven is None or proven != base.proven or not any(copy.digest == proven.digest for copy in copies):
        return ()
    target = record.target.digest if record.target else None
    return tuple(copy for copy in copies if copy.digest not in {proven.digest, target})


def _outcome(situation: Situation, decision: Decision, serving: Serving | None, taking: Taking) -> tuple[Phase, Reason]:
    """Return phase and reason: the decision's, unless something keeps it from being carried out."""
    if decision.reason is not Reason.ROLLING:
        if decision.phase is Phase.STABLE and not (serving and serving.settled):
            return Phase.ROLLING, Reason.APPLYING
        takes = decision.phase is Phase.CANARY and bool(decision.candidates)
        if takes and serving is not None and serving.settled and _is_on_hold(situation):
            return Phase.CANARY, Reason.WAITING_FOR_NODES
        return decision.phase, decision.reason
    if serving is None or not serving.settled:
        return Phase.ROLLING, Reason.APPLYING
    if _is_on_hold(situation):
        return Phase.ROLLING, Reason.WAITING_FOR_NODES
    waits = taking.waiting and not taking.pods
    holders = taking.out.keys() | situation.held
    stuck = all(is_blocked(state) or not state.eligible for state in situation.fleet.wanted if state.name in holders)
    return Phase.ROLLING, Reason.WAITING_FOR_BUDGET if waits and stuck else Reason.ROLLING


def _must_note(situation: Situation, record: Record, phase: Phase) -> bool:
    """Return whether the DaemonSet's copy of the record is too old.

    It has to name the target and how it fares, every block, and every node that is out. Nodes that are not out any
    more are taken off with the next write, or once the rollout is done; what is proven rides in the status.
    """
    noted = situation.noted
    if noted is None or _essence(noted).model_copy(update={"proven": None}) != _essence(record).model_copy(
        update={"proven": None}
    ):
        return True
    grown = any(noted.out.get(name) != entry for name, entry in record.out.items())
    return grown or (phase is Phase.STABLE and bool(noted.out) and not record.out)


def _moments(situation: Situation, decision: Decision, record: Record) -> Iterator[datetime]:
    """Yield the moments at which time alone can change the plan; some may be past."""
    if decision.look_again is not None:
        yield decision.look_again
    yield from (entry.since + situation.deadline for entry in record.out.values() if not entry.taken)
    for state in situation.fleet.wanted:
        yield from _moments_of(state, situation.deadline)
    if situation.target is not None and not situation.has_rolled_out:
        yield from _impact_ends(situation)
        yield situation.target.started + POD_GRACE
    known = situation.seen.digests()
    for pod in situation.seen.pods:
        if pod.created is not None and pod.revision not in known:
            yield pod.created + UNKNOWN_REVISION_GRACE
    if situation.seen.relisted is not None:
        yield situation.seen.relisted + RELIST_PAUSE
    yield _retry_over(situation)


def _moments_of(state: NodeState, deadline: timedelta) -> Iterator[datetime]:
    if state.works_from is not None:
        yield state.works_from
    if state.joined is not None:
        yield state.joined + deadline
    if not state.working:
        yield state.due
        if state.pod is not None and stuck_container(state.pod) is not None:
            yield stuck_since(state.pod) + START_GRACE
