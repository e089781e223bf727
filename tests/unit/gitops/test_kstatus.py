"""The stand-in for kstatus answers as kstatus does."""

import pytest

from support.kstatus import CURRENT, FAILED, IN_PROGRESS, TERMINATING, kstatus


def conditions(**by_type):
    return [{"type": kind, "status": status} for kind, status in by_type.items()]


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        pytest.param({}, CURRENT, id="nothing is said: taken for current"),
        pytest.param({"observedGeneration": 1}, IN_PROGRESS, id="another generation was observed"),
        pytest.param({"observedGeneration": 2}, CURRENT, id="this one was, and no more is said"),
        pytest.param({"conditions": conditions(Ready="True")}, CURRENT, id="ready"),
        pytest.param({"conditions": conditions(Ready="False")}, IN_PROGRESS, id="not ready"),
        pytest.param({"conditions": conditions(Ready="Unknown")}, IN_PROGRESS, id="not known"),
        pytest.param({"conditions": conditions(Ready="False", Stalled="True")}, FAILED, id="stalled"),
        pytest.param({"conditions": conditions(Ready="True", Stalled="False")}, CURRENT, id="not stalled"),
        pytest.param({"conditions": conditions(Ready="True", Reconciling="True")}, IN_PROGRESS, id="ready and at work"),
        pytest.param({"conditions": conditions(Reconciling="True", Stalled="True")}, IN_PROGRESS, id="first of both"),
        pytest.param({"conditions": conditions(Stalled="True", Reconciling="True")}, FAILED, id="whichever it is"),
        pytest.param(
            {"observedGeneration": 1, "conditions": conditions(Ready="False", Stalled="True")}, IN_PROGRESS,
            id="stalled with another generation",
        ),
    ],
)  # fmt: skip
def test_verdict(status, expected):
    assert kstatus(2, status) == expected


def test_a_resource_that_is_going_is_nothing_else():
    assert kstatus(2, {"conditions": conditions(Ready="True")}, deleting=True) == TERMINATING
