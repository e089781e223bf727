"""Specs that soft rules are about and specs that they are not about, for the operator and the API server alike."""

from dataclasses import dataclass

import pytest

CONTAINER = {"name": "agent", "image": "registry.example/agent:1.0"}
DATA = [{"name": "data", "emptyDir": {}}]
TOKEN = r"\var\run\secrets\kubernetes.io\serviceaccount\token"  # noqa: S105 -- where it lies


@dataclass(frozen=True)
class Warned:
    """A spec and what is said about it.

    Attributes:
        name: what it is, as a sentence.
        spec: the spec.
        code: the one soft rule that it breaks, empty if it breaks none.
        path: where; empty if it breaks none.
    """

    name: str
    spec: dict
    code: str = ""
    path: str = ""

    @property
    def manifest(self):
        """Return the whole agent."""
        kind = {"apiVersion": "hostprocess.dev/v1alpha1", "kind": "HostProcessAgent"}
        return kind | {"metadata": {"name": "sample"}, "spec": self.spec}


def agent(*, init=None, spec=None, **fields):
    """Return a spec with these fields of its container."""
    containers = {"containers": [{**CONTAINER, **fields}]}
    return containers | ({"initContainers": [{**CONTAINER, "name": "init", **init}]} if init else {}) | (spec or {})


def volumes(**source):
    """Return a spec with one volume."""
    return agent(spec={"volumes": [{"name": "data", **source}]})


def mount(path, **fields):
    """Return a spec that mounts a volume there."""
    return agent(volumeMounts=[{"name": "data", "mountPath": path, **fields}], spec={"volumes": DATA})


def variable(value):
    """Return a spec with one variable."""
    return agent(env=[{"name": "VARIABLE", "value": value}])


def _expecting(account, mode="Probe", **fields):
    verification = {"expect": "Administrator", "mode": mode}
    return agent(spec={"runAsUserName": account, "verification": verification}, **fields)


def _command(*items):
    return {"exec": {"command": list(items)}}


ITEMS = [{"key": "a", "path": "a", "mode": 256}]
LOCAL_SERVICE = r"NT AUTHORITY\LocalService"

