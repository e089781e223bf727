"""Which pods have something to explain, and from what: status first, events where the status does not say."""

from dataclasses import replace

import pytest

from hostprocess_operator.api.faults import Fault
from hostprocess_operator.api.reasons import Reason
from hostprocess_operator.diagnosis import Severity, diagnose_pod, wants_events
from hostprocess_operator.diagnosis.pod import GRACE, OVERDUE, SETTLED
from hostprocess_operator.observed import Ended, Event
from support import build
from support.build import HOUR, MINUTE, NOW, SECOND

LATER = GRACE + SECOND


def event(reason, message, *, age=MINUTE, container=""):
    """Return an event of so long ago."""
    return Event("uid", reason, message, 1, None if age is None else NOW - age, container)


def container(name="agent", *, crash=None, **fields):
    """Return a container; `crash` is the exit code of the run before."""
    extra = {key: fields.pop(key) for key in ("image", "ready", "probes", "hooks", "sidecar") if key in fields}
    last = None if crash is None else Ended(crash, "Error", "", NOW - MINUTE)
    return replace(build.container(name, **fields), last=last, **({"image": "registry.example/agent:1"} | extra))


def pod(*containers, sandboxed=True, gone_by=None, **fields):
    """Return a pod of these containers that is not ready."""
    return replace(
        build.pod(ready=False, containers=containers, deleting=gone_by is not None, **fields),
        sandboxed=sandboxed,
        gone_by=gone_by,
    )


def waiting(reason="PodInitializing", **fields):
    return container(run="", state="waiting", reason=reason, **fields)


def init(name="setup", **fields):
    return container(name, init=True, **fields)


DONE = init(state="terminated", reason="Completed", exit_code=0, ended=HOUR)
UNSEEN = container(run="", state="")
WELL = container(ready=True, probes=("liveness", "readiness"))
LOOP = "back-off 5m0s restarting failed container=agent"
CRASHING = {"state": "waiting", "reason": "CrashLoopBackOff", "message": LOOP, "restarts": 4, "crash": 1}
RUNNING = {"state": "running", "probes": ("readiness",)}
DENIED = pod(WELL, gate=build.verdict("False", "NotAdministrator"))
YOUNG = {"age": 5 * SECOND, "restarts": 3, "crash": 1}
BACK_OFF = {"message": 'Back-off pulling image "x"'}


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        pytest.param(build.pod(), False, id="a pod that is well"),
        pytest.param(DENIED, False, id="a pod that only its verdict keeps from being ready"),
        pytest.param(pod(waiting(), age=GRACE - SECOND), False, id="a pod that was just made"),
        pytest.param(pod(waiting(), age=GRACE), True, id="a pod that does not start when its first seconds are over"),
        pytest.param(pod(waiting(), age=LATER), True, id="a pod that does not start, a few seconds later"),
        pytest.param(pod(UNSEEN, age=LATER), True, id="a pod that the kubelet has said nothing of"),
        pytest.param(
            pod(replace(DONE, finished=NOW - SECOND), waiting(), age=HOUR), False,
            id="the next container's turn has just come",
        ),
        pytest.param(pod(init(), waiting(), age=HOUR), False, id="an init container runs"),
        pytest.param(
            pod(init(sidecar=True, ready=True), waiting(), age=HOUR), True, id="beside a sidecar nothing starts"
        ),
        pytest.param(pod(waiting("ErrImagePull", message="x: not found")), False, id="the status tells of the image"),
        pytest.param(pod(waiting("ImagePullBackOff", **BACK_OFF)), True, id="the status does not tell of the image"),
        pytest.param(pod(container(**CRASHING)), False, id="a crash loop that nothing but the agent can cause"),
        pytest.param(
            pod(container(probes=("liveness",), **CRASHING)), True, id="a crash loop that a probe may cause"
        ),
        pytest.param(
            pod(container(probes=("readiness",), **CRASHING)), False, id="a readiness probe causes no crash loop"
        ),
        pytest.param(pod(container(hooks=True, **CRASHING)), True, id="a crash loop that a hook may cause"),
        pytest.param(pod(container(**RUNNING)), True, id="a container that runs and is not ready"),
        pytest.param(pod(container(age=GRACE, **RUNNING)), True, id="and from its first seconds on"),
        pytest.param(pod(container(age=GRACE - SECOND, **RUNNING)), False, id="a container that just started"),
        pytest.param(pod(container(hooks=True, **YOUNG)), True, id="one that a hook may have ended is up again"),
        pytest.param(pod(container(**YOUNG)), False, id="one that only the agent can have ended is"),
        pytest.param(pod(waiting(), phase="Failed", reason="Evicted"), False, id="a pod that was given up"),
        pytest.param(pod(waiting(), reason="Unschedulable", message="0/5"), False, id="the scheduler has spoken"),
        pytest.param(pod(WELL, gone_by=NOW), False, id="a pod that is going away"),
        pytest.param(pod(waiting(), age=HOUR, gone_by=NOW), False, id="a pod that is going away unstarted"),
        pytest.param(pod(WELL, gone_by=NOW - OVERDUE - SECOND), True, id="a pod that should be gone by now"),
    ],
)  # fmt: skip
def test_wants_events(asked, expected):
    assert wants_events(asked, NOW) is expected


