"""What a diagnosis comes to: one fault, in words for the user."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Final

from hostprocess_operator.api.faults import Fault
from hostprocess_operator.verification.text import clean_text

if TYPE_CHECKING:
    from hostprocess_operator.api.reasons import Reason

TEXT_BYTES: Final = 256
ADVICE_BYTES: Final = 320


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


# Faults that may pass by themselves: the kubelet or a controller tries again, or what is in the way may leave.
_PASSING: Final = frozenset(
    {
        Fault.IMAGE_PULL_FAILED,
        Fault.SANDBOX_FAILED,
        Fault.START_FAILED,
        Fault.INIT_FAILED,
        Fault.CRASH_LOOP,
        Fault.MEMORY_LIMIT,
        Fault.PROBE_FAILED,
        Fault.HOOK_FAILED,
        Fault.VOLUME_UNAVAILABLE,
        Fault.PORT_CONFLICT,
        Fault.INSUFFICIENT_RESOURCES,
        Fault.UNSCHEDULABLE,
        Fault.EVICTED,
        Fault.STUCK_TERMINATING,
        Fault.WEBHOOK_UNAVAILABLE,
        Fault.QUOTA_EXCEEDED,
    }
)


@dataclass(frozen=True, slots=True)
class Finding:
    """Why an agent does not run on one node.

    Attributes:
        reason: the fault, or where merely something takes its time the reason that says so.
        text: what is so, in whole sentences, without the node's name; clean, whatever components said.
        advice: what to do next, as a sentence or a command; empty where waiting is all there is to do.
        examples: the names of pod and node that stand in the advice: the finding of another node has others there.
        minutes: how long it has been going on, where the text says so.
    """

    reason: Fault | Reason
    text: str
    advice: str
    severity: Severity
    examples: tuple[str, ...] = ()
    minutes: int = 0

    @property
    def message(self) -> str:
        """Return text and advice together."""
        return f"{self.text} {self.advice}".rstrip()


def found(fault: Fault, text: str, advice: str = "", *, examples: tuple[str, ...] = ()) -> Finding:
    """Return a fault with its text and advice (by default its remedy), bounded, and as severe as it always is."""
    return Finding(
        reason=fault,
        text=clean_text(text, TEXT_BYTES),
        advice=clean_text(advice or fault.remedy, ADVICE_BYTES),
        severity=Severity.TROUBLE if fault in _PASSING else Severity.FAILURE,
        examples=examples,
    )


def under_way(reason: Reason, text: str, minutes: int = 0) -> Finding:
    """Return what merely takes its time; `{lasting}` in the text becomes ` for 4 min`, or nothing below a minute."""
    lasting = f" for {minutes} min" if minutes else ""
    return Finding(
        reason, clean_text(text.replace("{lasting}", lasting), TEXT_BYTES), "", Severity.PROGRESS, minutes=minutes
    )
