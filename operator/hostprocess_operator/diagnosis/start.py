"""Why the runtime starts no process: the words of kubelet, containerd and shim, as sentences about the agent."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from hostprocess_operator.api.faults import Fault
from hostprocess_operator.diagnosis.finding import Finding, found
from hostprocess_operator.diagnosis.quoting import because, name
from hostprocess_operator.diagnosis.texts import START, fault_in

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hostprocess_operator.observed import Container, Pod

_ACCOUNTS: Final = r"Use NT AUTHORITY\SYSTEM, LocalService or NetworkService, or a local group that exists on the node."

# Text and advice by fault; an empty advice is the fault's remedy.
_SENTENCES: Final[Mapping[Fault, tuple[str, str]]] = {
    Fault.RUN_AS_USER_MISSING: (
        "{Container} has no account to run as: neither the spec nor the image names one.",
        r"Set spec.runAsUserName, for example to NT AUTHORITY\SYSTEM.",
    ),
    Fault.RUNTIME_NOT_LOCAL_SYSTEM: (
        "containerd may not start {container} as {account}: access is denied.",
        "Run the containerd service of the node as LocalSystem: sc.exe config containerd obj= LocalSystem.",
    ),
    Fault.USER_ACCOUNT_UNAVAILABLE: (
        "Windows does not let the account {account} log on to run {container}.",
        _ACCOUNTS,
    ),
    Fault.COMMAND_NOT_FOUND: (
        "The program{program} that {container} is to run does not exist on the node.",
        "Name it by its path below $env:CONTAINER_SANDBOX_MOUNT_POINT, or take one of Windows, such as powershell.exe.",
    ),
    Fault.UNSUPPORTED_MOUNT: ("{Container} mounts a named pipe, which a host process cannot.", ""),
    Fault.MIXED_HOST_PROCESS: ("The node takes some containers of the pod for host processes and some not.", ""),
    Fault.ALLOW_PRIVILEGED_DISABLED: ("The cluster's policy forbids host processes: --allow-privileged is false.", ""),
    Fault.BIND_FILTER_CONFLICT: (
        "{Container} attaches a file system filter to a volume, which host processes cannot do since containerd 1.7.",
        "",
    ),
    Fault.IMAGE_OS_MISMATCH: ("The image{image} has no variant for the Windows build of the node.", ""),
}

# Where the words name the program, the surest first. The shim writes it as a quoted string of Go, with \\ for \.
_PROGRAMS: Final = (
    re.compile(r'failed to find executable "((?:[^"\\]|\\.){1,200})"'),
    re.compile(r"'([^'\n]{1,200})' is not recognized as an internal"),
    re.compile(r'from commandline "([^\s"\\]{1,200})'),
)
_WINDOW: Final = 32 * 1024


def start_fault(words: str, pod: Pod, container: Container | None) -> Finding | None:
    """Return what the words of a start or of a sandbox mean, None when they are in no row of the table."""
    fault = fault_in(words, START)
    return None if fault is None else fault_of_start(fault, words, pod, container)


def fault_of_start(fault: Fault, words: str, pod: Pod, container: Container | None) -> Finding:
    """Return the fault in its sentence; the program is taken out of the words where they name it."""
    text, advice = _SENTENCES[fault]
    called = f"container {name(container.name)}" if container else "a container"
    program = next((match[1] for each in _PROGRAMS if (match := each.search(words[:_WINDOW]))), "")
    account = (container.account if container else "") or pod.account or "of the image"
    fields = {
        "container": called,
        "Container": called[0].upper() + called[1:],
        "account": name(account),
        "program": f" {quoted}" if (quoted := name(program.replace("\\\\", "\\"))) else "",
        "image": f" {name(container.image)}" if container and container.image else "",
    }
    return found(fault, text.format(**fields), advice)


def start_failed(words: str, pod: Pod, container: Container) -> Finding:
    """Return what is known of a container that cannot be started."""
    return start_fault(words, pod, container) or found(
        Fault.START_FAILED,
        f"Container {name(container.name)} cannot be started{because(words, pod)}.",
        f"See what the node says: `kubectl describe pod {pod.name} -n {pod.namespace}`.",
        examples=(pod.name,),
    )


def sandbox_failed(words: str, pod: Pod) -> Finding:
    """Return why the pod's sandbox cannot be created."""
    return start_fault(words, pod, None) or found(
        Fault.SANDBOX_FAILED,
        f"The pod's sandbox cannot be created{because(words.removeprefix('Failed to create pod sandbox: '), pod)}.",
        f"It is tried again; if it stays, look at containerd: `kubectl describe pod {pod.name} -n {pod.namespace}`.",
        examples=(pod.name,),
    )
