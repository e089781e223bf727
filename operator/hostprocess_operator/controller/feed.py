"""How HostProcessAgents get into the cache: kopf's events at once, and a list that settles what kopf missed.

kopf loses deletions over a re-list and says nothing while it cannot watch; a list every minute finds both, and says
when the API server was last heard.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

import structlog

from hostprocess_operator.cluster import reads
from hostprocess_operator.cluster.backoff import Backoff
from hostprocess_operator.cluster.rounds import Rounds
from hostprocess_operator.cluster.store import Entry, key_of
from hostprocess_operator.controller.agents import observe_agent
from hostprocess_operator.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hostprocess_operator.cluster.connection import Connection
    from hostprocess_operator.cluster.store import Store
    from hostprocess_operator.controller.agents import StoredAgent

_log = structlog.get_logger(__name__)
LIST_SECONDS = 60.0
_SUSPICION_SECONDS = 1.0


class AgentFeed:
    """Keeps the store of agents true.

    Attributes:
        synced: set once the first complete list is in the store.
    """

    def __init__(self, connection: Connection, namespaces: Sequence[str], agents: Store[StoredAgent]) -> None:
        self.synced = asyncio.Event()
        self._connection = connection
        self._namespaces = tuple(namespaces) or (None,)
        self._agents = agents
        self._loop = asyncio.get_running_loop()
        self._suspicion = asyncio.Event()
        self._rounds = Rounds()
        self._unknown = False  # whether the kind was missing
        self._complaint = ""
        self._asked = asyncio.Event()
        self._last_contact = time.monotonic()

    def age(self) -> float | None:
        """Return the seconds since the agents were last heard of, None before the first complete list."""
        return time.monotonic() - self._last_contact if self.synced.is_set() else None

    def tell(self, event_type: str | None, body: dict[str, Any]) -> None:
        """Take in an event of kopf's; may be called from any thread."""
        self._loop.call_soon_threadsafe(self._take, event_type, body)

    async def refresh(self) -> None:
        """List anew and return once the store holds everything that was written before this call."""
        done = self._rounds.ask()
        self._asked.set()
        await done.wait()

    def when_served(self, then: Callable[[], None]) -> None:
        """Call back once the API server lists the agents, and names their kind; may be called from any thread."""
        asyncio.run_coroutine_threadsafe(self._until_served(then), self._loop)

    async def _until_served(self, then: Callable[[], None]) -> None:
        await self.refresh()
        then()

    async def run(self) -> None:
        """List at once, then every minute and whenever kopf has had to list again; never ends by itself."""
        backoff = Backoff()
        while True:
            self._suspicion.clear()
            self._asked.clear()
            try:
                with self._rounds.listing():
                    await self._list()
            except Exception as error:  # noqa: BLE001 - whatever the API server sends must not end the operator
                self._unknown = self._unknown or isinstance(error, NotFound)
                self._complain(error)
                await asyncio.sleep(backoff.wait())
                continue
            backoff.reset()
            self._unknown = False
            self._complaint = ""
            self.synced.set()
            await self._until_due()

    async def _until_due(self) -> None:
        """Wait until somebody asks for a list, a while after kopf had to list again, or for a minute."""
        suspicion = asyncio.create_task(self._suspicion.wait())
        asked = asyncio.create_task(self._asked.wait())
        try:
            await asyncio.wait({suspicion, asked}, timeout=LIST_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            if suspicion.done() and not asked.done():
                await asyncio.wait({asked}, timeout=_SUSPICION_SECONDS)
        finally:
            suspicion.cancel()
            asked.cancel()

    def _take(self, event_type: str | None, body: dict[str, Any]) -> None:
        self._last_contact = time.monotonic()
        if event_type == "DELETED":
            self._agents.remove(key_of(body), body["metadata"].get("resourceVersion"))
            return
        if event_type is None and self.synced.is_set():
            self._suspicion.set()
        self._agents.put(self._entry(body, listed=event_type is None))

    async def _list(self) -> None:
        if self._unknown and not await reads.knows_agents(self._connection):
            raise NotFound("the API server does not name the kind HostProcessAgent yet")
        for namespace in self._namespaces:
            listing = await reads.list_agents(self._connection, namespace)
            self._last_contact = time.monotonic()
            entries = [self._entry(body, listed=True) for body in listing.items]
            self._agents.replace_all(entries, listing.version, namespace or "")

    def _entry(self, body: dict[str, Any], *, listed: bool) -> Entry[StoredAgent]:
        """Return the entry of an agent; one that is held in that very version is not parsed again."""
        bare = Entry.of(body, None)
        held = self._agents.entry(bare.key)
        if held is not None and held.version is not None and (held.uid, held.version) == (bare.uid, bare.version):
            return held
        return Entry.of(body, observe_agent(body, listed=listed))

    def _complain(self, error: Exception) -> None:
        """Log a failure, the same one only once in a row."""
        if str(error) == self._complaint:
            return
        self._complaint = str(error)
        hint = "apply the CRD hostprocessagents.hostprocess.dev" if isinstance(error, NotFound) else None
        _log.warning("Failed to list HostProcessAgents", error=str(error), hint=hint)
