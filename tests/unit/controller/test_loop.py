import pytest

from hostprocess_operator.api.status import AgentStatus
from hostprocess_operator.controller.loop import stands_still

ONE, OTHER = AgentStatus(observed_generation=1), AgentStatus(observed_generation=2)
A, B = ("agents", "a"), ("agents", "b")


@pytest.mark.parametrize(
    ("before", "current", "still"),
    [
        pytest.param({}, {}, False, id="nothing is under way"),
        pytest.param({}, {A: ONE}, False, id="an agent is under way for the first time"),
        pytest.param({A: ONE}, {A: OTHER}, False, id="it has got on"),
        pytest.param({A: ONE}, {}, False, id="it has arrived"),
        pytest.param({A: ONE}, {B: ONE}, False, id="another one looks as it did"),
        pytest.param({A: ONE}, {A: ONE}, True, id="it has not moved"),
        pytest.param({A: ONE, B: ONE}, {A: OTHER, B: ONE}, True, id="one of two has not moved"),
    ],
)
def test_an_agent_stands_still(before, current, still):
    assert stands_still(before, current) is still
