"""A target that failed: when it is blocked, what is served instead, and what is left alone."""

from dataclasses import replace

import pytest

from hostprocess_operator.api.reasons import Reason
from hostprocess_operator.api.status import AgentStatus
from hostprocess_operator.observed import Ended
from hostprocess_operator.rollout import Phase, blocks, dump_record, plan_rollout
from support import build
from support.build import MINUTE, NOW, SECOND
from support.rollouts import (
    FORMER,
    PROVEN,
    REVISIONS,
    TARGET,
    A,
    B,
    a,
    asked,
    b,
    block,
    denied,
    record,
    starting,
    told,
    world,
    x,
)

HALT, ROLLBACK = asked(), asked(onFailure="Rollback")
LENIENT = asked(maxFailures=3, maxUnavailable=5)
ROLLING = record(served=B)
BLOCKED = record(blocked=(block(),))
DOWN = {"ready": False, "ready_for": MINUTE}


def blocked(agent, *pods, noted=ROLLING, **changes):
    """Return the block that the plan puts on B, None when it puts none."""
    plan = plan_rollout(agent, world(agent, *pods, noted=noted, **changes), NOW)
    return plan.record.blocked[-1] if plan.record.blocked else None


def charged(*names):
    return record(served=B, charged=dict.fromkeys(names, "CrashLoop"), out=build.out(*names))


