"""Manifests of pods as an agent's DaemonSet makes them, bound to a node by name: no scheduler, no controller."""

from collections.abc import Sequence
from typing import Any

from control_plane.container_log import PROBE

GATE = "hostprocess.dev/AdminRightsVerified"
IMAGE = "registry.example/agent:1.0"
SYSTEM = "NT AUTHORITY\\SYSTEM"
Container = dict[str, Any]


def container(name: str, image: str = IMAGE, **more: Any) -> Container:
    """Return a container that runs PowerShell."""
    return {"name": name, "image": image, "command": ["powershell.exe"], **more}


def agent_pod(
    name: str,
    node: str,
    *,
    inits: Sequence[Container] = (container(PROBE),),
    mains: Sequence[Container] = (container("agent"),),
    account: str = SYSTEM,
    gate: bool = True,
    knobs: dict[str, str] | None = None,
) -> dict[str, Any]:
    """Return the pod of an agent.

    Args:
        name: the pod's name.
        node: the node that it runs on.
        inits: its init containers; the probe alone unless told.
        mains: its containers.
        account: runAsUserName of the pod.
        gate: whether it has the readiness gate.
        knobs: annotations without ``sim.hostprocess.dev/``: fault, log, restarts, ...
    """
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "annotations": {f"sim.hostprocess.dev/{key}": value for key, value in (knobs or {}).items()},
        },
        "spec": {
            "nodeName": node,
            "os": {"name": "windows"},
            "hostNetwork": True,
            "tolerations": [{"operator": "Exists"}],
            "readinessGates": [{"conditionType": GATE}] if gate else [],
            "securityContext": {"windowsOptions": {"hostProcess": True, "runAsUserName": account}},
            "terminationGracePeriodSeconds": 1,
            "initContainers": list(inits),
            "containers": list(mains),
        },
    }
