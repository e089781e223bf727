"""Which objects are asked about: few, and only where their own status does not say what is wrong."""

from dataclasses import replace

import pytest

from hostprocess_operator.observed import Ended
from hostprocess_operator.rollout import plan_rollout
from hostprocess_operator.status import compute_status, look_closer, unexplained
from hostprocess_operator.status.unexplained import MISSING_GRACE, MOST_ASKED
from support import build
from support.build import HOUR, MINUTE, NOW, SECOND, new
from support.verdicts import AGENT, PULL_FAILS, seen

WAITS = (build.container(state="waiting", reason="ContainerCreating", run=""),)


RESTARTED = replace(
    build.container(restarts=1, age=5 * SECOND), ready=True, probes=("liveness",), last=Ended(1, "Error", "", NOW)
)


def about(world):
    return unexplained(plan_rollout(AGENT, world, NOW), NOW)


def missing(age, *pods):
    """Return a fleet whose pods are missing since then, except these."""
    world, then = seen(*pods, noted=build.record(AGENT, wanted=build.target(AGENT, age=age))), NOW - age
    return replace(world, status=compute_status(AGENT, world, plan_rollout(AGENT, world, then), then))


def unseen(world):
    """Return the world in which the controller has not seen what was written last."""
    return replace(world, daemonset=replace(world.daemonset, observed_generation=2))


@pytest.mark.parametrize(
    ("world", "uids"),
    [
        pytest.param(seen(*new("a", "b", "c")), (), id="nobody, where all is well"),
        pytest.param(
            seen(*new("a", "b"), build.starting_pod("c", age=MINUTE, containers=WAITS)),
            ("uid-of-inspector-new-c",),
            id="a pod whose containers wait for something",
        ),
        pytest.param(
            seen(*new("a", "b"), build.starting_pod("c", age=SECOND, containers=WAITS)), (), id="not a young one",
        ),
        pytest.param(
            seen(*new("a", "b"), build.starting_pod("c", age=MINUTE, containers=PULL_FAILS)), (),
            id="not one whose status says what is wrong",
        ),
        pytest.param(missing(MINUTE), (build.DAEMONSET_UID,), id="the DaemonSet, where pods are missing"),
        pytest.param(missing(SECOND), (), id="not in the first moments"),
        pytest.param(
            replace(missing(MINUTE), nodes=build.nodes("a", "b", "c", age=HOUR, ready=False)), (),
            id="not for nodes that are down",
        ),
        pytest.param(missing(MISSING_GRACE), (build.DAEMONSET_UID,), id="but after two seconds"),
        pytest.param(unseen(missing(MINUTE)), (), id="not before its controller has seen it"),
        pytest.param(missing(MINUTE, *build.pods("a", "b", "c", deleting=True)), (), id="not while pods are going"),
        pytest.param(
            seen(*new("a", "b"), replace(build.pod("c", deleting=True), gone_by=NOW - HOUR)),
            ("uid-of-inspector-new-c",), id="a pod that should have gone long ago",
        ),
        pytest.param(
            seen(*new("a", "b"), build.starting_pod("c", age=MINUTE, containers=WAITS),
                 nodes=[*build.nodes("a", "b"), build.node("c", ready=False)]), (), id="not one whose node is down",
        ),
        pytest.param(
            seen(*new("a", "b"), *new("c", containers=(RESTARTED,))), (),
            id="not one that works, though it was restarted a moment ago",
        ),
        pytest.param(
            missing(MINUTE, build.starting_pod("b", age=MINUTE, containers=WAITS)),
            (build.DAEMONSET_UID, "uid-of-inspector-new-b"),
            id="both, the DaemonSet first",
        ),
    ],
)  # fmt: skip
def test_who_is_asked_about(world, uids):
    assert about(world) == uids


def test_of_a_thousand_only_a_few_are_asked_about():
    names = [f"node-{number:04}" for number in range(1000)]
    pods = [build.starting_pod(name, age=MINUTE, containers=WAITS) for name in names]
    assert len(about(seen(*pods, nodes=build.nodes(*names)))) == MOST_ASKED


@pytest.mark.parametrize(
    ("world", "seconds"),
    [
        pytest.param(seen(*new("a", "b", "c")), None, id="never, where all is well"),
        pytest.param(missing(SECOND), 5, id="soon, in the first minute"),
        pytest.param(missing(MINUTE), 30, id="later, after that"),
        pytest.param(missing(10 * MINUTE, build.starting_pod("b")), 5, id="soon, while one of them is young"),
        pytest.param(
            seen(*new("a", "b"), nodes=[*build.nodes("a", "b"), build.node("c", ready=False)]),
            None,
            id="never, where only a node is down",
        ),
    ],
)
def test_when_a_closer_look_is_due(world, seconds):
    due = look_closer(plan_rollout(AGENT, world, NOW), NOW)
    assert (due and (due - NOW).total_seconds()) == seconds
