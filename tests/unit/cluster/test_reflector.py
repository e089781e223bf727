"""A reflector of pods: the cache is what the API server has, and every change is told once."""

import asyncio
import time

import structlog

from hostprocess_operator.cluster import body
from hostprocess_operator.cluster import reflector as module
from hostprocess_operator.cluster.paths import pods
from hostprocess_operator.cluster.reflector import Reflector, Resource
from hostprocess_operator.cluster.store import Store
from support.eventually import eventually
from support.followed import observe
from support.stub_api_server import pod


class TestFollowing:
    async def test_lists_what_is_there_and_then_hears_of_every_change(self, stub, following):
        stub.put(pod("a"))
        stub.put(pod("b"))
        async with following() as cache:
            await cache.synced()
            assert cache.uids == stub.truth
            stub.put(pod("c"))
            stub.put(pod("a", labels={"new": "label"}))
            stub.delete("b")
            await eventually(lambda: cache.uids == stub.truth and len(cache.changes) == 5)
        assert stub.count("list") == 1

    async def test_the_first_list_is_read_from_a_quorum_in_pages(self, stub, following):
        for number in range(5):
            stub.put(pod(f"pod-{number}"))
        async with following(page=2) as cache:
            await cache.synced()
            assert cache.uids == stub.truth
        queries = [request.query for request in stub.requests if request.kind == "list"]
        assert len(queries) == 3
        assert all("resourceVersion" not in query and query["limit"] == "2" for query in queries)

    async def test_what_may_be_late_is_read_with_rests(self, stub, following, monkeypatch):
        rested = []

        async def rest(_, seconds):
            rested.append(seconds)

        monkeypatch.setattr(body, "_rest", rest)
        async with following(rest_seconds=7) as cache:
            await cache.synced()
            stub.put(pod("a"))
            await eventually(lambda: cache.uids == stub.truth and rested == [7])

    async def test_the_watch_asks_for_bookmarks_and_for_an_end(self, stub, following):
        async with following() as cache:
            await cache.synced()
            await eventually(lambda: stub.count("watch") == 1)
        query = stub.requests[-1].query
        assert query["allowWatchBookmarks"] == "true"
        assert query["resourceVersion"] == str(stub.version)
        assert 240 <= int(query["timeoutSeconds"]) <= 300

    async def test_the_selector_narrows_list_and_watch(self, stub, connection):
        reflector = Reflector(connection, Resource(pods(), "a=b,c"), observe, Store())
        task = asyncio.create_task(reflector.run())
        await eventually(lambda: stub.count("watch") == 1)
        task.cancel()
        assert [request.query["labelSelector"] for request in stub.requests] == ["a=b,c"] * 2

    async def test_a_watch_that_ends_is_resumed_without_a_list(self, stub, following, monkeypatch):
        monkeypatch.setattr(module, "STEADY_SECONDS", 0)
        async with following() as cache:
            await cache.synced()
            stub.put(pod("a"))
            await eventually(lambda: cache.uids == stub.truth)
            reached = stub.version
            await stub.end_streams()
            await eventually(lambda: stub.count("watch") == 2)
            stub.put(pod("b"))
            await eventually(lambda: cache.uids == stub.truth)
        assert stub.count("list") == 1
        assert stub.requests[-1].query["resourceVersion"] == str(reached)

    async def test_a_bookmark_moves_the_place_to_resume_from(self, stub, following):
        async with following() as cache:
            await cache.synced()
            await eventually(lambda: stub.count("watch") == 1)
            stub.bookmark()
            reached = stub.version
            await eventually(lambda: cache.reflector._version == str(reached))
            await stub.end_streams()
            await eventually(lambda: stub.count("watch") == 2)
        assert stub.requests[-1].query["resourceVersion"] == str(reached)
        assert cache.changes == []

    async def test_a_quiet_cluster_is_no_lost_contact_and_nothing_to_complain_of(self, stub, following, monkeypatch):
        monkeypatch.setattr(module, "STEADY_SECONDS", 0)
        with structlog.testing.capture_logs() as logs:
            async with following(idle_seconds=0.05) as cache:
                await cache.synced()
                for count in (2, 3, 4):
                    before = time.monotonic()
                    await eventually(lambda count=count: stub.count("watch") == count)
                    await eventually(lambda before=before: cache.reflector.last_contact >= before)
        assert stub.count("list") == 1
        assert logs == []

    async def test_contact_is_noted_with_pages_events_and_bookmarks(self, stub, following):
        async with following() as cache:
            await cache.synced()
            await eventually(lambda: stub.count("watch") == 1)
            for speak in (stub.bookmark, lambda: stub.put(pod("a"))):
                before = time.monotonic()
                assert cache.reflector.last_contact < before
                speak()
                await eventually(lambda before=before: cache.reflector.last_contact >= before)

    async def test_an_object_of_nine_hundred_kilobytes_comes_through(self, stub, following):
        async with following() as cache:
            await cache.synced()
            stub.put(pod("big", labels={"x": "y" * 900_000}))
            stub.put(pod("next"))
            await eventually(lambda: cache.uids == stub.truth)

    async def test_a_late_answer_to_a_write_does_not_revive_what_was_seen_deleted(self, stub, following):
        async with following() as cache:
            await cache.synced()
            answer = stub.put(pod("a"))
            stub.delete("a")
            stub.put(pod("b"))
            await eventually(lambda: cache.uids == stub.truth)
            cache.store.upsert(answer, observe(answer))
            assert cache.uids == stub.truth

    async def test_an_equal_value_wakes_nobody(self, stub, following):
        stub.put(pod("a"))
        async with following() as cache:
            await cache.synced()
            stub.put(pod("a"))
            stub.put(pod("b"))
            await eventually(lambda: cache.uids == stub.truth)
        assert len(cache.changes) == 2


class TestUnreadableObjects:
    async def test_one_in_the_list_is_skipped_and_logged(self, stub, following):
        stub.put(pod("a", unreadable=True))
        stub.put(pod("b"))
        with structlog.testing.capture_logs() as logs:
            async with following() as cache:
                await cache.synced()
                assert list(cache.uids) == [("agents", "b")]
        assert [(record["log_level"], record["name"]) for record in logs] == [("error", "a")]

    async def test_one_in_the_stream_is_skipped_and_the_stream_goes_on(self, stub, following):
        async with following() as cache:
            await cache.synced()
            stub.put(pod("a", unreadable=True))
            stub.put(pod("b"))
            await eventually(lambda: list(cache.uids) == [("agents", "b")])
            assert stub.count("watch") == 1

    async def test_what_was_known_of_it_stays(self, stub, following):
        stub.put(pod("a"))
        async with following() as cache:
            await cache.synced()
            await eventually(lambda: stub.count("watch") == 1)
            stub.put(pod("a", unreadable=True))
            stub.compact()
            await stub.end_streams()
            await eventually(lambda: stub.count("list") == 2)
            await eventually(lambda: stub.count("watch") == 3)
            assert cache.uids == stub.truth
