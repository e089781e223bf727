"""A container: how its latest run ended, and whether another end is to be expected."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from hostprocess_operator.observed import Ended
from support import build
from support.build import DAY, HOUR, MINUTE, NOW, SECOND

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def run(length, *, exit_code=1):
    """Return a run of that length that has just ended."""
    return Ended(exit_code, "Error", "", NOW, NOW - length)


def restarted(times, last=None, **fields):
    return replace(build.container(restarts=times, **fields), last=last)


def terminated(times, *, lasted, last):
    return restarted(times, last, state="terminated", exit_code=1, age=lasted, ended=0 * SECOND)


@pytest.mark.parametrize(
    ("container", "expected"),
    [
        pytest.param(restarted(2, run(SECOND)), False, id="two restarts are none too many"),
        pytest.param(restarted(3, run(SECOND)), True, id="three are, of runs that end soon"),
        pytest.param(restarted(3, run(SECOND, exit_code=0)), True, id="though they end with success"),
        pytest.param(restarted(3, run(9 * MINUTE)), True, id="or after minutes"),
        pytest.param(restarted(3, run(10 * MINUTE)), False, id="a run of ten minutes was no crash"),
        pytest.param(restarted(40, run(25 * DAY, exit_code=0)), False, id="a restart a month is none, however many"),
        pytest.param(restarted(3), True, id="nothing is known of the run before"),
        pytest.param(restarted(3, Ended(1, "Error", "", NOW)), True, id="its start is not known"),
        pytest.param(restarted(3, Ended(1, "Error", "", None, NOW)), True, id="its end is not known"),
        pytest.param(restarted(3, Ended(128, "StartError", "", NOW, EPOCH)), True, id="it never started"),
        pytest.param(terminated(3, lasted=HOUR, last=run(SECOND)), False, id="the run that just ended was a long one"),
        pytest.param(terminated(3, lasted=SECOND, last=run(HOUR)), True, id="the run that just ended was a short one"),
        pytest.param(restarted(3, run(SECOND, exit_code=0), init=True), False, id="an init container that ran again"),
        pytest.param(restarted(3, run(SECOND), init=True), True, id="an init container that fails"),
        pytest.param(
            replace(restarted(3, run(SECOND, exit_code=0), init=True), sidecar=True), True,
            id="a sidecar has to keep running",
        ),
    ],
)  # fmt: skip
def test_keeps_ending(container, expected):
    assert container.keeps_ending is expected


def test_the_latest_end_is_that_of_the_run_before_while_another_goes_on():
    assert restarted(1, run(HOUR)).ended == run(HOUR)
    assert restarted(0).ended is None


def test_the_latest_end_is_that_of_the_run_that_is_over():
    container = build.container(state="terminated", reason="Error", message="No.", exit_code=7, age=HOUR, ended=MINUTE)
    assert replace(container, last=run(HOUR)).ended == Ended(7, "Error", "No.", NOW - MINUTE, NOW - HOUR)
