"""The operator's own HTTP endpoints: /healthz, /readyz and /metrics.

Liveness is about this process alone (does its loop still turn?): an API server that is away must never get the
operator killed. Readiness is about what it sees: it fails while a stream has been silent for too long.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import structlog
from aiohttp import web
from prometheus_client import generate_latest

from hostprocess_operator.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hostprocess_operator.controller.metrics import Metrics

_log = structlog.get_logger(__name__)
_TICK = 0.5
_LAG_LIMIT = 20.0


class LoopLag:
    """How late the event loop is: measured by a task that wants to run twice a second."""

    def __init__(self) -> None:
        self._last = time.monotonic()

    async def run(self) -> None:
        """Measure until cancelled."""
        while True:
            self._last = time.monotonic()
            await asyncio.sleep(_TICK)

    @property
    def seconds(self) -> float:
        """Return by how many seconds the loop is late now."""
        return max(0.0, time.monotonic() - self._last - _TICK)


class HealthServer:
    """Serve the three endpoints.

    Args:
        stream_ages: returns, per stream, the seconds since the API server last sent something on it; None for a
            stream whose first LIST is not complete.
        stale_seconds: age from which a stream counts as lost.
    """

    def __init__(
        self,
        metrics: Metrics,
        lag: LoopLag,
        stream_ages: Callable[[], Mapping[str, float | None]],
        stale_seconds: float,
    ) -> None:
        self._metrics = metrics
        self._lag = lag
        self._stream_ages = stream_ages
        self._stale_seconds = stale_seconds
        self._runner: web.AppRunner | None = None

    async def start(self, address: str, port: int) -> int:
        """Listen and return the port, which is a free one when 0 was asked for."""
        app = web.Application()
        app.router.add_get("/healthz", self._healthz)
        app.router.add_get("/readyz", self._readyz)
        app.router.add_get("/metrics", self._serve_metrics)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, address, port)
        try:
            await site.start()
        except OSError as error:
            raise SettingsError(f"--health-port {port}: {error.strerror}; 0 takes a free one") from error
        bound = int(self._runner.addresses[0][1])
        _log.info("Serving health and metrics", address=address, port=bound)
        return bound

    async def stop(self) -> None:
        """Stop listening."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _healthz(self, _: web.Request) -> web.Response:
        late = self._lag.seconds
        body = {"status": "ok" if late < _LAG_LIMIT else "late", "loopLagSeconds": round(late, 3)}
        return web.json_response(body, status=200 if late < _LAG_LIMIT else 503)

    async def _readyz(self, _: web.Request) -> web.Response:
        ages = self._stream_ages()
        lost = sorted(name for name, age in ages.items() if age is None or age > self._stale_seconds)
        streams = {name: None if age is None else round(age, 1) for name, age in ages.items()}
        body = {"status": "stale" if lost else "ok", "staleStreams": lost, "streamAgeSeconds": streams}
        return web.json_response(body, status=503 if lost else 200)

    async def _serve_metrics(self, _: web.Request) -> web.Response:
        self._metrics.loop_lag.set(self._lag.seconds)
        for name, age in self._stream_ages().items():
            self._metrics.stream_age.labels(name).set(float("nan") if age is None else age)
        return web.Response(
            body=generate_latest(self._metrics.registry), headers={"Content-Type": "text/plain; version=0.0.4"}
        )
