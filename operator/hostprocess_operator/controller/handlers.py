"""kopf's part: it watches the HostProcessAgents and says which one changed. The only module that imports kopf.

kopf runs in a thread with a loop of its own, because in a shared loop it cancels every task that is not its own when
it stops or gives up; and it gives up on several ordinary answers of an API server, hence the restart loop around it.
It has `on.event` handlers only: no finalizer, no annotation, no write.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import kopf
import structlog

from hostprocess_operator.api.names import GROUP, PLURAL, VERSION

if TYPE_CHECKING:
    from hostprocess_operator.cluster.connection import LoginInfo

OnEvent: TypeAlias = Callable[[str | None, dict[str, Any]], None]
"""Called in kopf's thread with an event's type (None in a LIST) and the object."""

LogIn: TypeAlias = "Callable[[], LoginInfo]"
"""Returns what is needed to reach the API server, with a token read anew; called in kopf's thread."""

WhenServed: TypeAlias = Callable[[Callable[[], None]], None]
"""Calls back, in whatever thread, once the API server serves the HostProcessAgents again; called in kopf's thread."""

_log = structlog.get_logger(__name__)
_LONGEST_PAUSE = 5.0
_FULL_LIFE = 60.0


class EndlessBackoff:
    """Delays that never run out, so that a long outage of the API server does not end kopf; re-iterable."""

    def __iter__(self) -> Iterator[float]:
        """Yield seconds: 1, 1, 2, 3, 5, 5 .. with jitter: nobody shall wait long once the API server is back."""
        for delay in itertools.chain((1, 1, 2, 3), itertools.repeat(_LONGEST_PAUSE)):
            yield delay * random.uniform(0.75, 1.25)  # noqa: S311 - jitter, not a secret


class AgentWatch:
    """kopf in its own thread, started again for as long as it is wanted.

    Args:
        login: see `LogIn`.
        namespaces: namespaces to watch, all of them when empty.
        on_event: see `OnEvent`.
        when_served: see `WhenServed`. Of a kind that is missing when it begins, kopf never takes notice.
    """

    def __init__(self, login: LogIn, namespaces: Sequence[str], on_event: OnEvent, when_served: WhenServed) -> None:
        self._login = login
        self._namespaces = tuple(namespaces)
        self._on_event = on_event
        self._when_served = when_served
        self._stop = threading.Event()
        self._end_run = threading.Event()
        self._go_on = threading.Event()
        self._thread = threading.Thread(target=self._run, name="kopf", daemon=True)
        self.restarts = 0

    def start(self) -> None:
        """Start watching."""
        self._thread.start()

    def stop(self, timeout: float) -> None:
        """Stop watching, if it has begun, and wait up to `timeout` seconds for the thread to end."""
        self._stop.set()
        self._end_run.set()
        self._go_on.set()
        if self._thread.is_alive():
            self._thread.join(timeout)

    def _run(self) -> None:
        delays = iter(EndlessBackoff())
        while True:
            self._end_run.clear()
            if self._stop.is_set():  # looked at after the clearing, which may have undone what `stop` did
                return
            lived = asyncio.run(self._watch())
            if self._stop.is_set():
                return
            if lived > _FULL_LIFE:
                delays = iter(EndlessBackoff())
            self.restarts += 1
            pause = next(delays)
            _log.warning("Will restart the watch of HostProcessAgents", after_seconds=round(pause, 1))
            self._go_on.clear()
            if not self._stop.wait(pause):
                self._when_served(self._go_on.set)
                self._go_on.wait()

    async def _watch(self) -> float:
        """Run kopf until it ends for whatever reason; return how many seconds it lived."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            await kopf.operator(
                registry=self._registry(),
                standalone=True,
                clusterwide=not self._namespaces,
                namespaces=self._namespaces,
                stop_flag=self._end_run,
            )
        except Exception as error:  # noqa: BLE001 - kopf ends with many kinds of error, and none may end the operator
            _log.warning("The watch of HostProcessAgents ended", error=type(error).__name__, reason=str(error)[:256])
        finally:
            # kopf waits for the flag in a thread of the loop's executor, and the loop's end would wait for that thread
            self._end_run.set()
        return loop.time() - began

    def _registry(self) -> kopf.OperatorRegistry:
        registry = kopf.OperatorRegistry()

        @kopf.on.startup(registry=registry)
        def configure(settings: kopf.OperatorSettings, **_: Any) -> None:
            _configure(settings)

        @kopf.on.login(registry=registry)
        def log_in(**_: Any) -> kopf.ConnectionInfo:
            return _connection_info(self._login())

        @kopf.on.event(GROUP, VERSION, PLURAL, registry=registry)
        def changed(event: kopf.RawEvent, **_: Any) -> None:
            self._on_event(event["type"], dict(event["object"]))

        return registry


def _configure(settings: kopf.OperatorSettings) -> None:
    """Set what was found to keep kopf quiet, bounded and alive."""
    settings.posting.enabled = False
    settings.scanning.disabled = True
    settings.peering.standalone = True
    settings.watching.server_timeout = 300
    settings.watching.client_timeout = 330
    settings.watching.connect_timeout = 10
    settings.watching.reconnect_backoff = 1.0
    settings.queueing.idle_timeout = 0.5
    settings.queueing.exit_timeout = 1
    settings.queueing.error_delays = (1, 2, 5, 10, 20, 30, 60)
    settings.networking.request_timeout = 30
    settings.networking.connect_timeout = 5
    settings.networking.error_backoffs = EndlessBackoff()
    settings.networking.trust_env = False
    settings.process.ultimate_exiting_timeout = None


def _connection_info(login: LoginInfo) -> kopf.ConnectionInfo:
    return kopf.ConnectionInfo(
        server=login.server,
        ca_path=login.ca_path,
        insecure=login.insecure,
        scheme=login.scheme or None,
        token=login.token or None,
        certificate_path=login.certificate_path,
        private_key_path=login.private_key_path,
    )
