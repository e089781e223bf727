"""Who leads, decided from what one candidate has seen of the Lease and from its own monotonic clock.

Pure. Two clocks are never compared: a Lease counts as kept while its resourceVersion goes on changing, and the times
that it holds are for people. A leader counts from the moment before it sent its renewal, everybody else from the
moment after they saw it; and a leader gives up before anybody may take over. So no two ever lead at once.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


class Action(Enum):
    """What a candidate does about the Lease now."""

    CREATE = "create it"
    TAKE = "take it"
    RENEW = "renew it"
    WAIT = "leave it alone"


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds, all in proportion to the first: 15, 10, 2 and 2 by default.

    Attributes:
        lease: without a renewal for so long the Lease is free.
        deadline: without a renewal for so long its holder leads no more.
        retry: pause between two looks or renewals.
        request: how long one request may take.
    """

    lease: float = 15.0

    @property
    def deadline(self) -> float:
        """Return the seconds after which a leader that could not renew gives up."""
        return self.lease * 2 / 3

    @property
    def retry(self) -> float:
        """Return the seconds between two looks."""
        return self.lease * 2 / 15

    @property
    def request(self) -> float:
        """Return the seconds that one request may take."""
        return min(2.0, self.retry)


@dataclass(frozen=True, slots=True)
class Lease:
    """What a Lease says: its holder (empty when it was given back), its version, and how long it is good for."""

    holder: str
    version: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Candidate:
    """One replica and what it knows; times are monotonic seconds of its own.

    Attributes:
        lease: the Lease as last seen, None when there is none.
        since: when that version of it was first seen, or that it is not there any more.
        renewed: just before the last request was sent that gave us the Lease; None when we do not lead.
    """

    identity: str
    timing: Timing = Timing()
    lease: Lease | None = None
    since: float = -math.inf
    renewed: float | None = None


def observe(candidate: Candidate, lease: Lease | None, now: float) -> Candidate:
    """Return the candidate after a look at the Lease; one that somebody else holds ends our leadership."""
    unchanged = (lease and lease.version) == (candidate.lease and candidate.lease.version)
    renewed = candidate.renewed if lease is None or lease.holder == candidate.identity else None
    return replace(candidate, lease=lease, since=candidate.since if unchanged else now, renewed=renewed)


def decide(candidate: Candidate, now: float) -> Action:
    """Return what to do about the Lease as it was last seen."""
    lease = candidate.lease
    if lease is None:
        # somebody may have deleted it, and its holder leads until it notices
        is_free = candidate.renewed is not None or candidate.since + candidate.timing.lease <= now
        return Action.CREATE if is_free else Action.WAIT
    if lease.holder == candidate.identity:
        return Action.RENEW
    if not lease.holder or candidate.since + lease.seconds <= now:
        return Action.TAKE
    return Action.WAIT


def granted(candidate: Candidate, lease: Lease, sent: float, now: float) -> Candidate:
    """Return the candidate after the API server took its claim, which was sent at `sent`."""
    return replace(candidate, lease=lease, since=now, renewed=sent)


def resigned(candidate: Candidate) -> Candidate:
    """Return the candidate without its leadership; whatever the Lease says is to be looked at anew."""
    return replace(candidate, renewed=None)


def leads(candidate: Candidate, now: float) -> bool:
    """Return whether the candidate may write."""
    return remaining(candidate, now) > 0


def remaining(candidate: Candidate, now: float) -> float:
    """Return for how many seconds the candidate may still write, 0 when it does not lead."""
    if candidate.renewed is None:
        return 0.0
    return max(0.0, candidate.renewed + candidate.timing.deadline - now)


def pause(candidate: Candidate, now: float) -> float:
    """Return the seconds until the next look: until something can have changed, and no more than `retry`."""
    retry = candidate.timing.retry
    if candidate.renewed is not None:
        return min(retry, remaining(candidate, now))
    if candidate.lease is None or not candidate.lease.holder:
        return retry
    free = candidate.since + candidate.lease.seconds - now
    return min(retry, free) if free > 0 else retry


def read_lease(body: Mapping[str, Any], otherwise: float) -> Lease:
    """Return what a Lease says; one that names no duration is good for `otherwise` seconds."""
    spec = body.get("spec") or {}
    return Lease(
        holder=spec.get("holderIdentity") or "",
        version=body["metadata"]["resourceVersion"],
        seconds=float(spec.get("leaseDurationSeconds") or otherwise),
    )


def claim(spec: Mapping[str, Any], holder: str, seconds: int, now: datetime) -> dict[str, Any]:
    """Return the spec of a Lease in the hands of a holder, empty to give it back.

    The client's models write a time without a fraction when it has no microseconds, and the API server refuses that:
    the text is made here.
    """
    moment = now.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    claimed = {**spec, "holderIdentity": holder, "leaseDurationSeconds": seconds, "renewTime": moment}
    if holder and holder != spec.get("holderIdentity"):
        claimed["acquireTime"] = moment
        claimed["leaseTransitions"] = int(spec.get("leaseTransitions") or 0) + (1 if spec else 0)
    return claimed
