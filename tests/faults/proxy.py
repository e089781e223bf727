"""The fault proxy: plain HTTP on loopback for one client, the real API server behind it.

It runs in a thread with a loop of its own; every public method may be called from any other thread. Tokens pass
through, so the API server sees the client's own account. Which faults there are is said in `rules`.
"""

import asyncio
import contextlib
import json
import socket
import ssl
import threading
import time
from dataclasses import dataclass, field

import aiohttp
from aiohttp import web
from yarl import URL

from faults.asked import describe
from faults.rules import Answer, Crash, Cut, Delay, Double, Drop, Hold, Match, Mute, Rulebook, Script

_HOP_BY_HOP = frozenset({"connection", "content-length", "host", "keep-alive", "transfer-encoding"})
_CALL_SECONDS = 30.0
_LARGEST = 64 * 2**20


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
class _Stream:
    """A watch that is open, and what is still to be said on it out of turn."""

    asked: object
    request: web.Request
    response: web.StreamResponse
    over: asyncio.Event = field(default_factory=asyncio.Event)


class FaultProxy:
    """Used as a context manager: it listens from the start of the block to its end.

    Args:
        upstream: the API server's address.
        ca_file: authority of its certificate.
        on_crash: kills the client, when a rule says Crash; called in the proxy's thread.
    """

    def __init__(self, upstream, ca_file=None, on_crash=lambda: None):
        self.exchanges = []
        self.events = 0
        self.crashed = threading.Event()
        self._upstream = URL(upstream)
        self._trust = ssl.create_default_context(cafile=ca_file) if self._upstream.scheme == "https" else False
        self._on_crash = on_crash
        self._rules = Rulebook()
        self._generation = 0
        self._barred = False
        self._streams = []
        self._reservation = socket.socket()
        self._reservation.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._reservation.bind(("127.0.0.1", 0))
        self.port = self._reservation.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="fault-proxy", daemon=True)

    def __enter__(self):
        self._thread.start()
        self._call(self._open())
        return self

    def __exit__(self, *_):
        self._call(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._reservation.close()

    def write_kubeconfig(self, path, token):
        """Write a kubeconfig that leads to the proxy."""
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "proxy", "cluster": {"server": self.url}}],
            "users": [{"name": "client", "user": {"token": token}}],
            "contexts": [{"name": "proxy", "context": {"cluster": "proxy", "user": "client"}}],
            "current-context": "proxy",
        }
        path.touch(mode=0o600)
        path.write_text(json.dumps(config))
        return path

    # Faults

    def add(self, rule):
        """Put a rule in force; return what counts how often it was met."""
        return self._do(lambda: self._rules.add(rule))

    def lift(self, *active):
        """End rules: what they hold back goes on, what they never answered is reset."""

        def lift():
            for one in active:
                one.lifted = True
                with contextlib.suppress(ValueError):
                    self._rules.active.remove(one)
            self._lifting.set()
            self._lifting.clear()

        self._do(lift)

    @contextlib.contextmanager
    def fault(self, *rules):
        """Keep rules in force for a block."""
        active = [self.add(rule) for rule in rules]
        try:
            yield active
        finally:
            self.lift(*active)

    def say(self, match, data):
        """Send bytes on the watches that are open."""
        self._call(self._say(match, data))

    def end_streams(self, match=Match()):  # noqa: B008 - frozen
        """End the watches that are open, as the API server does when their time is over."""
        self._do(lambda: [stream.over.set() for stream in self._matching(match)])

    def cut_streams(self, match=Match()):  # noqa: B008 - frozen
        """Reset the connections of the watches that are open."""
        self._do(lambda: [_abort(stream.request) for stream in self._matching(match)])

    def refuse(self):
        """Refuse every connection, and reset those that are open, until `listen`."""
        self._call(self._refuse())

    def listen(self):
        """Listen again."""
        self._call(self._listen())

    def freeze(self):
        """Let no byte through in either direction until `thaw`; connections stay open."""
        self._do(self._flow.clear)

    def thaw(self):
        """Let everything through again."""
        self._do(self._flow.set)

    def admit(self):
        """Let a new client through after a crash; what is left of the old one stays shut out."""

        def admit():
            self._generation += 1
            self._barred = False
            self.crashed.clear()

        self._do(admit)

    # What was seen

    def seen(self, match=Match(), since=0):  # noqa: B008 - frozen
        """Return the exchanges from a number on, oldest first."""
        return [exchange for exchange in self.exchanges[since:] if match.takes(exchange.asked)]

    def open_streams(self, match=Match()):  # noqa: B008 - frozen
        """Return how many watches are open."""
        return self._do(lambda: len(self._matching(match)))

    # In the loop's thread

    def _do(self, action):
        async def run():
            return action()

        return self._call(run())

    def _call(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(_CALL_SECONDS)

    async def _open(self):
        self._flow, self._lifting = asyncio.Event(), asyncio.Event()
        self._flow.set()
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, ssl=self._trust),
            timeout=aiohttp.ClientTimeout(total=None),
            auto_decompress=False,
            trust_env=False,
            read_bufsize=2**20,
        )
        app = web.Application(client_max_size=_LARGEST)
        app.router.add_route("*", "/{tail:.*}", self._handle)
        self._runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.1)
        await self._runner.setup()
        self._server = None
        await self._listen()

    async def _close(self):
        self._flow.set()
        await self._refuse()
        await self._runner.cleanup()
        await self._session.close()

    async def _listen(self):
        if self._server is None:
            self._server = await self._loop.create_server(
                self._runner.server, "127.0.0.1", self.port, reuse_address=True
            )

    async def _refuse(self):
        server, self._server = self._server, None
        if server is not None:
            server.close()
        for connection in list(self._runner.server.connections):
            if connection.transport is not None:
                connection.transport.abort()

    def _matching(self, match):
        return [stream for stream in self._streams if match.takes(stream.asked)]

    async def _say(self, match, data):
        for stream in self._matching(match):
            await stream.response.write(data)

    async def _handle(self, request):
        headers = request.headers
        asked = describe(
            request.method, request.raw_path, headers.get("User-Agent", ""), headers.get("Authorization", "")
        )
        exchange = Exchange(asked, time.monotonic(), generation=self._generation)
        self.exchanges.append(exchange)
        body = await request.read()
        await self._flow.wait()
        active = self._rules.for_request(asked) if self._lets(exchange) else None
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
                return _abort(request)
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
                return _abort(request)
            case unknown:
                raise TypeError(f"no fault of requests: {unknown}")

    def _crash(self):
        self._barred = True
        self._on_crash()
        self.crashed.set()

    def _lets(self, exchange):
        """Return whether the client that sent this still lives."""
        return not self._barred and exchange.generation == self._generation

    async def _until_lifted(self, active):
        while not active.lifted:
            await self._lifting.wait()

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
            return _abort(request)
        return response

    async def _carry_out(self, request, body, exchange):
        async with self._upstream_answer(request, body) as answer:
            exchange.status = answer.status
            await answer.read()

    async def _forward(self, request, body, exchange):
        if not self._lets(exchange):
            return _abort(request)
        try:
            async with self._upstream_answer(request, body) as answer:
                exchange.status = answer.status
                headers = {key: value for key, value in answer.headers.items() if key.lower() not in _HOP_BY_HOP}
                if exchange.asked.verb == "watch" and answer.status == web.HTTPOk.status_code:
                    response = web.StreamResponse(headers=headers)
                    await response.prepare(request)
                    return await self._relay(request, response, answer, exchange)
                content = await answer.read()
                await self._flow.wait()
                return web.Response(body=content, status=answer.status, headers=headers)
        except aiohttp.ClientError:
            return _abort(request)

    def _upstream_answer(self, request, body):
        headers = {key: value for key, value in request.headers.items() if key.lower() not in _HOP_BY_HOP}
        url = URL(f"{self._upstream}".rstrip("/") + request.raw_path, encoded=True)
        return self._session.request(request.method, url, data=body or None, headers=headers, allow_redirects=False)

    async def _relay(self, request, response, answer, exchange):
        """Pass on a watch event by event until one side ends it."""
        stream = _Stream(exchange.asked, request, response)
        self._streams.append(stream)
        reading = asyncio.ensure_future(self._pass_events(stream, answer))
        over = asyncio.ensure_future(stream.over.wait())
        try:
            await asyncio.wait([reading, over], return_when=asyncio.FIRST_COMPLETED)
            if reading.done() and reading.exception() is not None:
                return _abort(request)
        finally:
            self._streams.remove(stream)
            for task in (reading, over):
                task.cancel()
            await asyncio.gather(reading, over, return_exceptions=True)
        return response

    async def _pass_events(self, stream, answer):
        piece = b""
        while chunk := await answer.content.readany():
            *lines, piece = (piece + chunk).split(b"\n")
            for line in filter(None, lines):
                await self._flow.wait()
                await self._pass_event(stream, line + b"\n")

    async def _pass_event(self, stream, line):
        times = 1
        if not line.startswith(b'{"type":"BOOKMARK"'):
            self.events += 1
            active = self._rules.for_event(stream.asked)
            fault = active.rule.fault if active else None
            times = 0 if isinstance(fault, Drop) else 2 if isinstance(fault, Double) else 1
        await stream.response.write(line * times)


def _abort(request):
    """Reset the connection of a request; what is returned is never sent."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