class TestBlock:
    """Which failures, and how many of them, block the target."""

    @pytest.mark.parametrize(
        ("agent", "noted", "pods", "expected"),
        [
            pytest.param(HALT, ROLLING, b(*"abcd"), False, id="none without a failure"),
            pytest.param(HALT, ROLLING, [denied("d"), *a(*"abc")], True, id="one by default"),
            pytest.param(LENIENT, charged("a", "b"), [denied("d"), *b("c")], False, id="as many as maxFailures do not"),
            pytest.param(LENIENT, charged("a", "b", "c"), [denied("d")], True, id="one more than maxFailures does"),
            pytest.param(
                asked(maxFailures=9), ROLLING, [denied("d"), *a(*"abc")], True, id="as many as may be out at once do"
            ),
            pytest.param(
                asked(maxFailures=9, maxUnavailable=2), ROLLING, [denied("d"), *a(*"abc")], False,
                id="fewer than may be out at once do not",
            ),
            pytest.param(
                asked(maxFailures=9, maxUnavailable="50%"), charged("c"), [denied("d"), *a("a", "b")], True,
                id="may be out: a share of the wanted nodes",
            ),
            pytest.param(
                asked(maxFailures=1, maxUnavailable=2, canary={"nodes": 1}),
                record(served=B, target=TARGET.model_copy(update={"promoted": True})), [denied("d"), *a(*"abc")], False,
                id="as many as maxFailures do not, once it has passed its canaries",
            ),
            pytest.param(
                HALT, record(served=B, proven=None), [denied("d"), *b(*"abc")], False, id="none of a first version"
            ),
            pytest.param(
                HALT, record(served=B, proven=PROVEN.model_copy(update={"rev": B})), [denied("d"), *b(*"abc")], False,
                id="no failure of the proven version: nothing else could be served",
            ),
        ],
    )  # fmt: skip
    def test_number(self, agent, noted, pods, expected):
        assert (blocked(agent, *pods, noted=noted) is not None) is expected

    def test_it_says_what_failed_where_and_when(self):
        assert blocked(HALT, denied("d"), *a(*"abc")) == block(
            nodes=("d",), detail="The pod has no administrator rights. Look for a policy.", at=NOW
        )

    @pytest.mark.parametrize(
        ("ended", "detail"),
        [
            pytest.param(
                Ended(7, "Error", "", NOW), "Container agent keeps ending with exit code 7.",
                id="without the command that shows the log of a pod that may be gone by then",
            ),
            pytest.param(
                Ended(137, "OOMKilled", "", NOW),
                "Container agent got no more memory from the node: it was killed (OOMKilled). Make room on the node, "
                "or find out why the agent takes so much: it has no memory limit.",
                id="with a cure that holds without the pod",
            ),
        ],
    )  # fmt: skip
    @pytest.mark.parametrize("gate", [None, build.verdict("Unknown", "Pending", "No report yet.")])
    def test_of_a_pod_without_a_verdict_it_says_what_is_seen_of_its_containers(self, ended, detail, gate):
        crashing = build.container(state="waiting", reason="CrashLoopBackOff", restarts=4)
        pod = b("d", ready=False, gate=gate, containers=(replace(crashing, last=ended),))
        found = blocked(HALT, *pod, *a(*"abc"))
        assert (found.reason, found.nodes, found.detail) == ("CrashLoop", ("d",), detail)

    def test_it_says_what_is_seen_of_the_failed_revision_alone(self):
        found = blocked(HALT, denied("d", revision="a"), noted=charged("d"))
        assert (found.nodes, found.detail) == (("d",), "")

    def test_nor_what_is_seen_on_a_node_that_is_excused(self):
        noted = record(served=B, out=build.out("a", taken=False))
        found = blocked(HALT, denied("a", gate=build.verdict("False", message="Excused.")), denied("d"), noted=noted)
        assert (found.nodes, found.detail) == (("d",), "The pod has no administrator rights. Look for a policy.")

    def test_its_reason_is_the_most_frequent_one_and_three_nodes_are_named(self):
        noted = charged("c", "b", "a").model_copy(update={"charged": dict.fromkeys("cba", "StartFailed")})
        found = blocked(LENIENT, denied("d"), noted=noted)
        assert (found.reason, found.nodes) == ("StartFailed", ("a", "b", "c"))

    def test_it_is_made_and_acted_on_in_the_same_pass(self):
        plan = plan_rollout(HALT, world(HALT, denied("d"), *a(*"abc"), noted=ROLLING), NOW)
        assert (plan.phase, plan.serving.rev, plan.write, plan.delete) == (Phase.HALTED, A, True, ())

    def test_it_is_made_once(self):
        seen = world(HALT, denied("d"), *a(*"abc"), noted=record(blocked=(block(),), charged={"d": "CrashLoop"}))
        assert plan_rollout(HALT, seen, NOW).record.blocked == (block(),)

    def test_twenty_are_kept_and_the_oldest_goes(self):
        former = tuple(block(rev=f"r{n}", spec=f"s{n}") for n in range(20))
        seen = world(HALT, denied("d"), *a(*"abc"), noted=record(served=B, blocked=former))
        assert [each.rev for each in plan_rollout(HALT, seen, NOW).record.blocked] == [
            *(f"r{n}" for n in range(1, 20)),
            B,
        ]

    @pytest.mark.parametrize(
        "found",
        [
            pytest.param((block(spec="other words"),), id="the revision is blocked, asked for in whatever words"),
            pytest.param((block(rev="another rendering"),), id="the spec is blocked, however it is rendered"),
            pytest.param((block(), block(rev="r", spec="s")), id="another was blocked since"),
        ],
    )
    def test_it_holds_when(self, found):
        assert plan_rollout(HALT, world(HALT, *a(*"abcd"), noted=record(blocked=found)), NOW).phase is Phase.HALTED

    def test_a_block_on_another_spec_keeps_nobody_back(self):
        seen = world(HALT, *a(*"abcd"), noted=record(blocked=(block(rev="r", spec="s"),)))
        assert plan_rollout(HALT, seen, NOW).phase is Phase.ROLLING

    def test_what_is_proven_is_never_blocked(self):
        noted = record(served=A, target=build.target(FORMER), blocked=(block(rev=A, spec=PROVEN.spec),))
        plan = plan_rollout(FORMER, world(FORMER, *a(*"abcd"), noted=noted), NOW)
        assert (plan.phase, plan.serving.rev) == (Phase.STABLE, A)
        assert blocks(noted) is None


