"""The verdict on the whole agent: what Ready says, what comes next, and what GitOps tools make of it."""

from dataclasses import replace

import pytest

from hostprocess_operator.api.conditions import ConditionType
from hostprocess_operator.api.faults import Fault
from hostprocess_operator.api.reasons import Reason
from hostprocess_operator.api.status import AgentStatus
from hostprocess_operator.observed import Ended
from hostprocess_operator.rollout import POD_GRACE, dump_record
from support import build, rollouts
from support.build import DAY, HOUR, MINUTE, NOW, SECOND, new
from support.kstatus import kstatus
from support.rollouts import B, asked, b, block, record, starting, x
from support.verdicts import AGENT, COLUMNS, PULL_FAILS, WELL, seen
from support.verdicts.nodes import NODE_BY_NODE
from support.verdicts.rollouts import ROLLOUTS
from support.verdicts.well import READY_ROWS
from support.verdicts.whole import NOTHING_TO_LOOK_AT

ROWS = [*READY_ROWS, *NOTHING_TO_LOOK_AT, *NODE_BY_NODE, *ROLLOUTS]


@pytest.mark.parametrize(COLUMNS, ROWS)
def test_ready(asked, world, failure, outcome, reason, words, status_of):
    status = status_of(asked, world, failure=failure)
    ready = status.condition(ConditionType.READY)
    beside = [kind for kind in (ConditionType.RECONCILING, ConditionType.STALLED) if status.condition(kind)]
    assert (ready.status, ready.reason) == (outcome[0], reason)
    assert words in ready.message
    assert beside == ([outcome[1]] if outcome[1] else [])
    assert kstatus(asked.generation, status.to_dict()) == outcome[2]


@pytest.mark.parametrize(
    ("age", "out", "hint"),
    [
        pytest.param(MINUTE, {}, True, id="after a while"),
        pytest.param(POD_GRACE, {}, True, id="once its controller had the time"),
        pytest.param(SECOND, {}, False, id="not at once"),
        pytest.param(MINUTE, build.out("a", "b", "c"), False, id="nor where we took it"),
    ],
)
def test_where_pods_are_missing_it_is_said_what_to_look_at(age, out, hint, status_of):
    noted = build.record(AGENT, wanted=build.target(AGENT, age=age), out=out)
    assert ("kubectl describe daemonset" in status_of(AGENT, seen(noted=noted)).condition("Ready").message) is hint


def test_a_fleet_at_peace_is_told_so_and_nothing_else(status_of):
    message = status_of(AGENT, WELL).condition(ConditionType.READY).message
    assert message == "The agent is available and verified on every node."


def test_no_more_than_three_verdicts_are_quoted(status_of):
    pods = [build.denied_pod(name, gate=build.verdict("False", "WrongAccount", f"Of {name}.")) for name in "abcd"]
    message = status_of(AGENT, seen(*pods, nodes=build.nodes(*"abcd"))).condition(ConditionType.READY).message
    assert message == "On node a: Of a. On node b: Of b. On node c: Of c."


def test_of_late_agents_those_without_a_pod_come_with_a_hint(status_of):
    world = seen(*new("a"), *new("b", ready=False))
    before = status_of(AGENT, world, now=NOW - HOUR)
    message = status_of(AGENT, replace(world, status=before)).condition(ConditionType.READY).message
    assert message.startswith("Not working within spec.rollout.progressDeadlineSeconds on nodes b and c.")
    assert "No pod was made on node c: see `kubectl describe daemonset inspector -n agents`." in message


def test_before_the_controller_has_acted_no_pod_is_missed(status_of):
    world = seen(noted=build.record(AGENT, wanted=build.target(AGENT, age=MINUTE)))
    unseen = replace(world, daemonset=replace(world.daemonset, observed_generation=2))
    assert "kubectl describe daemonset" not in status_of(AGENT, unseen).condition("Ready").message


OTHER_WINDOWS = build.agent(image="mcr.microsoft.com/windows/nanoserver:ltsc2019")


