"""Rows of the plan: what is noted before anything is deleted, and when nothing is left to do."""

from hostprocess_operator.api.reasons import Reason
from hostprocess_operator.rollout import Phase, Record
from support import build
from support.build import new, old
from support.plans import AGENT, COPY, DOWN, PROVEN, TWO_AT_ONCE, outs, row, seen, served

RECORD = [
    row(
        "the record is gone: whoever has no working agent is out, for all we know",
        seen(build.starting_pod("c"), *old("a", "b"), **served(record=None)),
        Phase.ROLLING,
        Reason.APPLYING,
        write=True,
        out=["c"],
    ),
    row(
        "so is a node that is down, for when it comes back",
        seen(*old("a", "b", "c"), nodes=[*build.nodes("a", "b"), build.node("c", **DOWN)], **served(record="nonsense")),
        Phase.ROLLING,
        Reason.APPLYING,
        write=True,
        out=["c"],
    ),
    row(
        "the copy in the status knows the target: it goes on, within the budget",
        seen(build.starting_pod("c"), *old("a", "b"), status=COPY, **served(record=None)),
        Phase.ROLLING,
        Reason.ROLLING,
        write=True,
        out=["c"],
    ),
    row(
        "the record is gone and everybody works: nobody is out",
        seen(*new("a", "b", "c"), status=COPY, **served(record=None)),
        Phase.STABLE,
        Reason.ROLLED_OUT,
        write=True,
    ),
    row(
        "a new DaemonSet has nobody out",
        seen(build.starting_pod("c", owner_uid=""), *old("a", "b", owner_uid=""), daemonset=None),
        Phase.ROLLING,
        Reason.APPLYING,
        write=True,
    ),
    row(
        "the record names another target: it is noted",
        seen(*new("a", "b", "c"), written_as=Record(seq=1, target=build.target(AGENT, spec="in other words"),
                                                    proven=build.proven(AGENT))),
        Phase.STABLE,
        Reason.ROLLED_OUT,
        write=True,
    ),
    row(
        "who was out is taken off the DaemonSet at the end",
        seen(*new("a", "b", "c"), written_as=PROVEN.model_copy(update={"out": build.out("c")})),
        Phase.STABLE,
        Reason.ROLLED_OUT,
        write=True,
    ),
    row(
        "and not before: a write for every node would be one too many",
        seen(*new("a", "c"), build.starting_pod("b"), asked=TWO_AT_ONCE, written_as=outs("b", "c", asked=TWO_AT_ONCE)),
        Phase.ROLLING,
        Reason.ROLLING,
        asked=TWO_AT_ONCE,
        out=["b"],
    ),
]  # fmt: skip

STABLE = [
    row("every node has a working agent of the target", seen(*new("a", "b", "c")), Phase.STABLE, Reason.ROLLED_OUT),
    row("and that was seen before", seen(*new("a", "b", "c"), written_as=PROVEN), Phase.STABLE, Reason.ROLLED_OUT),
    row(
        "one does not work, and its deadline is over: there is no more to be done",
        seen(*new("a", "b"), *new("c", ready=False)),
        Phase.STABLE,
        Reason.ROLLED_OUT,
    ),
    row(
        "one that is down has an old pod: it is not waited for",
        seen(*new("a", "b"), *old("c"), nodes=[*build.nodes("a", "b"), build.node("c", **DOWN)]),
        Phase.STABLE,
        Reason.ROLLED_OUT,
    ),
    row(
        "nor is one that is cordoned",
        seen(*new("a", "b"), *old("c"), nodes=[*build.nodes("a", "b"), build.node("c", cordoned=True)]),
        Phase.STABLE,
        Reason.ROLLED_OUT,
    ),
]
