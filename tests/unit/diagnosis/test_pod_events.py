"""Which Events of a pod count, and what they are taken to say."""

from dataclasses import replace

import pytest

from hostprocess_operator.api.faults import Fault
from hostprocess_operator.api.reasons import Reason
from hostprocess_operator.diagnosis import diagnose_pod
from hostprocess_operator.observed import Ended, Event
from support import build
from support.build import HOUR, MINUTE, NOW, SECOND

PROBES = ("liveness", "readiness")
LEAK = "Exec probes leak memory on Windows"


def event(reason, message, *, age=MINUTE):
    return Event("uid", reason, message, 1, NOW - age, "agent")


def starting(*, sandboxed=True):
    """Return a pod whose container waits for its start."""
    waits = build.container(run="", state="waiting", reason="ContainerCreating")
    return replace(build.starting_pod(age=HOUR, containers=(waits,)), sandboxed=sandboxed)


def pod(**fields):
    """Return a pod whose container is not ready, or has ended."""
    return build.pod(ready=False, containers=(replace(build.container(), probes=PROBES, **fields),))


CRASHING = pod(
    state="waiting",
    reason="CrashLoopBackOff",
    restarts=4,
    run="",
    last=Ended(1, "Error", "", NOW - MINUTE),
)
UP_AGAIN = pod(restarts=3, started=NOW - SECOND, ready=True, last=Ended(1, "Error", "", NOW))
KILLED = event("Killing", "Container agent failed liveness probe, will be restarted")
DEAD = event("Unhealthy", "Liveness probe failed: it hangs")
UNREADY = event("Unhealthy", "Readiness probe failed: statuscode: 500", age=SECOND)


def test_the_probe_that_ended_a_run_is_quoted_and_no_other():
    assert diagnose_pod(CRASHING, [KILLED, DEAD, UNREADY], NOW).text == (
        "The liveness probe of container agent fails, for which the kubelet restarts it: it hangs."
    )


def test_of_a_probe_that_ended_a_run_and_is_not_quoted_only_its_kind_is_said():
    assert diagnose_pod(CRASHING, [KILLED, UNREADY], NOW).text == (
        "The liveness probe of container agent fails, for which the kubelet restarts it."
    )


@pytest.mark.parametrize(
    ("message", "exec_probes", "text", "leaks"),
    [
        pytest.param(
            "Readiness probe failed: no", (), "The readiness probe of container agent fails: no.", False, id="its kind"
        ),
        pytest.param(
            "Readiness probe failed: no", ("readiness",), "The readiness probe of container agent fails: no.", True,
            id="that it is an exec probe",
        ),
        pytest.param(
            "Readiness probe failed: no", ("liveness",), "The readiness probe of container agent fails: no.", False,
            id="that another one is does not matter",
        ),
        pytest.param("It is ill", (), "A probe of container agent fails: It is ill.", False, id="not in other words"),
        pytest.param(
            "It is ill", ("liveness",), "A probe of container agent fails: It is ill.", True, id="then any may be exec"
        ),
    ],
)  # fmt: skip
def test_what_is_said_of_a_probe(message, exec_probes, text, leaks):
    found = diagnose_pod(pod(exec_probes=exec_probes), [event("Unhealthy", message)], NOW)
    assert found.text == text
    assert found.advice.startswith(LEAK) is leaks


@pytest.mark.parametrize(
    ("last", "started"),
    [
        pytest.param(None, NOW - HOUR, id="nobody knows when the probe failed"),
        pytest.param(NOW - MINUTE, NOW - MINUTE, id="it failed as soon as the run began"),
    ],
)
def test_a_probe_counts_for_the_run_that_it_may_be_of(last, started):
    asked = pod(started=started)
    assert diagnose_pod(asked, [replace(UNREADY, last=last)], NOW).text.startswith("The readiness probe")


NOT_FOUND = event("Failed", 'Failed to pull image "x": registry.example/x: not found')
ERR_PULL = event("Failed", "Error: ErrImagePull", age=SECOND)
NO_SANDBOX = event("FailedCreatePodSandBox", "Failed to create pod sandbox: no")
NOT_MOUNTED = event("FailedMount", "Unable to attach or mount volumes: unmounted volumes=[data]", age=SECOND)
UNSCHEDULABLE = event("FailedScheduling", "0/5 nodes are available: 5 Insufficient memory.")


