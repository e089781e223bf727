"""The table of plans, in three parts, and the worlds that its rows are made of.

A row tells what is seen; the phase, and why; whether the DaemonSet is written; whose pods are deleted; who is out then.
"""

from datetime import timedelta

import pytest

from hostprocess_operator.api.status import AgentStatus
from hostprocess_operator.rollout import dump_record
from support import build
from support.build import MINUTE

COLUMNS = ("asked", "world", "phase", "reason", "write", "delete", "out")

AGENT = build.agent(rollout={"nodeImpactSeconds": 0})
TWO_AT_ONCE = build.agent(rollout={"maxUnavailable": 2})
ABC = build.nodes("a", "b", "c")
PROVEN = build.record(AGENT, proven=build.proven(AGENT))
COPY = AgentStatus(record=dump_record(PROVEN))
DEADLINE = timedelta(seconds=1800)
# By the hash of their names, these nodes come in this order.
FIRST, SECOND_, THIRD = "c", "b", "a"
NO_DAEMONSET = {"daemonset": None, "written": None, "revisions": ()}
DOWN = {"ready": False, "ready_for": MINUTE}


def seen(*pods, asked=AGENT, nodes=ABC, **changes):
    return build.scene(asked, nodes=nodes, pods=pods, **changes)


def served(asked=AGENT, *, written_as=None, **changes):
    """Return the fields of a snapshot whose DaemonSet was changed."""
    return {"daemonset": build.daemonset(asked, written_as=written_as, **changes)}


def outs(*names, asked=AGENT, **fields):
    return build.record(asked, out=build.out(*names, **fields))


def denied(name):
    return build.denied_pod(name)


def row(sentence, world, phase, reason, *, asked=AGENT, write=False, delete=(), out=()):
    return pytest.param(asked, world, phase, reason, write, list(delete), set(out), id=sentence)