WARNED = (
    Warned("a group has to exist on every node", agent(spec={"runAsUserName": "group"}), "HPC101", "runAsUserName"),
    Warned("the group of one container", agent(runAsUserName="group"), "HPC101", "containers[0].runAsUserName"),
    Warned(
        "the group of an init container",
        agent(init={"runAsUserName": "group"}),
        "HPC101",
        "initContainers[0].runAsUserName",
    ),
    Warned("a user has a password", agent(spec={"runAsUserName": r"EXAMPLE\user"}), "HPC102", "runAsUserName"),
    Warned(
        "not every service account can log on",
        agent(spec={"runAsUserName": r"NT AUTHORITY\IUSR"}),
        "HPC102",
        "runAsUserName",
    ),
    Warned(
        "the user of an init container",
        agent(init={"runAsUserName": r"EXAMPLE\user"}),
        "HPC102",
        "initContainers[0].runAsUserName",
    ),
    Warned(
        "a letter that only looks like one of a service account",
        agent(spec={"runAsUserName": "NT AUTHORITY\\Networ\u212aService"}),
        "HPC102",
        "runAsUserName",
    ),
    Warned(
        "an authority without its space is a domain",
        agent(spec={"runAsUserName": r"NTAUTHORITY\SYSTEM"}),
        "HPC102",
        "runAsUserName",
    ),
    Warned("rights that the account never has", _expecting(LOCAL_SERVICE), "HPC103", "verification.expect"),
    Warned(
        "rights that it has in no spelling",
        _expecting(r"nt Authority\network Service"),
        "HPC103",
        "verification.expect",
    ),
    Warned(
        "rights of the container whose log is read",
        _expecting(r"NT AUTHORITY\SYSTEM", "AgentLog", runAsUserName=LOCAL_SERVICE),
        "HPC103",
        "verification.expect",
    ),
    Warned(
        "rights of the second container whose log is read",
        {
            "containers": [CONTAINER, {**CONTAINER, "name": "second", "runAsUserName": LOCAL_SERVICE}],
            "verification": {"expect": "Administrator", "mode": "AgentLog", "container": "second"},
        },
        "HPC103",
        "verification.expect",
    ),
    Warned(
        "no time to stop",
        agent(spec={"terminationGracePeriodSeconds": 0}),
        "HPC104",
        "terminationGracePeriodSeconds",
    ),
    *(
        Warned(
            f"a process for every check of the {kind}",
            agent(**{kind: _command("check.exe")}),
            "HPC105",
            f"containers[0].{kind}.exec",
        )
        for kind in ("livenessProbe", "readinessProbe", "startupProbe")
    ),
    Warned(
        "a memory limit that ends nothing",
        agent(resources={"limits": {"memory": "1Gi"}}),
        "HPC106",
        "containers[0].resources.limits.memory",
    ),
    Warned(
        "a memory limit of an init container",
        agent(init={"resources": {"limits": {"memory": 1073741824}}}),
        "HPC106",
        "initContainers[0].resources.limits.memory",
    ),
    Warned(
        "a storage limit that sees little",
        agent(resources={"limits": {"ephemeral-storage": "1Gi"}}),
        "HPC107",
        "containers[0].resources.limits.ephemeral-storage",
    ),
    Warned("an ampersand outside quotes", agent(args=["a.exe", "a&b"]), "HPC108", "containers[0].args[1]"),
    Warned("a redirection of its own", agent(command=["a.exe", "2>&1"]), "HPC108", "containers[0].command[1]"),
    Warned("a caret", agent(args=["a^b"]), "HPC108", "containers[0].args[0]"),
    Warned(
        "quotes within an item end the runtime's own",
        agent(args=['-Command "a | b"']),
        "HPC108",
        "containers[0].args[0]",
    ),
    Warned(
        "a space that the runtime knows none as",
        agent(args=["a\u00a0|\u00a0b"]),
        "HPC108",
        "containers[0].args[0]",
    ),
    Warned("a variable in a command line", agent(args=["100%x%"]), "HPC108", "containers[0].args[0]"),
    Warned("a variable within quotes is expanded too", agent(args=["echo %PATH%"]), "HPC108", "containers[0].args[0]"),
    Warned(
        "a special character in an init container", agent(init={"args": ["a&b"]}), "HPC108", "initContainers[0].args[0]"
    ),
    *(
        Warned(
            f"a special character in a {hook} hook",
            agent(lifecycle={hook: _command("a&b")}),
            "HPC108",
            f"containers[0].lifecycle.{hook}.exec.command[0]",
        )
        for hook in ("preStop", "postStart")
    ),
    Warned(
        "a special character in the hook of a sidecar",
        agent(init={"restartPolicy": "Always", "lifecycle": {"preStop": _command("a&b")}}),
        "HPC108",
        "initContainers[0].lifecycle.preStop.exec.command[0]",
    ),
    Warned("a token where only some nodes have it", agent(args=[f"C:{TOKEN}"]), "HPC109", "containers[0].args[0]"),
    Warned(
        "a token in a variable",
        variable("/var/run/secrets/kubernetes.io/ServiceAccount/token"),
        "HPC109",
        "containers[0].env[0].value",
    ),
    Warned(
        "a token in the hook of a container",
        agent(lifecycle={"preStop": _command("type", TOKEN)}),
        "HPC109",
        "containers[0].lifecycle.preStop.exec.command[1]",
    ),
    Warned(
        "a working directory beside the token",
        agent(init={"workingDir": r"C:\var\run\secrets\kubernetes.io\serviceaccount"}),
        "HPC109",
        "initContainers[0].workingDir",
    ),
    Warned("a variable in a variable", variable("C:\\agent;%Path%"), "HPC110", "containers[0].env[0].value"),
    Warned(
        "a variable with brackets in its name",
        variable(r"%ProgramFiles(x86)%\agent"),
        "HPC110",
        "containers[0].env[0].value",
    ),
    Warned(
        "a variable of PowerShell where there is none",
        agent(init={"workingDir": r"$env:ProgramData\agent"}),
        "HPC110",
        "initContainers[0].workingDir",
    ),
    Warned("a path within a volume", mount("/a", subPath="b"), "HPC111", "containers[0].volumeMounts[0].subPath"),
    Warned(
        "a computed path within a volume",
        mount("/a", subPathExpr="$(B)"),
        "HPC111",
        "containers[0].volumeMounts[0].subPathExpr",
    ),
    Warned(
        "a path within a volume of an init container",
        agent(init={"volumeMounts": [{"name": "data", "mountPath": "/a", "subPath": "b"}]}, spec={"volumes": DATA}),
        "HPC111",
        "initContainers[0].volumeMounts[0].subPath",
    ),
    Warned(
        "mode bits of a Secret",
        volumes(secret={"secretName": "a", "defaultMode": 256}),
        "HPC112",
        "volumes[0].secret.defaultMode",
    ),
    Warned(
        "mode bits of a ConfigMap",
        volumes(configMap={"name": "a", "defaultMode": 0}),
        "HPC112",
        "volumes[0].configMap.defaultMode",
    ),
    Warned(
        "mode bits of fields of the pod",
        volumes(downwardAPI={"defaultMode": 256}),
        "HPC112",
        "volumes[0].downwardAPI.defaultMode",
    ),
    Warned(
        "mode bits of a projected volume",
        volumes(projected={"defaultMode": 256}),
        "HPC112",
        "volumes[0].projected.defaultMode",
    ),
    *(
        Warned(
            f"mode bits of one file of a {source}",
            volumes(**{source: {name: "a", "items": ITEMS}}),
            "HPC112",
            f"volumes[0].{source}.items[0].mode",
        )
        for source, name in (("configMap", "name"), ("secret", "secretName"))
    ),
    Warned(
        "mode bits of one field of the pod",
        volumes(downwardAPI={"items": [{"path": "a", "mode": 256, "fieldRef": {"fieldPath": "metadata.name"}}]}),
        "HPC112",
        "volumes[0].downwardAPI.items[0].mode",
    ),
    Warned(
        "mode bits of one file of a projection",
        volumes(projected={"sources": [{"configMap": {"name": "a"}}, {"secret": {"name": "a", "items": ITEMS}}]}),
        "HPC112",
        "volumes[0].projected.sources[1].secret.items[0].mode",
    ),
    Warned("a path that nothing checks", volumes(hostPath={"path": "C:\\a"}), "HPC113", "volumes[0].hostPath.type"),
    Warned(
        "a path with an empty type",
        volumes(hostPath={"path": "C:\\a", "type": ""}),
        "HPC113",
        "volumes[0].hostPath.type",
    ),
    Warned("a mount over Windows", mount(r"C:\Windows"), "HPC114", "containers[0].volumeMounts[0].mountPath"),
    Warned(
        "a mount over the programs in other words",
        mount("/program files/"),
        "HPC114",
        "containers[0].volumeMounts[0].mountPath",
    ),
    *(
        Warned(
            f"the annotation {name}",
            agent(spec={"podMetadata": {"annotations": {f"microsoft.com/{name}": "true"}}}),
            "HPC115",
            f"podMetadata.annotations.microsoft.com/{name}",
        )
        for name in ("hostprocess-inherit-user", "hostprocess-rootfs-location")
    ),
)

