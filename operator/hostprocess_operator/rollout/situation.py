"""Gather: everything that the plan decides on, derived once from the agent, the snapshot and the time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from hostprocess_operator.api.agent import HostProcessAgent
from hostprocess_operator.api.conditions import ConditionType
from hostprocess_operator.api.names import APPROVE_ANNOTATION, RESTARTED_AT_ANNOTATION, RETRY_ANNOTATION
from hostprocess_operator.manifests import placement_of, placement_of_template
from hostprocess_operator.observed.objects import moment
from hostprocess_operator.rollout.budget import places, presumed_out, still_out
from hostprocess_operator.rollout.charges import charge
from hostprocess_operator.rollout.fleet import Expectations, Fleet, survey
from hostprocess_operator.rollout.ownership import Ownership, ownership_of
from hostprocess_operator.rollout.record import LONGEST_VALUE, Record, Target, load_record, merge_records
from hostprocess_operator.rollout.target import Keep, Render, choose_target

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from hostprocess_operator.api.parse import InvalidAgent
    from hostprocess_operator.observed import Seen
    from hostprocess_operator.rollout.record import Out

DEFAULT_DEADLINE = timedelta(seconds=1800)
"""Progress deadline of an agent whose spec cannot be read."""


@dataclass(frozen=True, slots=True)
class Situation:
    """Where an agent stands.

    Attributes:
        noted: the record as it stands on the DaemonSet, None when there is none.
        base: the record as its two copies tell it together.
        record: the record to go on with: the base with this spec's target, and with what the annotations of the agent
            and the failures of its pods say.
        out: who is out, see `budget`.
        held: who holds a place in the budget.
        source: where the target's template comes from, None while the spec is invalid.
    """

    seen: Seen
    now: datetime
    ownership: Ownership
    noted: Record | None
    base: Record
    record: Record
    source: Render | Keep | None
    deadline: timedelta
    impact: timedelta
    fleet: Fleet
    out: Mapping[str, Out]
    held: frozenset[str]

    @property
    def target(self) -> Target | None:
        """Return the revision that the spec asks for, None while it never could be read."""
        return self.record.target

    @property
    def has_rolled_out(self) -> bool:
        """Return whether the target is the proven revision."""
        return _is_proven(self.record)


def _is_proven(record: Record) -> bool:
    proven, target = record.proven, record.target
    return proven is not None and target is not None and proven.rev == target.rev


def gather(agent: HostProcessAgent | InvalidAgent, seen: Seen, now: datetime) -> Situation:
    """Return the agent's situation at `now`."""
    ownership = ownership_of(seen.daemonset, agent.uid, seen.written)
    noted = load_record(seen.daemonset.record) if seen.daemonset and ownership is Ownership.OURS else None
    base = merge_records(noted, load_record(seen.status.record) if seen.status else None)
    if not isinstance(agent, HostProcessAgent):
        return _of_invalid(seen, now, ownership, noted, base)
    record = _with_retry(base, agent.annotations, now)
    target, source = choose_target(agent, record, seen, now, agent.annotations.get(RESTARTED_AT_ANNOTATION, ""))
    target = _with_digest(target, noted, seen)
    # while suspended a new target is not noted, so its clock does not run either
    noted_target = base.target if agent.spec.suspend and base.target else target
    rollout = agent.spec.rollout
    deadline, impact = (
        timedelta(seconds=rollout.progress_deadline_seconds),
        timedelta(seconds=rollout.node_impact_seconds),
    )
    expected = Expectations(
        placement=placement_of(agent),
        digest=target.digest,
        owner_uid=_owner_uid(ownership, seen),
        min_ready=timedelta(seconds=rollout.min_ready_seconds),
        deadline=deadline,
        since=noted_target.started,
        retried=target.retried,
        is_proven=record.proven is not None and record.proven.rev == target.rev,
        out=record.out,
        unready_since=_unready_since(seen, now),
    )
    fleet = survey(expected, seen, now)
    # a record that is wiped says nothing of who is out; one that was deleted with the DaemonSet is over with it
    is_wiped = noted is None and ownership is Ownership.OURS
    out = presumed_out(fleet, now) if is_wiped else still_out(record.out, fleet)
    record = _with_target(record, target)
    if record.proven is not None and record.proven.rev != target.rev and not agent.spec.suspend:
        charged = charge(record.charged, fleet, out, target, impact, now)
        record = record.model_copy(update={"charged": charged})
    rolling_since = None if _is_proven(record) else target.started
    held = places(out, fleet, deadline, now, charged=record.charged, rolling_since=rolling_since)
    return Situation(seen, now, ownership, noted, base, record, source, deadline, impact, fleet, out, held)


