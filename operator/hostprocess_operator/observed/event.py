"""An Event about an object: what a component said of it, and how often."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hostprocess_operator.observed.objects import Body, moment, text

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Event:
    """An Event as the API server last showed it.

    Attributes:
        about: UID of the object that it is about.
        message: the component's words: hostile text, to be cleaned before it is shown.
        count: how often it has happened.
        last: when it last happened, None when it does not say.
    """

    about: str
    reason: str
    message: str
    count: int
    last: datetime | None


def observe_event(body: Body) -> Event:
    """Return what an Event of the core API shows, by whichever of the two APIs it was recorded."""
    series = body.get("series") or {}
    last = (
        series.get("lastObservedTime")
        or body.get("lastTimestamp")
        or body.get("eventTime")
        or body["metadata"].get("creationTimestamp")
    )
    return Event(
        about=str((body.get("involvedObject") or {}).get("uid") or ""),
        reason=text(body.get("reason", "")),
        message=str(body.get("message") or ""),
        count=int(series.get("count") or body.get("count") or 1),
        last=moment(last),
    )
