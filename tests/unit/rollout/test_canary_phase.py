"""The decision while canaries try the target: what is served, whose pod is replaced, and when it goes on."""

import pytest

from hostprocess_operator.api.reasons import Reason
from hostprocess_operator.api.status import AgentStatus, Condition
from hostprocess_operator.rollout import Phase, plan_rollout
from support import build
from support.build import DAY, HOUR, MINUTE, NOW, SECOND
from support.rollouts import TARGET, A, B, a, asked, b, denied, record, starting, told, world, x

ONE = asked(canary={"nodes": 1})
TWO = asked(canary={"nodes": 2})
SLOW = asked(canary={"nodes": 1}, minReadySeconds=30)
SLOW_TWO = asked(canary={"nodes": 2}, minReadySeconds=30)
MANUAL = asked(canary={"nodes": 1, "approval": "Manual"})
APPROVED = asked(canary={"nodes": 1, "approval": "Manual"}, annotations={"hostprocess.dev/approve": B})
STALE = asked(canary={"nodes": 1, "approval": "Manual"}, annotations={"hostprocess.dev/approve": A})
POOL_X = asked(canary={"nodes": 1, "nodeSelector": {"pool": "x"}})

WINDOW = record(served=B)
TRIED = record(canaries=("d",))
LIFTED = TARGET.model_copy(update={"started": NOW - MINUTE, "retried": NOW - MINUTE})
RETRIED = record(served=B, canaries=("d",), target=LIFTED)
DEADLINE = 30 * MINUTE
UNREADY = AgentStatus(
    conditions=(
        Condition(type="Ready", status="False", reason="Verifying", last_transition_time="2026-03-01T00:00:00Z"),
    )
)
RECONCILING, STALLED = ("False", "Reconciling"), ("False", "Stalled")
DOWN = {"ready": False, "ready_for": MINUTE}


def row(sentence, agent, seen, reason, serves=A, delete=(), expected=RECONCILING):
    return pytest.param(agent, seen, reason, serves, list(delete), expected, id=sentence)