def row(sentence, agent, seen, phase, reason, serves=A, delete=()):
    return pytest.param(agent, seen, phase, reason, serves, list(delete), id=sentence)


NO_COPY = {"revisions": REVISIONS[1:3]}
MIXED = (*a("a"), *b("b"), denied("c"), *x("d"))
REMEMBERED = AgentStatus(record=dump_record(BLOCKED))
BLOCKED_AND_OUT = BLOCKED.model_copy(update={"out": build.out("c")})

ROWS = [
    row("halted: proven is served", HALT, world(HALT, *MIXED, noted=record(served=B, blocked=(block(),))),
        Phase.HALTED, Reason.HALTED),
    row("halted: no pod is touched, whatever it is of", HALT, world(HALT, *MIXED, noted=BLOCKED), Phase.HALTED,
        Reason.HALTED),
    row("rolled back: proven is served before any pod is touched", ROLLBACK,
        world(ROLLBACK, *MIXED, noted=record(served=B, blocked=(block(),))), Phase.ROLLED_BACK, Reason.ROLLED_BACK),
    row("rolled back: a node that is out is replaced in place", ROLLBACK, world(ROLLBACK, *MIXED,
        noted=BLOCKED_AND_OUT), Phase.ROLLED_BACK, Reason.ROLLED_BACK, delete="c"),
    row("rolled back: every pod that is not proven's goes, within the budget", asked(
        onFailure="Rollback", maxUnavailable=9), world(ROLLBACK, *MIXED, noted=BLOCKED_AND_OUT), Phase.ROLLED_BACK,
        Reason.ROLLED_BACK, delete="cdb"),
    row("rolled back: nothing is left to do once all pods are proven's", ROLLBACK, world(ROLLBACK, *a(*"abcd"),
        noted=BLOCKED), Phase.ROLLED_BACK, Reason.ROLLED_BACK),
    row("rolled back: nodes that are down or cordoned are left alone", ROLLBACK,
        world(ROLLBACK, *b("a", "b"), nodes=[build.node("a", **DOWN), build.node("b", cordoned=True)], noted=BLOCKED),
        Phase.ROLLED_BACK, Reason.ROLLED_BACK),
    row("the copy is gone: it halts, and the template stays as it is", ROLLBACK,
        world(ROLLBACK, *MIXED, noted=record(served=B, blocked=(block(),)), **NO_COPY), Phase.HALTED,
        Reason.HISTORY_GONE, serves=None),
    row("the copy is gone, and somebody deleted the DaemonSet: none is made", HALT,
        replace(world(HALT, *b(*"ab")), daemonset=None, written=None, revisions=(),
                status=REMEMBERED), Phase.HALTED, Reason.HISTORY_GONE,
        serves=None),
    row("the copy is gone, and the DaemonSet still serves proven: that is as good", HALT,
        world(HALT, *a(*"abcd"), noted=BLOCKED, **NO_COPY), Phase.HALTED, Reason.HALTED),
    row("somebody deleted the DaemonSet: it is made again with the proven template", ROLLBACK,
        replace(world(ROLLBACK, *a(*"ab", owner_uid="")), daemonset=None, written=None, revisions=REVISIONS[-1:],
                status=REMEMBERED), Phase.ROLLED_BACK, Reason.ROLLED_BACK),
    row("no node is wanted: it is blocked all the same", HALT, world(HALT, nodes=(), noted=BLOCKED), Phase.HALTED,
        Reason.HALTED),
    row("an out node is not repaired while the target is blocked", asked(canary={"nodes": 1}),
        world(asked(canary={"nodes": 1}), *a("a"), *x("c"), noted=BLOCKED_AND_OUT), Phase.HALTED, Reason.HALTED),
]  # fmt: skip


@pytest.mark.parametrize(("agent", "seen", "phase", "reason", "serves", "delete"), ROWS)
def test_blocked(agent, seen, phase, reason, serves, delete):
    plan = plan_rollout(agent, seen, NOW)
    assert (plan.phase, plan.reason) == (phase, reason)
    assert (plan.serving and plan.serving.rev) == serves
    assert [pod.node for pod in plan.delete] == delete
    assert told(agent, seen, plan) == ("False", "Stalled")


