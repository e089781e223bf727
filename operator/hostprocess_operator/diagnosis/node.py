"""Preflight: what a node is by its own account unfit for, before any pod fails there.

A version that is unknown or unreadable refuses nothing: the pod will tell.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from hostprocess_operator.api.faults import Fault
from hostprocess_operator.diagnosis.finding import Finding, Severity
from hostprocess_operator.diagnosis.versions import Version, parse_runtime, parse_version
from hostprocess_operator.verification.text import clean_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hostprocess_operator.observed import Node, Taint

OLDEST_KUBELET: Version = (1, 23)
"""HostProcess containers are on by default from here, as a beta."""
STABLE_KUBELET: Version = (1, 26)
OLDEST_CONTAINERD: Version = (1, 6)
GOOD_CONTAINERD: Version = (1, 7)
"""From here volumes are bound to their mount path, and a local group can be the account."""

_CONTAINERD = "containerd"
_SHOWN_BYTES = 64


def preflight(node: Node) -> tuple[Finding, ...]:
    """Return what the node's versions say: failures, which no agent survives, before notes."""
    return _of_versions(node.kubelet, node.runtime)


def refusal(node: Node) -> Finding | None:
    """Return why no agent can run on the node, None where nothing is known against it."""
    found = preflight(node)
    return found[0] if found and found[0].severity is Severity.FAILURE else None  # failures come first


def notes(node: Node) -> tuple[Finding, ...]:
    """Return what is worth knowing of a node that agents work on."""
    return tuple(finding for finding in preflight(node) if finding.severity is Severity.NOTE)


def keeps_out(node: str, taints: Sequence[Taint]) -> Finding:
    """Return the finding on the node of that name, whose taints, at least one, the agent does not tolerate."""
    named = [str(taint) for taint in taints]
    which = f"taint {named[0]} keeps" if len(named) == 1 else f"taints {', '.join(named)} keep"
    them = "it" if len(named) == 1 else "them"
    removal = " ".join(f"{taint.key}:{taint.effect}-" for taint in taints)
    return Finding(
        Fault.TAINT_NOT_TOLERATED,
        f"The {which} the agent off the node.",
        f"Add a toleration to spec.tolerations, or take {them} off: `kubectl taint nodes {node} {removal}`.",
        Severity.FAILURE,
        examples=(node,),
    )


@lru_cache(maxsize=256)
def _of_versions(kubelet: str, runtime: str) -> tuple[Finding, ...]:
    found = (_of_runtime(runtime), _of_kubelet(kubelet))
    return tuple(sorted((finding for finding in found if finding is not None), key=lambda finding: finding.severity))


def _of_kubelet(text: str) -> Finding | None:
    version = parse_version(text)
    if version is None or version >= STABLE_KUBELET:
        return None
    shown = clean_text(text, _SHOWN_BYTES)
    if version < OLDEST_KUBELET:
        return Finding(
            Fault.KUBELET_TOO_OLD,
            f"The kubelet is {shown}; host processes take 1.23 or later.",
            "Update the node.",
            Severity.FAILURE,
        )
    return Finding(
        Fault.KUBELET_OLD,
        "The kubelet is older than 1.26 and knows host processes only as a beta feature.",
        "Update the node.",
        Severity.NOTE,
    )


def _of_runtime(text: str) -> Finding | None:
    runtime = parse_runtime(text)
    if runtime is None:
        return None
    shown = clean_text(text, _SHOWN_BYTES)
    if runtime.kind != _CONTAINERD:
        return Finding(
            Fault.RUNTIME_UNSUPPORTED,
            f"The container runtime is {shown}; only containerd runs host processes.",
            "Move the node to containerd 1.7 or later.",
            Severity.FAILURE,
        )
    if runtime.version is None or runtime.version >= GOOD_CONTAINERD:
        return None
    if runtime.version < OLDEST_CONTAINERD:
        return Finding(
            Fault.RUNTIME_TOO_OLD,
            f"The container runtime is {shown}; host processes take containerd 1.6 or later.",
            "Update containerd on the node to 1.7 or later.",
            Severity.FAILURE,
        )
    return Finding(
        Fault.RUNTIME_OLD,
        "containerd is older than 1.7: volumes and the ServiceAccount's token are found only under "
        "$env:CONTAINER_SANDBOX_MOUNT_POINT, and a local group cannot be the account.",
        "Update containerd to 1.7 or later.",
        Severity.NOTE,
    )
