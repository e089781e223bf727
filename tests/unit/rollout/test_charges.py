"""Failure and attribution: what counts against a revision, what never does, and what takes a charge back."""

from dataclasses import replace

import pytest

from hostprocess_operator.api.faults import Fault
from hostprocess_operator.api.reasons import Reason
from hostprocess_operator.rollout import Fleet, NodeState
from hostprocess_operator.rollout.charges import charge, failure
from support import build
from support.build import DAY, HOUR, MINUTE, NOW, SECOND

IMPACT = MINUTE
TARGET = build.target(build.agent(), age=HOUR)


def state(pod=None, *, node=None, updated=True, working=False, due=HOUR):
    """Return a node with a pod of the target that does not work yet; `due` is how long it still has."""
    return NodeState(
        node=node or build.node(),
        pod=pod,
        digest=TARGET.digest if updated else build.OLD_DIGEST,
        updated=updated,
        working=working,
        works_from=NOW if working else None,
        joined=NOW - DAY,
        due=NOW + due,
    )


def stuck(reason, *, age, ready_for=None):
    """Return a pod whose container waits for that reason."""
    waiting = build.container(run="", state="waiting", reason=reason)
    return build.pod(age=age, ready=False, ready_for=ready_for, gate=None, containers=(waiting,))


def restarted(times):
    return build.pod(ready=False, containers=(build.container(restarts=times),))


def judged(status, reason):
    return build.pod(ready=False, gate=build.verdict(status, reason))


def on_lost_node(*, started, lost, **node):
    """Return a node that went down `lost` ago with an agent that started `started` ago."""
    pod = build.pod(ready=False, containers=(build.container(age=started),))
    return state(pod, node=build.node(ready=False, ready_for=lost, **node))


STARTING = build.starting_pod()
DENIED = build.denied_pod()
UNSTARTED = build.pod(ready=False, containers=(build.probe(), build.container(run="", state="waiting")))


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        pytest.param(state(None, due=-HOUR), None, id="a node without a pod has no agent that could fail"),
        pytest.param(state(STARTING), None, id="an agent on its way may still get there"),
        pytest.param(state(build.pod(), working=True), None, id="an agent that works has not failed"),
        pytest.param(
            state(build.denied_pod(age=SECOND)), Reason.NOT_ADMINISTRATOR, id="no administrator rights count at once"
        ),
        pytest.param(
            state(judged("False", "WrongAccount")), Reason.WRONG_ACCOUNT, id="so does another account than asked for"
        ),
        pytest.param(
            state(judged("False", "MadeUp")), Reason.NOT_ADMINISTRATOR,
            id="a refusal for a reason that nobody knows counts as no rights",
        ),
        pytest.param(
            state(judged("False", "NotAdministrator"), working=True), Reason.NOT_ADMINISTRATOR,
            id="a refusal counts though the pod is Ready",
        ),
        pytest.param(state(judged("Unknown", "LogUnavailable")), None, id="a verdict that is unknown is no failure"),
        pytest.param(state(restarted(3)), Fault.CRASH_LOOP, id="three restarts and not working is a crash loop"),
        pytest.param(state(restarted(2)), None, id="two restarts are none yet"),
        pytest.param(
            state(build.pod(containers=(build.container(restarts=9),)), working=True), None,
            id="an agent that restarted often and works is none",
        ),
        pytest.param(
            state(build.pod(ready=False, containers=(build.container(init=True, restarts=3),))), Fault.CRASH_LOOP,
            id="an init container can crash-loop too",
        ),
        pytest.param(state(STARTING, due=0 * SECOND), Reason.DEADLINE_EXCEEDED, id="an agent is late at its deadline"),
        pytest.param(state(STARTING, due=SECOND), None, id="and not a second before"),
        pytest.param(state(build.pod(), working=True, due=-HOUR), None, id="an agent that works is never late"),
        pytest.param(
            state(build.pod(ready=False, phase="Failed", reason="Evicted", containers=(
                build.container(state="terminated", reason="Error", exit_code=137),))), None,
            id="a pod that was evicted for its node's sake has not failed",
        ),
        pytest.param(
            state(stuck("ErrImagePull", age=59 * SECOND), due=-SECOND), Reason.DEADLINE_EXCEEDED,
            id="a deadline within the grace of an error ends it",
        ),
    ],
)  # fmt: skip
def test_failure(state, expected):
    assert failure(state, IMPACT, NOW) == expected


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        pytest.param("ErrImagePull", Fault.IMAGE_PULL_FAILED, id="an image that cannot be pulled"),
        pytest.param("ImagePullBackOff", Fault.IMAGE_PULL_FAILED, id="one that is tried again later"),
        pytest.param("InvalidImageName", Fault.INVALID_IMAGE_NAME, id="an image name that is none"),
        pytest.param("CreateContainerConfigError", Fault.START_FAILED, id="a Secret that is missing"),
        pytest.param("RunContainerError", Fault.START_FAILED, id="a process that cannot be started"),
        pytest.param("CrashLoopBackOff", Fault.START_FAILED, id="a process that ended at once"),
        pytest.param("ContainerCreating", None, id="a container that is being made is no error"),
        pytest.param("OfALaterKubelet", None, id="nor is a reason that nobody knows"),
    ],
)
def test_an_error_counts_once_it_lasted_a_minute(reason, expected):
    assert failure(state(stuck(reason, age=60 * SECOND)), IMPACT, NOW) == expected
    assert failure(state(stuck(reason, age=59 * SECOND)), IMPACT, NOW) is None


