"""Words of components that no file in tests/data/failures holds: other versions, other languages of the same thing."""

from dataclasses import replace

import pytest

from hostprocess_operator.api.faults import Fault
from hostprocess_operator.diagnosis import diagnose_pod
from hostprocess_operator.diagnosis.texts import GIVEN_UP, PULL, SCHEDULING, START, fault_in
from support import build

OTHER_NODES = "4 node(s) didn't match Pod's node affinity/selector"


@pytest.mark.parametrize(
    ("rows", "words", "expected"),
    [
        pytest.param(START, "failed to log on user: Access is denied.", Fault.RUNTIME_NOT_LOCAL_SYSTEM, id="log on"),
        pytest.param(START, "mkdir: Access is denied.", None, id="access that is denied to something else"),
        pytest.param(
            START, "failed to create user process token: empty username or group name passed",
            Fault.RUN_AS_USER_MISSING, id="no account at all, though there is no token either",
        ),
        pytest.param(
            START, "pod must not contain any HostProcess containers if Pod's WindowsOptions.HostProcess is false",
            Fault.MIXED_HOST_PROCESS, id="a pod that is none",
        ),
        pytest.param(
            START, "hostProcess containers are disallowed by cluster policy", Fault.ALLOW_PRIVILEGED_DISABLED,
            id="a policy of the node",
        ),
        pytest.param(START, "no such file or directory", None, id="anything else"),
        pytest.param(PULL, "no matching manifest for windows(10.0.26100)/amd64", Fault.IMAGE_OS_MISMATCH, id="docker"),
        pytest.param(PULL, 'image operating system "linux" cannot be used on this platform', Fault.IMAGE_OS_MISMATCH,
                     id="an image of Linux"),
        pytest.param(PULL, "unexpected status: 401 Unauthorized", Fault.IMAGE_PULL_DENIED, id="401"),
        pytest.param(PULL, "unexpected status: 403 Forbidden", Fault.IMAGE_PULL_DENIED, id="403"),
        pytest.param(PULL, "denied: requested access to the resource is denied", Fault.IMAGE_PULL_DENIED, id="denied"),
        pytest.param(PULL, "manifest unknown: OCI index not found", Fault.IMAGE_NOT_FOUND, id="manifest unknown"),
        pytest.param(PULL, "lookup registry.example: no such host", None, id="a registry that has no address"),
        pytest.param(
            SCHEDULING, "1 node(s) had taints that the pod didn't tolerate", Fault.TAINT_NOT_TOLERATED, id="old words"
        ),
        pytest.param(
            SCHEDULING, "1 node(s) had taint {gpu: true}, that the pod didn't tolerate", Fault.TAINT_NOT_TOLERATED,
            id="older words",
        ),
        pytest.param(
            SCHEDULING, f"1 Insufficient memory, 2 node(s) had untolerated taint {{x: }}, {OTHER_NODES}",
            Fault.INSUFFICIENT_RESOURCES, id="taints of other nodes",
        ),
        pytest.param(
            SCHEDULING, f"1 node(s) had untolerated taint {{x: }}, {OTHER_NODES}", Fault.TAINT_NOT_TOLERATED,
            id="the affinity of other nodes",
        ),
        pytest.param(SCHEDULING, "5 node(s) didn't satisfy plugin(s) [NodeAffinity]", Fault.NO_MATCHING_NODE,
                     id="a node that is gone"),
        pytest.param(SCHEDULING, "no nodes available to schedule pods", None, id="no node"),
        pytest.param(GIVEN_UP, "OutOfcpu", Fault.INSUFFICIENT_RESOURCES, id="given up for lack of CPU"),
        pytest.param(GIVEN_UP, "OutOfpods", Fault.INSUFFICIENT_RESOURCES, id="given up for lack of room"),
        pytest.param(GIVEN_UP, "NodeAffinity", Fault.NO_MATCHING_NODE, id="given up for its affinity"),
        pytest.param(GIVEN_UP, "NodeName", Fault.NO_MATCHING_NODE, id="given up for its node"),
        pytest.param(GIVEN_UP, "NodePorts", Fault.PORT_CONFLICT, id="given up for its ports"),
        pytest.param(GIVEN_UP, "TaintToleration", Fault.TAINT_NOT_TOLERATED, id="given up for a taint"),
        pytest.param(GIVEN_UP, "NotEvicted", None, id="a reason that only contains another"),
    ],
)  # fmt: skip
def test_fault(rows, words, expected):
    assert fault_in(words, rows) is expected


def given_up(reason, message):
    return build.pod(ready=False, phase="Failed", reason=reason, message=message, name="POD")


@pytest.mark.parametrize(
    ("pod", "text"),
    [
        pytest.param(
            given_up("OutOfcpu", "Node didn't have enough resource: cpu, requested: 100, used: 4000, capacity: 4000"),
            "The node has too little left for the agent: cpu.", id="the kubelet finds too little CPU",
        ),
        pytest.param(
            given_up("OutOfpods", "Node didn't have enough resource: pods, requested: 1, used: 110, capacity: 110"),
            "The node has too little left for the agent: room for pods.", id="the kubelet has no room",
        ),
        pytest.param(
            given_up("Terminated", "Pod was terminated in response to imminent node shutdown."),
            "The node gave the pod up (Terminated): Pod was terminated in response to imminent node shutdown.",
            id="the node shuts down",
        ),
        pytest.param(
            build.pod(ready=False, reason="Unschedulable", message="1 node(s) had untolerated taint {gpu: }."),
            "The taint gpu keeps the agent off the node.", id="a taint without value",
        ),
        pytest.param(
            build.pod(ready=False, reason="Unschedulable", message="1 node(s) had untolerated taint(s) {a: b}."),
            "The taint a=b keeps the agent off the node.", id="a taint in other words",
        ),
    ],
)  # fmt: skip
def test_text(pod, text):
    assert diagnose_pod(pod, [], build.NOW).text == text


@pytest.mark.parametrize(
    ("words", "program"),
    [
        pytest.param(
            r'from commandline "\"C:\\Program Files\\a.exe\"": failed to find executable "C:\\Program Files\\a.exe"',
            r" C:\Program Files\a.exe", id="a path with a space",
        ),
        pytest.param('from commandline "a.exe -x": failed to find executable "a.exe"', " a.exe", id="a name"),
        pytest.param('failed to get application name from commandline "a.exe": no', " a.exe", id="the command alone"),
        pytest.param("failed to find executable", "", id="no name"),
    ],
)  # fmt: skip
def test_program(words, program):
    waiting = build.container(run="", state="waiting", reason="RunContainerError", message=words)
    found = diagnose_pod(build.pod(ready=False, containers=(waiting,)), [], build.NOW)
    assert found.text == f"The program{program} that container agent is to run does not exist on the node."


@pytest.mark.parametrize(
    ("image", "server"),
    [
        pytest.param("agent:1", "docker.io", id="a name alone"),
        pytest.param("team/agent:1", "docker.io", id="a team's name is no registry"),
        pytest.param("registry.example/agent:1", "registry.example", id="a registry"),
        pytest.param("registry:5000/agent", "registry:5000", id="a registry with a port"),
        pytest.param("localhost/agent", "localhost", id="this machine"),
    ],
)
def test_registry_that_wants_credentials(image, server):
    waiting = build.container(run="", state="waiting", reason="ErrImagePull", message="pull access denied")
    pod = build.pod(ready=False, containers=(replace(waiting, image=image),))
    assert f"--docker-server={server} " in diagnose_pod(pod, [], build.NOW).advice
