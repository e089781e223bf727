"""The plan, row by row: pods that are replaced, what is noted, and when all is done."""

from dataclasses import replace

import pytest

from hostprocess_operator.api.reasons import Reason
from hostprocess_operator.rollout import Phase, plan_rollout
from support import build
from support.build import MINUTE, NOW, SECOND, new, old
from support.plans import DEADLINE, DOWN, FIRST, PROVEN, SECOND_, THIRD, TWO_AT_ONCE, denied, outs, row, seen

ROLLING = [
    row(
        "old pods are replaced within the budget, and that is noted first",
        seen(*old("a", "b", "c")),
        Phase.ROLLING,
        Reason.ROLLING,
        write=True,
        delete=[FIRST],
        out=[FIRST],
    ),
    row(
        "two at once, if two may be out",
        seen(*old("a", "b", "c"), asked=TWO_AT_ONCE),
        Phase.ROLLING,
        Reason.ROLLING,
        asked=TWO_AT_ONCE,
        write=True,
        delete=[FIRST, SECOND_],
        out=[FIRST, SECOND_],
    ),
    row(
        "working ones come first: nobody knows whether a broken one can be mended",
        seen(*old("a", ready=True), *old("b", "c", ready=False)),
        Phase.ROLLING,
        Reason.ROLLING,
        write=True,
        delete=["a"],
        out=["a"],
    ),
    row(
        "a fleet whose agents are all denied is repaired within the budget",
        seen(*old("a", "b", "c", ready=False, gate=build.verdict("False"))),
        Phase.ROLLING,
        Reason.ROLLING,
        write=True,
        delete=[FIRST],
        out=[FIRST],
    ),
    row(
        "the next has to wait for the new agent, which is on its way",
        seen(build.starting_pod("c"), *old("a", "b"), written_as=outs("c")),
        Phase.ROLLING,
        Reason.ROLLING,
        out=["c"],
    ),
    row(
        "so it has for one whose pod is not made yet",
        seen(*old("a", "b"), written_as=outs("c")),
        Phase.ROLLING,
        Reason.ROLLING,
        out=["c"],
    ),
    row(
        "so it has for one whose pod is still going",
        seen(*old("a", "b"), *old("c", deleting=True), written_as=outs("c")),
        Phase.ROLLING,
        Reason.ROLLING,
        out=["c"],
    ),
    row(
        "a new agent that is denied keeps its place, and the rest waits for the budget",
        seen(denied("c"), *old("a", "b"), written_as=outs("c")),
        Phase.ROLLING,
        Reason.WAITING_FOR_BUDGET,
        out=["c"],
    ),
    row(
        "so does one that cannot start",
        seen(
            build.starting_pod("c", containers=(build.container(state="waiting", reason="ErrImagePull"),)),
            *old("a", "b"),
            written_as=outs("c"),
        ),
        Phase.ROLLING,
        Reason.WAITING_FOR_BUDGET,
        out=["c"],
    ),
    row(
        "of two that are out one is on its way: that is not waiting for the budget",
        seen(denied("c"), build.starting_pod("b"), *old("a"), asked=TWO_AT_ONCE, written_as=outs("b", "c")),
        Phase.ROLLING,
        Reason.ROLLING,
        asked=TWO_AT_ONCE,
        out=["b", "c"],
    ),
    row(
        "the next is taken once the new agent works",
        seen(*new("c"), *old("a", "b"), written_as=outs("c")),
        Phase.ROLLING,
        Reason.ROLLING,
        write=True,
        delete=[SECOND_],
        out=[SECOND_],
    ),
    row(
        "a ready agent does not work before minReadySeconds are over",
        seen(
            *new("c", ready_for=MINUTE),
            *old("a", "b"),
            asked=build.agent(rollout={"minReadySeconds": 90}),
            written_as=outs("c", asked=build.agent(rollout={"minReadySeconds": 90})),
        ),
        Phase.ROLLING,
        Reason.ROLLING,
        asked=build.agent(rollout={"minReadySeconds": 90}),
        out=["c"],
    ),
    row(
        "an old pod on a node that is out is replaced in place, at no cost",
        seen(*old("c", ready=False), *old("a", "b"), written_as=outs("c")),
        Phase.ROLLING,
        Reason.ROLLING,
        delete=["c"],
        out=["c"],
    ),
    row(
        "a node that is out and down leaves its place to another",
        seen(*old("b"), *new("c", ready=False), *new("a"), nodes=[*build.nodes("a", "b"), build.node("c", **DOWN)],
             written_as=outs("c")),
        Phase.ROLLING,
        Reason.ROLLING,
        write=True,
        delete=["b"],
        out=["b", "c"],
    ),
    row(
        "a node that is out and not wanted any more leaves its place to another",
        seen(*old("a", "b"), nodes=build.nodes("a", "b"), written_as=outs("c")),
        Phase.ROLLING,
        Reason.ROLLING,
        write=True,
        delete=[SECOND_],
        out=[SECOND_],
    ),
    row(
        "one that had not worked when it was taken leaves its place after the deadline",
        seen(denied("c"), *old("a", "b"), written_as=outs("c", age=DEADLINE, taken=False)),
        Phase.ROLLING,
        Reason.ROLLING,
        write=True,
        delete=[SECOND_],
        out=[SECOND_, "c"],
    ),
    row(
        "and not before",
        seen(denied("c"), *old("a", "b"), written_as=outs("c", age=DEADLINE - SECOND, taken=False)),
        Phase.ROLLING,
        Reason.WAITING_FOR_BUDGET,
        out=["c"],
    ),
    row(
        "one that had worked keeps its place for as long as it takes",
        seen(denied("c"), *old("a", "b"), written_as=outs("c", age=10 * DEADLINE)),
        Phase.ROLLING,
        Reason.WAITING_FOR_BUDGET,
        out=["c"],
    ),
    row(
        "nothing is deleted on nodes that are down or cordoned",
        seen(*old("a", "b", "c"), nodes=[build.node("a"), build.node("b", **DOWN), build.node("c", cordoned=True)]),
        Phase.ROLLING,
        Reason.ROLLING,
        write=True,
        delete=["a"],
        out=["a"],
    ),
    row(
        "a pod of somebody else's is not deleted",
        seen(*old("a", owner_uid="somebody"), *new("b", "c")),
        Phase.ROLLING,
        Reason.ROLLING,
    ),
    row(
        "nor is an orphan, before it is adopted",
        seen(*old("a", owner_uid=""), *new("b", "c")),
        Phase.ROLLING,
        Reason.ROLLING,
    ),
    row(
        "a pod whose ControllerRevision may not be seen yet is given a minute",
        seen(*build.pods("a", revision="unheard-of", age=59 * SECOND), *new("b", "c")),
        Phase.ROLLING,
        Reason.ROLLING,
    ),
    row(
        "after which its revision is taken for gone",
        seen(*build.pods("a", revision="unheard-of", age=60 * SECOND), *new("b", "c")),
        Phase.ROLLING,
        Reason.ROLLING,
        write=True,
        delete=["a"],
        out=["a"],
    ),
    row(
        "a pod of an unknown revision and age is left alone",
        seen(replace(build.pod("a", revision="unheard-of"), created=None), *new("b", "c")),
        Phase.ROLLING,
        Reason.ROLLING,
    ),
    row(
        "a pod whose log is lost is replaced, though it is of the target",
        seen(*new("a", "b", "c"), written_as=PROVEN, lost_logs=frozenset({new("b")[0].uid})),
        Phase.ROLLING,
        Reason.ROLLING,
        write=True,
        delete=["b"],
        out=["b"],
    ),
    row(
        "all pods are of the target and one does not work yet",
        seen(*new("a", "b"), build.starting_pod("c")),
        Phase.ROLLING,
        Reason.ROLLING,
    ),
    row(
        "a node that returns with an old pod makes it roll again",
        seen(*new("a", "b"), *old("c"), written_as=PROVEN),
        Phase.ROLLING,
        Reason.ROLLING,
        write=True,
        delete=["c"],
        out=["c"],
    ),
    row(
        "maxUnavailable far above the number of nodes takes them all",
        seen(*old("a", "b", "c"), asked=build.agent(rollout={"maxUnavailable": 30})),
        Phase.ROLLING,
        Reason.ROLLING,
        asked=build.agent(rollout={"maxUnavailable": 30}),
        write=True,
        delete=[FIRST, SECOND_, THIRD],
        out="abc",
    ),
    row(
        "a share of the wanted nodes, those that are down among them",
        seen(
            *old("a", "b", "c", "d"),
            nodes=[*build.nodes("a", "b", "c"), build.node("d", **DOWN)],
            asked=build.agent(rollout={"maxUnavailable": "50%"}),
        ),
        Phase.ROLLING,
        Reason.ROLLING,
        asked=build.agent(rollout={"maxUnavailable": "50%"}),
        write=True,
        delete=[FIRST, SECOND_],
        out=[FIRST, SECOND_],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "world", "phase", "reason", "write", "delete", "out"), [*ROLLING])
def test_plan(asked, world, phase, reason, write, delete, out):
    plan = plan_rollout(asked, world, NOW)
    assert (plan.phase, plan.reason) == (phase, reason)
    assert plan.write is write
    assert [pod.node for pod in plan.delete] == delete
    assert set(plan.record.out) == out


@pytest.mark.parametrize(("asked", "world", "phase", "reason", "write", "delete", "out"), [*ROLLING])
def test_the_same_world_and_time_give_the_same_plan(asked, world, phase, reason, write, delete, out):
    assert plan_rollout(asked, world, NOW) == plan_rollout(asked, world, NOW)
