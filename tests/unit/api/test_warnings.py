"""What is allowed and yet worth a word."""

import pytest

from hostprocess_operator.api.parse import parse_agent
from hostprocess_operator.api.warnings import warnings_of

AGENT = {"name": "agent", "image": "registry.example/agent:1.0"}
DATA = [{"name": "data", "emptyDir": {}}]


def paths(**spec):
    agent = parse_agent({"metadata": {"name": "sample"}, "spec": {"containers": [AGENT], **spec}})
    return [warning.path for warning in warnings_of(agent)]


def agent_with(**fields):
    return {"containers": [{**AGENT, **fields}]}


@pytest.mark.parametrize(
    ("spec", "path"),
    [
        pytest.param({"terminationGracePeriodSeconds": 0}, "spec.terminationGracePeriodSeconds", id="no time to stop"),
        pytest.param({"runAsUserName": "group"}, "spec.runAsUserName", id="a group has to exist on every node"),
        pytest.param({"runAsUserName": r"EXAMPLE\user"}, "spec.runAsUserName", id="a user has a password"),
        pytest.param(
            {"runAsUserName": r"NT AUTHORITY\IUSR"}, "spec.runAsUserName", id="not every service account can log on"
        ),
        pytest.param(
            agent_with(runAsUserName="group"), "spec.containers[0].runAsUserName", id="the account of one container"
        ),
        pytest.param(
            {"initContainers": [{**AGENT, "name": "init", "runAsUserName": "group"}]},
            "spec.initContainers[0].runAsUserName",
            id="the account of an init container",
        ),
        pytest.param(
            agent_with(readinessProbe={"exec": {"command": ["check.exe"]}}),
            "spec.containers[0].readinessProbe.exec",
            id="a process for every check",
        ),
        pytest.param(
            agent_with(resources={"limits": {"memory": "1Gi"}}),
            "spec.containers[0].resources.limits.memory",
            id="a memory limit that kills nobody",
        ),
        pytest.param(
            agent_with(volumeMounts=[{"name": "data", "mountPath": "/a", "subPath": "b"}]) | {"volumes": DATA},
            "spec.containers[0].volumeMounts[0].subPath",
            id="a path within a volume",
        ),
        pytest.param(
            agent_with(volumeMounts=[{"name": "data", "mountPath": "/a", "subPathExpr": "$(B)"}]) | {"volumes": DATA},
            "spec.containers[0].volumeMounts[0].subPathExpr",
            id="a computed path within a volume",
        ),
        pytest.param(
            {"volumes": [{"name": "data", "secret": {"secretName": "a", "defaultMode": 256}}]},
            "spec.volumes[0].secret.defaultMode",
            id="mode bits that Windows ignores",
        ),
        pytest.param(
            {"volumes": [{"name": "data", "downwardAPI": {"defaultMode": 256}}]},
            "spec.volumes[0].downwardAPI.defaultMode",
            id="mode bits of fields of the pod",
        ),
        pytest.param(
            {"runAsUserName": r"NT AUTHORITY\LocalService", "verification": {"expect": "Administrator"}},
            "spec.verification.expect",
            id="rights that the account never has",
        ),
        pytest.param(
            agent_with(args=[r"C:\var\run\secrets\kubernetes.io\serviceaccount\token"]),
            "spec.containers[0].args[0]",
            id="a token where only some nodes have it",
        ),
        pytest.param(
            agent_with(env=[{"name": "TOKEN", "value": "/var/run/secrets/kubernetes.io/serviceaccount/token"}]),
            "spec.containers[0].env[0].value",
            id="the same path in a variable",
        ),
        pytest.param(
            agent_with(lifecycle={"preStop": {"exec": {"command": ["a&b"]}}}),
            "spec.containers[0].lifecycle.preStop.exec.command[0]",
            id="a special character in a hook",
        ),
    ],
)
def test_it_is_said_where(spec, path):
    assert paths(**spec) == [path]


@pytest.mark.parametrize(
    "item",
    [
        pytest.param("a&b", id="an ampersand outside quotes"),
        pytest.param("2>&1", id="a redirection of its own"),
        pytest.param('-Command "a | b"', id="quotes within an item end the runtime's own"),
        pytest.param("100%x%", id="a variable"),
        pytest.param("echo %PATH%", id="a variable within quotes is expanded too"),
    ],
)
def test_a_character_that_cmd_takes_for_itself_is_worth_a_word(item):
    assert paths(**agent_with(command=["powershell.exe", item])) == ["spec.containers[0].command[1]"]


@pytest.mark.parametrize(
    "item",
    [
        pytest.param("Get-Process | Out-String", id="an item with spaces is put in quotes"),
        pytest.param("100%", id="a single percent sign"),
        pytest.param("a;b", id="a semicolon"),
        pytest.param(r"$env:CONTAINER_SANDBOX_MOUNT_POINT\a.ps1", id="a variable of PowerShell"),
    ],
)
def test_a_character_that_reaches_the_program_is_not(item):
    assert paths(**agent_with(args=[item])) == []


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param({}, id="the smallest agent"),
        pytest.param({"runAsUserName": r"nt authority\local service"}, id="a service account in any case"),
        pytest.param(agent_with(resources={"limits": {"cpu": "1"}}), id="a limit of CPU"),
        pytest.param(
            agent_with(args=[r"$env:CONTAINER_SANDBOX_MOUNT_POINT\var\run\secrets\kubernetes.io\serviceaccount\token"]),
            id="a token where every node has it",
        ),
        pytest.param(
            {
                "runAsUserName": r"NT AUTHORITY\LocalService",
                "verification": {"mode": "None", "expect": "Administrator"},
            },
            id="rights that nobody asks for",
        ),
        pytest.param(agent_with(livenessProbe={"tcpSocket": {"port": 80}}), id="a probe without a process"),
        pytest.param({"volumes": [{"name": "data", "configMap": {"name": "a"}}]}, id="a volume without mode bits"),
    ],
)
def test_nothing_is_said_about_an_ordinary_agent(spec):
    assert paths(**spec) == []


def test_words_are_sorted_by_path():
    spec = {"terminationGracePeriodSeconds": 0, "runAsUserName": "group"} | agent_with(args=["a&b"])

    assert paths(**spec) == [
        "spec.containers[0].args[0]",
        "spec.runAsUserName",
        "spec.terminationGracePeriodSeconds",
    ]
