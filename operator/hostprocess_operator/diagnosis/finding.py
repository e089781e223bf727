"""What a diagnosis comes to: one fault, in words for the user."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hostprocess_operator.api.faults import Fault
    from hostprocess_operator.api.reasons import Reason


class Severity(IntEnum):
    """How bad it is, worst first."""

    FAILURE = 0
    """Nothing gets better by waiting: a person must act."""
    TROUBLE = 1
    """It fails now, and may still get going by itself."""
    PROGRESS = 2
    """It is merely starting."""
    NOTE = 3
    """It works, and there is something to know."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Why an agent does not run on one node.

    Attributes:
        reason: the fault, or where merely something takes its time the reason that says so.
        text: what is so, in whole sentences, without the node's name; clean, whatever components said.
        advice: what to do next, as a sentence or a command; empty where waiting is all there is to do.
    """

    reason: Fault | Reason
    text: str
    advice: str
    severity: Severity

    @property
    def message(self) -> str:
        """Return text and advice together."""
        return f"{self.text} {self.advice}".rstrip()
