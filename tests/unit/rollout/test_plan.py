"""The plan, row by row: what is seen, and what is to be done now."""

from dataclasses import replace
from datetime import timedelta

import pytest

from hostprocess_operator.api.conditions import Reason
from hostprocess_operator.api.status import AgentStatus
from hostprocess_operator.rollout import Out, Phase, Record, dump_record, plan_rollout
from support import build
from support.build import DAY, HOUR, MINUTE, NEW, NOW, OLD, SECOND

AGENT = build.agent(rollout={"nodeImpactSeconds": 0})
TWO_AT_ONCE = build.agent(rollout={"maxUnavailable": 2})
ABC = build.nodes("a", "b", "c")
PROVEN = build.record(AGENT, proven=build.proven(AGENT))
COPY = AgentStatus(record=dump_record(PROVEN))
DEADLINE = timedelta(seconds=1800)
# By the hash of their names, these nodes come in this order.
FIRST, SECOND_, THIRD = "c", "b", "a"


def seen(*pods, asked=AGENT, nodes=ABC, **changes):
    return build.scene(asked, nodes=nodes, pods=pods, **changes)


def served(asked=AGENT, *, written_as=None, **changes):
    """Return the fields of a snapshot whose DaemonSet was changed."""
    return {"daemonset": build.daemonset(asked, written_as=written_as, **changes)}


def new(*names, **fields):
    return build.pods(*names, revision=NEW, **fields)


def old(*names, **fields):
    return build.pods(*names, revision=OLD, **fields)


def outs(*names, asked=AGENT, **fields):
    return build.record(asked, out=build.out(*names, **fields))


def denied(name):
    return build.denied_pod(name)


def row(sentence, world, phase, reason, *, asked=AGENT, write=False, delete=(), out=()):
    return pytest.param(asked, world, phase, reason, write, list(delete), set(out), id=sentence)


NO_DAEMONSET = {"daemonset": None, "written": None, "revisions": ()}
DOWN = {"ready": False, "ready_for": MINUTE}

HANDS_OFF = [
    row(
        "suspended: old pods stay",
        seen(*old("a", "b"), *new("c"), asked=build.agent(suspend=True)),
        Phase.ROLLING,
        Reason.SUSPENDED,
        asked=build.agent(suspend=True),
    ),
    row(
        "suspended: a change of the spec is not even noted",
        seen(*old("a", "b", "c"), asked=build.agent(image="registry.example/agent:0")),
        Phase.ROLLING,
        Reason.SUSPENDED,
        asked=build.agent(suspend=True),
    ),
    row(
        "suspended: a drifted DaemonSet stays as it is",
        seen(*new("a", "b", "c"), **served(generation=9)),
        Phase.STABLE,
        Reason.SUSPENDED,
        asked=build.agent(suspend=True),
    ),
    row(
        "suspended: no DaemonSet is made",
        seen(**NO_DAEMONSET),
        Phase.ROLLING,
        Reason.SUSPENDED,
        asked=build.agent(suspend=True),
    ),
    row(
        "invalid: nothing is written or deleted, drifted or not",
        seen(*old("a", "b", "c"), **served(generation=9)),
        Phase.ROLLING,
        Reason.SPEC_INVALID,
        asked=build.invalid_agent(),
    ),
    row(
        "invalid and never applied",
        seen(**NO_DAEMONSET),
        Phase.STABLE,
        Reason.SPEC_INVALID,
        asked=build.invalid_agent(),
    ),
    row(
        "invalid wins over somebody else's DaemonSet",
        seen(**served(owner_uid="", foreign_owner="App/x", spec={})),
        Phase.STABLE,
        Reason.SPEC_INVALID,
        asked=build.invalid_agent(),
    ),
    row(
        "somebody else's DaemonSet is never touched",
        seen(*old("a"), **served(owner_uid="", foreign_owner="App/x", digest="", spec={})),
        Phase.ROLLING,
        Reason.NAME_CONFLICT,
    ),
    row(
        "nor is one that nobody made known to be ours",
        seen(*old("a"), **served(owner_uid="", digest="", spec={}), written=None),
        Phase.ROLLING,
        Reason.NAME_CONFLICT,
    ),
    row(
        "a DaemonSet that is being deleted is waited for",
        seen(*old("a"), **served(deleting=True)),
        Phase.ROLLING,
        Reason.APPLYING,
    ),
    row(
        "so is that of an earlier agent of the name",
        seen(*old("a"), **served(owner_uid="an-earlier-agent"), written=None),
        Phase.ROLLING,
        Reason.APPLYING,
    ),
]  # fmt: skip

