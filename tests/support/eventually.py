"""Waiting for a condition that nothing announces."""

import asyncio


async def eventually(condition, seconds=5.0):
    """Return once the condition holds; fail when it does not come to hold in time."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - what is waited for announces nothing
            await asyncio.sleep(0.005)
