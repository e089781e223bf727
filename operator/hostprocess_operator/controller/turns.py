"""Turns of the event loop: whoever computes for long takes one first, so that nobody else waits for more than one."""

import asyncio
from typing import Final

ROUNDS: Final = 4
"""Of the event loop between two turns: as many as it takes to accept a connection, read a request and answer it."""


class Turns:
    """Gives each of several tasks that compute a turn of its own, and time to everything else in between."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()

    async def take(self) -> None:
        """Return once it is the caller's turn, which lasts until it next waits for anything."""
        async with self._lock:
            for _ in range(ROUNDS):
                await asyncio.sleep(0)