APPLYING = [
    row("there is no DaemonSet: it is made", seen(**NO_DAEMONSET), Phase.ROLLING, Reason.APPLYING, write=True),
    row(
        "it was deleted and its pods are orphans: it is made, and they stay",
        seen(*old("a", "b", "c", owner_uid=""), daemonset=None),
        Phase.ROLLING,
        Reason.APPLYING,
        write=True,
    ),
    row(
        "somebody edited it: it is restored before any pod is touched",
        seen(*old("a", "b", "c"), **served(generation=4, observed_generation=4)),
        Phase.ROLLING,
        Reason.APPLYING,
        write=True,
    ),
    row(
        "the spec has changed: it is written before any pod is touched",
        seen(*old("a", "b", "c"), **served(build.agent(image="registry.example/agent:0"))),
        Phase.ROLLING,
        Reason.APPLYING,
        write=True,
    ),
    row(
        "only placement has changed: it is written",
        seen(*new("a", "b", "c"), **served(build.agent(nodeSelector={"pool": "x"}))),
        Phase.ROLLING,
        Reason.APPLYING,
        write=True,
    ),
    row("its stamp is gone", seen(*new("a", "b", "c"), **served(stamp="")), Phase.ROLLING, Reason.APPLYING, write=True),
    row(
        "its owner is gone, and we wrote it",
        seen(*new("a", "b", "c"), **served(owner_uid="", digest="", spec={})),
        Phase.ROLLING,
        Reason.APPLYING,
        write=True,
    ),
    row(
        "one of our labels is gone",
        seen(*new("a", "b", "c"), **served(labels={"hostprocess.dev/agent": "inspector"})),
        Phase.ROLLING,
        Reason.APPLYING,
        write=True,
    ),
    row(
        "labels of others are left alone",
        seen(*new("a", "b", "c"), **served(written_as=PROVEN, labels=build.daemonset(AGENT).labels | {"team": "x"})),
        Phase.STABLE,
        Reason.ROLLED_OUT,
    ),
    row(
        "it is not known what we last wrote: one write settles it",
        seen(*old("a", "b", "c"), written=None),
        Phase.ROLLING,
        Reason.APPLYING,
        write=True,
    ),
    row(
        "another DaemonSet of the name is there than the one we wrote",
        seen(*old("a", "b", "c"), **served(uid="another", generation=3)),
        Phase.ROLLING,
        Reason.APPLYING,
        write=True,
    ),
    row(
        "its controller has not acted on our write: no pod is touched",
        seen(*old("a", "b", "c"), **served(observed_generation=2)),
        Phase.ROLLING,
        Reason.APPLYING,
    ),
    row(
        "the target's ControllerRevision is not seen yet: no pod is touched",
        seen(*old("a", "b", "c"), revisions=(build.revision(OLD, build.OLD_DIGEST),)),
        Phase.ROLLING,
        Reason.APPLYING,
    ),
]  # fmt: skip

NODES = [
    row("no node matches", seen(nodes=()), Phase.ROLLING, Reason.NO_MATCHING_NODES),
    row("no node matches, and there is no DaemonSet", seen(nodes=(), **NO_DAEMONSET), Phase.ROLLING,
        Reason.NO_MATCHING_NODES, write=True),
    row(
        "every node that matches is tainted",
        seen(nodes=[build.node("a", taints=[("gpu", "", "NoSchedule")])]),
        Phase.ROLLING,
        Reason.NO_MATCHING_NODES,
    ),
    row(
        "every node is cordoned",
        seen(*old("a", "b"), nodes=build.nodes("a", "b", cordoned=True)),
        Phase.ROLLING,
        Reason.WAITING_FOR_NODES,
    ),
    row(
        "most nodes are down: an outage, not a rollout",
        seen(*old("a", "b", "c"), nodes=[*build.nodes("a", "b", **DOWN), build.node("c")]),
        Phase.ROLLING,
        Reason.WAITING_FOR_NODES,
    ),
    row(
        "half of the nodes are down: the others are rolled",
        seen(*old("a", "b"), nodes=[build.node("a", **DOWN), build.node("b")]),
        Phase.ROLLING,
        Reason.ROLLING,
        write=True,
        delete=["b"],
        out=["b"],
    ),
    row(
        "a cache was rebuilt just now: what it shows of nodes may be old",
        seen(*old("a", "b", "c"), relisted=NOW - 29 * SECOND),
        Phase.ROLLING,
        Reason.WAITING_FOR_NODES,
    ),
    row(
        "a cache was rebuilt a while ago",
        seen(*old("a", "b", "c"), relisted=NOW - 30 * SECOND),
        Phase.ROLLING,
        Reason.ROLLING,
        write=True,
        delete=[FIRST],
        out=[FIRST],
    ),
]  # fmt: skip

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


@pytest.mark.parametrize(
    ("asked", "world", "phase", "reason", "write", "delete", "out"),
    [*HANDS_OFF, *APPLYING, *NODES, *ROLLING, *RECORD, *STABLE],
)
def test_plan(asked, world, phase, reason, write, delete, out):
    plan = plan_rollout(asked, world, NOW)
    assert (plan.phase, plan.reason) == (phase, reason)
    assert plan.write is write
    assert [pod.node for pod in plan.delete] == delete
    assert set(plan.record.out) == out


@pytest.mark.parametrize(
    ("asked", "world", "phase", "reason", "write", "delete", "out"),
    [*HANDS_OFF, *APPLYING, *NODES, *ROLLING, *RECORD, *STABLE],
)
def test_the_same_world_and_time_give_the_same_plan(asked, world, phase, reason, write, delete, out):
    assert plan_rollout(asked, world, NOW) == plan_rollout(asked, world, NOW)


@pytest.mark.parametrize(("asked", "world", "phase", "reason", "write", "delete", "out"), HANDS_OFF)
def test_the_record_is_frozen_where_nothing_is_to_be_done(asked, world, phase, reason, write, delete, out):
    plan = plan_rollout(asked, world, NOW)
    assert plan.record == plan.situation.base


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
