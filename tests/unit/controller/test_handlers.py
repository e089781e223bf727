"""kopf in its thread: it is started again whenever it ends, and it ends when it is told to."""

import asyncio
import contextlib

from hostprocess_operator.cluster.connection import LoginInfo
from hostprocess_operator.controller.handlers import AgentWatch
from support.eventually import eventually
from support.stub_api_server import StubApiServer


@contextlib.asynccontextmanager
async def watching():
    """Run a watch against a server that speaks no Kubernetes: kopf ends at its discovery."""
    async with StubApiServer().running() as stub:
        login = LoginInfo(stub.url, None, None, None, "Bearer", "token", insecure=False, proxy_url=None)
        watch = AgentWatch(lambda: login, ("agents",), lambda *_: None)
        watch.start()
        try:
            yield watch
        finally:
            await asyncio.to_thread(watch.stop, 20)


async def test_it_is_started_again_after_it_has_ended():
    async with watching() as watch:
        await eventually(lambda: watch.restarts, 30)


async def test_it_ends_when_it_is_stopped():
    async with watching() as watch:
        await asyncio.to_thread(watch.stop, 20)
        assert not watch._thread.is_alive()
