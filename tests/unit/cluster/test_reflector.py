"""A reflector through every fault of an API server that was ever met: the cache equals the truth in the end."""

import asyncio
import json
import time
from contextlib import asynccontextmanager

import pytest
import structlog

from hostprocess_operator.cluster import reflector as module
from hostprocess_operator.cluster.backoff import Backoff
from hostprocess_operator.cluster.reflector import Reflector, Resource
from hostprocess_operator.cluster.store import Store
from support.eventually import eventually
from support.stub_api_server import (
    answers,
    never_answers,
    pod,
    resets,
    resets_after,
    says,
    streams,
    streams_and_hangs,
)

PATH = "/api/v1/pods"


def event(kind, body):
    return json.dumps({"type": kind, "object": body}).encode() + b"\n"


def error_event(code, reason="Expired"):
    return event("ERROR", {"kind": "Status", "code": code, "reason": reason, "message": "told to fail"})


def observe(body):
    if body["metadata"].get("unreadable"):
        raise ValueError("told to be unreadable")
    return body["metadata"]["uid"], body["metadata"].get("labels")


class Cache:
    """A reflector with its store, as a test looks at them."""

    def __init__(self, connection, **settings):
        self.store = Store()
        self.changes = []
        self.store.subscribe(lambda old, new: self.changes.append((old, new)))
        self.reflector = Reflector(connection, Resource(PATH), observe, self.store, **settings)
        self.reflector._backoff = Backoff(first=0.01, limit=0.05)

    @property
    def uids(self):
        return {key: self.store.get(key)[0] for key in self.store._entries}


@pytest.fixture
def following(connection):
    @asynccontextmanager
    async def follow(**settings):
        cache = Cache(connection, **settings)
        task = asyncio.create_task(cache.reflector.run())
        try:
            yield cache
            assert not task.done(), task
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    return follow


async def synced(cache):
    async with asyncio.timeout(5):
        await cache.reflector.synced.wait()


class TestSuspected:
    async def test_a_missed_event_is_found_by_listing_at_once_while_the_watch_is_open(self, stub, following):
        async with following() as cache:
            await synced(cache)
            await eventually(lambda: stub.count("watch") == 1)
            stub.put(pod("a"), silently=True)
            cache.reflector.suspect()
            await eventually(lambda: cache.uids == stub.truth)
            assert cache.reflector.relisted is None  # nothing was lost for good: deletes need no pause
            await eventually(lambda: stub.count("watch") == 2)
        assert stub.count("list") == 2

    async def test_to_suspect_twice_is_to_list_once(self, stub, following):
        async with following() as cache:
            await synced(cache)
            await eventually(lambda: stub.count("watch") == 1)
            cache.reflector.suspect()
            cache.reflector.suspect()
            await eventually(lambda: stub.count("watch") == 2)
        assert stub.count("list") == 2


class TestFollowing:
    async def test_lists_what_is_there_and_then_hears_of_every_change(self, stub, following):
        stub.put(pod("a"))
        stub.put(pod("b"))
        async with following() as cache:
            await synced(cache)
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
            await synced(cache)
            assert cache.uids == stub.truth
        queries = [request.query for request in stub.requests if request.kind == "list"]
        assert len(queries) == 3
        assert all("resourceVersion" not in query and query["limit"] == "2" for query in queries)

    async def test_the_watch_asks_for_bookmarks_and_for_an_end(self, stub, following):
        async with following() as cache:
            await synced(cache)
            await eventually(lambda: stub.count("watch") == 1)
        query = stub.requests[-1].query
        assert query["allowWatchBookmarks"] == "true"
        assert query["resourceVersion"] == str(stub.version)
        assert 240 <= int(query["timeoutSeconds"]) <= 300

    async def test_the_selector_narrows_list_and_watch(self, stub, connection):
        reflector = Reflector(connection, Resource(PATH, "a=b,c"), observe, Store())
        task = asyncio.create_task(reflector.run())
        await eventually(lambda: stub.count("watch") == 1)
        task.cancel()
        assert [request.query["labelSelector"] for request in stub.requests] == ["a=b,c"] * 2

    async def test_a_watch_that_ends_is_resumed_without_a_list(self, stub, following, monkeypatch):
        monkeypatch.setattr(module, "STEADY_SECONDS", 0)
        async with following() as cache:
            await synced(cache)
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
            await synced(cache)
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
                await synced(cache)
                for count in (2, 3, 4):
                    before = time.monotonic()
                    await eventually(lambda count=count: stub.count("watch") == count)
                    await eventually(lambda before=before: cache.reflector.last_contact >= before)
        assert stub.count("list") == 1
        assert logs == []

    async def test_contact_is_noted_with_pages_events_and_bookmarks(self, stub, following):
        async with following() as cache:
            await synced(cache)
            await eventually(lambda: stub.count("watch") == 1)
            for speak in (stub.bookmark, lambda: stub.put(pod("a"))):
                before = time.monotonic()
                assert cache.reflector.last_contact < before
                speak()
                await eventually(lambda before=before: cache.reflector.last_contact >= before)

    async def test_an_object_of_nine_hundred_kilobytes_comes_through(self, stub, following):
        async with following() as cache:
            await synced(cache)
            stub.put(pod("big", labels={"x": "y" * 900_000}))
            stub.put(pod("next"))
            await eventually(lambda: cache.uids == stub.truth)

    async def test_a_late_answer_to_a_write_does_not_revive_what_was_seen_deleted(self, stub, following):
        async with following() as cache:
            await synced(cache)
            answer = stub.put(pod("a"))
            stub.delete("a")
            stub.put(pod("b"))
            await eventually(lambda: cache.uids == stub.truth)
            cache.store.upsert(answer, observe(answer))
            assert cache.uids == stub.truth

    async def test_an_equal_value_wakes_nobody(self, stub, following):
        stub.put(pod("a"))
        async with following() as cache:
            await synced(cache)
            stub.put(pod("a"))
            stub.put(pod("b"))
            await eventually(lambda: cache.uids == stub.truth)
        assert len(cache.changes) == 2


