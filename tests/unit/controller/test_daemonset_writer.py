"""When a write of the DaemonSet counts as having undone what somebody else did."""

import pytest

from hostprocess_operator.controller.daemonset_writer import _was_drift
from hostprocess_operator.observed import Written
from support import build

SEEN = build.daemonset(build.agent(), generation=5)


def written(generation):
    return Written(SEEN.uid, generation, SEEN.digest)


@pytest.mark.parametrize(
    ("daemonset", "last", "answered", "in_place", "drifted"),
    [
        pytest.param(SEEN, written(4), 6, False, True, id="somebody changed it after our last write"),
        pytest.param(SEEN, written(5), 7, True, True, id="somebody changed it so lately that it is not yet seen"),
        pytest.param(SEEN, written(5), 5, True, False, id="nobody did, and we write only what we note"),
        pytest.param(SEEN, written(5), 6, False, False, id="nobody did, and we write something new"),
        pytest.param(SEEN, written(4), 5, False, False, id="it was our change, whose answer was lost"),
        pytest.param(SEEN, None, 6, False, False, id="what we wrote last is not known"),
        pytest.param(None, written(4), 1, False, False, id="it is made anew"),
    ],
)  # fmt: skip
def test_drift(daemonset, last, answered, in_place, drifted):
    answer = {"metadata": {"generation": answered}}
    assert _was_drift(daemonset, last, answer, in_place=in_place) is drifted
