"""What is said of nodes that match an agent and cannot have it."""

import pytest

from hostprocess_operator.api.faults import Fault
from hostprocess_operator.diagnosis import Finding, Severity
from hostprocess_operator.rollout import Unfit
from hostprocess_operator.status.unfit import in_full, in_short
from support import build


def unfit(*reasons):
    """Return nodes that are unfit for different reasons."""
    return [
        Unfit(build.node(f"node-{number}"), Finding(reason, f"Reason {number}.", "Mend it.", Severity.FAILURE))
        for number, reason in enumerate(reasons)
    ]


KINDS = (Fault.TAINT_NOT_TOLERATED,) * 5


@pytest.mark.parametrize(
    ("count", "end"),
    [
        pytest.param(1, "On node node-0: Reason 0. Mend it.", id="one"),
        pytest.param(3, "On node node-2: Reason 2. Mend it.", id="as many as are told"),
        pytest.param(4, "Another reason is in status.problems.", id="one more"),
        pytest.param(5, "2 more reasons are in status.problems.", id="two more"),
    ],
)
def test_reasons_in_full(count, end):
    told = in_full(unfit(*KINDS[:count]))
    assert told.endswith(end)
    assert told.count("Reason") == min(count, 3)


def test_in_short_each_reason_has_its_nodes():
    nodes = unfit(Fault.TAINT_NOT_TOLERATED, Fault.RUNTIME_UNSUPPORTED, Fault.TAINT_NOT_TOLERATED)
    assert in_short(nodes) == "node-1 (RuntimeUnsupported), node-0 and node-2 (TaintNotTolerated)"