@pytest.mark.parametrize(
    ("reason", "message", "expected"),
    [
        pytest.param(
            "ErrImagePull", 'failed to resolve reference "x": not found', Fault.IMAGE_NOT_FOUND,
            id="an image that is not there, rather than a pull that fails",
        ),
        pytest.param(
            "CreateContainerConfigError", 'secret "x" not found', Fault.CONFIG_MISSING,
            id="a Secret that is not there, rather than a start that fails",
        ),
        pytest.param(
            "RunContainerError", "hcs::CreateComputeSystem: out of memory", Fault.START_FAILED,
            id="words that nobody knows",
        ),
    ],
)  # fmt: skip
def test_an_error_counts_as_what_its_words_tell(reason, message, expected):
    waiting = build.container(run="", state="waiting", reason=reason, message=message)
    failing = build.pod(age=HOUR, ready=False, gate=None, containers=(waiting,))
    assert failure(state(failing), IMPACT, NOW) == expected


def test_an_error_of_an_agent_that_worked_counts_a_minute_after_it_ceased_to():
    assert failure(state(stuck("ErrImagePull", age=DAY, ready_for=59 * SECOND)), IMPACT, NOW) is None
    assert failure(state(stuck("ErrImagePull", age=DAY, ready_for=60 * SECOND)), IMPACT, NOW) is not None


def test_an_error_of_an_agent_that_never_was_ready_counts_from_its_creation():
    assert failure(state(replace(stuck("ErrImagePull", age=59 * SECOND), ready_since=None)), IMPACT, NOW) is None
    failing = replace(stuck("ErrImagePull", age=60 * SECOND), ready_since=None)
    assert failure(state(failing), IMPACT, NOW) is Fault.IMAGE_PULL_FAILED


def test_an_image_that_cannot_be_pulled_counts_as_such_though_a_container_beside_it_has_ended():
    ended = build.container("first", state="terminated", reason="Completed", exit_code=0)
    failing = stuck("ErrImagePull", age=HOUR)
    beside = replace(failing, containers=(ended, *failing.containers))
    assert failure(state(beside), IMPACT, NOW) is Fault.IMAGE_PULL_FAILED


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        pytest.param(on_lost_node(started=90 * SECOND, lost=60 * SECOND), True, id="30 s after its agent started"),
        pytest.param(on_lost_node(started=MINUTE, lost=MINUTE), True, id="at the very moment"),
        pytest.param(on_lost_node(started=HOUR, lost=HOUR - IMPACT), True, id="at the end of nodeImpactSeconds"),
        pytest.param(on_lost_node(started=HOUR, lost=HOUR - IMPACT - SECOND), False, id="not a second later"),
        pytest.param(on_lost_node(started=MINUTE, lost=MINUTE + SECOND), False, id="not before its agent started"),
        pytest.param(on_lost_node(started=MINUTE, lost=SECOND, cordoned=True), False, id="nor while it is cordoned"),
        pytest.param(state(UNSTARTED, node=build.node(ready=False)), False, id="not before any agent started"),
        pytest.param(
            state(build.pod(), node=replace(build.node(ready=False), ready_since=None)), False,
            id="not if it is unknown since when",
        ),
        pytest.param(
            state(DENIED, node=build.node(ready=False), due=-HOUR), False,
            id="on a node that is down nothing else is looked at",
        ),
    ],
)  # fmt: skip
def test_the_loss_of_a_node_is_the_agents_doing(state, expected):
    assert failure(state, IMPACT, NOW) == (Reason.NODE_LOST if expected else None)


