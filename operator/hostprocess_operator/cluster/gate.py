"""The gate that every mutating request of this process passes, and who may shut it.

It is asked twice: before a request asks for a connection, and when it has one and is about to be sent. A process that
was frozen, whenever that was, finds out here that its time is over.
"""

from __future__ import annotations

import asyncio
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import aiohttp

from hostprocess_operator.cluster.paths import is_of_leases
from hostprocess_operator.errors import WritesClosed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class WriteGate:
    """Open at first. Requests about Leases pass in any case: who leads is what the answer hangs on."""

    def __init__(self) -> None:
        self._closed = False
        self._may_write: Callable[[], bool] = lambda: True
        self._under_way = 0
        self._quiet = asyncio.Event()
        self._quiet.set()

    def close(self) -> None:
        """Let no further mutating request out, for good; those already sent are awaited by their callers."""
        self._closed = True

    def guard(self, may_write: Callable[[], bool]) -> None:
        """Let mutating requests out only while `may_write` says so."""
        self._may_write = may_write

    async def drained(self, seconds: float) -> None:
        """Wait until no mutating request is under way, but no longer than so many seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._quiet.wait()

    @contextmanager
    def passing(self, method: str, path: str) -> Iterator[None]:
        """Hold a request that is let out now, until it is answered.

        Raises:
            WritesClosed: It is not let out.
        """
        self._check(method, path)
        if method == "GET" or is_of_leases(path):
            yield
            return
        self._under_way += 1
        self._quiet.clear()
        try:
            yield
        finally:
            self._under_way -= 1
            if not self._under_way:
                self._quiet.set()

    def last_check(self) -> aiohttp.TraceConfig:
        """Return what makes a client session ask again once a request has its socket, and may have waited for it."""

        async def check(_session: object, _context: object, sent: aiohttp.TraceRequestHeadersSentParams) -> None:
            self._check(sent.method, sent.url.path)

        trace = aiohttp.TraceConfig()
        trace.on_request_headers_sent.append(check)
        return trace

    def _check(self, method: str, path: str) -> None:
        if method == "GET" or is_of_leases(path):
            return
        if self._closed:
            raise WritesClosed(f"{method} {path} was not sent: the operator is stopping.")
        if not self._may_write():
            raise WritesClosed(f"{method} {path} was not sent: another replica may lead by now.")
