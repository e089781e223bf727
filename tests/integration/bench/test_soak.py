"""Some seconds of what `make soak` does for half an hour, and that nothing is written once nothing happens."""

import pytest

from bench import soak
from support.operator import install


@pytest.mark.timeout(600)
def test_churn_leaves_no_task_behind_and_ends_in_silence(plane, tmp_path):
    with soak.Watched(install(plane, policies=False), tmp_path) as operator:
        report = soak.run(plane, operator, soak.Pace(seconds=10, quiet_seconds=6, peace_seconds=6, every=1, pause=0.1))
    assert soak.verdicts(report) == []
    assert report["changes"] > 10
