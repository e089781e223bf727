"""What the Events of a pod are taken to say about its probes."""

from dataclasses import replace

import pytest

from hostprocess_operator.diagnosis import diagnose_pod
from hostprocess_operator.observed import Ended, Event
from support import build
from support.build import HOUR, MINUTE, NOW, SECOND

PROBES = ("liveness", "readiness")
LEAK = "Exec probes leak memory on Windows"


def event(reason, message, *, age=MINUTE):
    return Event("uid", reason, message, 1, NOW - age, "agent")


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
