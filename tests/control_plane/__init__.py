"""A real Kubernetes control plane on this machine, with simulated Windows nodes, for tests, the demo and developers.

etcd, kube-apiserver, kube-controller-manager, kube-scheduler and kwok run as children of the process that asked for
them; container logs come from a small kubelet of our own. Nothing here imports the operator.

    build       the binaries, built once from ``binaries/go.mod``
    plane       ``ControlPlane``: start, stop, pause, restart
    cluster     ``Cluster``: what a test does with any cluster
    stages/     life cycle of nodes and pods, played by kwok
    kubelet     the log endpoint of every simulated node; ``container_log`` says what containers print
    developer   a plane that goes on running: ``python -m control_plane up``
"""

from control_plane.api import ApiError, NotFoundError
from control_plane.audit import AuditEvent
from control_plane.build import ensure_binaries
from control_plane.cluster import Cluster
from control_plane.nodes import fleet, windows_node
from control_plane.plane import ControlPlane
from control_plane.pods import agent_pod
from control_plane.process import ChildExitedError
from control_plane.recording import Recording
from control_plane.waiting import wait_for

__all__ = [
    "ApiError",
    "AuditEvent",
    "ChildExitedError",
    "Cluster",
    "ControlPlane",
    "NotFoundError",
    "Recording",
    "agent_pod",
    "ensure_binaries",
    "fleet",
    "wait_for",
    "windows_node",
]
