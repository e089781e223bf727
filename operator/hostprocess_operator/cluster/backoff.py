"""Waits between attempts: growing, bounded, and spread so that many clients do not come back at once."""

from __future__ import annotations

import random
from typing import Final

FIRST_SECONDS: Final = 0.5
LIMIT_SECONDS: Final = 8.0

_GROWTH = 2.0


class Backoff:
    """The next wait of one caller, in seconds: doubles from `first` to `limit`, each cut by up to a half."""

    def __init__(self, first: float = FIRST_SECONDS, limit: float = LIMIT_SECONDS) -> None:
        self._first = first
        self._limit = limit
        self._next = first

    def wait(self) -> float:
        """Return how long to wait now, and make the next wait longer."""
        wait = self._next * random.uniform(0.5, 1.0)  # noqa: S311 - spreads load, guards nothing
        self._next = min(self._next * _GROWTH, self._limit)
        return wait

    def reset(self) -> None:
        """Start again from the shortest wait."""
        self._next = self._first

    @property
    def fresh(self) -> bool:
        """Whether nothing was waited for since the start or the last reset."""
        return self._next == self._first
