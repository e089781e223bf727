"""The composition root: settings, logging, connection, then the operator until a signal ends it."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from typing import TYPE_CHECKING

import structlog

from hostprocess_operator.cluster.connection import Connection
from hostprocess_operator.config import load_settings
from hostprocess_operator.controller.garbage import tune_garbage_collection
from hostprocess_operator.controller.metrics import Metrics
from hostprocess_operator.controller.run import run_operator
from hostprocess_operator.errors import SettingsError
from hostprocess_operator.log import configure_logging

if TYPE_CHECKING:
    from hostprocess_operator.config import Settings


def main() -> int:
    """Run the operator; return the exit status: 0 after a signal, 2 for settings that cannot be used."""
    try:
        settings = load_settings(sys.argv[1:], os.environ)
        configure_logging(settings.log_format, settings.log_level, sys.stderr)
        tune_garbage_collection()
        asyncio.run(_run(settings))
    except SettingsError as error:
        sys.stderr.write(f"hostprocess-operator: {error}\n")
        return 2
    return 0


async def _run(settings: Settings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, _stop_or_end, stop)
    metrics = Metrics()
    async with Connection.open(settings.kubeconfig, settings.context, metrics.count_request) as connection:
        structlog.get_logger(__name__).info("Started", namespaces=list(settings.namespaces) or "all")
        await run_operator(connection, settings, metrics, stop)


def _stop_or_end(stop: asyncio.Event) -> None:
    """Begin to stop; at a second signal end at once, for then nobody waits for good manners."""
    if stop.is_set():
        structlog.get_logger(__name__).warning("Ended at once: a second signal came while stopping")
        sys.stderr.flush()
        os._exit(0)
    stop.set()


if __name__ == "__main__":
    sys.exit(main())
