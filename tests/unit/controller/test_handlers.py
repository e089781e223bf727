"""kopf's thread, from one end of kopf to its next beginning. kopf itself is run by the integration tests."""

import asyncio
import threading

import pytest

from hostprocess_operator.controller import handlers
from hostprocess_operator.controller.handlers import AgentWatch


@pytest.fixture(autouse=True)
def failing(monkeypatch):
    """Take the place of kopf, which waits for its stop flag in a thread of the loop's executor, and give up."""

    async def operator(*, stop_flag, **_):
        asyncio.get_running_loop().run_in_executor(None, stop_flag.wait)
        raise ConnectionError("told to give up")

    monkeypatch.setattr(handlers.kopf, "operator", operator)
    monkeypatch.setattr(handlers, "EndlessBackoff", lambda: iter([0.01] * 100))


def watching(when_served):
    watch = AgentWatch(dict, (), lambda *_: None, when_served)
    watch.start()
    return watch


def test_kopf_is_begun_anew_each_time_it_ended_once_the_kind_is_served():
    ends = threading.Semaphore(0)

    def when_served(then):
        ends.release()
        then()

    watch = watching(when_served)
    assert ends.acquire(timeout=30)
    assert ends.acquire(timeout=30)
    watch.stop(30)
    assert not watch._thread.is_alive()


def test_kopf_is_not_begun_anew_before_the_kind_is_served():
    ended, then = threading.Event(), []
    watch = watching(lambda go_on: (then.append(go_on), ended.set()))
    assert ended.wait(30)
    assert not watch._go_on.wait(0.1)
    assert watch.restarts == 1
    watch.stop(30)


def test_a_watch_that_waits_for_the_kind_can_be_stopped():
    ended = threading.Event()
    watch = watching(lambda _: ended.set())
    assert ended.wait(30)
    watch.stop(30)
    assert not watch._thread.is_alive()


def test_a_watch_that_never_began_can_be_stopped_and_begins_no_more():
    watch = AgentWatch(dict, (), lambda *_: None, lambda _: None)
    watch.stop(30)
    watch.start()
    watch._thread.join(30)
    assert (watch._thread.is_alive(), watch.restarts) == (False, 0)
