"""The workers: they take keys from the queue and reconcile, and no error of one agent stops another."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import structlog

from hostprocess_operator.controller.reconcile import reconcile
from hostprocess_operator.errors import ApiError, WritesClosed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import NoReturn

    from hostprocess_operator.api.status import AgentStatus
    from hostprocess_operator.controller.caches import Caches
    from hostprocess_operator.controller.metrics import Metrics
    from hostprocess_operator.controller.queue import Key, WorkQueue
    from hostprocess_operator.controller.world import World

_log = structlog.get_logger(__name__)
DOUBT_SECONDS = 30.0
"""Time without any progress after which an agent that is under way makes the operator doubt what it sees."""
MOST_DOUBT_SECONDS = 1800.0


def now() -> datetime:
    """Return the time, aware; the one clock of every decision."""
    return datetime.now(UTC)


async def work(queue: WorkQueue, world: World, metrics: Metrics) -> NoReturn:
    """Reconcile one agent after the other until cancelled."""
    while True:
        key = await queue.get()
        began = time.monotonic()
        log = _log.bind(namespace=key[0], name=key[1])
        try:
            await reconcile(key, world, now())
        except WritesClosed:
            result = "stopped"
            queue.done(key)
        except ApiError as error:
            result = "error"
            delay = queue.failed(key, at_least=error.retry_after or 0.0)
            level = log.debug if error.transient else log.warning
            level("Failed to reconcile", error=str(error), again_in_seconds=round(delay, 1))
        except Exception:
            result = "error"
            delay = queue.failed(key)
            log.exception("Failed to reconcile", again_in_seconds=round(delay, 1))
        else:
            result = "success"
            queue.done(key, rest=world.rest(key))
        seconds = time.monotonic() - began
        metrics.reconciles.labels(result).inc()
        metrics.reconcile_seconds.observe(seconds)
        log.debug("Reconciled", result=result, milliseconds=round(seconds * 1000, 1))


async def resync(wake_all: Callable[[], None], seconds: float) -> NoReturn:
    """Have every agent looked at again every so many seconds: what an event failed to say is found then."""
    while True:
        await asyncio.sleep(seconds)
        wake_all()


def stands_still(before: Mapping[Key, AgentStatus], current: Mapping[Key, AgentStatus]) -> bool:
    """Return whether any agent that is under way was so before, with the very same status."""
    return any(before.get(key) == status for key, status in current.items())


async def doubt(caches: Caches) -> NoReturn:
    """Have every stream listed again when an agent that is under way stands still: an event may have been missed.

    Where listing does not help, an image that takes long for example, it is done more and more rarely.
    """
    before: dict[Key, AgentStatus] = {}
    wait = DOUBT_SECONDS
    while True:
        await asyncio.sleep(wait)
        current = caches.under_way()
        if stands_still(before, current):
            caches.suspect()
            wait = min(2 * wait, MOST_DOUBT_SECONDS)
        else:
            wait = DOUBT_SECONDS
        before = current
