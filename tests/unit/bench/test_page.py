"""The page of a run: every figure, what was missed, and what it was measured on."""

from bench.figures import Figure
from bench.page import page

REPORT = {
    "size": "full",
    "machine": {"cores": 2, "packages": {"kopf": "1.45.2"}},
    "calibration": {"paced p50 ms": 4.6},
    "requests": {"patch pods/status": 7},
}


def test_a_run_that_met_every_goal_says_so():
    text = page(REPORT, [Figure("P9", "idle CPU", 0.1, "%", "5,000 nodes")])
    assert "| P9 | idle CPU | 0.1 % | <= 0.5 |" in text
    assert "Every goal was met." in text


def test_goals_that_were_missed_are_listed():
    text = page(REPORT, [Figure("P9", "idle CPU", 0.7, "%", "5,000 nodes"), Figure("P9", "else", 9, "", "")])
    assert "- P9, idle CPU: 0.7 % instead of <= 0.5" in text
    assert "Every goal was met." not in text


def test_machine_calibration_and_requests_are_shown():
    text = page(REPORT, [])
    for row in ("| cores | 2 |", "| packages | kopf 1.45.2 |", "| paced p50 ms | 4.6 |", "| patch pods/status | 7 |"):
        assert row in text


def test_what_was_not_measured_is_not_spoken_of():
    assert "PATCH of a ConfigMap" not in page(REPORT | {"calibration": {}, "requests": {}}, [])
