"""What components write, and the fault that it means: tables of our own patterns, first match wins.

Sources of the words: hcsshim internal/jobcontainers, containerd internal/cri, the kubelet's kuberuntime, and the
scheduler's plugins. Versions word some of them differently; a row names the part that they share.
"""

from __future__ import annotations

import re
from typing import Final, TypeAlias

from hostprocess_operator.api.faults import Fault

Rows: TypeAlias = "tuple[tuple[re.Pattern[str], Fault], ...]"

_WINDOW: Final = 32 * 1024

COMMAND: Final = re.compile(
    r"failed to find executable|failed to get application name from commandline"
    r"|is not recognized as an internal or external command"
)
_PLATFORM: Final = re.compile(
    r"no match for platform in manifest|no matching manifest for"
    r"|container operating system does not match the host|cannot be used on this platform"
)

START: Final[Rows] = (
    (re.compile(r"empty username or group name passed"), Fault.RUN_AS_USER_MISSING),
    (
        re.compile(r"(?:failed to create user process token|failed to log ?on user).{0,400}?Access is denied"),
        Fault.RUNTIME_NOT_LOCAL_SYSTEM,
    ),
    (
        re.compile(
            r"failed to create user process token|failed to log ?on user|The user name or password is incorrect"
        ),
        Fault.USER_ACCOUNT_UNAVAILABLE,
    ),
    (COMMAND, Fault.COMMAND_NOT_FOUND),
    (re.compile(r"named pipe mounts not supported for job containers"), Fault.UNSUPPORTED_MOUNT),
    (
        re.compile(
            r"pod must not contain both HostProcess|must have the HostProcess field set to be valid"
            r"|must not contain any HostProcess containers if Pod's"
        ),
        Fault.MIXED_HOST_PROCESS,
    ),
    (re.compile(r"hostProcess containers are disallowed by cluster policy"), Fault.ALLOW_PRIVILEGED_DISABLED),
    (re.compile(r"Do not attach the filter to the volume"), Fault.BIND_FILTER_CONFLICT),
    (_PLATFORM, Fault.IMAGE_OS_MISMATCH),
)
"""Why the runtime does not make a sandbox or start a process."""

PULL: Final[Rows] = (
    (_PLATFORM, Fault.IMAGE_OS_MISMATCH),
    (
        re.compile(
            r"pull access denied|\bunauthorized\b|401 Unauthorized|403 Forbidden|authentication required"
            r"|authorization failed|no basic auth credentials|insufficient_scope|\bdenied:",
            re.IGNORECASE,
        ),
        Fault.IMAGE_PULL_DENIED,
    ),
    (
        re.compile(r": not found\b|manifest unknown|name unknown|404 Not Found", re.IGNORECASE),
        Fault.IMAGE_NOT_FOUND,
    ),
)
"""Why an image is not pulled; what is not listed is merely a pull that failed."""

SCHEDULING: Final[Rows] = (
    (re.compile(r"didn't have free ports"), Fault.PORT_CONFLICT),
    (re.compile(r"\bInsufficient [a-z]|Too many pods|enough free storage"), Fault.INSUFFICIENT_RESOURCES),
    (re.compile(r"had untolerated taint|had taints? .{0,200}?didn't tolerate"), Fault.TAINT_NOT_TOLERATED),
    (
        re.compile(r"node affinity/selector|requested node name|satisfy plugin\(s\) \[NodeAffinity\]"),
        Fault.NO_MATCHING_NODE,
    ),
)
"""Why the scheduler leaves a pod alone. A pod of a DaemonSet is for one node, yet the text counts every other one too,
most often for its affinity: that row comes last. Old schedulers count the taints of other nodes as well."""

GIVEN_UP: Final[Rows] = (
    (re.compile(r"^(?:PodOSNotSupported|PodOSSelectorNodeLabelDoesNotMatch)$"), Fault.WRONG_NODE_OS),
    (re.compile(r"^Evicted$"), Fault.EVICTED),
    (re.compile(r"^OutOf"), Fault.INSUFFICIENT_RESOURCES),
    (re.compile(r"^(?:NodeAffinity|NodeName)$"), Fault.NO_MATCHING_NODE),
    (re.compile(r"^NodePorts$"), Fault.PORT_CONFLICT),
    (re.compile(r"^TaintToleration$"), Fault.TAINT_NOT_TOLERATED),
)
"""Reasons with which a kubelet gives a whole pod up."""


def fault_in(text: str, rows: Rows) -> Fault | None:
    """Return the fault of the first row whose pattern is in the text, None when no row's is."""
    window = text[:_WINDOW]
    return next((fault for pattern, fault in rows if pattern.search(window)), None)