@pytest.mark.parametrize(
    "later",
    [pytest.param(MINUTE, id="while there is time"), pytest.param(HOUR, id="and once it is late")],
)
def test_a_pod_is_not_missed_where_it_is_told_what_is_in_its_way(later, status_of):
    nodes = [*build.nodes("a", "b"), build.node("c", build="10.0.20348.1")]
    noted = build.record(OTHER_WINDOWS, wanted=build.target(OTHER_WINDOWS, age=MINUTE))
    world = seen(*new("a"), asked=OTHER_WINDOWS, nodes=nodes, noted=noted)
    before = status_of(OTHER_WINDOWS, world)
    message = (
        status_of(OTHER_WINDOWS, replace(world, status=before), now=NOW + later).condition(ConditionType.READY).message
    )
    assert message.startswith("On node c: The tag of mcr.microsoft.com/windows/nanoserver:ltsc2019 says")
    assert message.endswith("No pod was made on node b: see `kubectl describe daemonset inspector -n agents`.")


def test_of_nodes_that_are_all_down_nothing_more_is_said(status_of):
    world = seen(*new("a", "b"), nodes=build.nodes("a", "b", ready=False))
    assert status_of(AGENT, world).condition(ConditionType.READY).message == (
        "Not Ready: nodes a and b; nothing is known of the agents there. `kubectl describe node` says since when."
    )


def test_of_late_agents_that_have_pods_there_is_no_such_hint(status_of):
    message = status_of(AGENT, seen(*new("a", "b"), *new("c", ready=False))).condition(ConditionType.READY).message
    assert message == "Not working within spec.rollout.progressDeadlineSeconds on node c."


def unpulled(on):
    """Return the pod of the target whose image cannot be pulled."""
    return b(on, age=MINUTE, ready=False, gate=None, containers=PULL_FAILS)[0]


@pytest.mark.parametrize(
    ("pods", "told", "waiting"),
    [
        pytest.param([unpulled("b"), unpulled("c")], True, False, id="of every one: nothing is added"),
        pytest.param([unpulled("b"), starting("c")], True, True, id="of some: the others are named"),
        pytest.param([starting("b"), starting("c")], False, True, id="of none: all are named"),
    ],
)
def test_agents_on_their_way_are_named_unless_it_is_told_what_ails_them(pods, told, waiting, status_of):
    world = rollouts.world(asked(), *b("a", "d"), *pods, noted=record(served=B, proven=None))
    message = status_of(asked(), world).condition(ConditionType.READY).message
    assert ("cannot be pulled" in message) is told
    assert ("Waiting for the agent to start and to be verified on nodes b and c." in message) is waiting


@pytest.mark.parametrize(
    ("agent", "pods"),
    [
        pytest.param(asked(), x("a", "b", "c", "d"), id="nobody asked for a canary"),
        pytest.param(asked(canary={}), [], id="no node runs anything: the first version needs no canary"),
    ],
)
def test_a_canary_is_missed_only_where_it_was_asked_for(agent, pods, status_of):
    world = rollouts.world(agent, *pods, noted=record(served=B, proven=None))
    assert "canary" not in status_of(agent, world).condition(ConditionType.READY).message


def test_a_canary_is_missed_although_a_node_has_no_pod(status_of):
    agent = asked(canary={})
    world = rollouts.world(agent, *x("a"), noted=record(served=B, proven=None))
    message = status_of(agent, world).condition(ConditionType.READY).message
    assert "It goes to every node without a canary" in message


MANUAL = {"canary": {"nodes": 1, "approval": "Manual"}}


@pytest.mark.parametrize(
    ("annotations", "is_told"),
    [
        pytest.param({"hostprocess.dev/approve": "another"}, True, id="if there is one"),
        pytest.param({}, False, id="and only then"),
    ],
)
def test_of_an_approval_it_is_said_that_it_names_another_revision(annotations, is_told, status_of):
    agent = asked(**MANUAL, annotations=annotations)
    world = rollouts.world(agent, *rollouts.a("a", "b", "c"), *b("d"), noted=record(canaries=("d",)))
    message = status_of(agent, world).condition(ConditionType.READY).message
    assert "Approve it: `kubectl annotate" in message
    assert ("names another revision" in message) is is_told


