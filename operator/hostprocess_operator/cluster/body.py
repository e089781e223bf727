"""The body of an answer as it arrives: piece by piece, its first bytes only, and never waited for without end."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import aiohttp

from hostprocess_operator.errors import Unreachable

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator

TRICKLE: Final = 65_536
"""Bytes; a piece of so many means that very much is on its way, and that no time is to be lost."""


@contextmanager
def reaching(seconds: float) -> Iterator[None]:
    """Turn every failure to get an answer into `Unreachable`."""
    try:
        yield
    except TimeoutError as error:
        raise Unreachable(f"no answer came within {seconds:g} s") from error
    except (aiohttp.ClientError, OSError) as error:
        raise Unreachable(f"{type(error).__name__}: {error}") from error


async def first_bytes(response: aiohttp.ClientResponse, limit: int, seconds: float) -> bytes:
    """Return the first bytes of a body, all of them if it is shorter.

    Raises:
        Unreachable: They did not come in time.
    """
    content = bytearray()
    with reaching(seconds):
        async with asyncio.timeout(seconds):
            while len(content) < limit and (chunk := await response.content.read(limit - len(content))):
                content += chunk
    return bytes(content)


async def pieces(response: aiohttp.ClientResponse, idle_seconds: float, rest_seconds: float) -> AsyncGenerator[bytes]:
    """Yield what has come until the body ends, or has been silent for `idle_seconds`.

    Args:
        rest_seconds: between two small pieces. To wake up costs several times what an event does that finds everything
            awake, so what trickles in is taken together.

    Raises:
        Unreachable: The connection broke.
    """
    while piece := await _next_piece(response.content, idle_seconds):
        yield piece
        if rest_seconds and len(piece) < TRICKLE:
            await _rest(response, rest_seconds)


async def _next_piece(content: aiohttp.StreamReader, idle_seconds: float) -> bytes:
    """Return what has come, empty at the end of the body or after a silence."""
    try:
        async with asyncio.timeout(idle_seconds):
            with reaching(idle_seconds):
                return await content.readany()
    except TimeoutError:
        return b""


async def _rest(response: aiohttp.ClientResponse, seconds: float) -> None:
    """Leave the socket alone for a while."""
    transport = response.connection.transport if response.connection else None
    if transport is None:
        return  # all of it has come
    transport.pause_reading()
    try:
        await asyncio.sleep(seconds)
    finally:
        transport.resume_reading()
