"""A reflector that is asked to list while its watch is open."""

import asyncio

from support.eventually import eventually
from support.stub_api_server import answers, pod


class TestSuspected:
    async def test_a_missed_event_is_found_by_listing_at_once_while_the_watch_is_open(self, stub, following):
        async with following() as cache:
            await cache.synced()
            await eventually(lambda: stub.count("watch") == 1)
            stub.put(pod("a"), silently=True)
            cache.reflector.suspect()
            await eventually(lambda: cache.uids == stub.truth)
            assert cache.reflector.relisted is None  # nothing was lost for good: deletes need no pause
            await eventually(lambda: stub.count("watch") == 2)
        assert stub.count("list") == 2

    async def test_to_suspect_twice_is_to_list_once(self, stub, following):
        async with following() as cache:
            await cache.synced()
            await eventually(lambda: stub.count("watch") == 1)
            cache.reflector.suspect()
            cache.reflector.suspect()
            await eventually(lambda: stub.count("watch") == 2)
        assert stub.count("list") == 2


class TestRefresh:
    async def test_shows_what_the_stream_has_not_said(self, stub, following):
        async with following() as cache:
            await cache.synced()
            await eventually(lambda: stub.count("watch") == 1)
            stub.put(pod("a"), silently=True)
            await asyncio.wait_for(cache.reflector.refresh(), 5)
            assert cache.uids == stub.truth

    async def test_the_stream_goes_on_after_it(self, stub, following):
        async with following() as cache:
            await cache.synced()
            await asyncio.wait_for(cache.reflector.refresh(), 5)
            stub.put(pod("a"))
            await eventually(lambda: cache.uids == stub.truth)
            assert cache.reflector.relisted is None

    async def test_waits_for_a_list_that_succeeds(self, stub, following):
        async with following() as cache:
            await cache.synced()
            stub.fail_next("list", answers(503), times=3)
            stub.put(pod("a"), silently=True)
            await asyncio.wait_for(cache.reflector.refresh(), 5)
            assert cache.uids == stub.truth

    async def test_a_list_that_had_begun_before_is_not_enough(self, stub, following):
        begun, go_on = asyncio.Event(), asyncio.Event()

        async def slowly(request):
            answer = stub._list(request)
            begun.set()
            await go_on.wait()
            return answer

        stub.fail_next("list", slowly)
        async with following() as cache:
            await begun.wait()
            stub.put(pod("a"), silently=True)
            refreshed = asyncio.create_task(cache.reflector.refresh())
            await asyncio.sleep(0)
            go_on.set()
            await asyncio.wait_for(refreshed, 5)
            assert cache.uids == stub.truth

    async def test_several_who_ask_together_are_all_answered(self, stub, following):
        async with following() as cache:
            await cache.synced()
            await eventually(lambda: stub.count("watch") == 1)
            await asyncio.wait_for(asyncio.gather(*(cache.reflector.refresh() for _ in range(3))), 5)
            assert stub.count("list") == 2