def test_halted_and_noted_it_writes_nothing_more():
    noted = BLOCKED.model_copy(update={"charged": {"c": "NotAdministrator"}})
    plan = plan_rollout(HALT, world(HALT, *MIXED, noted=noted), NOW)
    assert (plan.write, plan.delete) == (False, ())


def test_without_the_copy_nothing_is_written_whatever_was_edited():
    seen = world(HALT, *MIXED, noted=record(served=B, blocked=(block(),)), **NO_COPY)
    plan = plan_rollout(HALT, replace(seen, daemonset=replace(seen.daemonset, generation=9)), NOW)
    assert (plan.reason, plan.write, plan.delete) == (Reason.HISTORY_GONE, False, ())


class TestOnFailure:
    """Whoever halted can be rolled back, and the other way round."""

    def plan(self, agent, noted):
        return plan_rollout(agent, world(agent, *a("a", "b"), *b("c"), denied("d"), noted=noted), NOW)

    def test_halted_is_rolled_back_once_that_is_asked_for(self):
        assert self.plan(HALT, BLOCKED).delete == ()
        assert [pod.node for pod in self.plan(ROLLBACK, BLOCKED).delete] == ["d"]

    def test_and_stops_where_it_is_once_it_is_not(self):
        begun = self.plan(ROLLBACK, BLOCKED).record
        after = self.plan(HALT, begun)
        assert (after.phase, after.delete, after.serving.rev) == (Phase.HALTED, (), A)


def test_a_relapse_holds_a_place():
    """A version that ends soon after it worked would run through the fleet otherwise."""
    relapsed = b("d", ready=False, ready_for=SECOND)
    plan = plan_rollout(HALT, world(HALT, *relapsed, *a("a", "b", "c"), noted=ROLLING), NOW)
    assert (plan.situation.held, plan.delete) == ({"d"}, ())


def test_a_charge_survives_the_node():
    noted = record(served=B, charged={"gone": "NodeLost"})
    lenient = asked(maxFailures=1)
    seen = world(lenient, *b("a", "b"), *a("c"), starting("d"), noted=noted)
    assert plan_rollout(lenient, seen, NOW).record.charged == {"gone": "NodeLost"}


def test_a_node_that_the_target_took_down_keeps_its_place():
    lenient = asked(maxFailures=3, maxUnavailable=3)
    noted = record(served=B, charged={"a": "NodeLost", "b": "NodeLost"}, out=build.out("a", "b"))
    nodes = [*(build.node(name, **DOWN) for name in "ab"), *(build.node(name) for name in "cdefg")]
    plan = plan_rollout(lenient, world(lenient, *b("a", "b", ready=False), *a(*"cdefg"), nodes=nodes, noted=noted), NOW)
    assert plan.situation.held == {"a", "b"}
    assert len(plan.delete) == 1


def test_a_relapse_that_is_tried_again_is_out_before_its_pod_is_deleted():
    again = asked(annotations={"hostprocess.dev/retry": B})
    relapsed = b("d", ready=False, ready_for=SECOND)
    retried = TARGET.model_copy(update={"retried": NOW - SECOND})
    plan = plan_rollout(
        again, world(again, *relapsed, *a("a", "b", "c"), noted=record(served=B, target=retried, retry=B)), NOW
    )
    assert [pod.node for pod in plan.delete] == ["d"]
    assert plan.record.out == build.out("d", age=0 * SECOND)


def test_no_pod_is_deleted_in_the_second_of_a_retry():
    again = asked(annotations={"hostprocess.dev/retry": B})
    plan = plan_rollout(again, world(again, denied("d"), *a("a", "b", "c"), noted=record(blocked=(block(),))), NOW)
    assert (plan.delete, plan.look_again) == ((), NOW + SECOND)
