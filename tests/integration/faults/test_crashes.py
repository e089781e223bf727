"""A few of the crashes; `make crashes FULL=1` runs one before and after every write of every scenario."""

import pytest

from faults.crashes import Crashes, Plan
from faults.scenarios import scenario

# Which writes: the first ones, those in the middle of the rollout, the last one; before and after.
CHOSEN = {
    "update": ((0, True), (4, False), (7, True), (12, False)),
    "rollback": ((3, False), (6, True), (8, True)),
    "install": ((0, True), (3, False)),
    "drift": ((0, True),),
}


@pytest.fixture(scope="module")
def outcomes(place):
    scenarios = [scenario(name) for name in CHOSEN]
    runs = Crashes(*place)
    references = runs.references(scenarios, twice=False)
    plans = [Plan(scenario(name), write, after) for name, rows in CHOSEN.items() for write, after in rows]
    return {str(one.plan): one for one in runs.outcomes(plans, references)}


@pytest.mark.timeout(400)
@pytest.mark.parametrize(
    "plan", [str(Plan(scenario(name), write, after)) for name, rows in CHOSEN.items() for write, after in rows]
)
def test_it_converges_to_the_state_of_an_undisturbed_run(outcomes, plan):
    outcome = outcomes[plan]
    assert outcome.reached
    assert not outcome.faults
    assert outcome.busiest <= 60