FAULTS = [
    pytest.param("watch", streams(error_event(410)), id="an ERROR 410 in the stream"),
    pytest.param("watch", streams(error_event(500, "InternalError")), id="an ERROR 500 in the stream"),
    pytest.param("watch", streams(event("ERROR", {})), id="an ERROR without a code"),
    pytest.param("watch", streams(b'{"type":"ADDED","object":{"meta'), id="half a line, then the end"),
    pytest.param("watch", streams(b'{"type":"ADDED","object":{"meta\n'), id="half an object in a whole line"),
    pytest.param("watch", streams(event("ADDED", {"metadata": {}})), id="an event without a name"),
    pytest.param("watch", streams(b'{"surprise": 1}\n'), id="an event of an unknown shape"),
    pytest.param("watch", streams(b"[1]\n"), id="an event that is a list"),
    pytest.param("watch", streams(), id="a watch that ends at once"),
    pytest.param("watch", resets, id="a reset before the answer"),
    pytest.param("watch", resets_after(b'{"type":'), id="a reset inside a line"),
    pytest.param("watch", says("<html>Log in</html>"), id="a page of a proxy instead of a watch"),
    *(
        pytest.param("watch", answers(code), id=f"HTTP {code} on the watch")
        for code in (401, 403, 404, 410, 429, 500, 503)
    ),
    pytest.param("list", resets, id="a reset on the list"),
    pytest.param("list", says("<html>Log in</html>"), id="a page of a proxy instead of a list"),
    pytest.param("list", says('{"kind":"PodList","items":[{"meta', content_type="application/json"), id="half a list"),
    *(
        pytest.param("list", answers(code), id=f"HTTP {code} on the list")
        for code in (401, 403, 404, 410, 429, 500, 503)
    ),
    pytest.param("page", answers(410, "Expired"), id="a continuation that has expired"),
    pytest.param("page", answers(500), id="HTTP 500 on a later page"),
]


