"""Gather: everything that the plan decides on, derived once from the agent, the snapshot and the time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from hostprocess_operator.api.agent import HostProcessAgent
from hostprocess_operator.api.conditions import ConditionType
from hostprocess_operator.manifests import daemonset_labels, placement_of, placement_of_template, spec_stamp
from hostprocess_operator.observed.objects import moment
from hostprocess_operator.rollout.fleet import Expectations, Fleet, survey
from hostprocess_operator.rollout.ownership import Ownership, ownership_of
from hostprocess_operator.rollout.record import Record, Target, load_record, merge_records
from hostprocess_operator.rollout.target import Keep, Render, choose_target

if TYPE_CHECKING:
    from datetime import datetime

    from hostprocess_operator.api.parse import InvalidAgent
    from hostprocess_operator.observed import Seen

DEFAULT_DEADLINE = timedelta(seconds=1800)
"""Progress deadline of an agent whose spec cannot be read."""


@dataclass(frozen=True, slots=True)
class Situation:
    """Where an agent stands.

    Attributes:
        noted: the record as it stands on the DaemonSet, None when there is none.
        record: the record to go on with, of both copies; its target may be another than `target`.
        target: the revision that the spec asks for, None while the spec is invalid and none was asked for before.
        serve: where the target's template comes from, None while the spec is invalid.
        stamp: what the stamp annotation is once the spec is in place.
        in_place: whether the DaemonSet's spec and metadata are as we last wrote them and as they have to be.
        settled: in place, acted on by the DaemonSet controller, and pods of the target can be told from others.
    """

    seen: Seen
    now: datetime
    ownership: Ownership
    noted: Record | None
    record: Record
    target: Target | None
    serve: Render | Keep | None
    stamp: str
    in_place: bool
    settled: bool
    deadline: timedelta
    fleet: Fleet


def gather(agent: HostProcessAgent | InvalidAgent, seen: Seen, now: datetime) -> Situation:
    """Return the agent's situation at `now`."""
    ownership = ownership_of(seen.daemonset, agent.uid, seen.written)
    noted = load_record(seen.daemonset.record) if seen.daemonset and ownership is Ownership.OURS else None
    record = merge_records(noted, load_record(seen.status.record) if seen.status else None)
    if not isinstance(agent, HostProcessAgent):
        return _of_invalid(seen, now, ownership, noted, record)
    target, serve = choose_target(agent, record, seen, now)
    target = _with_digest(target, noted, seen)
    stamp = spec_stamp(agent, target.rev)
    in_place = ownership is Ownership.OURS and _is_in_place(agent, seen, stamp)
    deadline = timedelta(seconds=agent.spec.rollout.progress_deadline_seconds)
    expected = Expectations(
        placement=placement_of(agent),
        digest=target.digest,
        owner_uid=_owner_uid(ownership, seen),
        min_ready=timedelta(seconds=agent.spec.rollout.min_ready_seconds),
        deadline=deadline,
        since=target.started,
        out=record.out,
        unready_since=_unready_since(seen, now),
    )
    return Situation(
        seen=seen,
        now=now,
        ownership=ownership,
        noted=noted,
        record=record,
        target=target,
        serve=serve,
        stamp=stamp,
        in_place=in_place,
        settled=in_place and _is_acted_on(target, seen),
        deadline=deadline,
        fleet=survey(expected, seen, now),
    )


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
        out=record.out,
        unready_since=_unready_since(seen, now),
    )
    return Situation(
        seen=seen,
        now=now,
        ownership=ownership,
        noted=noted,
        record=record,
        target=record.target,
        serve=None,
        stamp="",
        in_place=False,
        settled=False,
        deadline=DEFAULT_DEADLINE,
        fleet=survey(expected, seen, now) if spec else Fleet((), ()),
    )


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

    The record is written in the same patch as the template, so the target that it notes is the one of that answer,
    for as long as the answer is about the DaemonSet that is seen: what is remembered may be an earlier one.
    """
    written, daemonset = seen.written, seen.daemonset
    answered = (
        written is not None
        and daemonset is not None
        and (written.uid, written.generation) == (daemonset.uid, daemonset.generation)
        and noted is not None
        and noted.target is not None
        and noted.target.rev == target.rev
    )
    return target.model_copy(update={"digest": written.digest}) if answered and written else target


def _is_in_place(agent: HostProcessAgent, seen: Seen, stamp: str) -> bool:
    daemonset, written = seen.daemonset, seen.written
    return (
        daemonset is not None
        and written is not None
        and (daemonset.uid, daemonset.generation) == (written.uid, written.generation)
        and daemonset.stamp == stamp
        and daemonset.owner_uid == agent.uid
        and daemonset_labels(agent.name).items() <= daemonset.labels.items()
    )


def _is_acted_on(target: Target, seen: Seen) -> bool:
    daemonset = seen.daemonset
    return (
        daemonset is not None
        and daemonset.observed_generation >= daemonset.generation
        and any(revision.digest == target.digest for revision in seen.revisions)
    )
