"""A write that the API server did not take, as far as the status has to speak of it."""

from __future__ import annotations

from dataclasses import dataclass

ATTEMPTS_BEFORE_TOLD = 3
"""Failures in a row that users are not told of: an API server that restarts refuses even what it allows."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why the last pass could not carry out its plan.

    Attributes:
        message: the API server's own words, cleaned.
        refused: whether trying again cannot help: what was sent is not accepted or not allowed.
        attempts: how many passes in a row have failed.
    """

    message: str
    refused: bool
    attempts: int

    @property
    def told(self) -> bool:
        """Return whether users are told: transient errors stay silent."""
        return self.attempts >= ATTEMPTS_BEFORE_TOLD
