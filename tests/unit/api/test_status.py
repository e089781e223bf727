"""The status keeps its bounds whatever it is told, and comes back from the API server as it went."""

import json

import pytest

from hostprocess_operator.api.status import (
    MAX_PROBLEMS,
    AgentStatus,
    Condition,
    DaemonSetReference,
    NodeCounts,
    Problem,
    Revisions,
    Summary,
)

READY = Condition(
    type="Ready",
    status="True",
    observed_generation=3,
    last_transition_time="2026-01-01T00:00:00Z",
    reason="AllVerified",
    message="All is well.",
)
STATUS = AgentStatus(
    observed_generation=3,
    conditions=(READY,),
    daemon_set=DaemonSetReference(name="agent", uid="1", generation=2, template_digest="abc"),
    nodes=NodeCounts(desired=1, verified=1),
    summary=Summary(nodes="1/1", admin_rights="1/1"),
    revisions=Revisions(target="a", proven="a"),
    problems=(Problem(node="win-1", pod="agent-x", reason="NoReport", message="Nothing was reported."),),
    problems_omitted=2,
    record='{"target":"a"}',
)


def test_a_status_comes_back_as_it_went():
    assert AgentStatus.from_dict(json.loads(json.dumps(STATUS.to_dict()))) == STATUS


def test_it_is_written_in_the_spelling_of_the_api():
    written = STATUS.to_dict()

    assert written["daemonSet"]["templateDigest"] == "abc"
    assert written["summary"]["adminRights"] == "1/1"
    assert written["conditions"][0]["lastTransitionTime"] == "2026-01-01T00:00:00Z"


def test_what_is_empty_is_left_out_but_counts_of_zero_are_kept():
    written = AgentStatus(observed_generation=1).to_dict()

    assert written.keys() == {"observedGeneration", "nodes", "problemsOmitted"}
    assert written["nodes"]["verified"] == 0


def test_a_condition_is_found_by_its_type():
    assert STATUS.condition("Ready") is READY
    assert STATUS.condition("Stalled") is None


def test_a_new_objects_status_says_that_nobody_has_looked_at_it():
    assert AgentStatus.from_dict({"observedGeneration": -1}).observed_generation == -1


def test_fields_of_another_version_are_ignored():
    assert AgentStatus.from_dict(STATUS.to_dict() | {"later": {"field": 1}}) == STATUS


@pytest.mark.parametrize(
    "nonsense",
    [
        pytest.param(None, id="nothing"),
        pytest.param("Ready", id="a text"),
        pytest.param([], id="a list"),
        pytest.param({"conditions": [{"type": "Ready"}]}, id="half a condition"),
        pytest.param({"observedGeneration": "many"}, id="a generation in words"),
    ],
)
def test_a_status_that_the_operator_did_not_write_is_none(nonsense):
    assert AgentStatus.from_dict(nonsense) is None


def test_texts_that_are_too_long_are_cut():
    problem = Problem(node="n" * 300, reason="r" * 200, message="m" * 2000)
    condition = Condition.model_validate(READY.model_dump() | {"message": "m" * 5000})

    assert (len(problem.node), len(problem.reason), len(problem.message)) == (253, 128, 640)
    assert problem.message.endswith("m…")
    assert len(condition.message) == 4096


def test_a_text_that_fits_is_not_touched():
    assert Problem(node="n", reason="r", message="m" * 640).message == "m" * 640


def test_a_record_that_does_not_fit_is_left_out_as_half_of_it_is_of_no_use():
    assert AgentStatus(record="r" * 16_385).record is None
    assert AgentStatus(record="r" * 16_384).record == "r" * 16_384


def test_a_status_with_all_its_problems_stays_small():
    worst = Problem(node="n" * 63, pod="p" * 70, reason="CreateContainerConfigError", message="m" * 640)

    written = STATUS.model_copy(update={"problems": (worst,) * MAX_PROBLEMS}).to_dict()

    assert len(json.dumps(written)) <= 32 * 1024
