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
from hostprocess_operator.cluster.store import Entry, key_of
from hostprocess_operator.controller.agents import observe_agent
from hostprocess_operator.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Sequence

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
        self._last_contact = time.monotonic()

    def age(self) -> float | None:
        """Return the seconds since the agents were last heard of, None before the first complete list."""
        return time.monotonic() - self._last_contact if self.synced.is_set() else None

    def tell(self, event_type: str | None, body: dict[str, Any]) -> None:
        """Take in an event of kopf's; may be called from any thread."""
        self._loop.call_soon_threadsafe(self._take, event_type, body)

    async def run(self) -> None:
        """List at once, then every minute and whenever kopf has had to list again; never ends by itself."""
        backoff = Backoff()
        while True:
            self._suspicion.clear()
            try:
                await self._list()
            except Exception as error:  # noqa: BLE001 - whatever the API server sends must not end the operator
                self._complain(error)
                await asyncio.sleep(backoff.wait())
                continue
            backoff.reset()
            self.synced.set()
            try:
                async with asyncio.timeout(LIST_SECONDS):
                    await self._suspicion.wait()
                    await asyncio.sleep(_SUSPICION_SECONDS)
            except TimeoutError:
                pass

    def _take(self, event_type: str | None, body: dict[str, Any]) -> None:
        self._last_contact = time.monotonic()
        if event_type == "DELETED":
            self._agents.remove(key_of(body), body["metadata"].get("resourceVersion"))
            return
        if event_type is None and self.synced.is_set():
            self._suspicion.set()
        self._agents.put(self._entry(body, listed=event_type is None))

    async def _list(self) -> None:
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
        hint = "apply the CRD hostprocessagents.hostprocess.dev" if isinstance(error, NotFound) else None
        _log.warning("Failed to list HostProcessAgents", error=str(error), hint=hint)
