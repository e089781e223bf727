"""Hostile text made fit to be shown: what every log line, event and kubelet message passes on its way to a status."""

from __future__ import annotations

import re
from typing import Final

ELLIPSIS: Final = "\u2026"

# Nothing beyond this many characters is looked at: the result is far shorter in any case.
_WINDOW: Final = 64 * 1024

_PARAMETERS = r"[0-?]*[ -/]*[@-~]"  # of a control sequence: colours, cursor movement
_STRING = r"[\]PX^_][^\x07\x1b\x9c\n]*(?:\x07|\x1b\\|\x9c)"  # for the terminal: titles, links
_SHORT = "\x9b" + _PARAMETERS
_LONG = rf"\x1b(?:\[{_PARAMETERS}|{_STRING}|[ -/]*[0-~])"  # the last is every other escape sequence
_MORE = rf"(?:{_SHORT}|{_LONG})*+"
# Each branch begins with its one character, so that text without any is searched fast; neighbours are one match.
_ESCAPES: Final = re.compile(rf"{_SHORT}{_MORE}|{_LONG}{_MORE}")

# Characters that count as printable but show nothing: joiners, fillers, variation selectors, the blank Braille cell.
_INVISIBLE: Final = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)


def strip_escapes(text: str) -> str:
    """Return the text without ANSI escape sequences; none of them is taken to span lines."""
    return _ESCAPES.sub("", text)


def clean_text(text: str, limit: int = 256) -> str:
    """Return the text as one printable line of at most `limit` bytes of UTF-8, cut with an ellipsis.

    Escape sequences, control and format characters (among them bidirectional overrides and zero-width characters),
    surrogates and private characters are dropped; runs of white space become one space.
    """
    line = " ".join(_INVISIBLE.sub("", strip_escapes(text[:_WINDOW])).split())
    if not line.isprintable():
        line = "".join(char for char in line if char.isprintable())
    return _cut(" ".join(line.split()), limit)


def _cut(line: str, limit: int) -> str:
    encoded = line.encode()
    if len(encoded) <= limit:
        return line
    room = limit - len(ELLIPSIS.encode())
    return encoded[:room].decode(errors="ignore").rstrip() + ELLIPSIS
