"""What is concluded from the containers of a pod: when the agent started, whether it keeps ending, what is stuck."""

import pytest

from hostprocess_operator.observed import stuck_container
from support import build


@pytest.mark.parametrize(
    ("containers", "started"),
    [
        pytest.param(
            [build.container(age=build.HOUR), build.container(age=build.MINUTE)], build.MINUTE, id="the youngest"
        ),
        pytest.param([build.probe(age=build.SECOND), build.container(age=build.HOUR)], build.HOUR, id="of the agent's"),
        pytest.param([build.probe(age=build.SECOND), build.container(run="")], None, id="before the first start"),
        pytest.param(
            [build.container(run=""), build.container(age=build.HOUR)], build.HOUR, id="of those that started"
        ),
    ],
)
def test_when_the_agent_started(containers, started):
    assert build.pod(containers=tuple(containers)).started == (started and build.NOW - started)


@pytest.mark.parametrize(
    ("restarts", "keeps_ending"),
    [([0, 2], False), ([0, 3], True), ([4, 0], True), ([], False)],
)
def test_an_agent_that_restarted_three_times_keeps_ending(restarts, keeps_ending):
    pod = build.pod(containers=tuple(build.container(restarts=count) for count in restarts))
    assert pod.keeps_ending is keeps_ending


@pytest.mark.parametrize(
    ("containers", "stuck"),
    [
        pytest.param([build.probe(), build.container()], None, id="one that has ended well and one that runs"),
        pytest.param([build.container(state="")], None, id="the kubelet has not spoken"),
        pytest.param([build.container(state="waiting")], None, id="waiting without a reason"),
        pytest.param([build.container(state="waiting", reason="ContainerCreating")], None, id="being made"),
        pytest.param([build.container(state="waiting", reason="PodInitializing")], None, id="its turn has not come"),
        pytest.param([build.container(state="waiting", reason="CrashLoopBackOff")], "agent", id="starts and ends"),
        pytest.param([build.container(state="terminated", exit_code=3)], "agent", id="ended with an error"),
        pytest.param([build.container(state="terminated", exit_code=0)], None, id="ended well: it is started again"),
        pytest.param(
            [build.container(name, state="waiting", reason="ErrImagePull") for name in ("first", "second")],
            "first",
            id="the first of several",
        ),
    ],
)
def test_stuck_container(containers, stuck):
    found = stuck_container(build.pod(containers=tuple(containers)))
    assert (found and found.name) == stuck
