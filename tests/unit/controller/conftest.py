import asyncio

import pytest

from hostprocess_operator.controller.queue import Backoff, WorkQueue


class Clock:
    """The time of the running event loop, which stands still until it is moved."""

    def __init__(self, loop):
        self._now = loop.time()
        loop.time = lambda: self._now

    async def advance(self, seconds):
        self._now += seconds
        for _ in range(3):  # timers that are due run in the loop's next round, what they wake in the one after
            await asyncio.sleep(0)


@pytest.fixture
async def clock():
    return Clock(asyncio.get_running_loop())


@pytest.fixture
async def queue(clock):
    """Return a queue in which a failed key waits for about 1 s, later for 2 s and 4 s, and at most for 8 s."""
    made = WorkQueue(Backoff(first=1.0, most=8.0))
    yield made
    made.close()
