"""Streams of a connection: object by object, until the end, a silence or a failure."""

from contextlib import AsyncExitStack, aclosing

import pytest

from hostprocess_operator.cluster.paths import pods
from hostprocess_operator.errors import Unreachable
from support.eventually import eventually
from support.stub_api_server import never_answers, streams, streams_and_hangs

PODS = pods()


class TestStream:
    @pytest.fixture
    def collect(self, connection):
        async def collect():
            async with aclosing(connection.stream(PODS, [("watch", "true")], 5)) as events:
                return [event async for event in events]

        return collect

    async def test_yields_each_object_until_the_end(self, stub, collect):
        stub.fail_next("watch", streams(b'{"a":1}\n{"a"', b":2}\n\n"))
        assert await collect() == [{"a": 1}, {"a": 2}]

    async def test_an_end_inside_an_event_is_a_failure(self, stub, collect):
        stub.fail_next("watch", streams(b'{"a":1}\n{"a"'))
        with pytest.raises(Unreachable, match="inside an event"):
            await collect()

    async def test_a_silence_ends_it(self, stub, connection):
        stub.fail_next("watch", streams_and_hangs(b'{"a":1}\n'))
        async with aclosing(connection.stream(PODS, [("watch", "true")], 0.5)) as events:
            assert [event async for event in events] == [{"a": 1}]

    async def test_a_silence_inside_an_event_is_a_failure(self, stub, connection):
        stub.fail_next("watch", streams_and_hangs(b'{"a":'))
        async with aclosing(connection.stream(PODS, [("watch", "true")], 0.5)) as events:
            with pytest.raises(Unreachable, match="inside an event"):
                await anext(events)

    async def test_a_watch_that_is_never_accepted_is_unreachable(self, stub, connection):
        stub.fail_next("watch", never_answers)
        opened = []
        async with aclosing(connection.stream(PODS, [("watch", "true")], 0.05, lambda: opened.append(1))) as events:
            with pytest.raises(Unreachable):
                await anext(events)
        assert opened == []

    async def test_any_number_of_streams_leaves_room_for_requests(self, stub, connection):
        many = 150
        async with AsyncExitStack() as streams:
            for _ in range(many):
                stub.fail_next("watch", streams_and_hangs(b'{"a":1}\n'))
                events = connection.stream(PODS, [("watch", "true")], 30)
                await streams.enter_async_context(aclosing(events))
                assert await anext(events) == {"a": 1}
            assert await connection.request("GET", PODS, timeout=10)

    async def test_a_stream_that_is_left_is_closed(self, stub, connection):
        transports = []

        async def hang(request):
            transports.append(request.transport)
            return await streams_and_hangs(b'{"a":1}\n')(request)

        stub.fail_next("watch", hang)
        async with aclosing(connection.stream(PODS, [("watch", "true")], 5)) as events:
            assert await anext(events) == {"a": 1}
        await eventually(transports[0].is_closing)
