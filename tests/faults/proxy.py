"""The fault proxy: plain HTTP on loopback for one client, the real API server behind it.

It runs in a thread with a loop of its own; every public method may be called from any other thread. Tokens pass
through, so the API server sees the client's own account. Which faults there are is said in `rules`.
"""

import asyncio
import contextlib
import json
import socket
import threading

from aiohttp import web

from faults.passage import Passage, abort
from faults.rules import Match

_CALL_SECONDS = 30.0
_LARGEST = 64 * 2**20


class FaultProxy:
    """Used as a context manager: it listens from the start of the block to its end.

    Args:
        upstream: the API server's address.
        ca_file: authority of its certificate.
        on_crash: kills the client, when a rule says Crash; called in the proxy's thread.
    """

    def __init__(self, upstream, ca_file=None, on_crash=lambda: None):
        self._passage = Passage(upstream, ca_file, on_crash)
        self.crashed = self._passage.crashed
        self.exchanges = self._passage.exchanges
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
        return self._do(lambda: self._passage.rules.add(rule))

    def lift(self, *active):
        """End rules: what they hold back goes on, what they never answered is reset."""

        def lift():
            for one in active:
                one.lifted = True
                with contextlib.suppress(ValueError):
                    self._passage.rules.active.remove(one)
            self._passage.lifting.set()
            self._passage.lifting.clear()

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
        self._do(lambda: [abort(stream.request) for stream in self._matching(match)])

    def refuse(self):
        """Refuse every connection, and reset those that are open, until `listen`."""
        self._call(self._refuse())

    def listen(self):
        """Listen again."""
        self._call(self._listen())

    def freeze(self):
        """Let no byte through in either direction until `thaw`; connections stay open."""
        self._do(self._passage.flow.clear)

    def thaw(self):
        """Let everything through again."""
        self._do(self._passage.flow.set)

    def admit(self):
        """Let a new client through after a crash; what is left of the old one stays shut out."""

        def admit():
            self._passage.generation += 1
            self._passage.barred = False
            self.crashed.clear()

        self._do(admit)

    # What was seen

    @property
    def events(self):
        """Return how many events of watches have come from the API server."""
        return self._passage.events

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
        await self._passage.open()
        app = web.Application(client_max_size=_LARGEST)
        app.router.add_route("*", "/{tail:.*}", self._passage.handle)
        self._runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.1)
        await self._runner.setup()
        self._server = None
        await self._listen()

    async def _close(self):
        self._passage.flow.set()
        await self._refuse()
        await self._runner.cleanup()
        await self._passage.close()

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
        return [stream for stream in self._passage.streams if match.takes(stream.asked)]

    async def _say(self, match, data):
        for stream in self._matching(match):
            await stream.response.write(data)