@pytest.mark.parametrize(
    ("asked", "events", "reason"),
    [
        pytest.param(starting(), [NOT_FOUND], Fault.IMAGE_NOT_FOUND, id="the pull failed"),
        pytest.param(starting(), [ERR_PULL, NOT_FOUND], Fault.IMAGE_NOT_FOUND, id="and that it did is not why"),
        pytest.param(starting(), [ERR_PULL], Reason.PULLING, id="that it did says nothing alone"),
        pytest.param(
            starting(), [event("Failed", "Error: failed to create containerd container: no")], Fault.START_FAILED,
            id="the container cannot be made",
        ),
        pytest.param(
            starting(sandboxed=False), [UNSCHEDULABLE], Fault.INSUFFICIENT_RESOURCES, id="the scheduler found no place"
        ),
        pytest.param(
            starting(sandboxed=False), [NOT_MOUNTED, NO_SANDBOX], Fault.VOLUME_UNAVAILABLE,
            id="that a volume is waited for counts, unless another event says which",
        ),
        pytest.param(
            pod(), [event("BackOff", "Readiness probe failed: no")], Reason.STARTING, id="nobody else tells of probes"
        ),
        pytest.param(
            CRASHING, [replace(KILLED, container="other")], Fault.CRASH_LOOP, id="another container was ended so"
        ),
        pytest.param(
            CRASHING, [event("Unhealthy", "Container agent failed liveness probe")], Fault.CRASH_LOOP,
            id="only Killing tells that a probe has ended a run",
        ),
        pytest.param(
            CRASHING, [replace(KILLED, last=NOW - 6 * MINUTE)], Fault.PROBE_FAILED, id="five minutes before the end"
        ),
        pytest.param(CRASHING, [NOT_FOUND], Fault.CRASH_LOOP, id="an image that did not come is an old story"),
        pytest.param(
            UP_AGAIN, [KILLED], Fault.PROBE_FAILED, id="it is up again, and its probe has ended it before",
        ),
        pytest.param(
            UP_AGAIN, [], Fault.CRASH_LOOP, id="it is up again, and no event tells why it ended",
        ),
    ],
)  # fmt: skip
def test_which_events_count(asked, events, reason):
    assert diagnose_pod(asked, events, NOW).reason is reason


def backing_off(message):
    return pod(state="waiting", reason="ImagePullBackOff", message=message, run="")


@pytest.mark.parametrize(
    ("events", "reason"),
    [
        pytest.param([ERR_PULL, NOT_FOUND], Fault.IMAGE_NOT_FOUND, id="as the newest event says that tells why"),
        pytest.param([replace(NOT_FOUND, reason="Pulled")], Fault.IMAGE_PULL_FAILED, id="not as others say"),
        pytest.param([], Fault.IMAGE_PULL_FAILED, id="whatever it is, without an event"),
    ],
)
def test_an_image_that_is_tried_again_later_is_missing(events, reason):
    assert diagnose_pod(backing_off('Back-off pulling image "x"'), events, NOW).reason is reason


@pytest.mark.parametrize(
    ("hook", "reason"),
    [
        pytest.param("postStart", "FailedPostStartHook", id="after the start"),
        pytest.param("preStop", "FailedPreStopHook", id="before the end"),
    ],
)
def test_of_a_hook_its_own_event_is_quoted(hook, reason):
    asked = replace(CRASHING, containers=tuple(replace(each, hooks=True) for each in CRASHING.containers))
    failed = event(reason, 'hook for "agent" failed - error: no such file')
    assert diagnose_pod(asked, [failed, event("BackOff", "failed - error: else", age=SECOND)], NOW).text == (
        f"The {hook} hook of container agent fails: no such file."
    )


def test_a_volume_whose_name_is_not_told_is_a_volume():
    found = diagnose_pod(starting(sandboxed=False), [event("FailedMount", "timed out")], NOW)
    assert found.text == "A volume cannot be mounted: timed out."


def test_of_a_pod_that_does_not_go_only_what_keeps_it_is_quoted():
    stuck = replace(build.pod(deleting=True), gone_by=NOW - HOUR)
    kept = event("FailedKillPod", "error killing pod: no answer")
    assert diagnose_pod(stuck, [kept, event("Killing", "Stopping container", age=SECOND)], NOW).text == (
        "A deleted pod does not go away though its grace period is over: no answer."
    )
