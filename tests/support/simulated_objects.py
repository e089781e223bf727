"""Pods and nodes of the simulated cluster: a few fields, from which bodies are made as the API server sends them."""

from dataclasses import dataclass, field

from hostprocess_operator.api.names import AGENT_LABEL, GATE, PROBE_CONTAINER, REPORT_ANNOTATION
from hostprocess_operator.observed import observe_node, observe_pod
from support import build

CRASHED = {"waiting": {"reason": "CrashLoopBackOff"}}


def stamp(moment):
    """Return a time as the API server writes it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass
class Pod:
    """A pod: its body is made of these fields when somebody asks for it."""

    name: str
    uid: str
    node: str
    owner_uid: str
    revision: str
    image: str
    gated: bool
    created: object
    deleting: bool = False
    run: int = 0  # how often it was started
    started: object = None
    crashes: int = 0
    killed: bool = False  # whether it has taken its node down
    ready: bool = False
    ready_since: object = None
    gate: str | None = None
    gate_since: object = None
    reported_run: int = 0

    def observed(self):
        """Return the pod as the operator sees it."""
        conditions = [condition("Ready", "True" if self.ready else "False", self.ready_since)]
        if self.gate:
            reason = "Administrator" if self.gate == "True" else "NotAdministrator"
            conditions.append(condition(GATE, self.gate, self.gate_since, reason))
        metadata = {
            "name": self.name,
            "namespace": build.NAMESPACE,
            "uid": self.uid,
            "labels": {AGENT_LABEL: build.NAME, "controller-revision-hash": self.revision},
            "annotations": {REPORT_ANNOTATION: build.report(f"run-{self.reported_run}")} if self.reported_run else {},
            "creationTimestamp": stamp(self.created),
            "ownerReferences": [{"uid": self.owner_uid, "controller": True}] if self.owner_uid else [],
        }
        running = CRASHED if self.crashes else {"running": {"startedAt": stamp(self.started)} if self.run else {}}
        body = {
            "metadata": metadata | ({"deletionTimestamp": stamp(self.created)} if self.deleting else {}),
            "spec": {
                "nodeName": self.node,
                "readinessGates": [{"conditionType": GATE}] if self.gated else [],
                "initContainers": [{"name": PROBE_CONTAINER}],
                "containers": [{"name": "agent"}],
            },
            "status": {
                "conditions": conditions,
                "initContainerStatuses": [status(PROBE_CONTAINER, self.run, {"terminated": {"exitCode": 0}})],
                "containerStatuses": [status("agent", self.run, running) | {"restartCount": self.crashes}],
            },
        }
        return observe_pod(body)


def condition(kind, value, since, reason=""):
    return {"type": kind, "status": value, "lastTransitionTime": stamp(since), "reason": reason}


def status(name, run, state):
    return {"name": name} | ({"containerID": f"run-{run}", "state": state} if run else {})


@dataclass
class Node:
    """A Windows node."""

    name: str
    created: object
    ready_since: object
    ready: bool = True
    cordoned: bool = False
    labels: dict = field(default_factory=dict)
    taints: list = field(default_factory=list)
    harmful: bool = False  # every agent crashes there
    runtime: str = "containerd://2.0.4"

    def observed(self):
        """Return the node as the operator sees it."""
        return observe_node(
            {
                "metadata": {
                    "name": self.name,
                    "uid": self.name,
                    "creationTimestamp": stamp(self.created),
                    "labels": {"kubernetes.io/os": "windows"} | self.labels,
                },
                "spec": {"unschedulable": self.cordoned, "taints": self.taints},
                "status": {
                    "conditions": [condition("Ready", str(self.ready), self.ready_since)],
                    "nodeInfo": {"containerRuntimeVersion": self.runtime},
                },
            }
        )
