"""When the log of a run is read, and how long a run may go without a report.

A probe has said all it has to say when it ends; its log may lag a little behind. An agent may speak at any time, so
its log is polled until the timeout. A log that cannot be read says nothing about the run, so that never ends, but
ever more slowly.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from hostprocess_operator.verification.report import Cause, NoReportFound

if TYPE_CHECKING:
    from hostprocess_operator.verification.runs import Run

PROBE_READS: Final = 5
"""So many readable logs of an ended probe without a report are enough."""

GONE_READS: Final = 8
"""So many unreadable logs in a row, two minutes, before the kubelet's word that a log is gone is believed.

It says the same while the container runtime restarts.
"""

_FIRST_PAUSE: Final = timedelta(seconds=1)
_LONGEST_PAUSE: Final = timedelta(seconds=30)
_LONGEST_PAUSE_UNAVAILABLE: Final = timedelta(minutes=5)
_UNAVAILABLE: Final = frozenset({Cause.LOG_UNREACHABLE, Cause.LOG_GONE})


@dataclass(frozen=True, slots=True)
class Reads:
    """The reads of one run's log so far, none of which gave a report.

    Attributes:
        answered: how many gave a log.
        unavailable: how many gave none since the last that did.
        last: what the last one gave.
        last_at: when that was.
    """

    answered: int = 0
    unavailable: int = 0
    last: NoReportFound | None = None
    last_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """What to do about a run without a report.

    Attributes:
        read: whether to read its log now.
        look_at: when to ask again; None when only a change of the run can bring anything new.
        verdict_on: what to judge the run by for now; None leaves it without a new verdict.
    """

    read: bool
    look_at: datetime | None = None
    verdict_on: NoReportFound | None = None


def record_read(reads: Reads, found: NoReportFound, now: datetime) -> Reads:
    """Return the reads with one more, made just now."""
    if found.cause in _UNAVAILABLE:
        return replace(reads, unavailable=reads.unavailable + 1, last=found, last_at=now)
    return Reads(answered=reads.answered + 1, last=found, last_at=now)


def next_step(run: Run, reads: Reads, *, timeout_seconds: int, now: datetime) -> Step:
    """Return what to do now about a run that has no report yet.

    Args:
        run: the run; one whose start the kubelet does not tell is never late.
        reads: the reads of its log so far.
        timeout_seconds: how long after its start it may stay without a report.
        now: the current time.
    """
    deadline = (run.started or now) + timedelta(seconds=timeout_seconds)
    if run.probe and run.ended is None:
        if now < deadline:
            return Step(read=False, look_at=deadline)
        return Step(read=False, verdict_on=NoReportFound(Cause.PROBE_RUNNING))
    if reads.last is None or reads.last_at is None:
        return Step(read=True)
    if reads.last.cause in _UNAVAILABLE:
        return _after_no_log(reads.last, reads.last_at, reads.unavailable, deadline, now)
    if reads.answered >= PROBE_READS if run.probe else reads.last_at >= deadline:
        return Step(read=False, verdict_on=reads.last)
    due = reads.last_at + _pause(reads.answered, _LONGEST_PAUSE)
    return _read_at(due if run.probe else min(due, deadline), now)


def _after_no_log(last: NoReportFound, last_at: datetime, count: int, deadline: datetime, now: datetime) -> Step:
    if last.cause is Cause.LOG_GONE and count >= GONE_READS:
        return Step(read=False, verdict_on=last)
    due = last_at + _pause(count, _LONGEST_PAUSE_UNAVAILABLE)
    if now < deadline:  # a kubelet that is briefly away is nobody's business
        return _read_at(due, now, look_at=min(due, deadline))
    return replace(_read_at(due, now), verdict_on=last)


def _pause(count: int, longest: timedelta) -> timedelta:
    """Return the pause after so many reads: doubled each time, from one second."""
    doublings = min(count - 1, 16)  # far beyond the longest pause, and short of an overflow
    return min(_FIRST_PAUSE * (1 << doublings), longest)


def _read_at(due: datetime, now: datetime, look_at: datetime | None = None) -> Step:
    return Step(read=True) if now >= due else Step(read=False, look_at=look_at or due)
