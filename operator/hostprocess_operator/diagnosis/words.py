"""How lists of names are written in messages: sorted, few of many, stable from pass to pass."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

NAMED = 3
"""Of so many names none is left out."""
COUNTED = 2
"""So many are named where the count stands before them."""


def names(items: Iterable[str], most: int = NAMED) -> str:
    """Return `a`, `a and b`, `a, b and c` or `a, b, c and 4 more`, sorted and without repetition."""
    every = sorted(set(items))
    if len(every) > most:
        return f"{', '.join(every[:most])} and {len(every) - most} more"
    if len(every) > 1:
        return f"{', '.join(every[:-1])} and {every[-1]}"
    return "".join(every)


def on_nodes(items: Iterable[str]) -> str:
    """Return `node a` or `nodes a and b`."""
    every = sorted(set(items))
    return f"{'node' if len(every) == 1 else 'nodes'} {names(every)}"


def counted_nodes(items: Iterable[str]) -> str:
    """Return `node a`, or `3 nodes: a, b and 1 more`."""
    every = sorted(set(items))
    return f"node {every[0]}" if len(every) == 1 else f"{len(every)} nodes: {names(every, COUNTED)}"
