"""What has happened to an agent, as an Event tells it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from hostprocess_operator.api.event_reasons import EventReason

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hostprocess_operator.api.status import DaemonSetReference

EventType = Literal["Normal", "Warning"]

ACTIONS: Final[Mapping[EventReason, str]] = {
    EventReason.ROLLOUT_STARTED: "RollOut",
    EventReason.ROLLOUT_COMPLETED: "RollOut",
    EventReason.CANARY_PASSED: "RollOut",
    EventReason.ROLLOUT_HALTED: "Halt",
    EventReason.ROLLED_BACK: "RollBack",
    EventReason.ADMIN_RIGHTS_VERIFIED: "VerifyRights",
    EventReason.ADMIN_RIGHTS_DENIED: "VerifyRights",
    EventReason.ADMIN_RIGHTS_UNKNOWN: "VerifyRights",
    EventReason.SPEC_INVALID: "ValidateSpec",
    EventReason.DRIFT_CORRECTED: "RestoreDaemonSet",
    EventReason.ADMISSION_REFUSED: "MakePods",
    EventReason.NODE_INELIGIBLE: "SelectNodes",
}
"""What the operator was doing when it happened, in one word."""

_WARNINGS: Final = frozenset(
    {
        EventReason.ROLLOUT_HALTED,
        EventReason.ROLLED_BACK,
        EventReason.ADMIN_RIGHTS_DENIED,
        EventReason.ADMIN_RIGHTS_UNKNOWN,
        EventReason.SPEC_INVALID,
        EventReason.DRIFT_CORRECTED,
        EventReason.ADMISSION_REFUSED,
        EventReason.NODE_INELIGIBLE,
    }
)


@dataclass(frozen=True, slots=True)
class Related:
    """The other object that an Event is about; its UID is empty where it is not known."""

    kind: Literal["DaemonSet", "Node"]
    name: str
    uid: str = ""


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One thing that happened.

    Attributes:
        note: what happened and what to do, in whole sentences.
    """

    reason: EventReason
    note: str
    related: Related | None = None

    @property
    def type(self) -> EventType:
        """Return whether somebody ought to look."""
        return "Warning" if self.reason in _WARNINGS else "Normal"

    @property
    def action(self) -> str:
        """Return what the operator was doing."""
        return ACTIONS[self.reason]


def related_daemonset(reference: DaemonSetReference | None) -> Related | None:
    """Return the DaemonSet of a status, None while there is none."""
    return Related("DaemonSet", reference.name, reference.uid) if reference else None


def drift_corrected(name: str, uid: str, *, was_deleted: bool = False) -> Occurrence:
    """Return that a DaemonSet was restored: the one thing that no status shows."""
    done, cure = (
        ("deleted the DaemonSet {}; it is made again.", "Delete the HostProcessAgent instead.")
        if was_deleted
        else ("changed the DaemonSet {}; it is as generated again.", "Edit the HostProcessAgent instead.")
    )
    note = f"Somebody else had {done.format(name)} {cure}"
    return Occurrence(EventReason.DRIFT_CORRECTED, note, Related("DaemonSet", name, uid))
