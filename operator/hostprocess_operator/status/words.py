"""How lists of names are written in messages: sorted, at most three, stable from pass to pass."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

NAMED = 3


def names(items: Iterable[str]) -> str:
    """Return `a`, `a and b`, `a, b and c` or `a, b, c and 4 more`, sorted and without repetition."""
    every = sorted(set(items))
    if len(every) > NAMED:
        return f"{', '.join(every[:NAMED])} and {len(every) - NAMED} more"
    if len(every) > 1:
        return f"{', '.join(every[:-1])} and {every[-1]}"
    return "".join(every)


def on_nodes(items: Iterable[str]) -> str:
    """Return `node a` or `nodes a and b`."""
    every = sorted(set(items))
    return f"{'node' if len(every) == 1 else 'nodes'} {names(every)}"
