"""Nodes and pods of a generated fleet, as large as those of a real one: about 7 kB of JSON for a pod.

Every pod is proven: its report stands on it, so that an operator that starts reads no log. Times are not of today.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hostprocess_operator.api.names import AGENT_LABEL, API_VERSION, GATE, KIND, MANAGER, PROBE_CONTAINER
from hostprocess_operator.verification.report import Report, StoredReport, dump_report
from hostprocess_operator.verification.verdict import judge

NAMESPACE = "agents"
CREATED = "2026-01-05T06:00:00Z"
INSTALLED, RESTARTED = datetime(2026, 1, 5, 7, tzinfo=UTC), datetime(2026, 1, 5, 9, tzinfo=UTC)
START_SECONDS = 9
PODS_PER_SECOND = 20  # as fast as a controller makes them
IMAGE = "registry.example/platform/windows-agent:1.0.0"
SYSTEM = "NT AUTHORITY\\SYSTEM"
REPORT = Report(admin=True, sid="S-1-5-18")
VERDICT = judge(REPORT, account=SYSTEM, expect=None)
TOLERATED = ("not-ready", "unreachable", "disk-pressure", "memory-pressure", "pid-pressure", "unschedulable")


@dataclass(frozen=True)
class Template:
    """The controller and revision that pods are made from."""

    agent: str
    daemonset_uid: str
    revision: str
    pod_spec: dict


def agent_body(number, *, uid=None):
    """Return a HostProcessAgent as an API server sends it."""
    name = f"agent-{number}"
    return {
        "apiVersion": API_VERSION,
        "kind": KIND,
        "metadata": {
            "name": name,
            "namespace": NAMESPACE,
            "uid": uid or f"00000000-0000-4000-8000-{number:012}",
            "generation": 1,
            "resourceVersion": "1",
            "creationTimestamp": CREATED,
        },
        "spec": {
            "containers": [
                {
                    "name": "agent",
                    "image": IMAGE,
                    "command": ["powershell.exe", "-NoProfile", "-File", "C:\\agent\\agent.ps1"],
                    "env": [{"name": "NODE_NAME", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}],
                    "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"memory": "256Mi"}},
                }
            ],
            "runAsUserName": SYSTEM,
        },
        "status": {"observedGeneration": -1},
    }


def node_name(number):
    """Return the name of a node."""
    return f"win-{number:05}"


def node_body(number, version, *, heartbeat=CREATED):
    """Return a Windows node with the images and addresses that a kubelet reports."""
    name = node_name(number)
    kinds = ("MemoryPressure", "DiskPressure", "PIDPressure", "Ready")
    return {
        "metadata": {
            "name": name,
            "uid": f"00000000-0000-4000-8001-{number:012}",
            "resourceVersion": str(version),
            "creationTimestamp": CREATED,
            "labels": {
                "kubernetes.io/os": "windows",
                "kubernetes.io/arch": "amd64",
                "kubernetes.io/hostname": name,
                "node.kubernetes.io/windows-build": "10.0.20348",
                "topology.kubernetes.io/zone": f"zone-{number % 3}",
            },
            "annotations": {"node.alpha.kubernetes.io/ttl": "0"},
        },
        "spec": {"podCIDR": f"10.{number // 256 % 256}.{number % 256}.0/24", "providerID": f"example:///{name}"},
        "status": {
            "conditions": [
                {
                    "type": kind,
                    "status": "True" if kind == "Ready" else "False",
                    "lastHeartbeatTime": heartbeat,
                    "lastTransitionTime": CREATED,
                    "reason": f"Kubelet{kind}",
                    "message": "kubelet is posting ready status",
                }
                for kind in kinds
            ],
            "addresses": [{"type": "InternalIP", "address": "10.0.0.1"}, {"type": "Hostname", "address": name}],
            "capacity": {"cpu": "8", "memory": "33554432Ki", "pods": "110"},
            "nodeInfo": {"osImage": "Windows Server 2022 Datacenter", "kubeletVersion": "v1.37.2"},
            "images": [
                {"names": [f"registry.example/windows/image-{at}@sha256:{at:064}"], "sizeBytes": 2**30}
                for at in range(20)
            ],
        },
    }


def pod_name(template, node):
    """Return the name of the pod on a node."""
    return f"{template.agent}-{node:05}"


def pod_body(template, node, version, *, ready=True, restarts=0):
    """Return the agent's pod on a node: proven, and Ready unless told otherwise.

    Args:
        template: what it is made from.
        node: the number of its node.
        version: its resourceVersion.
        ready: whether the agent's container is ready; the proof is not concerned.
        restarts: how often the agent's container was restarted.
    """
    name, host = pod_name(template, node), node_name(node)
    probe_run = f"containerd://{node:032x}{0:032x}"
    agent_run = f"containerd://{node:032x}{restarts + 1:032x}"
    made = stamp(INSTALLED, node)
    started = stamp(INSTALLED, node, START_SECONDS)
    since = stamp(RESTARTED, node) if restarts else started
    value = "True" if ready else "False"
    return {
        "metadata": {
            "name": name,
            "generateName": f"{template.agent}-",
            "namespace": NAMESPACE,
            "uid": f"{template.daemonset_uid[-8:]}-0000-4000-8003-{node:012}",
            "resourceVersion": str(version),
            "creationTimestamp": made,
            "labels": {
                AGENT_LABEL: template.agent,
                "app.kubernetes.io/managed-by": MANAGER,
                "app.kubernetes.io/name": template.agent,
                "controller-revision-hash": template.revision,
                "pod-template-generation": "1",
            },
            "annotations": {
                "kubectl.kubernetes.io/default-container": "agent",
                "hostprocess.dev/report": dump_report(StoredReport(probe_run, REPORT)),
            },
            "ownerReferences": [
                {
                    "apiVersion": "apps/v1",
                    "kind": "DaemonSet",
                    "name": template.agent,
                    "uid": template.daemonset_uid,
                    "controller": True,
                    "blockOwnerDeletion": True,
                }
            ],
            "managedFields": managed_fields(),
        },
        "spec": pod_spec(template.pod_spec, host),
        "status": {
            "phase": "Running",
            "qosClass": "Burstable",
            "hostIP": "10.0.0.1",
            "podIP": "10.0.0.1",
            "startTime": made,
            "conditions": [
                condition("PodReadyToStartContainers", "True", made),
                condition("Initialized", "True", started),
                condition("Ready", value, since),
                condition("ContainersReady", value, since),
                condition("PodScheduled", "True", made),
                condition(GATE, VERDICT.status, started) | {"reason": VERDICT.reason.value, "message": VERDICT.message},
            ],
            "initContainerStatuses": [
                container_status(PROBE_CONTAINER, probe_run, 0, ended(made, started))
                | {"ready": True, "started": False}
            ],
            "containerStatuses": [
                container_status("agent", agent_run, restarts, {"running": {"startedAt": since}})
                | {"ready": ready, "started": True}
                | ({"lastState": ended(made, started)} if restarts else {})
            ],
        },
    }


def pod_spec(template_spec, host):
    """Return a pod's spec as the DaemonSet controller and the API server complete it."""
    affinity = {
        "requiredDuringSchedulingIgnoredDuringExecution": {
            "nodeSelectorTerms": [{"matchFields": [{"key": "metadata.name", "operator": "In", "values": [host]}]}]
        }
    }
    tolerations = [
        {"key": f"node.kubernetes.io/{key}", "operator": "Exists", "effect": effect}
        for key, effect in zip(TOLERATED, ("NoExecute",) * 2 + ("NoSchedule",) * 4, strict=True)
    ]
    stored = {"terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File"}
    kinds = ("initContainers", "containers")
    return template_spec | {
        **{kind: [stored | each for each in template_spec.get(kind, ())] for kind in kinds},
        "affinity": {"nodeAffinity": affinity},
        "tolerations": [*template_spec.get("tolerations", ()), *tolerations],
        "nodeName": host,
        "restartPolicy": "Always",
        "dnsPolicy": "ClusterFirst",
        "schedulerName": "default-scheduler",
        "serviceAccountName": "default",
        "serviceAccount": "default",
        "priority": 0,
        "preemptionPolicy": "PreemptLowerPriority",
    }