@pytest.mark.parametrize(
    ("asked", "events"),
    [
        pytest.param(build.pod(), [], id="a pod that is well"),
        pytest.param(
            build.pod(), [event("FailedMount", 'MountVolume.SetUp failed for volume "x" : timed out')],
            id="a pod that is well, with an old trouble",
        ),
        pytest.param(DENIED, [], id="a pod that only its verdict keeps from being ready"),
        pytest.param(pod(waiting(), age=GRACE - SECOND), [], id="a pod that was just made"),
        pytest.param(pod(WELL, gone_by=NOW), [], id="a pod that is going away in time"),
        pytest.param(pod(WELL, gone_by=NOW - OVERDUE), [], id="a pod whose kubelet may still need a moment"),
        pytest.param(
            pod(waiting("ErrImagePull", message="x: not found"), gone_by=NOW), [], id="a bad pod that is going away"
        ),
        pytest.param(
            pod(waiting(), reason="Unschedulable", gone_by=NOW), [], id="an unscheduled pod that is going away"
        ),
        pytest.param(pod(container(**RUNNING), gone_by=NOW), [], id="a pod that is going away before it was ready"),
        pytest.param(pod(waiting(), phase="Failed", reason="Evicted", gone_by=NOW), [], id="one that was given up"),
        pytest.param(pod(container(ready=True, **YOUNG), gone_by=NOW), [], id="one that is up again"),
        pytest.param(pod(init(), waiting(), gone_by=NOW), [], id="one whose init container runs"),
        pytest.param(
            pod(
                replace(DONE, started=NOW - SECOND, restarts=1, last=Ended(1, "Error", "", NOW)), container(ready=True)
            ), [], id="an init container that came through at last",
        ),
        pytest.param(pod(init(age=GRACE - SECOND), waiting()), [], id="an init container that just started"),
        pytest.param(pod(container(ready=True, restarts=9, crash=1)), [], id="a container that came through"),
        pytest.param(
            pod(replace(container(age=SECOND, restarts=1), last=Ended(255, "Unknown", "", NOW - MINUTE))), [],
            id="a container that ended with its node",
        ),
        pytest.param(
            pod(container(age=SECOND, restarts=1, crash=0)), [], id="a container that has ended once, with success"
        ),
    ],
)  # fmt: skip
def test_nothing_to_explain(asked, events):
    assert diagnose_pod(asked, events, NOW) is None


NOT_MOUNTED = event("FailedMount", 'MountVolume.SetUp failed for volume "config" : configmap "c" not found', age=HOUR)
NO_SANDBOX = event("FailedCreatePodSandBox", "Failed to create pod sandbox: no")
PULLING = event("Pulling", 'Pulling image "registry.example/agent:1"', age=4 * MINUTE)
PULLED = event("Pulled", "Successfully pulled image", age=SECOND)
NOT_READY = event("Unhealthy", "Readiness probe failed: statuscode: 500")
KILLED = event("Killing", "Container agent failed liveness probe, will be restarted", container="agent")
HOOK = event("FailedPostStartHook", "PostStartHook failed", container="agent")