class TestFaults:
    @pytest.mark.parametrize("times", [1, 4], ids=["once", "four times"])
    @pytest.mark.parametrize(("kind", "fault"), FAULTS)
    async def test_is_survived_and_nothing_is_missed(self, stub, following, kind, fault, times):
        for name in ("a", "b", "c"):
            stub.put(pod(name))
        stub.fail_next(kind, fault, times)
        async with following(page=2) as cache:
            await eventually(lambda: not stub._faults)
            stub.delete("a")
            stub.put(pod("b", uid="another-b"))
            stub.put(pod("d"))
            await eventually(lambda: cache.uids == stub.truth)

    async def test_deletions_while_the_stream_was_lost_are_told(self, stub, following):
        for name in ("a", "b"):
            stub.put(pod(name))
        async with following() as cache:
            await synced(cache)
            await eventually(lambda: stub.count("watch") == 1)
            stub.delete("a", silently=True)
            stub.put(pod("c"), silently=True)
            stub.compact()
            await stub.end_streams()
            await eventually(lambda: cache.uids == stub.truth)
        assert (("uid-of-a", None), None) in cache.changes
        assert cache.reflector.relisted is not None

    async def test_only_a_lost_stream_counts_as_relisted(self, stub, following):
        async with following(resync_seconds=0.05) as cache:
            await synced(cache)
            stub.fail_next("watch", resets, times=2)
            await end_streams_until(stub, lambda: stub.count("list") >= 3)
        assert cache.reflector.relisted is None

    async def test_a_silent_stream_is_given_up(self, stub, following):
        stub.fail_next("watch", streams_and_hangs())
        async with following(idle_seconds=0.05) as cache:
            await synced(cache)
            stub.put(pod("a"))
            await eventually(lambda: cache.uids == stub.truth)
        assert stub.count("list") == 1

    async def test_a_server_that_accepts_and_never_answers_is_given_up(self, stub, following):
        stub.fail_next("watch", never_answers)
        async with following(idle_seconds=0.05) as cache:
            await synced(cache)
            stub.put(pod("a"))
            await eventually(lambda: cache.uids == stub.truth)

    async def test_a_missing_kind_is_waited_for(self, stub, following):
        stub.fail_next("list", answers(404, "NotFound"), times=5)
        stub.put(pod("a"))
        with structlog.testing.capture_logs() as logs:
            async with following() as cache:
                await synced(cache)
                assert cache.uids == stub.truth
        assert [record["log_level"] for record in logs] == ["warning"]

    async def test_a_kind_that_was_taken_away_and_comes_back_empty_leaves_nothing_behind(self, stub, following):
        stub.put(pod("a"))
        async with following() as cache:
            await synced(cache)
            await eventually(lambda: stub.count("watch") == 1)
            stub.delete("a", silently=True)
            stub.fail_next("watch", answers(404))
            await stub.end_streams()
            await eventually(lambda: cache.uids == {})

    async def test_a_rotated_token_is_found(self, stub, following, tmp_path):
        async with following() as cache:
            await synced(cache)
            await eventually(lambda: stub.count("watch") == 1)
            stub.accepts = "second"
            stub.write_kubeconfig(tmp_path / "kubeconfig", bearer="second")
            await stub.end_streams()
            stub.put(pod("a"))
            await eventually(lambda: cache.uids == stub.truth)

    async def test_a_restored_backup_is_noticed_by_the_safety_list(self, stub, following):
        stub.put(pod("kept"))
        stub.put(pod("lost"))
        stub.version = 1000
        async with following(resync_seconds=0.2, idle_seconds=0.1) as cache:
            await synced(cache)
            stub.delete("lost", silently=True)
            stub.restore_backup(500)
            await stub.end_streams()
            await eventually(lambda: cache.uids == stub.truth)
            stub.put(pod("new"))
            await eventually(lambda: cache.uids == stub.truth)

    async def test_a_safety_list_that_fails_does_not_keep_the_watch_waiting(self, stub, following):
        async with following(resync_seconds=0.05) as cache:
            await synced(cache)
            stub.fail_next("list", answers(500), times=1000)
            await end_streams_until(stub, lambda: stub.count("list") == 2)
            stub.put(pod("a"))
            await eventually(lambda: cache.uids == stub.truth)


class TestUnreadableObjects:
    async def test_one_in_the_list_is_skipped_and_logged(self, stub, following):
        stub.put(pod("a", unreadable=True))
        stub.put(pod("b"))
        with structlog.testing.capture_logs() as logs:
            async with following() as cache:
                await synced(cache)
                assert list(cache.uids) == [("agents", "b")]
        assert [(record["log_level"], record["name"]) for record in logs] == [("error", "a")]

    async def test_one_in_the_stream_is_skipped_and_the_stream_goes_on(self, stub, following):
        async with following() as cache:
            await synced(cache)
            stub.put(pod("a", unreadable=True))
            stub.put(pod("b"))
            await eventually(lambda: list(cache.uids) == [("agents", "b")])
            assert stub.count("watch") == 1

    async def test_what_was_known_of_it_stays(self, stub, following):
        stub.put(pod("a"))
        async with following() as cache:
            await synced(cache)
            await eventually(lambda: stub.count("watch") == 1)
            stub.put(pod("a", unreadable=True))
            stub.compact()
            await stub.end_streams()
            await eventually(lambda: stub.count("list") == 2)
            await eventually(lambda: stub.count("watch") == 3)
            assert cache.uids == stub.truth


@pytest.fixture
async def waits(connection):
    """Run a reflector that only notes how long it would wait."""
    noted = []
    reflector = Reflector(connection, Resource(PATH), observe, Store())
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
                await synced(cache)
        assert [record["error"][:3] for record in logs] == ["503", "500"]


async def end_streams_until(stub, condition):
    async with asyncio.timeout(5):
        while not condition():
            await stub.end_streams()
            await asyncio.sleep(0.005)


class TestRefresh:
    async def test_shows_what_the_stream_has_not_said(self, stub, following):
        async with following() as cache:
            await synced(cache)
            await eventually(lambda: stub.count("watch") == 1)
            stub.put(pod("a"), silently=True)
            await asyncio.wait_for(cache.reflector.refresh(), 5)
            assert cache.uids == stub.truth

    async def test_the_stream_goes_on_after_it(self, stub, following):
        async with following() as cache:
            await synced(cache)
            await asyncio.wait_for(cache.reflector.refresh(), 5)
            stub.put(pod("a"))
            await eventually(lambda: cache.uids == stub.truth)
            assert cache.reflector.relisted is None

    async def test_waits_for_a_list_that_succeeds(self, stub, following):
        async with following() as cache:
            await synced(cache)
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
            await synced(cache)
            await eventually(lambda: stub.count("watch") == 1)
            await asyncio.wait_for(asyncio.gather(*(cache.reflector.refresh() for _ in range(3))), 5)
            assert stub.count("list") == 2