QUIET = (
    Warned("the smallest agent", agent()),
    Warned("a service account in any case", agent(spec={"runAsUserName": r"nt authority\local service"})),
    Warned("the account of a container", agent(runAsUserName=r"NT AUTHORITY\SYSTEM")),
    Warned("rights that nobody asks for", _expecting(LOCAL_SERVICE, "None")),
    Warned(
        "rights of the container whose log is read, not of the agent",
        _expecting(LOCAL_SERVICE, "AgentLog", runAsUserName=r"NT AUTHORITY\SYSTEM"),
    ),
    Warned("any rights", agent(spec={"runAsUserName": LOCAL_SERVICE, "verification": {"expect": "Any"}})),
    Warned("some time to stop", agent(spec={"terminationGracePeriodSeconds": 1})),
    Warned("probes without a process", agent(livenessProbe={"tcpSocket": {"port": 80}})),
    Warned("a process for a hook", agent(lifecycle={"preStop": _command("stop.exe")})),
    Warned("a limit of CPU", agent(resources={"limits": {"cpu": "1"}})),
    Warned("a request of memory", agent(resources={"requests": {"memory": "1Gi", "ephemeral-storage": "1Gi"}})),
    Warned("an item with spaces is put in quotes", agent(args=["Get-Process | Out-String"])),
    Warned("an item with a tab too", agent(args=["a\t|\tb"])),
    Warned("an empty item", agent(args=[""])),
    Warned("a single percent sign", agent(args=["100%"])),
    Warned("a semicolon", agent(args=["a;b"])),
    Warned("the mount point, which the runtime replaces", agent(args=[r"%CONTAINER_SANDBOX_MOUNT_POINT%\a.exe"])),
    Warned("the mount point in the other spelling", agent(args=[r"$env:CONTAINER_SANDBOX_MOUNT_POINT\a.ps1"])),
    Warned("a token where every node has it", agent(args=[f"$env:CONTAINER_SANDBOX_MOUNT_POINT{TOKEN}"])),
    Warned("the mount point in a variable", variable(r"%CONTAINER_SANDBOX_MOUNT_POINT%\bin")),
    Warned("the mount point as working directory", agent(workingDir=r"$env:CONTAINER_SANDBOX_MOUNT_POINT\bin")),
    Warned("percent signs of an address", variable("https://example.org/%C3%A9%2F")),
    Warned("percent signs of a log format", variable("%date %level %msg%n")),
    Warned("a variable of PowerShell whose name only begins alike", variable("$env:pathology")),
    Warned("a variable of Kubernetes", variable("$(NODE)")),
    Warned(
        "a variable from elsewhere",
        agent(env=[{"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}]),
    ),
    Warned("a whole volume", mount("/etc/agent")),
    Warned("a volume without mode bits", volumes(configMap={"name": "a", "items": [{"key": "a", "path": "a"}]})),
    Warned("a path that is checked", volumes(hostPath={"path": "C:\\a", "type": "Directory"})),
    Warned("a mount below a folder of Windows", mount(r"C:\ProgramData\agent")),
    Warned("a mount on another drive's root folder of that kind", mount(r"C:\windows2")),
    Warned("an annotation of somebody's", agent(spec={"podMetadata": {"annotations": {"example.org/a": "b"}}})),
)


def as_rows(found):
    """Return them as rows of a table."""
    return [pytest.param(each, id=each.name) for each in found]
