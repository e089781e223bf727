"""Waiting for a list that began after one asked for it: only such a list shows all that was written until then."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class Rounds:
    """Who waits for the next list."""

    def __init__(self) -> None:
        self._asked: list[asyncio.Event] = []

    @property
    def wanted(self) -> bool:
        """Whether somebody waits for a list that has not begun."""
        return bool(self._asked)

    def ask(self) -> asyncio.Event:
        """Return what is set once a list that begins from now on is complete."""
        done = asyncio.Event()
        self._asked.append(done)
        return done

    @contextmanager
    def listing(self) -> Iterator[None]:
        """Tell those who asked before that their list is complete; of a list that fails they await the next."""
        asked, self._asked = self._asked, []
        try:
            yield
        except BaseException:
            self._asked[:0] = asked
            raise
        for done in asked:
            done.set()