ROWS = [
    row("the window is opened before any pod is touched", ONE, world(ONE, *a(*"abcd")), Reason.CANARY_STARTING, B),
    row(
        "in the window, the canary's pod is replaced and no other",
        ONE, world(ONE, *a(*"abcd"), noted=WINDOW), Reason.CANARY_STARTING, B, "d",
    ),
    row(
        "canaries are taken within the budget",
        TWO, world(TWO, *a(*"abcd"), noted=WINDOW), Reason.CANARY_STARTING, B, "d",
    ),
    row(
        "the window stays open until the canary's pod is made",
        ONE, world(ONE, *a(*"abc"), noted=record(served=B, out=build.out("d"))), Reason.CANARY_STARTING, B,
    ),
    row(
        "also where the next canary waits for its place",
        TWO, world(TWO, *a(*"abc"), noted=record(served=B, out=build.out("d"))), Reason.CANARY_STARTING, B,
    ),
    row(
        "it is closed while the budget keeps the next canary waiting",
        TWO, world(TWO, *a(*"abc"), starting("d"), noted=record(served=B, out=build.out("d"))), Reason.CANARY_VERIFYING,
    ),
    row(
        "so it is while another node holds the place, however long the first canary has worked",
        TWO,
        world(TWO, *a("b", "c"), *a("a", ready=False, ready_for=SECOND), *b("d"), noted=record(out=build.out("a"))),
        Reason.CANARY_VERIFYING,
    ),
    row(
        "it is opened again for the next canary once the first one works",
        TWO, world(TWO, *a(*"abc"), *b("d")), Reason.CANARY_STARTING, B,
    ),
    row(
        "in which the second one is replaced",
        TWO, world(TWO, *a(*"abc"), *b("d"), noted=WINDOW), Reason.CANARY_STARTING, B, "c",
    ),
    row(
        "it is closed once the canary has the target",
        ONE, world(ONE, *a(*"abc"), starting("d"), noted=record(served=B, out=build.out("d"))), Reason.CANARY_VERIFYING,
    ),
    row(
        "the canary does not work yet",
        ONE, world(ONE, *a(*"abc"), starting("d"), noted=record(out=build.out("d"))), Reason.CANARY_VERIFYING,
    ),
    row(
        "the canary worked and does not any more",
        ONE, world(ONE, *a(*"abc"), *b("d", ready=False, ready_for=SECOND), noted=TRIED), Reason.CANARY_VERIFYING,
    ),
    row(
        "a canary that joined after the start and is late waits for a person",
        POOL_X,
        world(POOL_X, *a("a"), *b("b", ready=False, age=45 * MINUTE),
              nodes=["a", build.node("b", age=50 * MINUTE, labels={"pool": "x"})]),
        Reason.CANARY_VERIFYING, expected=STALLED,
    ),
    row(
        "it is late at its deadline",
        POOL_X,
        world(POOL_X, *a("a"), *b("b", ready=False, age=30 * MINUTE),
              nodes=["a", build.node("b", age=50 * MINUTE, labels={"pool": "x"})]),
        Reason.CANARY_VERIFYING, expected=STALLED,
    ),
    row(
        "the canary is ready, but not for minReadySeconds",
        SLOW, world(SLOW, *a(*"abc"), *b("d", ready_for=SECOND), noted=TRIED), Reason.CANARY_VERIFYING,
    ),
    row(
        "nor is it enough that one of them is",
        SLOW_TWO, world(SLOW_TWO, *a(*"ab"), *b("c"), *b("d", ready_for=SECOND), noted=record(canaries=("c", "d"))),
        Reason.CANARY_VERIFYING,
    ),
    row(
        "the canary has not worked for long enough",
        ONE, world(ONE, *a(*"abc"), *b("d", ready_for=59 * SECOND), noted=TRIED), Reason.CANARY_BAKING,
    ),
    row(
        "approved or not, it bakes to the end",
        APPROVED, world(APPROVED, *a(*"abc"), *b("d", ready_for=59 * SECOND), noted=TRIED), Reason.CANARY_BAKING,
    ),
    row("nobody has approved", MANUAL, world(MANUAL, *a(*"abc"), *b("d"), noted=TRIED), Reason.AWAITING_APPROVAL),
    row(
        "the approval is of another revision",
        STALE, world(STALE, *a(*"abc"), *b("d"), noted=TRIED), Reason.AWAITING_APPROVAL,
    ),
    row(
        "no node has the labels of a canary",
        POOL_X, world(POOL_X, *a(*"abcd")), Reason.NO_CANARY_NODE, expected=STALLED,
    ),
    row(
        "every node is cordoned",
        ONE, world(ONE, *a("d"), nodes=[build.node("d", cordoned=True)]), Reason.NO_CANARY_NODE, expected=STALLED,
    ),
    row("there is no node at all", ONE, world(ONE, nodes=()), Reason.NO_CANARY_NODE, expected=STALLED),
    row(
        "what an earlier version broke is repaired first: proven is served",
        ONE, world(ONE, *a(*"abc"), *x("d", ready=False), noted=record(served=B, out=build.out("d"))), Reason.REPAIRING,
    ),
    row(
        "and its pods are replaced in place",
        ONE, world(ONE, *a(*"abc"), *x("d", ready=False), noted=record(out=build.out("d"))), Reason.REPAIRING,
        delete="d",
    ),
    row(
        "so it is while a node that an earlier version broke has no pod at all",
        ONE, world(ONE, *a(*"bcd"), noted=record(served=B, out=build.out("a"))), Reason.REPAIRING,
    ),
    row(
        "until that one is late: it has had the time to get the proven one",
        ONE, world(ONE, *a(*"bcd"), noted=record(served=B, out=build.out("a", age=DEADLINE, taken=False)),
                   status=UNREADY), Reason.CANARY_STARTING, B, "d",
    ),
    row(
        "what is broken and not out because of us is not repaired",
        ONE, world(ONE, *a(*"bcd"), *x("a", ready=False)), Reason.CANARY_STARTING, B,
    ),
    row(
        "nor is an out node that has the proven pod already, or the target's, or one that nobody knows",
        TWO,
        world(TWO, *a("a", ready=False), starting("d"), *build.pods("c", revision="unheard-of", ready=False),
              noted=record(out=build.out("a", "c", "d"))),
        Reason.CANARY_STARTING, B,
    ),
    row(
        "a node that the target reached by chance is left alone, and preferred as a canary",
        ONE, world(ONE, *a(*"bcd"), starting("a"), noted=record()), Reason.CANARY_VERIFYING,
    ),
    row(
        "a stray pod of the target on a node that is no canary is left alone",
        ONE, world(ONE, *a(*"bc"), *b("a", "d", ready_for=MINUTE / 2), noted=TRIED), Reason.CANARY_BAKING,
    ),
    row(
        "a canary that failed before the retry is tried again",
        ONE, world(ONE, *a(*"abc"), denied("d", age=HOUR), noted=RETRIED), Reason.CANARY_STARTING, B, "d",
    ),
    row(
        "once it is not cordoned any more",
        ONE, world(ONE, *a(*"abc"), denied("d", age=HOUR), nodes=["a", "b", "c", build.node("d", cordoned=True)],
                   noted=RETRIED), Reason.CANARY_STARTING, B,
    ),
    row(
        "a canary that vanished is replaced",
        ONE, world(ONE, *a(*"abc"), nodes="abc", noted=record(served=B, canaries=("d",))), Reason.CANARY_STARTING, B,
        "c",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("agent", "seen", "reason", "serves", "delete", "expected"), ROWS)
def test_canary(agent, seen, reason, serves, delete, expected):
    plan = plan_rollout(agent, seen, NOW)
    assert (plan.phase, plan.reason) == (Phase.CANARY, reason)
    assert plan.serving.rev == plan.record.served == serves
    assert [pod.node for pod in plan.delete] == delete
    assert not plan.record.target.promoted
    assert told(agent, seen, plan) == expected


@pytest.mark.parametrize(
    ("agent", "ready_for"),
    [
        pytest.param(ONE, 60 * SECOND, id="it has worked for nodeImpactSeconds"),
        pytest.param(asked(canary={"bakeSeconds": 0}), 0 * SECOND, id="or for bakeSeconds, if they are given"),
        pytest.param(APPROVED, 60 * SECOND, id="it was approved"),
    ],
)
def test_the_target_is_promoted_and_served_once(agent, ready_for):
    plan = plan_rollout(agent, world(agent, *a(*"abc"), *b("d", ready_for=ready_for), noted=TRIED), NOW)
    assert plan.record.target.promoted
    assert (plan.phase, plan.serving.rev, plan.delete, plan.write) == (Phase.ROLLING, B, (), True)


def test_bake_seconds_count_instead_of_node_impact_seconds():
    longer = asked(canary={"bakeSeconds": 3600})
    plan = plan_rollout(longer, world(longer, *a(*"abc"), *b("d"), noted=TRIED), NOW)
    assert plan.reason is Reason.CANARY_BAKING


def test_the_end_of_the_bake_is_looked_at():
    plan = plan_rollout(ONE, world(ONE, *a(*"abc"), *b("d", age=DAY, ready_for=50 * SECOND), noted=TRIED), NOW)
    assert plan.look_again == NOW + 10 * SECOND


def test_the_canaries_are_noted_before_they_are_taken():
    plan = plan_rollout(TWO, world(TWO, *a(*"abcd")), NOW)
    assert plan.record.canaries == ("c", "d")
    assert plan.write


def test_once_promoted_canaries_that_blink_do_not_bring_the_trial_back():
    promoted = record(served=B, canaries=("d",), target=TARGET.model_copy(update={"promoted": True}))
    plan = plan_rollout(ONE, world(ONE, *a(*"abc"), *b("d", ready=False, ready_for=SECOND), noted=promoted), NOW)
    assert (plan.phase, plan.serving.rev) == (Phase.ROLLING, B)


def test_the_first_version_has_no_canaries():
    first = record(served=B, proven=None)
    plan = plan_rollout(ONE, world(ONE, *x(*"abcd"), noted=first), NOW)
    assert (plan.phase, plan.serving.rev, [pod.node for pod in plan.delete]) == (Phase.ROLLING, B, ["d"])


def test_a_new_target_has_canaries_of_its_own():
    newer = asked(canary={"nodes": 1}, image="registry.example/agent:c")
    plan = plan_rollout(newer, world(newer, *a(*"abcd"), noted=record(canaries=("a",))), NOW)
    assert plan.record.canaries == ("d",)
    assert plan.record.target.started == NOW


def test_of_the_target_a_canary_fails_and_it_is_blocked_whatever_max_failures_says():
    lenient = asked(canary={"nodes": 2}, maxFailures=3, maxUnavailable=4)
    seen = world(lenient, *a(*"ab"), *b("c"), denied("d"), noted=record(out=build.out("d")))
    plan = plan_rollout(lenient, seen, NOW)
    assert (plan.phase, plan.record.blocked[-1].rev) == (Phase.HALTED, B)


def test_a_failure_beside_the_canaries_blocks_too():
    seen = world(ONE, *a("b", "c"), denied("a"), *b("d"), noted=record(canaries=("d",)))
    assert plan_rollout(ONE, seen, NOW).phase is Phase.HALTED


def test_a_node_that_goes_down_before_its_turn_is_no_canary_and_no_failure():
    nodes = ["a", "b", "c", build.node("d", **DOWN)]
    plan = plan_rollout(ONE, world(ONE, *a(*"abcd"), nodes=nodes), NOW)
    assert (plan.record.canaries, plan.record.charged) == (("c",), {})


def test_a_restarted_operator_without_the_answer_to_its_write_closes_no_window():
    """Without it nobody knows which pods are of the target: it writes again what it served."""
    undigested = record(served=B, target=TARGET.model_copy(update={"digest": None}))
    plan = plan_rollout(ONE, world(ONE, *a(*"abcd"), noted=undigested, written=None), NOW)
    assert (plan.serving.rev, plan.write, plan.delete) == (B, True, ())
