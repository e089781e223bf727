"""A fixed vocabulary: words that users, alerts and GitOps rules rely on, each with what it means beside it."""

from __future__ import annotations

from enum import StrEnum
from typing import Self


class Documented(StrEnum):
    """A word with its meaning and what to do about it, from which the catalogue in the documentation is generated.

    Attributes:
        meaning: what is so, in a sentence.
        remedy: what to do, in a sentence; empty where nothing has to be done.
    """

    meaning: str
    remedy: str

    def __new__(cls, value: str, meaning: str, remedy: str = "") -> Self:
        """Make a member that is its word, with the rest beside it."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.meaning = meaning
        member.remedy = remedy
        return member
