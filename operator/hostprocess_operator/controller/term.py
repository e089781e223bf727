"""One term in office: what is done only by the replica that may write, from its first look to its last."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from hostprocess_operator.controller.loop import doubt, resync, work

if TYPE_CHECKING:
    from hostprocess_operator.cluster.events import EventRecorder
    from hostprocess_operator.controller.caches import Caches
    from hostprocess_operator.controller.feed import AgentFeed
    from hostprocess_operator.controller.metrics import Metrics
    from hostprocess_operator.controller.queue import WorkQueue
    from hostprocess_operator.controller.verifier import Verifier
    from hostprocess_operator.controller.world import World

_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Term:
    """The working part of an operator; it can be run again after it was cancelled.

    Args:
        workers: agents that are reconciled at the same time.
        resync_seconds: after so long every agent is looked at again.
    """

    caches: Caches
    feed: AgentFeed
    queue: WorkQueue
    verifier: Verifier
    world: World
    recorder: EventRecorder
    metrics: Metrics
    workers: int
    resync_seconds: float

    async def take_over(self) -> None:
        """Work until cancelled, after another replica may have written.

        What it wrote last may be on its way to the caches still, and a pod whose deletion is not seen would free its
        place in a budget. So nothing is decided before everything was listed anew, after it could write no more.
        """
        async with asyncio.TaskGroup() as lists:
            lists.create_task(self.caches.refresh())
            lists.create_task(self.feed.refresh())
        await self.run()

    async def run(self) -> None:
        """Work until cancelled."""
        self.queue.clear()
        self.world.start_anew()
        self.caches.wake_all()
        self.metrics.leader.set(1)
        _log.info("Working", agents=len(self.caches.agents))
        try:
            async with asyncio.TaskGroup() as tasks:
                for _ in range(self.workers):
                    tasks.create_task(work(self.queue, self.world, self.metrics))
                tasks.create_task(self.recorder.run())
                tasks.create_task(doubt(self.caches))
                tasks.create_task(resync(self.caches.wake_all, self.resync_seconds))
        finally:
            self.metrics.leader.set(0)
            await self.verifier.stop()
            self.metrics.forget_agents()
