"""Forty edits of what `make transitions` makes a thousand of."""

import pytest

from bench import transitions
from support.operator import Operator, install

EDITS = 40


@pytest.mark.timeout(600)
def test_generated_edits_get_where_they_should_and_a_good_spec_recovers(plane, tmp_path):
    with Operator(install(plane, policies=False), tmp_path / "log") as operator:
        tally = transitions.run(plane, EDITS)
        tracebacks = [line for line in operator.lines() if "Traceback" in str(line)]
    assert tally.findings == []
    assert tally.edits == EDITS
    assert tally.recovered == len(transitions.chains(28, 0)) + len(transitions.chains(12, 0))
    # otherwise the edits have become so tame, or so wild, that nothing is tried any more
    assert {"rendered", "refused by the API server", "said to be invalid"} <= tally.outcomes.keys()
    assert tracebacks == []
