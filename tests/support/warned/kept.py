"""Specs that come close to a soft rule and break none."""

from support.warned import LOCAL_SERVICE, TOKEN, Warned, agent, command, expecting, mount, variable, volumes

QUIET = (
    Warned("the smallest agent", agent()),
    Warned("a service account in any case", agent(spec={"runAsUserName": r"nt authority\local service"})),
    Warned("the account of a container", agent(runAsUserName=r"NT AUTHORITY\SYSTEM")),
    Warned("rights that nobody asks for", expecting(LOCAL_SERVICE, "None")),
    Warned(
        "rights of the container whose log is read, not of the agent",
        expecting(LOCAL_SERVICE, "AgentLog", runAsUserName=r"NT AUTHORITY\SYSTEM"),
    ),
    Warned("any rights", agent(spec={"runAsUserName": LOCAL_SERVICE, "verification": {"expect": "Any"}})),
    Warned("some time to stop", agent(spec={"terminationGracePeriodSeconds": 1})),
    Warned("probes without a process", agent(livenessProbe={"tcpSocket": {"port": 80}})),
    Warned("a process for a hook", agent(lifecycle={"preStop": command("stop.exe")})),
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
