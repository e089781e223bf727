"""Parts of the plan: what is proven, what is the target, when to look again."""

from dataclasses import replace

import pytest

from hostprocess_operator.rollout import Out, dump_record, plan_rollout
from support import build
from support.build import DAY, HOUR, MINUTE, NEW, NOW, SECOND, new, old
from support.plans import AGENT, COPY, DEADLINE, FIRST, NO_DAEMONSET, PROVEN, denied, outs, seen, served

TARGET_DIGEST = build.target(AGENT).digest


def test_while_suspended_the_clock_of_a_target_that_is_not_noted_does_not_run():
    """Otherwise the status would say something else every time that somebody looks."""
    world = seen(*new("a", "b"), build.starting_pod("c"), asked=AGENT)
    later = [
        plan_rollout(build.agent(image="registry.example/agent:2", suspend=True), world, NOW + wait)
        for wait in (0 * SECOND, MINUTE)
    ]
    assert [state.due for state in later[0].situation.fleet.wanted] == [
        state.due for state in later[1].situation.fleet.wanted
    ]


class TestProven:
    """A revision is proven once it has worked on every node that counts."""

    def proven(self, world, asked=AGENT):
        record = plan_rollout(asked, world, NOW).record
        return record.proven and record.proven.at

    def test_every_node_works(self):
        assert self.proven(seen(*new("a", "b", "c"))) == NOW

    def test_it_is_proven_once(self):
        assert self.proven(seen(*new("a", "b", "c"), written_as=PROVEN)) == NOW - DAY

    def test_it_raises_the_records_number(self):
        world = seen(*new("a", "b", "c"))
        assert plan_rollout(AGENT, world, NOW).record.seq == build.record(AGENT).seq + 1

    def test_some_work_and_the_others_had_their_time(self):
        assert self.proven(seen(*new("a", "b"), *new("c", ready=False))) == NOW

    def test_some_work_and_the_others_have_time_left(self):
        assert self.proven(seen(*new("a", "b"), build.starting_pod("c"))) is None

    def test_none_works_though_all_had_their_time(self):
        assert self.proven(seen(*new("a", "b", "c", ready=False))) is None

    def test_one_has_an_old_pod(self):
        assert self.proven(seen(*new("a", "b"), *old("c"))) is None

    def test_there_are_no_nodes(self):
        assert self.proven(seen(nodes=())) is None

    def test_the_daemonset_is_not_in_place(self):
        assert self.proven(seen(*new("a", "b", "c"), **served(generation=9))) is None

    def test_another_revision_was_proven_before(self):
        another = build.proven(AGENT).model_copy(update={"rev": "another"})
        assert self.proven(seen(*new("a", "b", "c"), written_as=build.record(AGENT, proven=another))) == NOW

    def test_the_same_pods_in_other_words_are_proven_by_the_new_words_too(self):
        former = build.proven(AGENT).model_copy(update={"spec": "other words"})
        assert self.proven(seen(*new("a", "b", "c"), written_as=build.record(AGENT, proven=former))) == NOW

    def test_the_former_stays_proven_until_then(self):
        another = build.proven(AGENT).model_copy(update={"rev": "another"})
        assert self.proven(seen(*old("a", "b", "c"), written_as=build.record(AGENT, proven=another))) == NOW - DAY

    @pytest.mark.parametrize(
        ("proven", "expected"),
        [
            pytest.param(build.proven(AGENT), True, id="the target is proven"),
            pytest.param(build.proven(AGENT).model_copy(update={"rev": "another"}), False, id="another is"),
            pytest.param(None, False, id="none is"),
        ],
    )
    def test_has_rolled_out(self, proven, expected):
        world = seen(*old("a", "b", "c"), written_as=build.record(AGENT, proven=proven))
        assert plan_rollout(AGENT, world, NOW).has_rolled_out is expected

    def test_nothing_has_rolled_out_of_a_spec_that_was_never_valid(self):
        assert not plan_rollout(build.invalid_agent(), seen(**NO_DAEMONSET), NOW).has_rolled_out