def _of_invalid(seen: Seen, now: datetime, ownership: Ownership, noted: Record | None, record: Record) -> Situation:
    """Return the situation of an agent whose spec cannot be read: the DaemonSet says what it was."""
    spec = seen.daemonset.spec if seen.daemonset and ownership is Ownership.OURS else {}
    expected = Expectations(
        placement=placement_of_template(spec.get("template") or {}),
        digest=record.target.digest if record.target else None,
        owner_uid=_owner_uid(ownership, seen),
        min_ready=timedelta(seconds=spec.get("minReadySeconds") or 0),
        deadline=DEFAULT_DEADLINE,
        since=record.target.started if record.target else now,
        retried=None,
        out=record.out,
        unready_since=_unready_since(seen, now),
    )
    fleet = survey(expected, seen, now) if spec else Fleet((), ())
    return Situation(
        seen, now, ownership, noted, record, record, None, DEFAULT_DEADLINE, timedelta(), fleet, record.out, frozenset()
    )


def _with_retry(record: Record, annotations: Mapping[str, str], now: datetime) -> Record:
    """Return the record with the block lifted that the retry annotation names; each value is acted on once.

    The value is a revision, or a revision with a slash and anything behind it, to name the same one twice.
    """
    value = annotations.get(RETRY_ANNOTATION, "")[:LONGEST_VALUE]
    if value == record.retry:
        return record
    revision = value.partition("/")[0]
    update: dict[str, object] = {"retry": value}
    if any(block.rev == revision for block in record.blocked):
        update["blocked"] = tuple(block for block in record.blocked if block.rev != revision)
        if record.target is not None and record.target.rev == revision:
            update |= {"target": record.target.model_copy(update={"started": now, "retried": now, "promoted": False})}
            update |= {"charged": {}, "canaries": ()}
            update |= {"spent_approval": annotations.get(APPROVE_ANNOTATION, "")[:LONGEST_VALUE]}
    return record.model_copy(update=update)


def _with_target(record: Record, target: Target) -> Record:
    """Return the record with the target in it; another revision starts without canaries and charges."""
    same = record.target is not None and record.target.rev == target.rev
    update: dict[str, object] = {"target": target}
    return record.model_copy(update=update if same else update | {"canaries": (), "charged": {}})


def _owner_uid(ownership: Ownership, seen: Seen) -> str:
    return seen.daemonset.uid if seen.daemonset and ownership is Ownership.OURS else ""


def _unready_since(seen: Seen, now: datetime) -> datetime:
    """Return since when the status shows the agent as not Ready; now, while it shows it as Ready or nothing at all."""
    ready = seen.status.condition(ConditionType.READY) if seen.status else None
    if ready is None or ready.status == "True":
        return now
    return moment(ready.last_transition_time) or now


def _with_digest(target: Target, noted: Record | None, seen: Seen) -> Target:
    """Return the target with its digest filled in from the answer to the write that put it in place.

    The record is written in the same patch as the template and names its revision, so it is that of the answer, for as
    long as the answer is about the DaemonSet that is seen: what is remembered may be an earlier one.
    """
    written, daemonset = seen.written, seen.daemonset
    if written is None or daemonset is None or noted is None or noted.served != target.rev:
        return target
    answered = (written.uid, written.generation) == (daemonset.uid, daemonset.generation)
    return target.model_copy(update={"digest": written.digest}) if answered else target
