"""Whose DaemonSet it is that has the agent's name: only our own is ever written."""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hostprocess_operator.observed import DaemonSet, Written


class Ownership(Enum):
    """What the DaemonSet of the agent's name is to us."""

    MISSING = auto()
    """There is none: it is created."""
    OURS = auto()
    """It is the agent's: it is kept as generated."""
    LEAVING = auto()
    """It is being deleted, or is that of an earlier agent of the name: wait until it is gone."""
    FOREIGN = auto()
    """It is somebody else's: it is never touched."""


def ownership_of(daemonset: DaemonSet | None, agent_uid: str, written: Written | None) -> Ownership:
    """Return what the DaemonSet is to the agent of that UID.

    One without a controller is ours only when we wrote it: then somebody removed our ownerReference.
    """
    if daemonset is None:
        return Ownership.MISSING
    ours = daemonset.owner_uid == agent_uid or (
        not daemonset.owner_uid and not daemonset.foreign_owner and written is not None and daemonset.uid == written.uid
    )
    if daemonset.deleting or (daemonset.owner_uid and not ours):
        return Ownership.LEAVING
    return Ownership.OURS if ours else Ownership.FOREIGN
