"""Turns of the event loop."""

import asyncio

from hostprocess_operator.controller.turns import ROUNDS, Turns


async def test_between_the_turns_of_several_tasks_everything_else_that_is_due_is_done():
    turns, order, over = Turns(), [], asyncio.Event()

    async def compute(number):
        await turns.take()
        order.append(f"look {number}")

    async def others():
        """Do something that takes several rounds, like answering a request."""
        while not over.is_set():
            for _ in range(ROUNDS - 1):
                await asyncio.sleep(0)
            order.append("others")

    beside = asyncio.create_task(others())
    await asyncio.gather(*map(compute, range(3)))
    over.set()
    await beside
    looks = [at for at, what in enumerate(order) if what != "others"]
    assert [order[at] for at in looks] == ["look 0", "look 1", "look 2"]
    assert all(order[at + 1] == "others" for at in looks)


async def test_who_is_cancelled_while_waiting_leaves_the_turn_to_the_next():
    turns = Turns()
    waiting = [asyncio.create_task(turns.take()) for _ in range(3)]
    waiting[0].cancel()
    waiting[1].cancel()
    async with asyncio.timeout(5):
        await waiting[2]
