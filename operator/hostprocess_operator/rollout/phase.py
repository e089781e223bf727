"""The named phases of a rollout: the vocabulary of logs, tests, status and documentation."""

from __future__ import annotations

from enum import StrEnum


class Phase(StrEnum):
    """Where a rollout is.

    Stable: every eligible node has a pod of the target and no more is to be done.
    Rolling: pods of the target are being made, or wait for their turn.
    """

    STABLE = "Stable"
    ROLLING = "Rolling"
