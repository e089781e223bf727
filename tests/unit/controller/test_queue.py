"""The work queue: each key once at a time, failures later and later. Time is moved by hand; nothing sleeps."""

import asyncio

import pytest

from hostprocess_operator.controller.queue import Backoff, WorkQueue

A, B = ("agents", "a"), ("agents", "b")
SECONDS = Backoff(first=1.0, most=8.0)


class Clock:
    """The time of the running event loop, which stands still until it is moved."""

    def __init__(self, loop):
        self._now = loop.time()
        loop.time = lambda: self._now

    async def advance(self, seconds):
        self._now += seconds
        for _ in range(3):  # timers that are due run in the loop's next round, what they wake in the one after
            await asyncio.sleep(0)


@pytest.fixture
async def clock():
    return Clock(asyncio.get_running_loop())


@pytest.fixture
async def queue(clock):
    made = WorkQueue(SECONDS)
    yield made
    made.close()


async def test_keys_come_in_the_order_that_they_were_added_in(queue):
    queue.add(A)
    queue.add(B)
    assert [await queue.get(), await queue.get()] == [A, B]


async def test_a_key_that_waits_is_not_queued_twice(queue):
    queue.add(A)
    queue.add(A)
    assert len(queue) == 1


async def test_a_key_that_is_worked_on_is_not_given_to_anybody_else(queue):
    queue.add(A)
    await queue.get()
    queue.add(A)
    assert len(queue) == 0


async def test_a_key_that_was_added_while_it_was_worked_on_comes_again_once(queue):
    queue.add(A)
    await queue.get()
    queue.add(A)
    queue.add(A)
    queue.done(A)
    assert len(queue) == 1
    assert await queue.get() == A
    queue.done(A)
    assert len(queue) == 0


async def test_a_key_that_is_done_can_be_added_again(queue):
    queue.add(A)
    await queue.get()
    queue.done(A)
    queue.add(A)
    assert await queue.get() == A


async def test_a_worker_that_waits_is_woken(queue, clock):
    worker = asyncio.create_task(queue.get())
    await clock.advance(0)
    assert not worker.done()
    queue.add(A)
    assert await worker == A


async def test_several_workers_that_wait_get_a_key_each(queue, clock):
    workers = [asyncio.create_task(queue.get()) for _ in range(3)]
    await clock.advance(0)
    queue.add(A)
    await clock.advance(0)
    assert sum(worker.done() for worker in workers) == 1
    queue.add(B)
    await clock.advance(0)
    assert sorted(worker.result() for worker in workers if worker.done()) == [A, B]
    for worker in workers:
        worker.cancel()


async def test_a_delayed_key_comes_when_its_time_has_come(queue, clock):
    queue.add_after(A, 5.0)
    await clock.advance(4.9)
    assert len(queue) == 0
    await clock.advance(0.2)
    assert await queue.get() == A


@pytest.mark.parametrize("delays", [(5.0, 2.0), (2.0, 5.0)])
async def test_of_several_delays_the_earliest_counts(queue, clock, delays):
    for delay in delays:
        queue.add_after(A, delay)
    await clock.advance(2.1)
    assert await queue.get() == A
    queue.done(A)
    await clock.advance(10.0)
    assert len(queue) == 0


async def test_a_delay_that_is_over_already_is_none(queue, clock):
    queue.add_after(A, -3.0)
    await clock.advance(0.0)
    assert len(queue) == 1


async def test_a_key_that_becomes_due_while_it_is_worked_on_comes_again(queue, clock):
    queue.add(A)
    await queue.get()
    queue.add_after(A, 1.0)
    await clock.advance(1.1)
    assert len(queue) == 0
    queue.done(A)
    assert len(queue) == 1


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


async def test_a_closed_queue_adds_nothing_by_itself(queue, clock):
    queue.add_after(A, 1.0)
    queue.add_after(B, 2.0)
    queue.close()
    await clock.advance(10.0)
    assert len(queue) == 0


async def test_without_a_backoff_it_has_the_default_one(clock):
    queue = WorkQueue()
    queue.add(A)
    await queue.get()
    assert 0.15 <= queue.failed(A) <= 0.25
    queue.close()


async def test_a_queue_that_was_cleared_remembers_nothing(queue, clock):
    queue.add(A)
    await queue.get()
    queue.add(A)  # while it is worked on, by a worker that is gone afterwards
    queue.add(B)
    queue.add_after(B, 1.0)
    queue.clear()
    await clock.advance(2.0)
    assert len(queue) == 0
    queue.add(A)
    assert await queue.get() == A


async def test_a_queue_that_was_cleared_begins_with_the_shortest_wait(queue, clock):
    queue.add(A)
    queue.failed(await queue.get())
    queue.clear()
    assert queue.failures(A) == 0


async def test_a_key_that_rests_comes_once_its_rest_is_over(queue, clock):
    queue.add(A)
    await queue.get()
    queue.done(A, rest=2.0)
    queue.add(A)
    queue.add(A)
    await clock.advance(1.9)
    assert len(queue) == 0
    await clock.advance(0.1)
    assert len(queue) == 1


async def test_what_came_in_during_the_work_waits_for_the_end_of_the_rest_too(queue, clock):
    queue.add(A)
    await queue.get()
    queue.add(A)
    queue.done(A, rest=2.0)
    assert len(queue) == 0
    await clock.advance(2.0)
    assert len(queue) == 1


async def test_a_key_that_has_rested_comes_at_once(queue, clock):
    queue.add(A)
    await queue.get()
    queue.done(A, rest=2.0)
    await clock.advance(2.0)
    assert len(queue) == 0
    queue.add(A)
    assert len(queue) == 1


async def test_the_rest_of_one_key_is_not_that_of_another(queue):
    queue.add(A)
    await queue.get()
    queue.done(A, rest=2.0)
    queue.add(B)
    assert await queue.get() == B


async def test_a_wish_for_later_is_not_brought_forward_by_a_rest(queue, clock):
    queue.add(A)
    await queue.get()
    queue.done(A, rest=1.0)
    queue.add_after(A, 3.0)
    await clock.advance(1.0)
    assert len(queue) == 0
    await clock.advance(2.0)
    assert len(queue) == 1
