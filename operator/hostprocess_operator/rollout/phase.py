"""The named phases of a rollout: the vocabulary of logs, tests, status and documentation."""

from __future__ import annotations

from enum import StrEnum


class Phase(StrEnum):
    """Where a rollout is.

    Stable: every eligible node has a pod of the target and no more is to be done.
    Canary: a few nodes try the target; all others keep the proven revision.
    Rolling: pods of the target are being made, or wait for their turn.
    Halted: the target failed and is blocked; what has it keeps it as evidence, nobody else gets it.
    RolledBack: the target failed and is blocked; every node gets the proven revision back.
    """

    STABLE = "Stable"
    CANARY = "Canary"
    ROLLING = "Rolling"
    HALTED = "Halted"
    ROLLED_BACK = "RolledBack"
