"""A reflector through every fault of an API server that was ever met: the cache equals the truth in the end."""

import asyncio
import json

import pytest
import structlog

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


def event(kind, body):
    return json.dumps({"type": kind, "object": body}).encode() + b"\n"


def error_event(code, reason="Expired"):
    return event("ERROR", {"kind": "Status", "code": code, "reason": reason, "message": "told to fail"})


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


async def end_streams_until(stub, condition):
    async with asyncio.timeout(5):
        while not condition():
            await stub.end_streams()
            await asyncio.sleep(0.005)


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
            await cache.synced()
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
            await cache.synced()
            stub.fail_next("watch", resets, times=2)
            await end_streams_until(stub, lambda: stub.count("list") >= 3)
        assert cache.reflector.relisted is None

    async def test_a_silent_stream_is_given_up(self, stub, following):
        stub.fail_next("watch", streams_and_hangs())
        async with following(idle_seconds=0.05) as cache:
            await cache.synced()
            stub.put(pod("a"))
            await eventually(lambda: cache.uids == stub.truth)
        assert stub.count("list") == 1

    async def test_a_server_that_accepts_and_never_answers_is_given_up(self, stub, following):
        stub.fail_next("watch", never_answers)
        async with following(idle_seconds=0.05) as cache:
            await cache.synced()
            stub.put(pod("a"))
            await eventually(lambda: cache.uids == stub.truth)

    async def test_a_missing_kind_is_waited_for(self, stub, following):
        stub.fail_next("list", answers(404, "NotFound"), times=5)
        stub.put(pod("a"))
        with structlog.testing.capture_logs() as logs:
            async with following() as cache:
                await cache.synced()
                assert cache.uids == stub.truth
        assert [record["log_level"] for record in logs] == ["warning"]

    async def test_a_kind_that_was_taken_away_and_comes_back_empty_leaves_nothing_behind(self, stub, following):
        stub.put(pod("a"))
        async with following() as cache:
            await cache.synced()
            await eventually(lambda: stub.count("watch") == 1)
            stub.delete("a", silently=True)
            stub.fail_next("watch", answers(404))
            await stub.end_streams()
            await eventually(lambda: cache.uids == {})

    async def test_a_rotated_token_is_found(self, stub, following, tmp_path):
        async with following() as cache:
            await cache.synced()
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
            await cache.synced()
            stub.delete("lost", silently=True)
            stub.restore_backup(500)
            await stub.end_streams()
            await eventually(lambda: cache.uids == stub.truth)
            stub.put(pod("new"))
            await eventually(lambda: cache.uids == stub.truth)

    async def test_a_safety_list_that_fails_does_not_keep_the_watch_waiting(self, stub, following):
        async with following(resync_seconds=0.05) as cache:
            await cache.synced()
            stub.fail_next("list", answers(500), times=1000)
            await end_streams_until(stub, lambda: stub.count("list") == 2)
            stub.put(pod("a"))
            await eventually(lambda: cache.uids == stub.truth)