def condition(kind, status, since):
    """Return a pod condition as the kubelet writes it."""
    return {
        "type": kind,
        "status": status,
        "lastProbeTime": None,
        "lastTransitionTime": since,
        "observedGeneration": 1,
    }


def ended(began, end):
    """Return the state of a container that ended well."""
    return {"terminated": {"exitCode": 0, "reason": "Completed", "startedAt": began, "finishedAt": end}}


def stamp(begin, node, seconds=0):
    """Return when something happened on a node, as the API server writes it: the nodes had their turn one by one."""
    return f"{begin + timedelta(seconds=node // PODS_PER_SECOND + seconds):%Y-%m-%dT%H:%M:%SZ}"


def container_status(name, run, restarts, state):
    """Return the status of a container."""
    digest = "sha256:" + "ab" * 32
    return {
        "name": name,
        "image": IMAGE,
        "imageID": f"{IMAGE.partition(':')[0]}@{digest}",
        "containerID": run,
        "restartCount": restarts,
        "state": state,
        "lastState": {},
        "allocatedResources": {"cpu": "100m", "memory": "128Mi"},
        "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"memory": "256Mi"}},
    }


def managed_fields():
    """Return bookkeeping as large as three writers of a pod leave behind."""
    fields = {f"f:{key}": {".": {}, "f:status": {}, "f:type": {}} for key in ("spec", "metadata", "status", "k")}
    nested = {f'k:{{"type":"Condition{at}"}}': {".": {}, "f:lastProbeTime": {}, "f:status": {}} for at in range(6)}
    writers = ("kube-controller-manager", "kubelet.exe", MANAGER)
    return [
        {
            "manager": writer,
            "operation": "Update",
            "apiVersion": "v1",
            "time": CREATED,
            "fieldsType": "FieldsV1",
            "fieldsV1": fields | {"f:conditions": nested},
        }
        for writer in writers
    ]


def encode(body):
    """Return the compact JSON of an object."""
    return json.dumps(body, separators=(",", ":")).encode()