@pytest.mark.parametrize(
    ("asked", "events", "expected"),
    [
        pytest.param(pod(waiting(), sandboxed=False), [NO_SANDBOX], Fault.SANDBOX_FAILED, id="no sandbox"),
        pytest.param(pod(waiting()), [NO_SANDBOX], Reason.PULLING, id="a sandbox at last"),
        pytest.param(
            pod(waiting(), sandboxed=None), [NO_SANDBOX, PULLING], Fault.SANDBOX_FAILED, id="a sandbox that was lost"
        ),
        pytest.param(
            pod(waiting(), sandboxed=None), [NOT_MOUNTED, PULLING], Reason.PULLING, id="a volume that came"
        ),
        pytest.param(
            pod(waiting(), sandboxed=False), [NOT_MOUNTED, NO_SANDBOX], Fault.SANDBOX_FAILED, id="the newest speaks"
        ),
        pytest.param(pod(waiting()), [PULLING], Reason.PULLING, id="the image is on its way"),
        pytest.param(pod(waiting()), [], Reason.PULLING, id="with a sandbox it can only be the image"),
        pytest.param(pod(waiting(), sandboxed=False), [], Reason.STARTING, id="without a sandbox it may be anything"),
        pytest.param(pod(waiting(), sandboxed=None), [], Reason.STARTING, id="an old kubelet does not say"),
        pytest.param(pod(waiting(), reason="NodeLost"), [], Reason.PULLING, id="a reason alone is no giving up"),
        pytest.param(pod(UNSEEN), [], Reason.STARTING, id="the kubelet has said nothing"),
        pytest.param(pod(init(), waiting()), [], Reason.STARTING, id="an init container runs for long"),
        pytest.param(pod(init(age=GRACE), waiting()), [], Reason.STARTING, id="and from its first seconds on"),
        pytest.param(
            pod(container(state="terminated", exit_code=1), phase="Failed"), [], Fault.CRASH_LOOP,
            id="a pod that ended for no reason of its node's was not given up",
        ),
        pytest.param(pod(container(**RUNNING)), [NOT_READY], Fault.PROBE_FAILED, id="the probe fails"),
        pytest.param(pod(container(**RUNNING)), [], Reason.STARTING, id="the probe has not been tried"),
        pytest.param(
            pod(container(**RUNNING)), [replace(NOT_READY, last=NOW - 2 * HOUR)], Reason.STARTING,
            id="a probe that failed in an earlier run",
        ),
        pytest.param(
            pod(container(**RUNNING)), [replace(NOT_READY, container="other")], Reason.STARTING,
            id="a probe of another container",
        ),
        pytest.param(pod(container(**CRASHING)), [KILLED], Fault.CRASH_LOOP, id="without a probe none has ended it"),
        pytest.param(
            pod(container(probes=("liveness",), **CRASHING)), [KILLED], Fault.PROBE_FAILED, id="ended by its probe"
        ),
        pytest.param(
            pod(container(probes=("liveness",), **CRASHING)), [replace(KILLED, last=NOW - HOUR)], Fault.CRASH_LOOP,
            id="ended by its probe long before",
        ),
        pytest.param(pod(container(hooks=True, **CRASHING)), [HOOK], Fault.HOOK_FAILED, id="ended by its hook"),
        pytest.param(pod(container(hooks=True, **CRASHING)), [], Fault.CRASH_LOOP, id="a hook that did not fail"),
        pytest.param(pod(container(ready=True, **YOUNG)), [], Fault.CRASH_LOOP, id="up again for the third time"),
        pytest.param(
            pod(container(ready=True, **(YOUNG | {"crash": 0}))), [], Fault.CRASH_LOOP,
            id="up again for the third time, though it ended with success",
        ),
        pytest.param(
            pod(container(age=SECOND, restarts=1, crash=1)), [], Fault.CRASH_LOOP, id="up again after a first failure"
        ),
        pytest.param(
            pod(container(hooks=True, **YOUNG)), [HOOK], Fault.HOOK_FAILED, id="up again, ended by its hook before"
        ),
        pytest.param(
            pod(init(**CRASHING), waiting()), [], Fault.INIT_FAILED, id="the container that is in the way comes first"
        ),
        pytest.param(
            pod(container("a", **CRASHING), waiting("InvalidImageName")), [], Fault.INVALID_IMAGE_NAME,
            id="the gravest comes first",
        ),
        pytest.param(
            pod(WELL, gone_by=NOW - OVERDUE - SECOND), [], Fault.STUCK_TERMINATING, id="a pod that should be gone"
        ),
    ],
)  # fmt: skip
def test_reason(asked, events, expected):
    assert diagnose_pod(asked, events, NOW).reason is expected


def test_crash_is_over_once_the_run_has_lasted():
    asked = pod(container(ready=True, **(YOUNG | {"age": SETTLED})))
    assert diagnose_pod(asked, [], NOW) is None


@pytest.mark.parametrize(
    ("age", "text"),
    [
        pytest.param(10 * SECOND, "The image registry.example/agent:1 is being pulled.", id="no minutes yet"),
        pytest.param(
            299 * SECOND, "The image registry.example/agent:1 has been pulling for 4 min.", id="whole minutes"
        ),
        pytest.param(-HOUR, "The image registry.example/agent:1 is being pulled.", id="an event of the future"),
        pytest.param(None, "The image registry.example/agent:1 is being pulled.", id="an event without a time"),
    ],
)
def test_pulling(age, text):
    found = diagnose_pod(pod(waiting()), [replace(PULLING, last=None if age is None else NOW - age)], NOW)
    assert (found.text, found.severity) == (text, Severity.PROGRESS)


def test_pulled_image_is_not_said_to_be_on_its_way():
    found = diagnose_pod(pod(waiting()), [PULLING, PULLED], NOW)
    assert found.text == "The image registry.example/agent:1 is on the node, and container agent is being made."


def test_image_of_another_container_does_not_matter():
    found = diagnose_pod(pod(waiting()), [PULLING, replace(PULLED, container="other")], NOW)
    assert found.reason is Reason.PULLING


@pytest.mark.parametrize(
    ("state", "command"),
    [
        pytest.param(
            {"state": "terminated", "exit_code": 1}, "kubectl logs POD -c agent -n agents", id="of the first run itself"
        ),
        pytest.param(
            {"state": "terminated", "exit_code": 1, "crash": 1}, "kubectl logs POD -c agent -n agents --previous",
            id="of a run before",
        ),
        pytest.param(CRASHING, "kubectl logs POD -c agent -n agents --previous", id="of the run that ended"),
    ],
)  # fmt: skip
def test_log_command(state, command):
    found = diagnose_pod(pod(container(**state), name="POD"), [], NOW)
    assert found.advice.endswith(f"`{command}`.")
