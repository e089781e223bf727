"""The work queue: which agents are to be looked at, each once at a time, failures later and later.

A key that is added while it waits is not queued twice; one that is added while it is worked on is looked at again
after. A key may be given a rest: whatever comes in meanwhile makes one look at its end. All methods must be called from
the event loop's thread.
"""

from __future__ import annotations

import asyncio
import random
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

Key: TypeAlias = "tuple[str, str]"
"""Namespace and name of a HostProcessAgent."""


@dataclass(frozen=True, slots=True)
class Backoff:
    """Seconds before the first retry and at most; each retry doubles, with jitter so that many do not come at once."""

    first: float = 0.2
    most: float = 60.0

    def delay(self, failures: int, jitter: Callable[[], float] = random.random) -> float:
        """Return the seconds to wait after that many failures in a row."""
        return float(min(self.most, self.first * 2 ** min(failures - 1, 30))) * (0.75 + 0.5 * jitter())


class WorkQueue:
    """Keys to work on, deduplicated, with delayed additions and a backoff for each key."""

    def __init__(self, backoff: Backoff | None = None) -> None:
        self._backoff = backoff or Backoff()
        self._ready: deque[Key] = deque()
        self._waiting: set[Key] = set()
        self._working: set[Key] = set()
        self._again: set[Key] = set()
        self._failures: dict[Key, int] = {}
        self._timers: dict[Key, asyncio.TimerHandle] = {}
        self._resting: dict[Key, float] = {}
        self._wake = asyncio.Event()

    def __len__(self) -> int:
        return len(self._ready)

    def add(self, key: Key) -> None:
        """Have the key looked at as soon as a worker is free and its rest is over."""
        if key in self._working:
            self._again.add(key)
        elif (rest := self._rest(key)) > 0:
            self.add_after(key, rest)
        elif key not in self._waiting:
            self._waiting.add(key)
            self._ready.append(key)
            self._wake.set()

    def add_after(self, key: Key, seconds: float) -> None:
        """Have the key looked at in so many seconds; of several such wishes the earliest counts."""
        loop = asyncio.get_running_loop()
        when = loop.time() + max(0.0, seconds)
        if (timer := self._timers.get(key)) is not None:
            if timer.when() <= when:
                return
            timer.cancel()
        self._timers[key] = loop.call_at(when, self._expire, key)

    def _expire(self, key: Key) -> None:
        self._timers.pop(key, None)
        self.add(key)

    async def get(self) -> Key:
        """Return the next key; `done` or `failed` must be called for it."""
        while not self._ready:
            self._wake.clear()
            await self._wake.wait()
        key = self._ready.popleft()
        self._waiting.discard(key)
        self._working.add(key)
        return key

    def done(self, key: Key, *, rest: float = 0.0) -> None:
        """End the work on a key that went well; it is not looked at again for so many seconds."""
        self._failures.pop(key, None)
        if rest > 0:
            self._resting[key] = asyncio.get_running_loop().time() + rest
        self._end(key)

    def failed(self, key: Key, *, at_least: float = 0.0) -> float:
        """End the work on a key that failed and return the seconds after which it is tried again."""
        self._failures[key] = self._failures.get(key, 0) + 1
        delay = max(at_least, self._backoff.delay(self._failures[key]))
        self._end(key)
        self.add_after(key, delay)
        return delay

    def failures(self, key: Key) -> int:
        """Return how often in a row the key failed."""
        return self._failures.get(key, 0)

    def forget(self, key: Key) -> None:
        """Drop what is remembered of a key whose agent is gone."""
        self._failures.pop(key, None)
        self._resting.pop(key, None)
        if (timer := self._timers.pop(key, None)) is not None:
            timer.cancel()

    def clear(self) -> None:
        """Forget every key and what is remembered of it, once no worker is left."""
        self.close()
        self._ready.clear()
        for remembered in (self._waiting, self._working, self._again):
            remembered.clear()
        self._failures.clear()
        self._resting.clear()

    def close(self) -> None:
        """Cancel every delayed addition."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    def _rest(self, key: Key) -> float:
        """Return for how many seconds the key rests still."""
        until = self._resting.get(key)
        if until is None:
            return 0.0
        left = until - asyncio.get_running_loop().time()
        if left <= 0:
            del self._resting[key]
        return left

    def _end(self, key: Key) -> None:
        self._working.discard(key)
        if key in self._again:
            self._again.discard(key)
            self.add(key)
