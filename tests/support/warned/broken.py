"""Specs that break a soft rule each."""

from support.warned import (
    CONTAINER,
    DATA,
    LOCAL_SERVICE,
    TOKEN,
    Warned,
    agent,
    command,
    expecting,
    mount,
    variable,
    volumes,
)

ITEMS = [{"key": "a", "path": "a", "mode": 256}]

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
    Warned("rights that the account never has", expecting(LOCAL_SERVICE), "HPC103", "verification.expect"),
    Warned(
        "rights that it has in no spelling",
        expecting(r"nt Authority\network Service"),
        "HPC103",
        "verification.expect",
    ),
    Warned(
        "rights of the first container, as which the probe runs",
        expecting(r"NT AUTHORITY\SYSTEM", "Probe", runAsUserName=LOCAL_SERVICE),
        "HPC103",
        "verification.expect",
    ),
    Warned(
        "rights of the container whose log is read",
        expecting(r"NT AUTHORITY\SYSTEM", "AgentLog", runAsUserName=LOCAL_SERVICE),
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
            agent(**{kind: command("check.exe")}),
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
            agent(lifecycle={hook: command("a&b")}),
            "HPC108",
            f"containers[0].lifecycle.{hook}.exec.command[0]",
        )
        for hook in ("preStop", "postStart")
    ),
    Warned(
        "a special character in the hook of a sidecar",
        agent(init={"restartPolicy": "Always", "lifecycle": {"preStop": command("a&b")}}),
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
        agent(lifecycle={"preStop": command("type", TOKEN)}),
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
