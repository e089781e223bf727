"""Which Event is to be told next: one topic for each agent and reason, each at most once a minute.

Keeps no time and sends nothing. What repeats within a while is counted into the Event that tells of it; of several
different things that happen within a minute for the same reason, the last is told.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from datetime import datetime

    from hostprocess_operator.status import Occurrence

SPACING: Final = timedelta(minutes=1)
"""How far apart the requests about one topic are."""
SERIES: Final = timedelta(minutes=10)
"""What happens again within this time counts as a repetition, not as news."""
MOST_TOPICS: Final = 2000
MOST_ATTEMPTS: Final = 5

Noted = Literal["new", "repeated", "superseded", "dropped"]
Answer = Literal["accepted", "gone", "failed", "refused"]


@dataclass(frozen=True, slots=True)
class About:
    """The agent that an Event is about."""

    namespace: str
    name: str
    uid: str


@dataclass(frozen=True, slots=True)
class Telling:
    """One Event and how often what it tells has happened.

    Attributes:
        event: the Event's name: chosen here, so that sending it twice makes it once.
        told: how often it has happened as far as the API server knows; 0 means that it has no such Event.
    """

    event: str
    about: About
    occurrence: Occurrence
    first: datetime
    last: datetime
    count: int = 1
    told: int = 0


@dataclass(slots=True)
class _Topic:
    telling: Telling | None = None
    due: datetime | None = None
    attempts: int = 0

    @property
    def pending(self) -> bool:
        return self.telling is not None and self.telling.told < self.telling.count


class EventLedger:
    """What has happened and what of it was told."""

    def __init__(self, most: int = MOST_TOPICS) -> None:
        self._most = most
        self._topics: dict[tuple[str, str, str], _Topic] = {}

    def __len__(self) -> int:
        """Return how many topics are remembered."""
        return len(self._topics)

    def note(self, about: About, occurrence: Occurrence, now: datetime) -> Noted:
        """Take down what has happened, and return what became of it; `superseded` speaks of what it displaced."""
        key = (about.namespace, about.name, occurrence.reason.value)
        if key not in self._topics and not self._has_room(now):
            return "dropped"
        topic = self._topics.setdefault(key, _Topic())
        telling = topic.telling
        if telling is not None and _repeats(telling, about, occurrence, now):
            topic.telling = replace(telling, count=telling.count + 1, last=now)
            return "repeated"
        superseded = topic.pending
        topic.telling, topic.attempts = Telling(_name(about), about, occurrence, now, now), 0
        return "superseded" if superseded else "new"

    def next_due(self) -> datetime | None:
        """Return when there is something to tell, None while there is nothing; a moment of the past means now."""
        moments = [
            topic.due or topic.telling.first for topic in self._topics.values() if topic.pending and topic.telling
        ]
        return min(moments, default=None)

    def take(self, now: datetime) -> Telling | None:
        """Return what has waited longest and may be told now, None when there is no such thing."""
        ready = [
            (topic.due or topic.telling.first, number, topic)
            for number, topic in enumerate(self._topics.values())
            if topic.telling is not None and topic.pending and (topic.due is None or topic.due <= now)
        ]
        if not ready:
            return None
        topic = min(ready, key=lambda entry: entry[:2])[2]
        topic.due = now + SPACING
        return topic.telling

    def settle(self, sent: Telling, answer: Answer) -> None:
        """Take down what became of a telling that was taken."""
        topic = self._topics.get((sent.about.namespace, sent.about.name, sent.occurrence.reason.value))
        if topic is None or topic.telling is None or topic.telling.event != sent.event:
            return  # the agent is gone, or something else has happened since
        telling = topic.telling
        topic.attempts = topic.attempts + 1 if answer == "failed" else 0
        if answer == "accepted":
            topic.telling = replace(telling, told=sent.count)
        elif answer == "gone":
            again = telling.count - telling.told
            topic.telling = Telling(_name(sent.about), sent.about, sent.occurrence, sent.last, telling.last, again)
        elif answer == "refused" or topic.attempts >= MOST_ATTEMPTS:
            topic.telling = None

    def forget(self, namespace: str, name: str) -> None:
        """Drop what is remembered of an agent that is gone."""
        for key in [key for key in self._topics if key[:2] == (namespace, name)]:
            del self._topics[key]

    def _has_room(self, now: datetime) -> bool:
        """Return whether there is room for another topic, after those were dropped that nothing can be added to."""
        if len(self._topics) < self._most:
            return True
        self._topics = {key: topic for key, topic in self._topics.items() if not _is_over(topic, now)}
        return len(self._topics) < self._most


def _repeats(telling: Telling, about: About, occurrence: Occurrence, now: datetime) -> bool:
    return (telling.about, telling.occurrence) == (about, occurrence) and now - telling.last <= SERIES


def _is_over(topic: _Topic, now: datetime) -> bool:
    if topic.pending or (topic.due is not None and topic.due > now):
        return False
    return topic.telling is None or now - topic.telling.last > SERIES


def _name(about: About) -> str:
    return f"{about.name}.{secrets.token_hex(8)}"
