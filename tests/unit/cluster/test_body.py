"""A body piece by piece: what trickles in is taken together, and a flood is never kept waiting."""

import asyncio
from contextlib import aclosing
from types import SimpleNamespace

import pytest
from aiohttp import web

from hostprocess_operator.cluster import body
from hostprocess_operator.cluster.paths import pods

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

    async def receive(rest_seconds):
        async with (
            connection._answer("GET", pods(), [("watch", "true")], 10) as response,
            aclosing(body.pieces(response, 5, rest_seconds)) as received,
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
    assert rests.seconds[0] == 7
    assert not rests.was_reading


async def test_nobody_rests_after_a_large_piece(stub, receive, rests):
    rests.may_end.set()

    async def flood(request):
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(200_000 * EVENT)
        return response

    stub.fail_next("watch", flood)
    received = await receive(7)
    assert b"".join(received) == 200_000 * EVENT
    assert len(rests.seconds) <= sum(len(piece) < body.TRICKLE for piece in received) < len(received)


async def test_nobody_rests_unasked(stub, receive, rests):
    async def one(request):
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(EVENT)
        return response

    stub.fail_next("watch", one)
    assert await receive(0) == [EVENT]
    assert rests.seconds == []


async def test_who_leaves_during_a_rest_is_not_kept(stub, receive, rests):
    async def one(request):
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(EVENT)
        await asyncio.Event().wait()

    stub.fail_next("watch", one)
    left = asyncio.create_task(receive(7))
    await rests.begun.wait()
    left.cancel()
    with pytest.raises(asyncio.CancelledError):
        await left
