"""When time alone changes a plan, so that it is made again; and which plans there is nothing to do for."""

import pytest

from hostprocess_operator.api.reasons import Reason
from hostprocess_operator.rollout import plan_rollout
from support import build
from support.build import HOUR, MINUTE, NOW, SECOND
from support.rollouts import REVISIONS, TARGET, B, a, asked, b, denied, record, starting, world

DEADLINE = 30 * MINUTE
PROVEN_B = record(served=B, proven=build.proven(asked()))
COPIED = (*REVISIONS, build.copy(TARGET.digest))
SUSPENDED = asked(suspend=True, minReadySeconds=60)


def stuck(on, *, age):
    """Return the pod of the target whose image was not found."""
    waits = build.container(run="", state="waiting", reason="ErrImagePull", message="x: not found")
    return build.starting_pod(on, revision="b", age=age, containers=(waits,))


@pytest.mark.parametrize(
    ("pods", "expected"),
    [
        pytest.param(b(*"abcd"), None, id="not at all once every agent works"),
        pytest.param(b(*"abcd", ready_for=MINUTE), None, id="however lately they began to"),
        pytest.param(b(*"abc") + b("d", ready_for=50 * SECOND), 10 * SECOND, id="when the agent works"),
        pytest.param((*b(*"abc"), starting("d")), DEADLINE - 5 * SECOND, id="when it is late"),
        pytest.param(
            (*b("a", ready_for=20 * SECOND), *b("b", ready_for=50 * SECOND), *b("c"), starting("d")), 10 * SECOND,
            id="the first of them",
        ),
        pytest.param(
            b(*"abc") + b("d", ready=False, age=HOUR, ready_for=DEADLINE), None, id="not for what is late just now"
        ),
    ],
)  # fmt: skip
def test_an_agent_whose_rollout_is_suspended_is_looked_at_again(pods, expected):
    found = plan_rollout(SUSPENDED, world(SUSPENDED, *pods, noted=record(served=B)), NOW)
    assert found.reason is Reason.SUSPENDED
    assert found.look_again == (None if expected is None else NOW + expected)


@pytest.mark.parametrize(
    ("pods", "noted", "expected"),
    [
        pytest.param(b(*"abcd", ready_for=MINUTE), PROVEN_B, None, id="not at all once every agent works"),
        pytest.param(b(*"abcd", age=MINUTE / 2), PROVEN_B, None, id="nor for the nodes of what is proven"),
        pytest.param(
            (*b(*"abc"), starting("d", age=10 * MINUTE)), record(served=B, out=build.out("d", age=15 * MINUTE)),
            20 * MINUTE, id="when an agent is late",
        ),
        pytest.param(
            (*b(*"abc"), starting("d", age=10 * MINUTE)),
            record(served=B, out=build.out("d", age=15 * MINUTE, taken=False)), 15 * MINUTE,
            id="when a node that was broken before gives its place up",
        ),
        pytest.param(
            (*b(*"abc"), stuck("d", age=20 * SECOND)), record(served=B, out=build.out("d")), 40 * SECOND,
            id="when an agent that cannot start counts as failed",
        ),
        pytest.param(
            (), record(served=B, target=TARGET.model_copy(update={"started": NOW - 4 * SECOND})), 6 * SECOND,
            id="when pods that were not made are missed",
        ),
    ],
)  # fmt: skip
def test_a_rollout_is_looked_at_again(pods, noted, expected):
    found = plan_rollout(asked(), world(asked(), *pods, noted=noted, revisions=COPIED), NOW)
    assert found.look_again == (None if expected is None else NOW + expected)


@pytest.mark.parametrize(
    ("pods", "noted", "revisions", "acts"),
    [
        pytest.param(b(*"abcd"), PROVEN_B, REVISIONS[:3], False, id="nothing: all is done"),
        pytest.param(b(*"abcd"), PROVEN_B, COPIED, True, id="a copy to discard"),
        pytest.param(b(*"abcd"), record(served=B), REVISIONS, True, id="a copy to make"),
        pytest.param(a(*"abcd"), record(served=B), COPIED, True, id="a pod to delete, and its node to note"),
        pytest.param(
            (*a(*"abc"), denied("d", revision="x")), record(served=B, out=build.out("d")), COPIED, True,
            id="a pod to delete, and nothing to note",
        ),
        pytest.param(
            (*a(*"abc"), starting("d")), record(served=B, out=build.out("d")), COPIED, False, id="nothing: a pod starts"
        ),
    ],
)  # fmt: skip
def test_there_is_to_do(pods, noted, revisions, acts):
    assert plan_rollout(asked(), world(asked(), *pods, noted=noted, revisions=revisions), NOW).acts is acts
