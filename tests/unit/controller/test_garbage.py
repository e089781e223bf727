"""Garbage in cycles is collected by the clock, however old it has grown."""

import asyncio
import gc
import weakref

from hostprocess_operator.controller.garbage import collect_garbage, tune_garbage_collection


class Body:
    """Something that holds itself, as the body of an event does after kopf is done with it."""

    def __init__(self):
        self.itself = self


async def test_a_cycle_that_has_grown_old_is_gone_after_the_next_round():
    gone = asyncio.Event()
    body = Body()
    weakref.finalize(body, gone.set)
    gc.collect()
    del body
    collecting = asyncio.create_task(collect_garbage(seconds=0.01))
    try:
        await asyncio.wait_for(gone.wait(), 10)
    finally:
        collecting.cancel()


def test_counting_never_makes_it_walk_over_what_is_old():
    before = gc.get_threshold()
    try:
        tune_garbage_collection()
        young, middle, old = gc.get_threshold()
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)
    assert young * middle * old > 10**9
