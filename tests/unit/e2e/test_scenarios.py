"""The parts of scenarios that decide: how many nodes were out, where agents go, what is shown of a log."""

import pytest

from control_plane.recording import Seen
from e2e.nodes import WindowsNode
from e2e.report import Result
from e2e.run import Outcome, title_of
from e2e.scenarios import SCENARIOS, most_out, shown
from e2e.trial import Stage, placed

AGENT = "update"


def seen(node, pod, *, ready, change="MODIFIED", leaving=False, agent=AGENT):
    metadata = {"uid": pod, "labels": {"hostprocess.dev/agent": agent}}
    if leaving:
        metadata["deletionTimestamp"] = "2026-03-04T05:06:07Z"
    conditions = [{"type": "Ready", "status": "True" if ready else "False"}]
    return Seen(0, change, {"metadata": metadata, "spec": {"nodeName": node}, "status": {"conditions": conditions}})


ALL_UP = [seen("a", "a1", ready=True), seen("b", "b1", ready=True)]


@pytest.mark.parametrize(
    ("events", "worst"),
    [
        pytest.param(ALL_UP, 0, id="nothing happened"),
        pytest.param([seen("a", "a1", ready=False), *ALL_UP], 0, id="before all were up nothing counts"),
        pytest.param([*ALL_UP, seen("a", "a1", ready=False)], 1, id="one is not ready"),
        pytest.param([*ALL_UP, seen("a", "a1", ready=True, leaving=True)], 1, id="one is going away"),
        pytest.param([*ALL_UP, seen("a", "a1", ready=True, change="DELETED")], 1, id="one is gone"),
        pytest.param(
            [*ALL_UP, seen("a", "a1", ready=False), seen("a", "a2", ready=True), seen("b", "b1", ready=False)],
            1,
            id="one after the other",
        ),
        pytest.param([*ALL_UP, seen("a", "a1", ready=False), seen("b", "b1", ready=False)], 2, id="both at once"),
        pytest.param([*ALL_UP, seen("a", "x1", ready=False, agent="x")], 0, id="an agent of another scenario"),
        pytest.param([*ALL_UP, seen(None, "a2", ready=False)], 0, id="a pod that has no node yet"),
        pytest.param([*ALL_UP, Seen(0, "ERROR", {"kind": "Status", "metadata": {}})], 0, id="a watch that ended"),
    ],
)
def test_how_many_nodes_were_out_at_once(events, worst):
    assert most_out(events, AGENT, 2) == worst


class TestLog:
    def test_bytes_that_are_no_ordinary_characters_are_spelled_out(self):
        assert shown(b"Process\r\n\x1b[31m\xff\x00\n") == ["Process\\r", "\\x1b[31m\\xff\\x00"]

    def test_a_long_log_is_cut_and_says_so(self):
        assert shown(b"1\n2\n3\n", lines=2) == ["1", "2", "... and 1 lines more"]

    def test_a_long_line_is_cut(self):
        assert shown(b"x" * 500, length=10) == ["x" * 10]


def node(hostname):
    return WindowsNode(name="n", hostname=hostname, build=0, nature="real", facts={}, aliases=())


def stage(**changes):
    fields = {"nodes": (node("a"), node("b")), "image": "image:1", "tolerated": ("gpu",)} | changes
    fixed = {"cluster": None, "namespace": "x", "other_image": "image:2", "simulated": False, "patience": 1}
    return Stage(**(fixed | fields))


class TestPlacement:
    def test_agents_run_on_the_nodes_of_the_stage_and_nowhere_else(self):
        affinity = placed({"containers": []}, stage())["affinity"]["nodeAffinity"]
        (term,) = affinity["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"]
        expected = {"key": "kubernetes.io/hostname", "operator": "In", "values": ["a", "b"]}
        assert term == {"matchExpressions": [expected]}

    def test_a_sample_keeps_its_fields_and_takes_the_image_of_the_stage(self):
        sample = {"containers": [{"name": "agent", "image": "other", "args": ["x"]}], "runAsUserName": "me"}
        spec = placed(sample, stage())
        assert spec["containers"] == [{"name": "agent", "image": "image:1", "args": ["x"]}]
        assert spec["runAsUserName"] == "me"

    def test_taints_of_the_person_are_tolerated_beside_those_of_the_sample(self):
        spec = placed({"containers": [], "tolerations": [{"key": "own"}]}, stage())
        assert spec["tolerations"] == [{"key": "own"}, {"key": "gpu", "operator": "Exists"}]


def test_every_scenario_says_in_a_sentence_what_must_be_seen():
    titles = [title_of(scenario) for scenario in SCENARIOS.values()]
    assert all(title[0].isupper() and title.endswith(".") for title in titles)
    assert len(set(titles)) == len(titles)


@pytest.mark.parametrize(
    ("outcome", "passed"),
    [
        pytest.param(Outcome(), True, id="nothing went wrong"),
        pytest.param(
            Outcome([Result("a", "A.", "skipped", 0)]), True, id="what this cluster cannot show is no failure"
        ),
        pytest.param(Outcome([Result("a", "A.", "failed", 0)]), False, id="a scenario failed"),
        pytest.param(Outcome(failure="no operator"), False, id="it could not begin"),
        pytest.param(Outcome(interrupted=True), False, id="a signal ended it"),
        pytest.param(Outcome(left=["Namespace x"]), False, id="something is left behind"),
    ],
)
def test_a_run_passes_only_if_nothing_went_wrong_and_nothing_is_left(outcome, passed):
    assert outcome.passed is passed
