"""The one way to the API server: every request of this process but kopf's watch passes here.

Speaks JSON as dicts: the client's models would drop fields that they do not know. Sends a request again only when its
credentials had been rotated, or when aiohttp finds a kept-alive socket dead (and never POST or PATCH then); whether to
try again after any other failure is for who asked to decide.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import aclosing, asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

import structlog
from kubernetes.aio.client import ApiClient

from hostprocess_operator.api.names import MANAGER
from hostprocess_operator.cluster.answers import decode, refusal
from hostprocess_operator.cluster.body import first_bytes, pieces, reaching
from hostprocess_operator.cluster.credentials import Credentials, LoginInfo, authorization, login_info
from hostprocess_operator.cluster.gate import WriteGate
from hostprocess_operator.cluster.lines import LineBuffer
from hostprocess_operator.cluster.paths import describe
from hostprocess_operator.errors import SettingsError, Unreachable

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
    from http import HTTPMethod
    from pathlib import Path

    import aiohttp
    from kubernetes.aio.client import Configuration

__all__ = ["Connection", "LoginInfo"]

REQUEST_SECONDS: Final = 30.0
TOKEN_SECONDS: Final = 60.0
"""How old a ServiceAccount token that was read from its file may be."""

BREATH: Final = 64
"""Events after which other tasks get a turn: one chunk of a stream may hold hundreds."""

_STREAM_SECONDS = 24 * 3600.0  # the client needs some number; a watch ends by the API server's own
_REFUSAL_BYTES = 4 * 1024 * 1024  # a refused patch is quoted whole, and what is wrong with it stands at the end
_ANY_NUMBER = 0  # of connections: each namespace needs several watches; who may ask for much at once limits itself
_UNAUTHORIZED = 401
_BAD = 400

_log = structlog.get_logger(__name__)


class Connection:
    """An open connection to the API server. Made by `Connection.open`, used by one event loop.

    Attributes:
        gate: what every mutating request has to pass.
    """

    def __init__(
        self,
        credentials: Credentials,
        configuration: Configuration,
        on_request: Callable[[str, str, int, float], None] | None = None,
    ) -> None:
        self._credentials = credentials
        self._configuration = configuration
        self._on_request = on_request
        self.gate = WriteGate()
        configuration.trace_configs = [self.gate.last_check()]
        configuration.connection_pool_maxsize = _ANY_NUMBER
        self._api = ApiClient(configuration)
        self._api.user_agent = MANAGER
        self._renewing = asyncio.Lock()
        self._renewed_at = time.monotonic()

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        kubeconfig: Path | None = None,
        context: str | None = None,
        on_request: Callable[[str, str, int, float], None] | None = None,
    ) -> AsyncIterator[Connection]:
        """Open a connection; nothing is sent yet.

        Args:
            kubeconfig: None means the pod's ServiceAccount where there is one, else the user's default kubeconfig.
            context: name of a context of the kubeconfig, None for its current one.
            on_request: told verb, resource, HTTP status (0: no answer) and seconds of every request; for a watch, of
                its opening.

        Raises:
            SettingsError: The credentials cannot be read.
        """
        credentials = Credentials(kubeconfig, context)
        connection = cls(credentials, await credentials.load(), on_request)
        try:
            yield connection
        finally:
            await connection.close()

    async def close(self) -> None:
        """Close every socket; requests in flight fail."""
        await self._api.close()  # type: ignore[no-untyped-call]

    def introduce(self, identity: str) -> None:
        """Name this process, behind the program, in the User-Agent of every request from now on."""
        self._api.user_agent = f"{MANAGER}/{identity}"

    def login_info(self) -> LoginInfo:
        """Return the credentials, read anew, for another client. For a thread that runs no event loop of its own.

        Raises:
            SettingsError: They cannot be read.
        """
        return login_info(asyncio.run(self._credentials.load()))

    async def request(
        self,
        method: HTTPMethod | str,
        path: str,
        *,
        body: object = None,
        query: Sequence[tuple[str, str]] = (),
        content_type: str | None = None,
        timeout: float = REQUEST_SECONDS,  # noqa: ASYNC109 - also the time that the client allows the socket
    ) -> Any:  # noqa: ANN401 - JSON has no narrower type
        """Send one request and return the JSON object of its answer.

        Raises:
            ApiError: One of its kinds says what went wrong.
            WritesClosed: The request would write, and the gate is shut.
        """
        async with self._answer(method, path, query, timeout, body, content_type) as response:
            with reaching(timeout):
                content = await response.read()
            return decode(content)

    async def read_bytes(
        self,
        path: str,
        *,
        query: Sequence[tuple[str, str]] = (),
        limit: int,
        timeout: float,  # noqa: ASYNC109 - also the time that the client allows the socket
    ) -> bytes:
        """Return the first `limit` bytes of an answer, and close it.

        Raises:
            ApiError: One of its kinds says what went wrong.
        """
        async with self._answer("GET", path, query, timeout) as response:
            return await first_bytes(response, limit, timeout)

    async def stream(
        self,
        path: str,
        query: Sequence[tuple[str, str]],
        idle_seconds: float,
        on_open: Callable[[], None] = lambda: None,
        rest_seconds: float = 0.0,
    ) -> AsyncGenerator[dict[str, Any]]:
        """Yield the JSON objects of a watch until it ends. Use it with `contextlib.aclosing`.

        It ends when the API server ends it, and after a silence of `idle_seconds`: a watch may be silent because
        nothing happens, or because its connection is dead, and only a new one tells.

        Args:
            on_open: called once the API server has accepted the watch.
            rest_seconds: for which nothing is read after something small has come; what comes meanwhile is taken
                together then.

        Raises:
            ApiError: The watch was refused; as `Unreachable` also when it broke, or held something else than JSON.
        """
        async with self._answer("GET", path, query, _STREAM_SECONDS, opening=min(REQUEST_SECONDS, idle_seconds)) as r:
            on_open()
            buffer = LineBuffer()
            async with aclosing(pieces(r, idle_seconds, rest_seconds)) as received:
                async for piece in received:
                    for number, line in enumerate(buffer.feed(piece), start=1):
                        yield decode(line)
                        if number % BREATH == 0:
                            await asyncio.sleep(0)
            if buffer.holds_a_piece:
                raise Unreachable("the stream ended inside an event")

    @asynccontextmanager
    async def _answer(
        self,
        method: str,
        path: str,
        query: Sequence[tuple[str, str]],
        timeout: float,  # noqa: ASYNC109 - handed to the client
        body: object = None,
        content_type: str | None = None,
        *,
        opening: float | None = None,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Send a request and hold its answer, which is good; an unread rest is dropped with its socket."""
        with reaching(opening or timeout):
            async with asyncio.timeout(opening):
                response = await self._send(method, path, query, timeout, body, content_type)
        try:
            if response.status >= _BAD:
                content = await first_bytes(response, _REFUSAL_BYTES, REQUEST_SECONDS)
                raise refusal(response.status, content, response.headers.get("Retry-After"))
            yield response
        finally:
            response.close()

    async def _send(
        self,
        method: str,
        path: str,
        query: Sequence[tuple[str, str]],
        timeout: float,  # noqa: ASYNC109 - handed to the client
        body: object,
        content_type: str | None,
    ) -> aiohttp.ClientResponse:
        if self._credentials.in_cluster and time.monotonic() - self._renewed_at > TOKEN_SECONDS:
            await self._renew(authorization(self._configuration))
        used = authorization(self._configuration)
        response = await self._send_once(method, path, query, timeout, body, content_type)
        if response.status != _UNAUTHORIZED or not await self._renew(used):
            return response
        response.release()
        return await self._send_once(method, path, query, timeout, body, content_type)

    async def _send_once(
        self,
        method: str,
        path: str,
        query: Sequence[tuple[str, str]],
        timeout: float,  # noqa: ASYNC109 - handed to the client
        body: object,
        content_type: str | None,
    ) -> aiohttp.ClientResponse:
        # Compressing costs both sides more CPU than a cluster's network gains.
        headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
        if content_type:
            headers["Content-Type"] = content_type
        method, url, headers, _, _ = await self._api.param_serialize(
            method, path, query_params=list(query), header_params=headers, auth_settings=["BearerToken"]
        )
        with self.gate.passing(method, path):
            started, status = time.monotonic(), 0
            try:
                answer = await self._api.call_api(method, url, headers, body, _request_timeout=timeout)
                response: aiohttp.ClientResponse = answer.response
                status = response.status
            finally:
                if self._on_request:
                    verb, resource = describe(method, path, watch=("watch", "true") in query)
                    self._on_request(verb, resource, status, time.monotonic() - started)
        return response

    async def _renew(self, used: str) -> bool:
        """Read the credentials again and return whether they are others than the used ones."""
        async with self._renewing:
            if authorization(self._configuration) == used:
                self._renewed_at = time.monotonic()
                try:
                    self._configuration.api_key = (await self._credentials.load()).api_key
                except SettingsError as error:
                    _log.warning("Kept the credentials, which could not be read again", error=str(error))
            return authorization(self._configuration) != used