class TestFailed:
    """What is said of a revision that failed."""

    SEEN_THEN = "It was denied."
    BLOCKED = record(blocked=(block(detail=SEEN_THEN),))

    def message(self, status_of, *pods, **changes):
        known = AgentStatus(record=dump_record(self.BLOCKED))
        world = rollouts.world(asked(), *pods, noted=self.BLOCKED, status=known)
        edited = replace(world, daemonset=replace(world.daemonset, **changes))
        return status_of(asked(), edited).condition(ConditionType.READY).message

    def test_what_is_seen_of_it_still(self, status_of):
        message = self.message(status_of, *rollouts.a("a", "b"), unpulled("d"))
        assert "cannot be pulled" in message
        assert self.SEEN_THEN not in message

    @pytest.mark.parametrize(("detail", "message"), [(SEEN_THEN, SEEN_THEN), ("", None)])
    def test_the_status_keeps_what_was_seen_then(self, detail, message, status_of):
        world = rollouts.world(asked(), noted=record(blocked=(block(detail=detail),)))
        assert [each.message for each in status_of(asked(), world).revisions.blocked] == [message]

    def test_else_what_was_seen_then(self, status_of):
        broken = x("d", ready=False, gate=None, containers=PULL_FAILS)
        message = self.message(status_of, *rollouts.a("a", "b"), *broken)
        assert self.SEEN_THEN in message
        assert "cannot be pulled" not in message

    def test_that_its_daemonset_is_being_deleted_comes_first(self, status_of):
        assert self.message(status_of, *rollouts.a("a"), deleting=True).startswith("The DaemonSet is being deleted")


@pytest.mark.parametrize(COLUMNS, ROWS)
def test_what_comes_next_has_readys_words(asked, world, failure, outcome, reason, words, status_of):
    status = status_of(asked, world, failure=failure)
    ready = status.condition(ConditionType.READY)
    for kind in (ConditionType.RECONCILING, ConditionType.STALLED):
        if (beside := status.condition(kind)) is not None:
            assert (beside.status, beside.reason, beside.message) == ("True", ready.reason, ready.message)


@pytest.mark.parametrize(COLUMNS, ROWS)
def test_nothing_is_said_but_documented_reasons_in_clean_words(
    asked, world, failure, outcome, reason, words, status_of
):
    for condition in status_of(asked, world, failure=failure).conditions:
        assert condition.reason in {*Reason, *Fault}
        assert condition.message.isprintable()
        assert condition.message == " ".join(condition.message.split())
        assert condition.observed_generation == asked.generation


@pytest.mark.parametrize(COLUMNS, ROWS)
def test_a_second_look_finds_nothing_to_write(asked, world, failure, outcome, reason, words, status_of):
    first = status_of(asked, world, failure=failure)
    again = status_of(asked, replace(world, status=first), failure=failure)
    assert status_of(asked, replace(world, status=again), now=NOW + SECOND, failure=failure) == again


@pytest.mark.parametrize(
    ("lasted", "outcome"), [pytest.param(25 * DAY, "True", id="for weeks"), pytest.param(SECOND, "False", id="briefly")]
)
def test_an_agent_that_ends_by_itself_is_well_if_it_was_up(lasted, outcome, status_of):
    """As Microsoft's sample does, which sleeps for 25 days: a pod counts its restarts for ever."""
    last = Ended(0, "Completed", "", NOW - 5 * SECOND, NOW - lasted - 5 * SECOND)
    restarted = replace(build.container(restarts=40, age=4 * SECOND), last=last)
    pods = new("c", age=100 * DAY, ready_for=4 * SECOND, containers=(build.probe(), restarted))
    noted = build.record(AGENT, wanted=build.target(AGENT, age=100 * DAY), proven=build.proven(AGENT))
    status = status_of(AGENT, seen(*new("a", "b"), *pods, noted=noted))
    assert status.condition(ConditionType.READY).status == outcome
