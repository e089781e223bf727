"""Reading the start of a container's log, few at a time.

The API server does not limit log reads by itself (they count neither for priority and fairness nor as requests in
flight), and each one reaches through to a kubelet: the limit here is the only one.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final
from weakref import WeakValueDictionary

from hostprocess_operator.cluster.paths import pods

if TYPE_CHECKING:
    from collections.abc import Hashable

    from hostprocess_operator.cluster.connection import Connection

LIMIT_BYTES: Final = 64 * 1024
READ_SECONDS: Final = 10.0


class LogReader:
    """Reads logs over a connection, at most `total` at once and `per_agent` of each agent's."""

    def __init__(self, connection: Connection, total: int = 16, per_agent: int = 4) -> None:
        self._connection = connection
        self._per_agent = per_agent
        self._total = asyncio.Semaphore(total)
        # A semaphore lives while a read of its agent holds it or waits for it.
        self._agents: WeakValueDictionary[Hashable, asyncio.Semaphore] = WeakValueDictionary()

    async def read(
        self, agent_key: Hashable, namespace: str, pod: str, container: str, limit_bytes: int = LIMIT_BYTES
    ) -> bytes:
        """Return the start of the log of a container's current run: a tail could have lost the report.

        Raises:
            ApiError: One of its kinds; `Invalid` when the container has not started, `NotFound` when the pod, or the
                log on its node, is gone.
        """
        agent = self._agents.setdefault(agent_key, asyncio.Semaphore(self._per_agent))
        async with agent, self._total:
            return await self._connection.read_bytes(
                f"{pods(namespace)}/{pod}/log",
                query=[("container", container), ("limitBytes", str(limit_bytes))],
                limit=limit_bytes,
                timeout=READ_SECONDS,
            )