class TestTarget:
    """The record names the target, with the digest that tells its pods from others."""

    def plan(self, world, asked=AGENT):
        return plan_rollout(asked, world, NOW)

    def test_a_new_target_raises_the_number(self):
        plan = self.plan(seen(asked=AGENT), asked=build.agent(image="registry.example/agent:2"))
        assert (plan.record.seq, plan.record.target.started) == (2, NOW)

    def test_placement_makes_no_new_target(self):
        plan = self.plan(seen(), asked=build.agent(nodeSelector={"pool": "x"}))
        assert (plan.record.seq, plan.record.target) == (1, build.target(AGENT))

    def test_the_digest_is_that_of_the_answer_to_our_write(self):
        undigested = build.record(AGENT, wanted=build.target(AGENT, digest=None))
        assert self.plan(seen(written_as=undigested)).record.target.digest == build.target(AGENT).digest

    def test_the_answer_to_an_earlier_write_says_nothing_of_it(self):
        """The operator died after it wrote the DaemonSet and before it wrote what came back into the status."""
        undigested = build.record(AGENT, wanted=build.target(AGENT, digest=None))
        earlier = build.Written(build.DAEMONSET_UID, 2, build.OLD_DIGEST)
        assert self.plan(seen(written_as=undigested, written=earlier)).record.target.digest is None

    def test_nor_does_the_answer_about_another_daemonset(self):
        undigested = build.record(AGENT, wanted=build.target(AGENT, digest=None))
        another = build.Written("another", 3, build.OLD_DIGEST)
        assert self.plan(seen(written_as=undigested, written=another)).record.target.digest is None

    def test_the_status_restores_a_record_that_is_gone(self):
        plan = self.plan(seen(*new("a", "b", "c"), status=COPY, **served(record=None)))
        assert plan.record == PROVEN

    def test_a_spec_in_other_words_is_noted_once_and_starts_nothing(self):
        """The account is another text and the same pod."""
        words = build.agent(runAsUserName=r"nt authority\system")
        world = seen(*new("a", "b", "c"), written_as=PROVEN)
        plan = self.plan(world, asked=words)
        assert plan.write
        assert plan.record.target.started == PROVEN.target.started
        noted = replace(world, daemonset=replace(world.daemonset, record=dump_record(plan.record)))
        assert not self.plan(noted, asked=words).write


@pytest.mark.parametrize(
    ("asked", "world", "expected"),
    [
        pytest.param(AGENT, seen(*new("a", "b", "c"), written_as=PROVEN), None, id="at peace: never"),
        pytest.param(
            AGENT, seen(*new("a", "b"), build.starting_pod("c")), DEADLINE - 5 * SECOND, id="when a new agent is late"
        ),
        pytest.param(
            build.agent(rollout={"minReadySeconds": 90}),
            seen(*new("a", "b", "c", ready_for=MINUTE), asked=build.agent(rollout={"minReadySeconds": 90})),
            30 * SECOND,
            id="when a ready agent has been so for long enough",
        ),
        pytest.param(
            AGENT,
            seen(denied("c"), *old("a", "b"), written_as=outs("c", age=DEADLINE - 7 * SECOND, taken=False)),
            7 * SECOND,
            id="when one that was broken gives up its place",
        ),
        pytest.param(
            AGENT,
            seen(*build.pods("a", revision="unheard-of", age=50 * SECOND), *new("b", "c")),
            10 * SECOND,
            id="when an unknown revision is taken for gone",
        ),
        pytest.param(
            AGENT, seen(*old("a", "b", "c"), relisted=NOW - 20 * SECOND), 10 * SECOND, id="when nodes are certain again"
        ),
        pytest.param(
            AGENT,
            seen(*new("a", "b"), *new("c", ready=False, ready_for=2 * DEADLINE), nodes=[
                *build.nodes("a", "b"), build.node("c", ready_for=DEADLINE - 3 * SECOND)]),
            3 * SECOND,
            id="when a node that came back has had its time",
        ),
        pytest.param(
            AGENT, seen(*new("a", "b"), nodes=[*build.nodes("a", "b"), build.node("c", age=10 * MINUTE)]), 20 * MINUTE,
            id="when a node that joined has had its time to start",
        ),
        pytest.param(
            build.agent(suspend=True), seen(*new("a", "b"), build.starting_pod("c")), DEADLINE - 5 * SECOND,
            id="also while suspended, for the status",
        ),
    ],
)  # fmt: skip
def test_look_again(asked, world, expected):
    assert plan_rollout(asked, world, NOW).look_again == (None if expected is None else NOW + expected)


def test_a_node_is_out_from_now_on():
    plan = plan_rollout(AGENT, seen(*old("a", "b", "c")), NOW)
    assert plan.record.out == {FIRST: Out(since=NOW, taken=True)}


def test_an_hour_without_any_change_plans_nothing():
    world = seen(*new("a", "b", "c"), written_as=PROVEN)
    plan = plan_rollout(AGENT, world, NOW + HOUR)
    assert (plan.write, plan.delete, plan.look_again) == (False, (), None)


@pytest.mark.parametrize(
    ("world", "acts"),
    [
        pytest.param(seen(*new("a", "b", "c"), written_as=PROVEN), False, id="all is well"),
        pytest.param(seen(**NO_DAEMONSET), True, id="there is no DaemonSet: it is made"),
        pytest.param(seen(*old("a"), *new("b", "c")), True, id="an old pod: it is deleted"),
        pytest.param(
            seen(*new("a", "b", "c"), revisions=(build.revision(NEW, TARGET_DIGEST),)),
            True,
            id="about to be proven: the template is copied",
        ),
        pytest.param(
            seen(
                *new("a", "b", "c"),
                written_as=PROVEN,
                revisions=(build.revision(NEW, TARGET_DIGEST), build.copy(TARGET_DIGEST), build.copy("f" * 16)),
            ),
            True,
            id="a copy that nothing names: it is discarded",
        ),
    ],
)
def test_a_plan_acts_when_it_writes_or_deletes_anything(world, acts):
    assert plan_rollout(AGENT, world, NOW).acts is acts
