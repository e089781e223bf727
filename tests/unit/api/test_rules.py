"""What a refusal says, and how near one may come to it. That each rule is broken somewhere is shown by the samples."""

import pytest

from hostprocess_operator.api.agent import HostProcessAgent
from hostprocess_operator.api.parse import parse_agent
from hostprocess_operator.api.shapes.containers import folded_mount_path

AGENT = {"name": "agent", "image": "registry.example/agent:1.0"}
DATA = [{"name": "data", "emptyDir": {}}]
MOUNT = {"name": "data", "mountPath": "/data"}


def parse(**spec):
    return parse_agent({"metadata": {"name": "sample"}, "spec": {"containers": [AGENT], **spec}})


def agent_with(**fields):
    return {"containers": [{**AGENT, **fields}]}


def volume(**source):
    return {"volumes": [{"name": "data", **source}]}


@pytest.mark.parametrize(
    ("spec", "way_out"),
    [
        pytest.param(
            volume(hostPath={"path": r"\\.\pipe\docker_engine"}),
            "let the agent open it by its path on the node",
            id="a named pipe is opened directly",
        ),
        pytest.param(
            volume(hostPath={"path": r"C:\csi", "type": "Socket"}),
            "let the agent open it by its path on the node",
            id="a socket is opened directly",
        ),
        pytest.param(volume(emptyDir={"medium": "Memory"}), "leave it out", id="memory volumes become disk volumes"),
        pytest.param(
            agent_with(securityContext={"privileged": True}),
            "an account goes into runAsUserName",
            id="a security context becomes an account",
        ),
        pytest.param({"hostNetwork": True}, "the operator sets it", id="host network is the operator's"),
        pytest.param({"dnsPolicy": "Default"}, "KUBERNETES_SERVICE_HOST", id="services are reached by address"),
        pytest.param({"runAsUserName": "SYSTEM"}, r"write NT AUTHORITY\SYSTEM", id="SYSTEM needs its authority"),
        pytest.param(
            {"runAsUserName": "ContainerAdministrator"},
            r"write NT AUTHORITY\SYSTEM",
            id="an account of containers becomes SYSTEM",
        ),
        pytest.param(
            agent_with(command=["one\ntwo"]), "run a script from a ConfigMap", id="a script goes into a ConfigMap"
        ),
        pytest.param(
            agent_with(ports=[{"containerPort": 80, "hostPort": 81}]),
            "equal to containerPort, or left out",
            id="a host port is the port",
        ),
        pytest.param(
            {"nodeSelector": {"kubernetes.io/os": "linux"}}, "leave kubernetes.io/os out", id="only Windows nodes"
        ),
        pytest.param(
            agent_with(lifecycle={"preStop": {"sleep": {"seconds": 31}}}),
            "shorten the sleep or allow more time",
            id="a sleep fits into the grace period",
        ),
        pytest.param(
            {"verification": {"container": "agent"}}, "set mode: AgentLog", id="only AgentLog has a container"
        ),
        pytest.param(
            {"verification": {"mode": "AgentLog", "container": "other"}},
            "write the name of one of spec.containers",
            id="the log is that of a container of the agent",
        ),
        pytest.param(
            {"podMetadata": {"labels": {"hostprocess.dev/agent": "x"}}},
            "the operator writes what it needs",
            id="our labels are ours",
        ),
        pytest.param(
            agent_with(name="verify-admin-rights"), "choose another name", id="the probe's name is the operator's"
        ),
        pytest.param({"rollout": {"maxUnavailable": "0%"}}, "from 1% to 100%", id="a rollout needs room"),
        pytest.param(
            agent_with(resources={"limits": {"cpu": 0.5}}), "write a fraction as text, in quotes", id="half a core"
        ),
        pytest.param(agent_with(env=[{"name": "A", "value": 1}]), "put it in quotes", id="a variable is a text"),
    ],
)
def test_a_refusal_says_the_way_out(spec, way_out):
    [error] = parse(**spec).errors

    assert way_out in error.message


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param(
            agent_with(lifecycle={"preStop": {"sleep": {"seconds": 30}}}), id="a sleep as long as the grace period"
        ),
        pytest.param(
            agent_with(resources={"limits": {"cpu": "1"}, "requests": {"cpu": "1000m"}}), id="request = limit"
        ),
        pytest.param(volume(hostPath={"path": r"\\server\share\pipe"}), id="a share with a folder called pipe"),
        pytest.param(volume(hostPath={"path": r"C:\x.socks"}), id="a file that only begins like a socket"),
        pytest.param(volume(hostPath={"path": r"C:\a..b"}), id="two dots within a name"),
        pytest.param(
            {**agent_with(volumeMounts=[{**MOUNT, "mountPath": "C:\\x"}]), "volumes": DATA}, id="a folder of the drive"
        ),
        pytest.param({"runAsUserName": "systems"}, id="a group whose name begins like SYSTEM"),
        pytest.param({"runAsUserName": "ContainerAdministrators"}, id="a group that begins like a container account"),
        pytest.param(
            {"podMetadata": {"labels": {"hostprocess.dev.example/x": "y"}}}, id="a prefix that only looks ours"
        ),
        pytest.param({"rollout": {"minReadySeconds": 1799}}, id="ready one second before the deadline"),
        pytest.param(
            {"verification": {"mode": "None", "expect": "Administrator"}}, id="an expectation that nobody asks for"
        ),
    ],
)
def test_what_only_looks_wrong_is_accepted(spec):
    assert isinstance(parse(**spec), HostProcessAgent)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("/Data/X", r"\data\x", id="slashes and case"),
        pytest.param("/data", r"C:\data", id="a drive letter"),
        pytest.param("/data", "D:/data", id="another drive letter: below a container's root there is but one"),
        pytest.param("/data", "/data/", id="a slash at the end"),
    ],
)
def test_paths_that_windows_cannot_tell_apart_are_one_mount(one, other):
    assert folded_mount_path(one) == folded_mount_path(other)


def test_paths_of_different_folders_are_different_mounts():
    assert folded_mount_path("/data/x") != folded_mount_path("/data_x")
