"""The table of verdicts on an agent, in four parts, and the worlds that its rows are made of.

A row tells what is seen; what Ready says of it, with which words; what comes next; and what GitOps tools make of that.
"""

from dataclasses import replace

import pytest

from hostprocess_operator.api.conditions import ConditionType
from hostprocess_operator.rollout import plan_rollout
from hostprocess_operator.status import compute_status
from support import build
from support.build import DAY, MINUTE, NOW, SECOND, new
from support.kstatus import CURRENT, FAILED, IN_PROGRESS

COLUMNS = ("asked", "world", "failure", "outcome", "reason", "words")

AGENT = build.agent()
SUSPENDED = build.agent(suspend=True)
UNVERIFIED = build.agent(verification={"mode": "None"})
OLD_NODES = {"age": 9 * DAY}
ABC = build.nodes("a", "b", "c", **OLD_NODES)
ROLLED_OUT = build.record(AGENT, proven=build.proven(AGENT))
NEVER = build.record(AGENT)
TAINTED = [("gpu", "yes", "NoSchedule")]
DOWN = OLD_NODES | {"ready": False, "ready_for": MINUTE}

READY = ("True", None, CURRENT)
RECONCILING = ("False", ConditionType.RECONCILING, IN_PROGRESS)
STALLED = ("False", ConditionType.STALLED, FAILED)
WAITING = ("False", None, IN_PROGRESS)

GONE = {"ready": False, "gate": build.verdict("Unknown", "LogUnavailable", "The log cannot be read."), "reported": None}
SILENT = GONE | {"gate": build.verdict("Unknown", "NoReport", "The log is empty.")}
RESTARTED = {"reported": build.report("containerd://an-earlier-run")}
BROKEN = {"age": DAY, "ready": False, "ready_for": MINUTE}
PULL_FAILS = (build.container(state="waiting", reason="ErrImagePull", message="no such image"),)


def seen(*pods, asked=AGENT, nodes=ABC, noted=None, **changes):
    noted = noted or build.record(asked, proven=build.proven(asked))
    return build.scene(asked, nodes=nodes, pods=pods, written_as=noted, **changes)


def was(world, asked=AGENT, **how):
    """Return the world with the status that it was given a moment before, when all agents worked."""
    well = seen(*new("a", "b", "c", gated=asked is not UNVERIFIED), asked=asked)
    before = compute_status(asked, well, plan_rollout(asked, well, NOW - SECOND), NOW - SECOND, **how)
    assert before.condition(ConditionType.READY).status == "True"
    return replace(world, status=before)


def drifted(world, **changes):
    return replace(world, daemonset=replace(world.daemonset, **({"generation": 9} | changes)))


def row(sentence, world, outcome, reason, words, *, asked=AGENT, failure=None):
    return pytest.param(asked, world, failure, outcome, reason, words, id=sentence)


WELL = seen(*new("a", "b", "c"))
