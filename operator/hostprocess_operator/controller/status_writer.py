"""The one place where a status is written: never twice the same, counts at most every five seconds."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import structlog

from hostprocess_operator.api.conditions import ConditionType
from hostprocess_operator.cluster import writes
from hostprocess_operator.controller.agents import observe_agent
from hostprocess_operator.controller.outdated import unknown_fields, without_fields
from hostprocess_operator.errors import Conflict, Invalid, NotFound
from hostprocess_operator.status import transitions

if TYPE_CHECKING:
    from collections.abc import Container

    from hostprocess_operator.api.agent import HostProcessAgent
    from hostprocess_operator.api.parse import InvalidAgent
    from hostprocess_operator.api.status import AgentStatus
    from hostprocess_operator.cluster.connection import Connection
    from hostprocess_operator.cluster.events import EventRecorder
    from hostprocess_operator.controller.caches import Caches
    from hostprocess_operator.controller.metrics import Metrics
    from hostprocess_operator.controller.outdated import Path
    from hostprocess_operator.controller.queue import Key, WorkQueue

_log = structlog.get_logger(__name__)
OUTDATED_SECONDS = 600.0
"""How long fields that the CRD did not know are left out before they are tried again."""
COUNTS_SECONDS = 5.0
"""How far apart writes are that change no more than counts and messages."""
LATELY_SECONDS = 30.0
"""For so long a reason of Ready that was shown is no news when it comes back: of two equally bad ones each may lead."""


class StatusWriter:
    """Writes statuses that changed, and has recorded what has happened between one and the next."""

    def __init__(
        self, connection: Connection, caches: Caches, queue: WorkQueue, metrics: Metrics, recorder: EventRecorder
    ) -> None:
        self._connection = connection
        self._caches = caches
        self._queue = queue
        self._metrics = metrics
        self._recorder = recorder
        self._last: dict[Key, float] = {}
        self._shown: dict[Key, dict[str, float]] = {}  # reasons of Ready, and when they were last written
        self._unknown: frozenset[Path] = frozenset()  # what the installed CRD does not know
        self._unknown_until = 0.0
        self._told: frozenset[Path] = frozenset()

    async def write(self, agent: HostProcessAgent | InvalidAgent, status: AgentStatus) -> None:
        """Write the status if it differs from the stored one and is urgent or due; else look again when it is due.

        Raises:
            ApiError: the API server did not take it; an agent that is gone is no error.
        """
        key = (agent.namespace, agent.name)
        self._metrics.show(key, status)
        stored = self._caches.agents.get(key)
        before = stored.status if stored else None
        if time.monotonic() > self._unknown_until:
            self._unknown = frozenset()  # the CRD may have been brought up to date
        if before is not None and self._same(status, before):
            return
        wait = self._last.get(key, 0.0) + COUNTS_SECONDS - time.monotonic()
        if before is not None and wait > 0 and not is_urgent(before, status, self._shown_lately(key)):
            self._queue.add_after(key, wait)
            return
        try:
            answer = await self._send(agent, status)
        except (NotFound, Conflict):
            # deleted or made again, most likely, which its own event tells too
            self._queue.add_after(key, COUNTS_SECONDS)
            return
        self._last[key] = time.monotonic()
        self._shown[key] = self._shown_lately(key) | {_headline(status)[-1]: self._last[key]}
        written = observe_agent(answer)
        self._caches.agents.upsert(answer, written)
        for occurrence in transitions(before, written.status or status):
            self._recorder.record(agent.namespace, agent.name, agent.uid, occurrence)

    def _shown_lately(self, key: Key) -> dict[str, float]:
        since = time.monotonic() - LATELY_SECONDS
        return {reason: at for reason, at in self._shown.get(key, {}).items() if at > since}

    def _same(self, status: AgentStatus, before: AgentStatus) -> bool:
        """Return whether the API server has the status already, as far as its CRD knows the fields."""
        if not self._unknown:
            return status == before
        return self._known_part(status) == self._known_part(before)

    async def _send(self, agent: HostProcessAgent | InvalidAgent, status: AgentStatus) -> dict[str, Any]:
        """Write the status; of a CRD that is older than this operator, the fields that it knows."""

        async def put() -> dict[str, Any]:
            known = self._known_part(status)
            return await writes.replace_agent_status(self._connection, agent.namespace, agent.name, agent.uid, known)

        try:
            return await put()
        except Invalid as refusal:
            found = unknown_fields(refusal.message) - self._unknown
            if not found:
                raise
        self._unknown |= found
        self._unknown_until = time.monotonic() + OUTDATED_SECONDS
        if not found <= self._told:
            self._told |= found
            _log.warning(
                "The CRD is older than this operator: fields of the status are left out",
                fields=sorted(".".join(path) for path in self._unknown),
                hint="apply the CRD hostprocessagents.hostprocess.dev of this version",
            )
        return await put()

    def _known_part(self, status: AgentStatus) -> dict[str, Any]:
        part: dict[str, Any] = without_fields(status.to_dict(), self._unknown)
        return part

    def start_anew(self) -> None:
        """Forget what was written when."""
        self._last.clear()
        self._shown.clear()

    def forget(self, key: Key) -> None:
        """Drop what is remembered of an agent that is gone."""
        self._last.pop(key, None)
        self._shown.pop(key, None)


def is_urgent(before: AgentStatus, after: AgentStatus, shown_lately: Container[str] = ()) -> bool:
    """Return whether more changed than counts and messages: what people and tools wait for.

    Args:
        shown_lately: reasons of Ready that are no news, if nothing else has changed.
    """
    (*was, reason_before), (*now, reason) = _headline(before), _headline(after)
    return was != now or (reason != reason_before and reason not in shown_lately)


def _headline(status: AgentStatus) -> tuple[int | None, tuple[str, ...], str, str]:
    """Return what people and tools wait for, Ready's reason last."""
    ready = status.condition(ConditionType.READY)
    types = tuple(condition.type for condition in status.conditions)
    return status.observed_generation, types, ready.status if ready else "", ready.reason if ready else ""
