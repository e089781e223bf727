"""Manifests of simulated Windows nodes; the stages fill in their status."""

from collections.abc import Mapping, Sequence
from typing import Any

SERVER_2022 = "10.0.20348"
SERVER_2025 = "10.0.26100"
WINDOWS_TAINT = {"key": "os", "value": "windows", "effect": "NoSchedule"}


def windows_node(
    name: str,
    *,
    build: str = SERVER_2022,
    labels: Mapping[str, str] | None = None,
    annotations: Mapping[str, str] | None = None,
    taints: Sequence[Mapping[str, str]] | None = None,
) -> dict[str, Any]:
    """Return a Node as a Windows kubelet registers it.

    Args:
        name: a word of the stages or of ``container_log`` in it acts on every pod of the node.
        build: Windows build, which decides the node's operating system image.
        labels: added to the kubelet's own.
        annotations: the node's knobs, ``sim.hostprocess.dev/...``.
        taints: as in ``spec.taints``.
    """
    own = {
        "kubernetes.io/os": "windows",
        "kubernetes.io/arch": "amd64",
        "kubernetes.io/hostname": name,
        "node.kubernetes.io/windows-build": build,
    }
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": {**own, **(labels or {})}, "annotations": dict(annotations or {})},
        "spec": {"taints": [dict(taint) for taint in taints]} if taints else {},
    }


def fleet(count: int, prefix: str = "win") -> list[dict[str, Any]]:
    """Return a small mixed fleet: the last node runs Windows Server 2025, the one before it (of three) is tainted."""
    width = len(str(count))
    names = [f"{prefix}-{number:0{width}}" for number in range(1, count + 1)]
    nodes = [windows_node(name, build=SERVER_2025 if name == names[-1] else SERVER_2022) for name in names]
    if count >= 3:
        nodes[-2]["spec"]["taints"] = [WINDOWS_TAINT]
    return nodes
