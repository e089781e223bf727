"""The Lease: how one of several replicas becomes the only one that writes.

What to do is decided in `election`; this is the I/O around it. Every request has a deadline of its own, so that an API
server that hangs cannot keep anybody in office, and every write names the resourceVersion that it was decided on, so
that of several claims one wins.
"""

from __future__ import annotations

import asyncio
import random
import secrets
import socket
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, NoReturn

import structlog

from hostprocess_operator.cluster import election, paths
from hostprocess_operator.cluster.election import Action, Candidate, Timing
from hostprocess_operator.errors import ApiError, Conflict, Forbidden, NotFound

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from hostprocess_operator.cluster.connection import Connection

_log = structlog.get_logger(__name__)
_RELEASES: Final = 2


def new_identity() -> str:
    """Return a name that no other process has, nor this one after a restart."""
    return f"{socket.gethostname()[:200]}_{secrets.token_hex(4)}"


class Elector:
    """One candidate for a Lease.

    Args:
        timing: must be the same for every candidate.
    """

    def __init__(
        self, connection: Connection, namespace: str, name: str, identity: str, timing: Timing | None = None
    ) -> None:
        self._connection = connection
        self._collection = paths.leases(namespace)
        self._name = name
        self._body: dict[str, Any] | None = None  # the Lease as the API server last sent it, None to look anew
        self._candidate = Candidate(identity, timing or Timing())
        self._complaint = ""
        self._log = _log.bind(lease=f"{namespace}/{name}", identity=identity)

    @property
    def leads(self) -> bool:
        """Whether this replica may write at this very moment."""
        return election.leads(self._candidate, time.monotonic())

    async def run(self, lead: Callable[[], Awaitable[None]]) -> NoReturn:
        """Stand for election until cancelled, and have `lead` run for as long as this replica leads.

        `lead` is cancelled when the leadership ends, and awaited before the next election. That it ends by itself ends
        the election too: nobody may hold a Lease and do nothing.
        """
        self._log.info("Standing for election")
        while True:
            await self._campaign()
            self._log.info("Won the leadership")
            term = asyncio.ensure_future(lead())
            try:
                await self._stay(term)
            finally:
                term.cancel()
                await asyncio.gather(term, return_exceptions=True)
            self._log.warning("Lost the leadership; going on as standby", holder=self._holder())

    async def release(self) -> None:
        """Give the Lease back, if it is ours, so that another replica can take it at once; `run` must have ended."""
        was_ours = self._candidate.renewed is not None
        self._candidate = election.resigned(self._candidate)
        for _ in range(_RELEASES if was_ours else 0):
            try:
                if self._body is None:
                    await self._look()
                if self._body is None or self._holder() != self._candidate.identity:
                    return
                await self._write("PUT", holder="", seconds=1)
            except Conflict:
                self._body = None  # a renewal that was cut off had arrived
            except (ApiError, TimeoutError) as error:
                self._complain(error)
                return
            else:
                self._log.info("Gave the leadership back")
                return

    async def _campaign(self) -> None:
        while not self.leads:
            self._body = None
            await self._attempt()
            if not self.leads:
                await asyncio.sleep(self._pause() * random.uniform(0.8, 1.0))  # noqa: S311 - keeps candidates apart

    async def _stay(self, term: asyncio.Future[None]) -> None:
        """Renew until the leadership ends."""
        while self.leads:
            await asyncio.wait({term}, timeout=self._pause())
            if term.done():
                term.result()
                raise RuntimeError("what a leader does has ended by itself")
            if self.leads:
                await self._attempt()

    async def _attempt(self) -> None:
        """Look at the Lease, unless it is known, and do what follows; a failure changes nothing."""
        before = self._holder()
        try:
            if self._body is None:
                await self._look()
            action = election.decide(self._candidate, time.monotonic())
            if action is not Action.WAIT:
                await self._claim(action)
        except Conflict:
            self._body = None  # somebody else was faster
        except (ApiError, TimeoutError) as error:
            self._body = None
            self._complain(error)
        else:
            self._complaint = ""
            if self._holder() not in {before, self._candidate.identity, ""}:
                self._log.info("Another replica leads", holder=self._holder())

    async def _look(self) -> None:
        try:
            self._body = await self._request("GET", f"{self._collection}/{self._name}")
        except NotFound:
            self._body = None
        lease = election.read_lease(self._body, self._candidate.timing.lease) if self._body else None
        self._candidate = election.observe(self._candidate, lease, time.monotonic())

    async def _claim(self, action: Action) -> None:
        sent = time.monotonic()
        method = "POST" if action is Action.CREATE else "PUT"
        await self._write(method, holder=self._candidate.identity, seconds=round(self._candidate.timing.lease))
        if self._body is not None:
            lease = election.read_lease(self._body, self._candidate.timing.lease)
            self._candidate = election.granted(self._candidate, lease, sent, time.monotonic())

    async def _write(self, method: str, *, holder: str, seconds: int) -> None:
        base = self._body or {"metadata": {"name": self._name}}
        body = base | {
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "spec": election.claim(base.get("spec") or {}, holder, seconds, datetime.now(UTC)),
        }
        path = self._collection if method == "POST" else f"{self._collection}/{self._name}"
        self._body = await self._request(method, path, body)

    async def _request(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        """Send one request, which ends in time whatever holds it up, and before the leadership does."""
        limit = self._candidate.timing.request
        if self.leads:
            limit = min(limit, election.remaining(self._candidate, time.monotonic()))
        async with asyncio.timeout(limit):
            answer: dict[str, Any] = await self._connection.request(method, path, body=body, timeout=limit)
        return answer

    def _holder(self) -> str:
        return self._candidate.lease.holder if self._candidate.lease else ""

    def _pause(self) -> float:
        return election.pause(self._candidate, time.monotonic())

    def _complain(self, error: Exception) -> None:
        """Log a failure, the same one only once in a row."""
        said = str(error) or "no answer came in time"
        if said == self._complaint:
            return
        self._complaint = said
        hint = "apply deploy/ha, which grants the Lease" if isinstance(error, Forbidden) else None
        self._log.warning("Failed to reach the Lease and will try again", error=said, hint=hint)
