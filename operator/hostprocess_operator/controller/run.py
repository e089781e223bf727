"""The operator from start to stop: what runs beside what, and in which order it ends."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import structlog

from hostprocess_operator.cluster.logs import LogReader
from hostprocess_operator.controller.caches import Caches
from hostprocess_operator.controller.feed import AgentFeed
from hostprocess_operator.controller.handlers import AgentWatch
from hostprocess_operator.controller.health import HealthServer, LoopLag
from hostprocess_operator.controller.loop import doubt, now, resync, work
from hostprocess_operator.controller.queue import WorkQueue
from hostprocess_operator.controller.verifier import Verifier
from hostprocess_operator.controller.world import World

if TYPE_CHECKING:
    from hostprocess_operator.cluster.connection import Connection
    from hostprocess_operator.config import Settings
    from hostprocess_operator.controller.metrics import Metrics

_log = structlog.get_logger(__name__)
_KOPF_SECONDS = 4.0


async def run_operator(connection: Connection, settings: Settings, metrics: Metrics, stop: asyncio.Event) -> None:
    """Run until `stop` is set; then write nothing more and return within ten seconds."""
    loop = asyncio.get_running_loop()
    queue, lag = WorkQueue(), LoopLag()
    caches = Caches(connection, settings.namespaces, queue.add)
    verifier = Verifier(connection, LogReader(connection), caches.pods, metrics, queue.add_after, now)
    world = World(connection, caches, verifier, queue, metrics)
    feed = AgentFeed(connection, settings.namespaces, caches.agents)

    watch = AgentWatch(connection.login_info, settings.namespaces, feed.tell)
    health = HealthServer(
        metrics, lag, lambda: caches.ages() | {"hostprocessagents": feed.age()}, settings.stale_seconds
    )
    await health.start(settings.health_address, settings.health_port)
    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(lag.run()), tasks.create_task(feed.run())]
        running += [tasks.create_task(reflector.run()) for reflector in caches.reflectors.values()]
        running.append(tasks.create_task(_control(caches, feed, watch, queue, world, metrics, settings)))
        await stop.wait()
        connection.close_writes()
        _log.info("Stopping: nothing is written any more")
        for task in running:
            task.cancel()
        await verifier.stop()
        queue.close()
        await loop.run_in_executor(None, watch.stop, _KOPF_SECONDS)
        await health.stop()
    _log.info("Stopped")


async def _control(
    caches: Caches,
    feed: AgentFeed,
    watch: AgentWatch,
    queue: WorkQueue,
    world: World,
    metrics: Metrics,
    settings: Settings,
) -> None:
    """Decide nothing before every cache is complete; then work until cancelled."""
    await caches.synced()
    await feed.synced.wait()
    watch.start()
    _log.info("Synchronised", agents=len(caches.agents), nodes=len(caches.nodes), pods=len(caches.pods))
    async with asyncio.TaskGroup() as workers:
        for _ in range(settings.workers):
            workers.create_task(work(queue, world, metrics))
        workers.create_task(resync(caches.wake_all, settings.resync_seconds))
        workers.create_task(doubt(caches))
