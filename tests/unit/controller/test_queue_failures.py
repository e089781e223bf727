"""Keys of the work queue that failed: they come later and later. Time is moved by hand; nothing sleeps."""

import pytest

from hostprocess_operator.controller.queue import Backoff, WorkQueue

A, B = ("agents", "a"), ("agents", "b")
SECONDS = Backoff(first=1.0, most=8.0)


@pytest.mark.parametrize(
    ("failures", "expected"),
    [(1, 1.0), (2, 2.0), (3, 4.0), (4, 8.0), (5, 8.0), (10_000, 8.0)],
)
def test_each_delay_is_twice_the_last_up_to_a_limit(failures, expected):
    assert SECONDS.delay(failures, jitter=lambda: 0.5) == expected


@pytest.mark.parametrize(("jitter", "expected"), [(0.0, 0.75), (1.0, 1.25)])
def test_delays_are_spread_by_a_quarter(jitter, expected):
    assert SECONDS.delay(1, jitter=lambda: jitter) == expected


def test_the_default_backoff_begins_below_a_second_and_ends_at_a_minute():
    assert Backoff().delay(1, jitter=lambda: 0.5) == 0.2
    assert Backoff().delay(100, jitter=lambda: 0.5) == 60.0


async def test_a_key_that_failed_comes_again_after_the_delay_that_is_told(queue, clock):
    queue.add(A)
    await queue.get()
    delay = queue.failed(A)
    await clock.advance(delay - 0.01)
    assert len(queue) == 0
    await clock.advance(0.02)
    assert len(queue) == 1


async def fail(queue, clock, times):
    """Let the key fail so often and return the delays."""
    delays = []
    queue.add(A)
    for _ in range(times):
        await queue.get()
        delays.append(queue.failed(A))
        await clock.advance(delays[-1] + 0.01)
    return delays


async def test_failures_in_a_row_are_counted_and_come_later_and_later(queue, clock):
    delays = await fail(queue, clock, times=3)
    assert queue.failures(A) == 3
    assert [round(delay / 2**row) for row, delay in enumerate(delays)] == [1, 1, 1]


async def test_success_ends_the_row(queue, clock):
    await fail(queue, clock, times=3)
    await queue.get()
    queue.done(A)
    assert queue.failures(A) == 0
    assert (await fail(queue, clock, times=1))[0] <= 1.25


async def test_the_failures_of_one_key_are_nobody_elses(queue, clock):
    await fail(queue, clock, times=3)
    assert queue.failures(B) == 0


async def test_the_api_server_may_ask_for_a_longer_delay(queue, clock):
    queue.add(A)
    await queue.get()
    assert queue.failed(A, at_least=30.0) == 30.0
    await clock.advance(29.9)
    assert len(queue) == 0


async def test_an_event_does_not_wait_for_the_delay_of_a_failure(queue):
    queue.add(A)
    await queue.get()
    queue.failed(A)
    queue.add(A)
    assert len(queue) == 1


async def test_a_key_that_was_added_while_it_failed_comes_again_at_once(queue):
    queue.add(A)
    await queue.get()
    queue.add(A)
    queue.failed(A)
    assert len(queue) == 1
    assert queue.failures(A) == 1


async def test_a_forgotten_key_has_no_failures_and_does_not_come_back(queue, clock):
    queue.add(A)
    await queue.get()
    queue.failed(A)
    queue.forget(A)
    await clock.advance(100.0)
    assert (len(queue), queue.failures(A)) == (0, 0)


async def test_a_key_that_is_not_known_can_be_forgotten(queue):
    queue.forget(A)
    assert queue.failures(A) == 0


async def test_without_a_backoff_it_has_the_default_one(clock):
    queue = WorkQueue()
    queue.add(A)
    await queue.get()
    assert 0.15 <= queue.failed(A) <= 0.25
    queue.close()


async def test_a_queue_that_was_cleared_begins_with_the_shortest_wait(queue, clock):
    queue.add(A)
    queue.failed(await queue.get())
    queue.clear()
    assert queue.failures(A) == 0
