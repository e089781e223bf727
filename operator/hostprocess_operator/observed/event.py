"""An Event about an object: what a component said of it, and how often."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hostprocess_operator.observed.objects import Body, moment, text

if TYPE_CHECKING:
    from datetime import datetime

# A field path such as spec.initContainers{verify-admin-rights}
_CONTAINER = re.compile(r"(?:containers|Containers)\{([a-z0-9-]{1,63})\}$")


@dataclass(frozen=True, slots=True)
class Event:
    """An Event as the API server last showed it.

    Attributes:
        about: UID of the object that it is about.
        message: the component's words: hostile text, to be cleaned before it is shown.
        count: how often it has happened.
        last: when it last happened, None when it does not say.
        container: name of the container of the pod that it is about, empty when it is about the whole object.
    """

    about: str
    reason: str
    message: str
    count: int
    last: datetime | None
    container: str = ""


def observe_event(body: Body) -> Event:
    """Return what an Event of the core API shows, by whichever of the two APIs it was recorded."""
    series = body.get("series") or {}
    last = (
        series.get("lastObservedTime")
        or body.get("lastTimestamp")
        or body.get("eventTime")
        or body["metadata"].get("creationTimestamp")
    )
    regarding = body.get("involvedObject") or {}
    return Event(
        about=str(regarding.get("uid") or ""),
        reason=text(body.get("reason", "")),
        message=str(body.get("message") or ""),
        count=int(series.get("count") or body.get("count") or 1),
        last=moment(last),
        container=found[1] if (found := _CONTAINER.search(str(regarding.get("fieldPath") or ""))) else "",
    )
