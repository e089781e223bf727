"""What a plan is made from: whose record is believed, what a fleet is measured by, and that of an invalid spec."""

from dataclasses import replace

import pytest

from hostprocess_operator.api.status import AgentStatus, Condition
from hostprocess_operator.rollout import Record, plan_rollout
from support import build
from support.build import DAY, HOUR, MINUTE, NOW, SECOND
from support.rollouts import B, a, asked, b, record, world

DEADLINE = 30 * MINUTE
AGENT = asked()
PROVEN_B = record(served=B, proven=build.proven(AGENT))
INVALID = build.invalid_agent()
POOL = build.agent(nodeSelector={"pool": "x"}, rollout={"minReadySeconds": 60})


def gathered(agent, seen):
    return plan_rollout(agent, seen, NOW).situation


def of_nodes(situation):
    return {state.name: state for state in situation.fleet.wanted}


class TestRecord:
    """Only the record of our own DaemonSet is believed."""

    @pytest.mark.parametrize(
        ("changes", "is_believed"),
        [
            pytest.param({}, True, id="it is ours"),
            pytest.param({"owner_uid": "", "foreign_owner": "Application/x"}, False, id="it is somebody else's"),
            pytest.param({"owner_uid": "an-earlier-agent"}, False, id="it is that of an earlier agent of the name"),
        ],
    )
    def test_of_a_daemonset(self, changes, is_believed):
        seen = world(AGENT, *a(*"abcd"))
        found = gathered(AGENT, replace(seen, daemonset=replace(seen.daemonset, **changes)))
        assert (found.noted, found.base) == ((record(), record()) if is_believed else (None, Record()))


class TestFleet:
    """Who is late, and who works, as far as it depends on more than nodes and pods."""

    def test_a_new_target_gives_every_agent_the_whole_time(self):
        newer = asked(image="registry.example/agent:c")
        found = gathered(newer, world(newer, *b("d", ready=False, age=HOUR)))
        assert of_nodes(found)["d"].due == NOW + DEADLINE

    @pytest.mark.parametrize(
        ("noted", "works"),
        [
            pytest.param(record(served=B), False, id="an agent of an unproven version that has just ended is doubted"),
            pytest.param(PROVEN_B, True, id="one of the proven version is not"),
        ],
    )
    def test_which_agents_are_doubted(self, noted, works):
        ended = b("d", containers=(build.probe(), build.container(restarts=1, age=SECOND)))
        assert of_nodes(gathered(AGENT, world(AGENT, *ended, noted=noted)))["d"].working is works

    @pytest.mark.parametrize(
        ("status", "since", "expected"),
        [
            pytest.param("False", "2026-03-04T05:00:07Z", NOW - 6 * MINUTE, id="since Ready is False"),
            pytest.param("True", "2026-03-04T05:00:07Z", NOW, id="from now on, if it is True"),
            pytest.param("False", "nonsense", NOW, id="from now on, if nobody knows since when"),
        ],
    )
    def test_a_missing_pod_is_waited_for(self, status, since, expected):
        ready = Condition(type="Ready", status=status, reason="Verifying", last_transition_time=since)
        found = gathered(AGENT, world(AGENT, *b(*"abc"), noted=PROVEN_B, status=AgentStatus(conditions=(ready,))))
        assert of_nodes(found)["d"].due == expected + DEADLINE

    def test_a_pod_of_nobody_hides_none_of_ours(self):
        stray = b("d", name="younger", owner_uid="", age=SECOND)
        [pod] = b("d")
        assert of_nodes(gathered(AGENT, world(AGENT, pod, *stray)))["d"].pod is pod

    @pytest.mark.parametrize(
        ("noted", "held"),
        [
            pytest.param(record(served=B), {"d"}, id="of an unproven version holds a place"),
            pytest.param(PROVEN_B, set(), id="of the proven one holds none: it is not the rollout's"),
        ],
    )
    def test_a_relapse(self, noted, held):
        seen = world(AGENT, *a("a"), *b("b", "c"), *b("d", ready=False, ready_for=SECOND), noted=noted)
        assert gathered(AGENT, seen).held == held


class TestInvalid:
    """While the spec cannot be read, the DaemonSet says what it was."""

    def found(self, *pods, noted=None, agent=POOL, nodes=None, **changes):
        nodes = nodes or (build.node("in", labels={"pool": "x"}), build.node("out"))
        noted = noted or build.record(agent)
        seen = build.scene(agent, nodes=nodes, pods=pods, written_as=noted)
        return gathered(INVALID, replace(seen, daemonset=replace(seen.daemonset, **changes)))

    def test_nodes_are_those_of_its_placement(self):
        assert set(of_nodes(self.found())) == {"in"}

    def test_a_daemonset_of_somebody_else_says_nothing(self):
        found = self.found(owner_uid="", foreign_owner="Application/x")
        assert (found.fleet.wanted, found.fleet.ineligible) == ((), ())

    @pytest.mark.parametrize(
        ("ready_for", "works"),
        [
            pytest.param(60 * SECOND, True, id="for so long works"),
            pytest.param(59 * SECOND, False, id="for less does not yet"),
        ],
    )
    def test_an_agent_that_is_ready(self, ready_for, works):
        assert of_nodes(self.found(build.pod("in", ready_for=ready_for)))["in"].working is works

    def test_its_pods_are_told_from_others(self):
        nodes = [build.node(name, labels={"pool": "x"}) for name in "ab"]
        states = of_nodes(self.found(build.pod("a"), build.pod("b", revision=build.OLD), nodes=nodes))
        assert {name: state.updated for name, state in states.items()} == {"a": True, "b": False}

    def test_agents_are_late_as_ever(self):
        noted = build.record(POOL, wanted=build.target(POOL, age=HOUR))
        nodes = (build.node("in", age=DAY, labels={"pool": "x"}),)
        found = self.found(build.pod("in", age=DAY, ready=False), noted=noted, nodes=nodes)
        assert of_nodes(found)["in"].due == NOW - HOUR + DEADLINE

    def test_without_a_target_no_pod_is_known_and_none_is_late(self):
        state = of_nodes(self.found(build.pod("in", age=DAY, ready=False), noted=Record(seq=1)))["in"]
        assert (state.updated, state.due) == (False, NOW + DEADLINE)
