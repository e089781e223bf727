"""How a message tells what keeps agents from being well: each cause once with its nodes, worst first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hostprocess_operator.api.reasons import Reason
from hostprocess_operator.diagnosis import Severity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hostprocess_operator.api.faults import Fault
    from hostprocess_operator.diagnosis import Group

TOLD: Final = 3
"""So many causes are told in one message; `status.problems` has the others."""
_VAGUE: Final = frozenset({Reason.ROLLING, Reason.VERIFYING, Reason.AGENTS_NOT_READY})


def with_causes(found: Sequence[Group], reason: Reason, message: str) -> tuple[Fault | Reason, str]:
    """Return the reason and the message of a situation with what causes it.

    A cause that is more than a matter of time gives its own word; the cause is told before the situation.
    """
    told = " ".join(f"On {cause.message}" for cause in found[:TOLD])
    more = f" There are {len(found) - TOLD} more causes, see status.problems." if len(found) > TOLD else ""
    worst = found[0].finding if found else None
    if worst is not None and (worst.severity is not Severity.PROGRESS or reason in _VAGUE):
        return worst.reason, f"{told}{more} {message}".strip()
    return reason, f"{told}{more} {message}".strip()
