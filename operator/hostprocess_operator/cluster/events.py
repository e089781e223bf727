"""The recorder: tells people through Events what has happened to their agents.

At best effort: it holds up no reconcile, keeps no more than it has room for, and gives up on what the API server does
not take. The status is the truth; an Event that is lost changes nothing.
"""

from __future__ import annotations

import asyncio
from datetime import UTC
from typing import TYPE_CHECKING, Any, Final

import structlog

from hostprocess_operator.api.names import API_VERSION, EVENT_CONTROLLER, KIND
from hostprocess_operator.cluster import writes
from hostprocess_operator.cluster.event_ledger import About, EventLedger, Telling
from hostprocess_operator.errors import ApiError, Conflict, Forbidden, Invalid, NotFound, WritesClosed
from hostprocess_operator.verification.text import clean_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from hostprocess_operator.cluster.connection import Connection
    from hostprocess_operator.cluster.event_ledger import Answer
    from hostprocess_operator.status import Occurrence

NOTE_BYTES: Final = 1024
PAUSE_SECONDS: Final = 0.2
"""How far apart any two requests are."""

_LONGEST_INSTANCE = 128
_IDLE_SECONDS = 60.0
_log = structlog.get_logger(__name__)


class EventRecorder:
    """Takes down what happens, and tells it in the background.

    Args:
        instance: which process tells it: the pod's name.
        clock: returns the time, aware.
        on_outcome: told in a word what became of each occurrence or request.
    """

    def __init__(
        self,
        connection: Connection,
        instance: str,
        clock: Callable[[], datetime],
        on_outcome: Callable[[str], None] = lambda _: None,
        ledger: EventLedger | None = None,
    ) -> None:
        self._connection = connection
        self._instance = instance[:_LONGEST_INSTANCE] or "unknown"
        self._clock = clock
        self._on_outcome = on_outcome
        self._ledger = EventLedger() if ledger is None else ledger
        self._noted = asyncio.Event()
        self._warned: set[str] = set()

    def record(self, namespace: str, name: str, uid: str, occurrence: Occurrence) -> None:
        """Take down what happened to an agent; returns at once and never fails."""
        became = self._ledger.note(About(namespace, name, uid), occurrence, self._clock())
        if became in {"dropped", "superseded"}:
            self._on_outcome(became)
            _log.debug("Left out an Event", namespace=namespace, name=name, reason=occurrence.reason, outcome=became)
        self._noted.set()

    def forget(self, namespace: str, name: str) -> None:
        """Drop what is remembered of an agent that is gone."""
        self._ledger.forget(namespace, name)

    async def run(self) -> None:
        """Tell what happens until nothing may be written any more, or until cancelled."""
        while True:
            try:
                await self._tell_next()
            except WritesClosed:
                return
            except Exception:  # noqa: BLE001 - an Event is never worth the operator
                _log.exception("Failed to tell an Event")
                await asyncio.sleep(_IDLE_SECONDS)

    async def _tell_next(self) -> None:
        """Wait for something to tell, for as long as it takes, and tell it."""
        self._noted.clear()
        telling = self._ledger.take(self._clock())
        if telling is None:
            await self._wait()
            return
        answer = await self._send(telling)
        self._ledger.settle(telling, answer)
        await asyncio.sleep(PAUSE_SECONDS)

    async def _wait(self) -> None:
        due = self._ledger.next_due()
        seconds = _IDLE_SECONDS if due is None else (due - self._clock()).total_seconds()
        try:
            async with asyncio.timeout(min(max(seconds, 0.0), _IDLE_SECONDS)):
                await self._noted.wait()
        except TimeoutError:
            return

    async def _send(self, telling: Telling) -> Answer:
        try:
            if telling.told:
                await writes.patch_event_series(
                    self._connection, telling.about.namespace, telling.event, series_of(telling)
                )
            else:
                await writes.create_event(self._connection, event_body(telling, self._instance))
        except Conflict:
            answer: Answer = "accepted"  # an earlier attempt, whose answer was lost
        except NotFound as error:
            answer = "gone" if telling.told else self._refused(telling, error)
        except (Forbidden, Invalid) as error:
            answer = self._refused(telling, error)
        except ApiError as error:
            _log.debug("Failed to tell an Event", error=str(error))
            answer = "failed"
        else:
            answer = "accepted"
        self._on_outcome(("repeated" if telling.told else "created") if answer == "accepted" else answer)
        return answer

    def _refused(self, telling: Telling, error: ApiError) -> Answer:
        """Log what the API server refuses: loudly only the first time, or a missing right would fill the log."""
        kind = type(error).__name__
        level = _log.debug if kind in self._warned else _log.warning
        self._warned.add(kind)
        about = telling.about
        level("The API server refuses an Event", namespace=about.namespace, name=about.name, error=str(error))
        return "refused"


def event_body(telling: Telling, instance: str) -> dict[str, Any]:
    """Return the Event in API spelling."""
    about, occurrence, related = telling.about, telling.occurrence, telling.occurrence.related
    body: dict[str, Any] = {
        "apiVersion": "events.k8s.io/v1",
        "kind": "Event",
        "metadata": {"namespace": about.namespace, "name": telling.event},
        "eventTime": _micro(telling.first),
        "reportingController": EVENT_CONTROLLER,
        "reportingInstance": instance,
        "type": occurrence.type,
        "reason": occurrence.reason.value,
        "action": occurrence.action,
        "note": clean_text(occurrence.note, NOTE_BYTES),
        "regarding": {
            "apiVersion": API_VERSION,
            "kind": KIND,
            "namespace": about.namespace,
            "name": about.name,
            "uid": about.uid,
        },
    }
    if telling.count > 1:
        body["series"] = series_of(telling)
    if related is not None and related.kind == "DaemonSet":
        body["related"] = {"apiVersion": "apps/v1", "kind": "DaemonSet", "namespace": about.namespace}
    elif related is not None:
        body["related"] = {"apiVersion": "v1", "kind": "Node"}
    if related is not None:
        body["related"] |= {"name": related.name} | ({"uid": related.uid} if related.uid else {})
    return body


def series_of(telling: Telling) -> dict[str, Any]:
    """Return how often it has happened, and when it last did."""
    return {"count": telling.count, "lastObservedTime": _micro(telling.last)}


def _micro(moment: datetime) -> str:
    """Return the time with the microseconds that this API insists on."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
