"""Which changes of a status are written at once."""

import pytest

from hostprocess_operator.api.status import AgentStatus, Condition, NodeCounts, Problem, Summary
from hostprocess_operator.controller.status_writer import is_urgent


def condition(kind, status="True", reason="AllVerified", message="All is well.", since="2026-03-04T00:00:00Z"):
    return Condition(type=kind, status=status, reason=reason, message=message, last_transition_time=since)


def status(*conditions, **fields):
    return AgentStatus(**({"observed_generation": 1, "conditions": conditions} | fields))


VALID = condition("Valid", reason="SpecValid")
READY = condition("Ready")
NOT_READY = condition("Ready", "False", "Rolling")
RECONCILING = condition("Reconciling", reason="Rolling")
PROBLEM = Problem(node="node-a", reason="CrashLoopBackOff", message="It ended.")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(status(READY), status(READY, observed_generation=2), id="the spec was looked at"),
        pytest.param(status(READY), status(NOT_READY), id="Ready changed"),
        pytest.param(status(NOT_READY), status(condition("Ready", "False", "Verifying")), id="Ready's reason changed"),
        pytest.param(status(READY), status(READY, RECONCILING), id="a condition was added"),
        pytest.param(status(READY, RECONCILING), status(READY), id="a condition was taken away"),
        pytest.param(
            status(NOT_READY, RECONCILING), status(NOT_READY, condition("Stalled", reason="Rolling")),
            id="one condition took another's place",
        ),
        pytest.param(status(), status(READY), id="the first of all"),
    ],
)  # fmt: skip
def test_urgent(before, after):
    assert is_urgent(before, after)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(status(READY), status(READY), id="nothing changed"),
        pytest.param(status(), status(), id="there is nothing yet"),
        pytest.param(status(READY), status(READY, nodes=NodeCounts(desired=9)), id="counts"),
        pytest.param(
            status(READY), status(READY, summary=Summary(nodes="1/2", admin_rights="1/2")), id="the columns of kubectl"
        ),
        pytest.param(status(READY), status(condition("Ready", message="Well.")), id="Ready's message"),
        pytest.param(
            status(READY, VALID), status(READY, condition("Valid", "True", "SpecValid", "Warning.")), id="a warning"
        ),
        pytest.param(status(READY), status(READY, problems=(PROBLEM,)), id="problems"),
        pytest.param(status(READY), status(READY, record="{}"), id="the record"),
    ],
)  # fmt: skip
def test_not_urgent(before, after):
    assert not is_urgent(before, after)
