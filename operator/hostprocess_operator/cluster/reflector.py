"""Keeps a store equal to one resource of the cluster, through every fault of the way there.

Lists, then watches from where the list ended, for ever. Deletions that happened while the stream was lost are found
by comparing lists. Decides nothing and ends only when it is cancelled.
"""

from __future__ import annotations

import asyncio
import math
import random
import time
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Generic, NoReturn

import structlog

from hostprocess_operator.cluster.answers import refusal_of
from hostprocess_operator.cluster.backoff import Backoff
from hostprocess_operator.cluster.listing import PAGE, pages
from hostprocess_operator.cluster.paths import namespace_of
from hostprocess_operator.cluster.rounds import Rounds
from hostprocess_operator.cluster.store import Entry, Store, T, key_of
from hostprocess_operator.errors import ApiError, Gone, NotFound

if TYPE_CHECKING:
    from collections.abc import Callable

    from hostprocess_operator.cluster.connection import Connection

IDLE_SECONDS: Final = 70.0
"""Silence after which a watch is opened anew. Bookmarks come once a minute, but none while nothing newer is known."""
RESYNC_SECONDS: Final = 1800.0
"""Time after which a full list settles whatever a stream may have kept silent about."""
STEADY_SECONDS: Final = 10.0
"""How long a stream must have lived before its end counts as ordinary."""

_WATCH_SECONDS = (240.0, 300.0)
_LIST_AGAIN_SECONDS = 60.0
_LONGEST_WAIT = 30.0

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Resource:
    """What is reflected: a path of `paths`, narrowed by a label selector.

    Attributes:
        rest_seconds: by which an event may be late, so that several are taken together.
    """

    path: str
    selector: str = ""
    rest_seconds: float = 0.0