def test_where_nobody_is_to_be_blamed_for_nodes_not_even_the_same_second_counts():
    """Kubernetes tells times in seconds, so a node may seem to go down at the very moment its agent starts."""
    assert failure(on_lost_node(started=MINUTE, lost=MINUTE), 0 * SECOND, NOW) is None


def charges(*states, before=(), out=()):
    fleet = Fleet(wanted=states, ineligible=())
    return charge(dict.fromkeys(before, "CrashLoop"), fleet, dict(out), TARGET, IMPACT, NOW)


def test_a_node_is_charged_with_the_reason():
    assert charges(state(DENIED)) == {"node-a": "NotAdministrator"}


def test_charges_are_sorted_by_node():
    assert list(charges(state(DENIED, node=build.node("b")), state(DENIED, node=build.node("a")))) == ["a", "b"]


@pytest.mark.parametrize(
    ("state", "out"),
    [
        pytest.param(state(STARTING), {}, id="it has not failed"),
        pytest.param(state(DENIED, updated=False), {}, id="what failed is not of the target"),
        pytest.param(state(DENIED, working=True), {}, id="it works: the kubelet has not acted on the verdict yet"),
        pytest.param(state(DENIED), build.out("node-a", taken=False), id="it was broken before its turn"),
        pytest.param(state(DENIED, node=build.node(age=HOUR - SECOND)), {}, id="its node was made after the start"),
        pytest.param(
            state(build.pod(revision=build.OLD), node=build.node(ready=False), updated=False), {},
            id="its node went down before its turn",
        ),
        pytest.param(
            state(build.pod(revision=build.OLD), node=build.node(cordoned=True), updated=False), {},
            id="its node was cordoned before its turn",
        ),
    ],
)  # fmt: skip
def test_a_node_is_not_charged_if(state, out):
    assert charges(state, out=out) == {}


@pytest.mark.parametrize(
    ("state", "out"),
    [
        pytest.param(state(DENIED), build.out("node-a"), id="its agent worked until we took it"),
        pytest.param(state(DENIED), {}, id="its agent worked and then failed"),
        pytest.param(state(DENIED), build.out("node-b", taken=False), id="another node was broken before"),
        pytest.param(state(DENIED, node=build.node(age=HOUR)), {}, id="its node was made when the target started"),
        pytest.param(state(DENIED, node=build.node(ready_for=SECOND)), {}, id="its node came back since"),
        pytest.param(
            state(DENIED, node=replace(build.node(), created=None)), {}, id="it is unknown when its node was made"
        ),
        pytest.param(state(DENIED, node=build.node(cordoned=True)), {}, id="its node was cordoned after its turn"),
    ],
)
def test_a_node_is_charged_if(state, out):
    assert set(charges(state, out=out)) == {"node-a"}


@pytest.mark.parametrize(
    ("states", "stays"),
    [
        pytest.param([state(build.pod(), working=True)], False, id="a working pod of the target lifts it"),
        pytest.param(
            [state(build.pod(revision=build.OLD), working=True, updated=False)], True,
            id="one of another revision does not",
        ),
        pytest.param([state(STARTING)], True, id="nor does a new pod that does not work yet"),
        pytest.param([state(None)], True, id="nor does it that the pod is gone"),
        pytest.param([], True, id="nor that the node is gone"),
        pytest.param(
            [state(build.pod(), node=build.node("node-b"), working=True)], True, id="nor that it works elsewhere"
        ),
        pytest.param([state(DENIED)], True, id="it keeps the reason that it was made for"),
    ],
)  # fmt: skip
def test_a_charge_stays_until_the_target_works_there(states, stays):
    assert charges(*states, before=["node-a"]) == ({"node-a": "CrashLoop"} if stays else {})
