"""The work queue: each key once at a time, now, later or after a rest. Time is moved by hand; nothing sleeps."""

import asyncio

import pytest

A, B = ("agents", "a"), ("agents", "b")


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


async def test_a_closed_queue_adds_nothing_by_itself(queue, clock):
    queue.add_after(A, 1.0)
    queue.add_after(B, 2.0)
    queue.close()
    await clock.advance(10.0)
    assert len(queue) == 0


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
