"""The operator from start to stop: what runs beside what, and in which order it ends."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING

import structlog

from hostprocess_operator.api.names import MANAGER
from hostprocess_operator.cluster.credentials import pod_namespace
from hostprocess_operator.cluster.election import Timing
from hostprocess_operator.cluster.events import EventRecorder
from hostprocess_operator.cluster.lease import Elector, new_identity
from hostprocess_operator.cluster.logs import LogReader
from hostprocess_operator.controller.caches import Caches
from hostprocess_operator.controller.feed import AgentFeed
from hostprocess_operator.controller.garbage import collect_garbage
from hostprocess_operator.controller.handlers import AgentWatch
from hostprocess_operator.controller.health import HealthServer, LoopLag
from hostprocess_operator.controller.loop import now
from hostprocess_operator.controller.queue import WorkQueue
from hostprocess_operator.controller.term import Term
from hostprocess_operator.controller.verifier import Verifier
from hostprocess_operator.controller.world import World
from hostprocess_operator.errors import SettingsError

if TYPE_CHECKING:
    from hostprocess_operator.cluster.connection import Connection
    from hostprocess_operator.config import Settings
    from hostprocess_operator.controller.metrics import Metrics

_log = structlog.get_logger(__name__)
_KOPF_SECONDS = 4.0
_DRAIN_SECONDS = 2.0


async def run_operator(connection: Connection, settings: Settings, metrics: Metrics, stop: asyncio.Event) -> None:
    """Run until `stop` is set; then write nothing more and return within ten seconds.

    Raises:
        SettingsError: A setting cannot be used here.
    """
    loop = asyncio.get_running_loop()
    elector = _elector(connection, settings)
    queue, lag = WorkQueue(), LoopLag()
    metrics.queue_depth.set_function(lambda: len(queue))
    caches = Caches(connection, settings.namespaces, queue.add, queue.add_after)
    verifier = Verifier(connection, LogReader(connection), caches.pods, metrics, queue.add_after, now)
    recorder = EventRecorder(connection, socket.gethostname(), now, metrics.count_event)
    world = World(connection, caches, verifier, queue, metrics, recorder)
    feed = AgentFeed(connection, settings.namespaces, caches.agents)
    term = Term(caches, feed, queue, verifier, world, recorder, metrics, settings.workers, settings.resync_seconds)

    watch = AgentWatch(connection.login_info, settings.namespaces, feed.tell, feed.when_served)
    health = HealthServer(
        metrics, lag, lambda: caches.ages() | {"hostprocessagents": feed.age()}, settings.stale_seconds
    )
    await health.start(settings.health_address, settings.health_port)
    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(each) for each in (lag.run(), feed.run(), collect_garbage())]
        running += [tasks.create_task(reflector.run()) for reflector in caches.reflectors.values()]
        control = tasks.create_task(_control(caches, feed, watch, term, elector))
        await stop.wait()
        connection.gate.close()
        _log.info("Stopping: nothing is written any more")
        await connection.gate.drained(_DRAIN_SECONDS)
        control.cancel()
        await asyncio.wait({control})
        if elector is not None:
            await elector.release()
        for task in running:
            task.cancel()
        queue.close()
        await loop.run_in_executor(None, watch.stop, _KOPF_SECONDS)
        await health.stop()
    _log.info("Stopped")


def _elector(connection: Connection, settings: Settings) -> Elector | None:
    """Return who stands for election, and have the connection ask it before each write; None without election."""
    if not settings.leader_elect:
        return None
    namespace, _, name = (settings.leader_elect_lease or f"{pod_namespace() or ''}/{MANAGER}").partition("/")
    if not namespace:
        raise SettingsError(
            "--leader-elect: this process runs in no pod, so name the Lease as --leader-elect-lease NAMESPACE/NAME"
        )
    identity = new_identity()
    elector = Elector(connection, namespace, name, identity, Timing(settings.leader_elect_seconds))
    connection.introduce(identity)
    connection.gate.guard(lambda: elector.leads)
    return elector


async def _control(caches: Caches, feed: AgentFeed, watch: AgentWatch, term: Term, elector: Elector | None) -> None:
    """Decide nothing before every cache is complete; then work, or stand by to work, until cancelled."""
    await caches.synced()
    await feed.synced.wait()
    watch.start()
    _log.info("Synchronised", agents=len(caches.agents), nodes=len(caches.nodes), pods=len(caches.pods))
    if elector is None:
        await term.run()
    else:
        await elector.run(term.take_over)
