"""A byte stream cut into lines of any length: a watch sends one event per line, and an object may have a megabyte.

Pure: bytes in, lines out.
"""

from __future__ import annotations


class LineBuffer:
    """Collects the pieces of a line until its newline has come."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def feed(self, chunk: bytes) -> list[bytes]:
        """Return the lines that the chunk completes, without newlines; blank ones are left out."""
        *complete, rest = chunk.split(b"\n")
        if complete:
            complete[0] = b"".join((*self._pieces, complete[0]))
            self._pieces.clear()
        if rest:
            self._pieces.append(rest)
        return [line for line in complete if line]

    @property
    def holds_a_piece(self) -> bool:
        """Whether bytes were fed that no newline has followed."""
        return bool(self._pieces)