class Reflector(Generic[T]):
    """One resource and the store that follows it.

    Attributes:
        synced: set once the first complete list is in the store.
        last_contact: monotonic seconds at which the API server was last heard: a page, an accepted watch, an event or
            a bookmark. It is never older than `idle_seconds` while the API server answers.
        relisted: when the store last had to be rebuilt because the stream was lost for good, None when never.
    """

    def __init__(
        self,
        connection: Connection,
        resource: Resource,
        observe: Callable[[dict[str, Any]], T],
        store: Store[T],
        *,
        page: int = PAGE,
        idle_seconds: float = IDLE_SECONDS,
        resync_seconds: float = RESYNC_SECONDS,
    ) -> None:
        self.synced = asyncio.Event()
        self.last_contact = time.monotonic()
        self.relisted: datetime | None = None
        self._connection = connection
        self._resource = resource
        self._namespace = namespace_of(resource.path)
        self._observe = observe
        self._store = store
        self._page = page
        self._idle_seconds = idle_seconds
        self._resync_seconds = resync_seconds
        self._version = ""  # none: a list is due
        self._list_due = 0.0
        self._lost = False
        self._rounds = Rounds()
        self._stay: asyncio.Timeout | None = None
        self._backoff = Backoff()
        self._complaint = ""
        self._log = _log.bind(resource=resource.path)

    async def refresh(self) -> None:
        """List anew and return once the store holds everything that was written before this call."""
        done = self._rounds.ask()
        self._leave()
        await done.wait()

    def suspect(self) -> None:
        """Have everything listed again soon: somebody has reason to believe that an event was missed."""
        self._list_due = 0.0
        self._leave()

    def _leave(self) -> None:
        """End the watch that is under way, so that a list comes next."""
        if self._stay is not None and not self._stay.expired():
            self._stay.reschedule(asyncio.get_running_loop().time())

    async def run(self) -> NoReturn:
        """Follow the resource until cancelled; every failure is outlived."""
        while True:
            opened = math.inf
            error: Exception | None = None
            try:
                if not self._version or self._rounds.wanted or time.monotonic() >= self._list_due:
                    # A safety list that fails is tried again later: it must not keep the stream waiting.
                    self._list_due = time.monotonic() + _LIST_AGAIN_SECONDS
                    with self._rounds.listing():
                        await self._list()
                opened = time.monotonic()
                await self._watch()
            except Exception as caught:  # noqa: BLE001 - one bad answer must not end the only view of the cluster
                error = caught
            if opened != math.inf and isinstance(error, Gone | NotFound):
                self._lost, self._version = True, ""
            if error is None and self._rounds.wanted:
                continue
            steady = time.monotonic() - opened >= STEADY_SECONDS
            await asyncio.sleep(self._wait(error, steady=steady))

    async def _list(self) -> None:
        listed: list[Entry[T]] = []
        version = ""
        received = pages(self._connection, self._resource.path, self._resource.selector, self._page)
        async with aclosing(received):
            async for items, version in received:  # noqa: B007 - all pages are of one version
                self._heard()
                listed += filter(None, map(self._entry, items))
                items.clear()
                await asyncio.sleep(0)
        self._store.replace_all(listed, version, self._namespace)
        self._version = version
        self._list_due = time.monotonic() + self._resync_seconds * random.uniform(0.9, 1.1)  # noqa: S311 - spreads load
        if self._lost:
            self.relisted, self._lost = datetime.now(UTC), False
            self._log.info("Rebuilt the cache after its stream was lost", objects=len(listed))
        self.synced.set()

    async def _watch(self) -> None:
        """Follow the stream until it ends, or until somebody wants a list."""
        if self._rounds.wanted:
            return
        stream = self._connection.stream(
            self._resource.path, self._watch_query(), self._idle_seconds, self._heard, self._resource.rest_seconds
        )
        stay = asyncio.timeout(None)
        try:
            async with stay as self._stay, aclosing(stream) as events:
                async for event in events:
                    self._take(event)
        except TimeoutError:
            if not stay.expired():
                raise
        finally:
            self._stay = None

    def _watch_query(self) -> list[tuple[str, str]]:
        seconds = min(random.uniform(*_WATCH_SECONDS), self._list_due - time.monotonic())  # noqa: S311 - spreads load
        query = [
            ("watch", "true"),
            ("allowWatchBookmarks", "true"),
            ("resourceVersion", self._version),
            ("timeoutSeconds", str(max(1, round(seconds)))),
        ]
        return [*query, ("labelSelector", self._resource.selector)] if self._resource.selector else query

    def _take(self, event: dict[str, Any]) -> None:
        """Bring one event into the store."""
        kind, body = event["type"], event["object"]
        if kind == "ERROR":
            raise refusal_of(body)
        version = body["metadata"]["resourceVersion"]
        if kind == "DELETED":
            self._store.remove(key_of(body), version)
        elif kind != "BOOKMARK" and (entry := self._entry(body)):
            self._store.put(entry)
        self._version = version
        self._store.advance(version, self._namespace)
        self._heard()

    def _heard(self) -> None:
        self.last_contact = time.monotonic()

    def _entry(self, body: dict[str, Any]) -> Entry[T] | None:
        """Return the entry of an object; of one that cannot be read, what is known about it from before."""
        try:
            return Entry.of(body, self._observe(body))
        except Exception:  # noqa: BLE001 - logged, and the stream goes on
            key = key_of(body)
            self._log.exception("Skipped an object that could not be read", namespace=key[0], name=key[1])
            return self._store.entry(key)

    def _wait(self, error: Exception | None, *, steady: bool) -> float:
        """Take note of how a stream ended, and return the seconds until the next attempt."""
        if steady:
            self._backoff.reset()
            self._complaint = ""
        if error is None and steady:
            return 0.0
        self._complain(error)
        if isinstance(error, Gone) and self._backoff.fresh:
            self._backoff.wait()
            return 0.0
        asked = (error.retry_after if isinstance(error, ApiError) else None) or 0.0
        return max(self._backoff.wait(), min(asked, _LONGEST_WAIT))

    def _complain(self, error: Exception | None) -> None:
        """Log an interruption, the same one only once in a row."""
        complaint = f"{type(error).__name__}: {error}"
        if error is None or complaint == self._complaint:
            return
        self._complaint = complaint
        if isinstance(error, ApiError):
            self._log.warning("Lost a stream of the API server and will try again", error=str(error))
        else:
            self._log.error("Failed to follow a stream of the API server and will try again", exc_info=error)
