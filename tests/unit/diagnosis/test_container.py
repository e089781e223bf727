"""What the status of one container says about why it does not run."""

from dataclasses import replace

import pytest

from hostprocess_operator.api.faults import Fault
from hostprocess_operator.diagnosis import diagnose_pod
from hostprocess_operator.observed import Ended, Event
from support import build
from support.build import NOW

LOOP = {"state": "waiting", "reason": "CrashLoopBackOff", "restarts": 4, "run": ""}


def found(container, **fields):
    """Return what is found of a pod that consists of the container."""
    return diagnose_pod(replace(build.pod(ready=False, containers=(container,)), **fields), [], NOW)


def ended(code, *, init=False, sidecar=False):
    return replace(build.container(state="terminated", exit_code=code, init=init), sidecar=sidecar)


def waiting(reason, message="", *, last=None, **fields):
    return replace(build.container(state="waiting", reason=reason, message=message, run="", **fields), last=last)


@pytest.mark.parametrize(
    ("container", "reason"),
    [
        pytest.param(ended(0), Fault.CRASH_LOOP, id="an agent, that has to keep running"),
        pytest.param(ended(0, init=True, sidecar=True), Fault.CRASH_LOOP, id="so has a sidecar"),
        pytest.param(ended(1), Fault.CRASH_LOOP, id="an agent that failed"),
        pytest.param(ended(1, init=True), Fault.INIT_FAILED, id="an init container that failed"),
        pytest.param(ended(0, init=True), None, id="not an init container that is done"),
    ],
)
def test_an_end_is_a_failure_of(container, reason):
    told = found(container)
    assert (told and told.reason) == reason


@pytest.mark.parametrize(
    ("container", "text"),
    [
        pytest.param(build.container(**LOOP), "Container agent keeps ending.", id="an agent"),
        pytest.param(
            build.container(init=True, **LOOP), "Init container agent fails, so the agent does not start.",
            id="an init container",
        ),
    ],
)  # fmt: skip
def test_of_an_end_of_which_nothing_is_known_only_that_is_said(container, text):
    told = found(container)
    assert told.text == text
    assert "--previous`" in told.advice


def test_a_reason_without_words_is_told_with_those_of_the_last_end():
    silent = waiting("CreateContainerError", last=Ended(128, "StartError", "the disk is full", NOW))
    assert found(silent).text == "Container agent cannot be started: the disk is full."
    assert found(replace(silent, last=None)).text == "Container agent cannot be started."
    assert found(replace(silent, message="no room")).text == "Container agent cannot be started: no room."


@pytest.mark.parametrize(
    ("called", "advice"),
    [
        pytest.param("agent", "Correct the image of container agent in the spec.", id="whose image it is"),
        pytest.param(
            "verify-admin-rights", "Correct the image in the spec.", id="but of the probe's: it is the agent's"
        ),
    ],
)
def test_it_is_said(called, advice):
    assert found(waiting("InvalidImageName", name=called)).advice == advice


LOGON = "failed to logon user: The user name or password is incorrect."


@pytest.mark.parametrize(
    ("own", "of_the_pod", "named"),
    [
        pytest.param("Inspectors", "Others", "the account Inspectors ", id="the container's"),
        pytest.param("", "Others", "the account Others ", id="else the pod's"),
        pytest.param("", "", "the account of the image ", id="else that of its image"),
    ],
)
def test_the_account_that_cannot_log_on_is(own, of_the_pod, named):
    assert named in found(waiting("RunContainerError", LOGON, account=own), account=of_the_pod).text


def test_a_sandbox_has_the_account_of_the_pod():
    waits = replace(build.starting_pod(age=build.HOUR, containers=(waiting("ContainerCreating"),)), account="Others")
    failed = Event("uid", "FailedCreatePodSandBox", LOGON, 1, NOW)
    assert "the account Others " in diagnose_pod(replace(waits, sandboxed=False), [failed], NOW).text


@pytest.mark.parametrize(
    ("on", "node"), [pytest.param("win-1", "win-1", id="the pod's"), pytest.param("", "NODE", id="or a gap")]
)
def test_the_node_that_lacks_something_is_named_in_the_command(on, node):
    said = "0/5 nodes are available: 5 Insufficient memory."
    unbound = build.pod(on, ready=False, reason="Unschedulable", message=said)
    told = diagnose_pod(unbound, [], NOW)
    assert told.advice.endswith(f"`kubectl describe node {node}`.")
    assert told.examples == (node,)


def test_where_the_command_names_the_pod_that_is_what_differs():
    unbound = build.pod("win-1", name="POD", ready=False, reason="Unschedulable", message="no words that are known")
    assert diagnose_pod(unbound, [], NOW).examples == ("POD",)
