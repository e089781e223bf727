"""A body piece by piece: what trickles in is taken together, and a flood is never kept waiting."""

import asyncio
from contextlib import aclosing
from types import SimpleNamespace

import pytest
from aiohttp import web

from hostprocess_operator.cluster import body
from hostprocess_operator.cluster.paths import pods
from support.stub_api_server import streams, streams_and_hangs

EVENT = b'{"a":1}\n'


class Rests:
    """Stands in for the sleep between two pieces: a rest lasts until the server has sent all it is to send in it."""

    def __init__(self):
        self.begun, self.may_end, self.seconds = asyncio.Event(), asyncio.Event(), []
        self.response, self.was_reading = None, False

    async def sleep(self, seconds):
        self.seconds.append(seconds)
        self.was_reading |= self.response.connection.transport.is_reading()
        self.begun.set()
        await self.may_end.wait()


@pytest.fixture
def rests(monkeypatch):
    rests = Rests()
    monkeypatch.setattr(body, "asyncio", SimpleNamespace(sleep=rests.sleep, timeout=asyncio.timeout))
    return rests


@pytest.fixture
def receive(connection, rests):
    """Return a function that returns all pieces of a watch."""

    async def receive(rest_seconds, idle_seconds=5):
        async with (
            connection._answer("GET", pods(), [("watch", "true")], 10) as response,
            aclosing(body.pieces(response, idle_seconds, rest_seconds)) as received,
        ):
            rests.response = response
            return [piece async for piece in received]

    return receive


async def test_what_comes_during_a_rest_is_one_piece(stub, receive, rests):
    async def trickle(request):
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(EVENT)
        await rests.begun.wait()
        for _ in range(3):
            await response.write(EVENT)
        await response.write_eof()
        rests.may_end.set()
        return response

    stub.fail_next("watch", trickle)
    assert await receive(7) == [EVENT, 3 * EVENT]
    assert rests.seconds == [7]
    assert not rests.was_reading


async def test_nobody_rests_after_a_large_piece(stub, receive, rests):
    rests.may_end.set()
    stub.fail_next("watch", streams(200_000 * EVENT))
    received = await receive(7)
    assert b"".join(received) == 200_000 * EVENT
    assert len(rests.seconds) <= sum(len(piece) < body.TRICKLE for piece in received) < len(received)


async def test_nobody_rests_unasked(stub, receive, rests):
    rests.may_end.set()
    stub.fail_next("watch", streams_and_hangs(EVENT))
    assert await receive(0, idle_seconds=0.2) == [EVENT]
    assert rests.seconds == []


async def test_who_leaves_during_a_rest_ends_it(connection, stub, rests):
    stub.fail_next("watch", streams_and_hangs(EVENT))
    async with connection._answer("GET", pods(), [("watch", "true")], 10) as rests.response:
        left = asyncio.create_task(anext_but_one(body.pieces(rests.response, 5, 7)))
        await rests.begun.wait()
        assert not rests.response.connection.transport.is_reading()
        left.cancel()
        with pytest.raises(asyncio.CancelledError):
            await left
        assert rests.response.connection.transport.is_reading()


async def anext_but_one(received):
    await anext(received)
    return await anext(received)
