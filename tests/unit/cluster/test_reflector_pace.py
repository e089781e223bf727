"""How long a reflector waits before it asks again, and how often it complains."""

import asyncio

import pytest
import structlog

from hostprocess_operator.cluster import reflector as module
from hostprocess_operator.cluster.paths import pods
from hostprocess_operator.cluster.reflector import Reflector, Resource
from hostprocess_operator.cluster.store import Store
from support.eventually import eventually
from support.followed import observe
from support.stub_api_server import answers, streams


@pytest.fixture
async def waits(connection):
    """Run a reflector that only notes how long it would wait."""
    noted = []
    reflector = Reflector(connection, Resource(pods()), observe, Store())
    wait = reflector._wait

    def note(error, *, steady):
        noted.append(wait(error, steady=steady))
        return 0.0

    reflector._wait = note
    task = asyncio.create_task(reflector.run())
    yield noted
    task.cancel()


class TestPace:
    async def test_a_watch_that_fails_at_once_is_not_hammered_although_every_list_succeeds(self, stub, waits):
        stub.fail_next("watch", answers(410), times=1000)
        await eventually(lambda: len(waits) >= 8)
        assert waits[0] == 0.0
        assert all(4.0 <= wait <= 8.0 for wait in waits[6:8])

    async def test_a_watch_that_ends_at_once_without_a_failure_is_not_hammered(self, stub, waits):
        stub.fail_next("watch", streams(), times=1000)
        await eventually(lambda: len(waits) >= 7)
        assert all(4.0 <= wait <= 8.0 for wait in waits[5:7])

    async def test_a_watch_that_lived_starts_from_the_shortest_wait(self, stub, waits, monkeypatch):
        monkeypatch.setattr(module, "STEADY_SECONDS", 0)
        stub.fail_next("watch", answers(500), times=1000)
        await eventually(lambda: len(waits) >= 7)
        assert all(0.25 <= wait <= 0.5 for wait in waits)

    async def test_the_server_s_own_wish_is_respected(self, stub, waits):
        stub.fail_next("list", answers(429, headers={"Retry-After": "12"}))
        await eventually(lambda: waits)
        assert waits == [12.0]

    async def test_the_same_complaint_is_logged_once_in_a_row(self, stub, following):
        stub.fail_next("list", answers(503), times=3)
        stub.fail_next("list", answers(500), times=3)
        with structlog.testing.capture_logs() as logs:
            async with following() as cache:
                await cache.synced()
        assert [record["error"][:3] for record in logs] == ["503", "500"]
