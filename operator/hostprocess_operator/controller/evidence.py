"""Events about pods and DaemonSets, asked for where their own status does not say why an agent does not run.

Never watched: one list per object, a few objects per agent, again less and less often. What is remembered here may be
lost: then it is asked for again.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import structlog

from hostprocess_operator.cluster import reads
from hostprocess_operator.errors import ApiError
from hostprocess_operator.observed import observe_event

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from hostprocess_operator.cluster.connection import Connection
    from hostprocess_operator.controller.queue import Key
    from hostprocess_operator.observed import Event

FIRST_WAIT: Final = 3.0
LONGEST_WAIT: Final = 60.0
_AT_ONCE = 8

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Answer:
    """What was found, when (monotonic seconds), and how long that is good for."""

    events: tuple[Event, ...]
    read: float
    wait: float

    @property
    def due(self) -> float:
        return self.read + self.wait


class Evidence:
    """The Events that the diagnoses of agents are based on.

    Args:
        clock: returns monotonic seconds.
    """

    def __init__(self, connection: Connection, clock: Callable[[], float] = time.monotonic) -> None:
        self._connection = connection
        self._clock = clock
        self._answers: dict[Key, dict[str, _Answer]] = {}
        self._slots = asyncio.Semaphore(_AT_ONCE)

    async def about(self, key: Key, uids: Sequence[str]) -> Mapping[str, tuple[Event, ...]]:
        """Return the Events about these objects of an agent, by UID, asking for those that are due.

        Nothing is remembered of objects that are not asked about any more. A refusal leaves what was known.
        """
        known = self._answers.get(key, {})
        kept = {uid: known[uid] for uid in uids if uid in known}
        now = self._clock()
        due = [uid for uid in uids if uid not in kept or kept[uid].due <= now]
        answers = await asyncio.gather(*(self._ask(key[0], uid, kept.get(uid)) for uid in due))
        kept |= dict(zip(due, answers, strict=True))
        if kept:
            self._answers[key] = kept
        else:
            self._answers.pop(key, None)
        return {uid: answer.events for uid, answer in kept.items()}

    def due_in(self, key: Key) -> float | None:
        """Return after how many seconds there is something to ask again about the agent, None when there is not."""
        answers = self._answers.get(key, {}).values()
        return min((max(0.0, answer.due - self._clock()) for answer in answers), default=None)

    def forget(self, key: Key) -> None:
        """Drop what is remembered of an agent that is gone."""
        self._answers.pop(key, None)

    async def _ask(self, namespace: str, uid: str, before: _Answer | None) -> _Answer:
        wait = min(LONGEST_WAIT, before.wait * 2) if before else FIRST_WAIT
        events = before.events if before else ()
        try:
            async with self._slots:
                bodies = await reads.list_events(self._connection, namespace, uid)
        except ApiError as error:
            _log.debug("Failed to read events", namespace=namespace, uid=uid, error=str(error))
        else:
            events = tuple(observe_event(body) for body in bodies)
        return _Answer(events, self._clock(), wait)
