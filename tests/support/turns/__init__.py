"""The table of states of a rollout, in two parts, and the worlds that its rows are made of.

A row tells the plan's phase and reason, the reason of Ready, and whose turn it is. The statuses are the operator's own,
after it has done its part.
"""

from enum import Enum, auto

import pytest

from support import build
from support.amid_rollouts import FLEET
from support.build import DAY, MINUTE
from support.kstatus import CURRENT, FAILED, IN_PROGRESS


class Turn(Enum):
    """Whose turn it is; the table says what kstatus and Argo CD have to answer then."""

    NOBODYS = auto()
    """It is done."""
    OPERATORS = auto()
    """It goes on by itself, and has a deadline."""
    CLUSTERS = auto()
    """It goes on when nodes, kubelets or the control plane do; nothing is wrong with the agent."""
    APPROVERS = auto()
    SUSPENDERS = auto()
    """Something is pending until somebody ends the suspension."""
    SUSPENDERS_AT_PEACE = auto()
    """It is suspended, and nothing is pending."""
    PERSONS = auto()
    """It goes on when a person acts."""


ANSWERS = {
    Turn.NOBODYS: (CURRENT, "Healthy"),
    Turn.OPERATORS: (IN_PROGRESS, "Progressing"),
    Turn.CLUSTERS: (IN_PROGRESS, "Progressing"),
    Turn.APPROVERS: (IN_PROGRESS, "Suspended"),
    Turn.SUSPENDERS: (IN_PROGRESS, "Suspended"),
    Turn.SUSPENDERS_AT_PEACE: (CURRENT, "Suspended"),
    Turn.PERSONS: (FAILED, "Degraded"),
}
GREEN = {Turn.NOBODYS, Turn.SUSPENDERS_AT_PEACE}

CANARY = {"rollout": {"canary": {"nodes": 1, "bakeSeconds": 60}}}
MANUAL = {"rollout": {"canary": {"nodes": 1, "bakeSeconds": 60, "approval": "Manual"}}}
ROLLBACK = {"rollout": {"onFailure": "Rollback"}}
SUSPENDED = {"suspend": True}
THIS = build.proven(build.agent())
DOWN = {"age": 9 * DAY, "ready": False, "ready_for": MINUTE}
AS_CANARY = {"canaries": ("c",), "out": build.out("c")}


def starting(*names, **fields):
    return tuple(build.starting_pod(name, **fields) for name in names)


def denied(*names):
    return tuple(build.denied_pod(name) for name in names)


def stuck(name, reason, *, age=2 * MINUTE, **fields):
    waiting = build.container(state="waiting", reason=reason, run="")
    return build.starting_pod(name, age=age, containers=(waiting,), **fields)


def fleet(**of_c):
    """Return a fleet whose third node is as given."""
    return (*FLEET[:2], build.node("c", **of_c))


def row(sentence, world, phase, reason, ready, turn):
    """Return a row: the plan's phase and reason, the reason of Ready, and whose turn it is."""
    return pytest.param(world, phase, reason, ready, turn, id=sentence)
