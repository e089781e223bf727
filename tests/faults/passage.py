"""What becomes of one request on its way through the fault proxy. Lives in the proxy's event loop alone."""

import asyncio
import ssl
import threading
import time
from dataclasses import dataclass, field

import aiohttp
from aiohttp import web
from yarl import URL

from faults.asked import describe
from faults.rules import Answer, Crash, Cut, Delay, Double, Drop, Hold, Mute, Rulebook, Script

HOP_BY_HOP = frozenset({"connection", "content-length", "host", "keep-alive", "transfer-encoding"})


@dataclass(eq=False)
class Exchange:
    """One request that arrived, and what became of it.

    Attributes:
        at: time.monotonic() of its arrival.
        status: HTTP status of the answer; 0 when there was none.
        struck: the fault that it met, None when it went unharmed.
    """

    asked: object
    at: float
    status: int = 0
    struck: object = None
    generation: int = 0


@dataclass(eq=False)
class Stream:
    """A watch that is open, and what is still to be said on it out of turn."""

    asked: object
    request: web.Request
    response: web.StreamResponse
    over: asyncio.Event = field(default_factory=asyncio.Event)


class Passage:
    """The way from one client to the API server, with the rules that are in force on it.

    Attributes:
        flow: while it is not set no byte passes.
        lifting: set for a moment whenever a rule is lifted.
        generation: how many clients came before the present one.
        barred: whether the present client was killed and nothing of it may pass any more.
    """

    def __init__(self, upstream, ca_file, on_crash):
        self.exchanges = []
        self.events = 0
        self.crashed = threading.Event()
        self.rules = Rulebook()
        self.streams = []
        self.flow, self.lifting = asyncio.Event(), asyncio.Event()
        self.flow.set()
        self.generation = 0
        self.barred = False
        self._upstream = URL(upstream)
        self._trust = ssl.create_default_context(cafile=ca_file) if self._upstream.scheme == "https" else False
        self._on_crash = on_crash

    async def open(self):
        """Make ready to forward."""
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, ssl=self._trust),
            timeout=aiohttp.ClientTimeout(total=None),
            auto_decompress=False,
            trust_env=False,
            read_bufsize=2**20,
        )

    async def close(self):
        """Close every connection to the API server."""
        await self._session.close()

    async def handle(self, request):
        """Answer a request: forward it, or do to it what a rule says."""
        headers = request.headers
        asked = describe(
            request.method, request.raw_path, headers.get("User-Agent", ""), headers.get("Authorization", "")
        )
        exchange = Exchange(asked, time.monotonic(), generation=self.generation)
        self.exchanges.append(exchange)
        body = await request.read()
        await self.flow.wait()
        active = self.rules.for_request(asked) if self._lets(exchange) else None
        if active is None:
            return await self._forward(request, body, exchange)
        exchange.struck = active.rule.fault
        return await self._strike(active, request, body, exchange)

    async def _strike(self, active, request, body, exchange):
        match active.rule.fault:
            case Delay(seconds):
                await asyncio.sleep(seconds)
                return await self._forward(request, body, exchange)
            case Answer(status, content, headers, content_type):
                exchange.status = status
                return web.Response(body=content, status=status, headers=dict(headers), content_type=content_type)
            case Hold():
                await self._until_lifted(active)
                return abort(request)
            case Mute():
                return await self._mute(active, request, body, exchange)
            case Script() as script:
                exchange.status = 200
                return await self._recite(active, script, request)
            case Cut(after) | Crash(after):
                if after:
                    await self._carry_out(request, body, exchange)
                if isinstance(active.rule.fault, Crash):
                    self._crash()
                return abort(request)
            case unknown:
                raise TypeError(f"no fault of requests: {unknown}")

    def _crash(self):
        self.barred = True
        self._on_crash()
        self.crashed.set()

    def _lets(self, exchange):
        """Return whether the client that sent this still lives."""
        return not self.barred and exchange.generation == self.generation

    async def _until_lifted(self, active):
        while not active.lifted:
            await self.lifting.wait()

    async def _mute(self, active, request, body, exchange):
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)
        await self._until_lifted(active)
        async with self._upstream_answer(request, body) as answer:
            exchange.status = answer.status
            return await self._relay(request, response, answer, exchange)

    async def _recite(self, active, script, request):
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)
        for chunk in script.chunks:
            await asyncio.sleep(script.pause)
            await response.write(chunk)
        if script.then == "hang":
            await self._until_lifted(active)
        if script.then != "end":
            return abort(request)
        return response

    async def _carry_out(self, request, body, exchange):
        async with self._upstream_answer(request, body) as answer:
            exchange.status = answer.status
            await answer.read()

    async def _forward(self, request, body, exchange):
        if not self._lets(exchange):
            return abort(request)
        try:
            async with self._upstream_answer(request, body) as answer:
                exchange.status = answer.status
                headers = {key: value for key, value in answer.headers.items() if key.lower() not in HOP_BY_HOP}
                if exchange.asked.verb == "watch" and answer.status == web.HTTPOk.status_code:
                    response = web.StreamResponse(headers=headers)
                    await response.prepare(request)
                    return await self._relay(request, response, answer, exchange)
                content = await answer.read()
                await self.flow.wait()
                return web.Response(body=content, status=answer.status, headers=headers)
        except aiohttp.ClientError:
            return abort(request)

    def _upstream_answer(self, request, body):
        headers = {key: value for key, value in request.headers.items() if key.lower() not in HOP_BY_HOP}
        url = URL(f"{self._upstream}".rstrip("/") + request.raw_path, encoded=True)
        return self._session.request(request.method, url, data=body or None, headers=headers, allow_redirects=False)

    async def _relay(self, request, response, answer, exchange):
        """Pass on a watch event by event until one side ends it."""
        stream = Stream(exchange.asked, request, response)
        self.streams.append(stream)
        reading = asyncio.ensure_future(self._pass_events(stream, answer))
        over = asyncio.ensure_future(stream.over.wait())
        try:
            await asyncio.wait([reading, over], return_when=asyncio.FIRST_COMPLETED)
            if reading.done() and reading.exception() is not None:
                return abort(request)
        finally:
            self.streams.remove(stream)
            for task in (reading, over):
                task.cancel()
            await asyncio.gather(reading, over, return_exceptions=True)
        return response

    async def _pass_events(self, stream, answer):
        piece = b""
        while chunk := await answer.content.readany():
            *lines, piece = (piece + chunk).split(b"\n")
            for line in filter(None, lines):
                await self.flow.wait()
                await self._pass_event(stream, line + b"\n")

    async def _pass_event(self, stream, line):
        times = 1
        if not line.startswith(b'{"type":"BOOKMARK"'):
            self.events += 1
            active = self.rules.for_event(stream.asked)
            fault = active.rule.fault if active else None
            times = 0 if isinstance(fault, Drop) else 2 if isinstance(fault, Double) else 1
        await stream.response.write(line * times)


def abort(request):
    """Reset the connection of a request; what is returned is never sent."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
