"""Pods: their runs, their readiness, and the verdict and report that stand on them."""

from datetime import UTC, datetime

import pytest

from hostprocess_operator.observed import Ended, GateCondition, observe_pod

STARTED, ENDED = datetime(2026, 3, 2, 10, tzinfo=UTC), datetime(2026, 3, 2, 11, tzinfo=UTC)
REPORT = '{"run":"containerd://p1","admin":true,"sid":"S-1-5-18"}'
METADATA = {
    "name": "inspector-x7",
    "namespace": "agents",
    "uid": "u1",
    "creationTimestamp": "2026-03-01T00:00:00Z",
    "labels": {"hostprocess.dev/agent": "inspector", "controller-revision-hash": "abc"},
    "annotations": {"hostprocess.dev/report": REPORT},
    "ownerReferences": [{"kind": "DaemonSet", "uid": "ds-uid", "controller": True}],
}
SPEC = {
    "nodeName": "win-1",
    "readinessGates": [
        {"conditionType": "example.com/other"},
        {"conditionType": "hostprocess.dev/AdminRightsVerified"},
    ],
    "securityContext": {"windowsOptions": {"hostProcess": True, "runAsUserName": r"NT AUTHORITY\SYSTEM"}},
    "initContainers": [{"name": "verify-admin-rights"}],
    "containers": [{"name": "agent", "securityContext": {"windowsOptions": {"runAsUserName": "operators"}}}],
}
STATUS = {
    "phase": "Running",
    "conditions": [
        {"type": "Ready", "status": "True", "lastTransitionTime": "2026-03-02T12:00:00Z"},
        {
            "type": "hostprocess.dev/AdminRightsVerified",
            "status": "True",
            "reason": "Administrator",
            "message": "It has.",
            "lastTransitionTime": "2026-03-02T11:30:00Z",
        },
    ],
    "initContainerStatuses": [
        {
            "name": "verify-admin-rights",
            "containerID": "containerd://p1",
            "restartCount": 0,
            "state": {
                "terminated": {
                    "exitCode": 0,
                    "reason": "Completed",
                    "startedAt": "2026-03-02T10:00:00Z",
                    "finishedAt": "2026-03-02T11:00:00Z",
                }
            },
        }
    ],
    "containerStatuses": [
        {
            "name": "agent",
            "containerID": "containerd://a1",
            "restartCount": 2,
            "state": {"running": {"startedAt": "2026-03-02T10:00:00Z"}},
        }
    ],
}


def observed(metadata=None, spec=None, status=None):
    return observe_pod(
        {"metadata": METADATA | (metadata or {}), "spec": SPEC | (spec or {}), "status": STATUS | (status or {})}
    )


def test_identity():
    pod = observed()
    assert (pod.namespace, pod.name, pod.uid, pod.agent) == ("agents", "inspector-x7", "u1", "inspector")
    assert (pod.node, pod.owner_uid, pod.revision, pod.account) == ("win-1", "ds-uid", "abc", r"NT AUTHORITY\SYSTEM")
    assert pod.created == datetime(2026, 3, 1, tzinfo=UTC)


def test_readiness_and_verdict():
    pod = observed()
    assert (pod.phase, pod.ready, pod.ready_since) == ("Running", True, datetime(2026, 3, 2, 12, tzinfo=UTC))
    assert pod.gated
    assert pod.gate == GateCondition("True", "Administrator", "It has.", datetime(2026, 3, 2, 11, 30, tzinfo=UTC))
    assert pod.report == REPORT


def test_containers_in_order_with_their_runs():
    probe, agent = observed().containers
    assert (probe.name, probe.init, probe.account, probe.run) == ("verify-admin-rights", True, "", "containerd://p1")
    assert (probe.state, probe.reason, probe.exit_code) == ("terminated", "Completed", 0)
    assert (probe.started, probe.finished) == (STARTED, ENDED)
    assert (agent.name, agent.init, agent.account, agent.run) == ("agent", False, "operators", "containerd://a1")
    assert (agent.state, agent.restarts, agent.started, agent.finished) == ("running", 2, STARTED, None)


@pytest.mark.parametrize(
    ("spec", "gated"),
    [
        pytest.param({"readinessGates": None}, False, id="no gates"),
        pytest.param({"readinessGates": [{"conditionType": "example.com/other"}]}, False, id="another gate"),
    ],
)
def test_a_pod_without_our_gate(spec, gated):
    assert observed(spec=spec).gated is gated


def bound(*terms):
    affinity = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": list(terms)}}}
    return {"nodeName": None, "affinity": affinity}


NAMED = {"key": "metadata.name", "operator": "In", "values": ["win-2"]}


@pytest.mark.parametrize(
    ("spec", "node"),
    [
        pytest.param(bound({"matchFields": [NAMED]}), "win-2", id="the node that the DaemonSet controller made it for"),
        pytest.param(
            bound({"matchExpressions": []}, {"matchFields": [NAMED | {"key": "other", "values": ["no"]}, NAMED]}),
            "win-2",
            id="among other terms and fields",
        ),
        pytest.param(
            bound({"matchFields": [NAMED | {"operator": "NotIn"}]}), "", id="not the node that it is kept off"
        ),
        pytest.param({"nodeName": None}, "", id="no affinity"),
        pytest.param({"nodeName": None, "affinity": None}, "", id="a null affinity"),
        pytest.param({"nodeName": None, "affinity": {"nodeAffinity": None}}, "", id="no node affinity"),
        pytest.param(bound() | {"nodeName": "win-1"}, "win-1", id="a bound pod is where it is bound"),
    ],
)
def test_the_node_of_a_pod(spec, node):
    assert observed(spec=spec).node == node


def test_a_pod_that_is_going_or_given_up_says_so():
    pod = observed(
        metadata={"deletionTimestamp": "2026-03-04T00:00:00Z"},
        status={"phase": "Failed", "reason": "Evicted", "message": "The node was low on resource: memory."},
    )
    assert pod.deleting
    assert (pod.phase, pod.reason, pod.message) == ("Failed", "Evicted", "The node was low on resource: memory.")


def scheduled(value, **more):
    entry = {"type": "PodScheduled", "status": value, "reason": "Unschedulable", "message": "0/3 nodes are available."}
    return {"conditions": [*STATUS["conditions"], entry]} | more


@pytest.mark.parametrize(
    ("status", "reason", "message"),
    [
        pytest.param(scheduled("False"), "Unschedulable", "0/3 nodes are available.", id="it finds no place"),
        pytest.param(scheduled("True"), "", "", id="it found one, though the words are still there"),
        pytest.param(
            scheduled("False", reason="Evicted", message="Low on memory."), "Evicted", "Low on memory.",
            id="what became of it comes first",
        ),
    ],
)  # fmt: skip
def test_a_pod_that_found_no_place_says_so(status, reason, message):
    pod = observed(status=status)
    assert (pod.reason, pod.message) == (reason, message)


@pytest.mark.parametrize(
    "status",
    [
        pytest.param({}, id="no status"),
        pytest.param(None, id="a null status"),
        pytest.param({"conditions": None, "initContainerStatuses": None, "containerStatuses": None}, id="nulls"),
    ],
)
def test_a_pod_that_no_kubelet_has_seen_has_containers_without_runs(status):
    pod = observe_pod({"metadata": METADATA | {"annotations": None}, "spec": SPEC, "status": status})
    assert (pod.phase, pod.ready, pod.ready_since, pod.gate, pod.report) == ("", False, None, None, None)
    assert [(c.name, c.run, c.state, c.restarts) for c in pod.containers] == [
        ("verify-admin-rights", "", "", 0),
        ("agent", "", "", 0),
    ]


def test_a_pod_of_nothing_but_a_name():
    pod = observe_pod({"metadata": {"name": "p", "uid": "u"}})
    assert (pod.agent, pod.node, pod.owner_uid, pod.revision, pod.account) == ("", "", "", "", "")
    assert (pod.created, pod.gated, pod.containers) == (None, False, ())


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        pytest.param({"waiting": {"reason": "Err", "message": "no"}}, ("waiting", "Err", "no"), id="waiting"),
        pytest.param({"waiting": {}}, ("waiting", "", ""), id="waiting without a reason"),
        pytest.param({"running": None}, ("running", "", ""), id="running since nobody knows when"),
        pytest.param({}, ("", "", ""), id="an empty state"),
        pytest.param(None, ("", "", ""), id="a null state"),
    ],
)
def test_the_state_of_a_container(state, expected):
    agent = observed(status={"containerStatuses": [{"name": "agent", "state": state}]}).containers[-1]
    assert (agent.state, agent.reason, agent.message) == expected


def test_a_status_of_a_container_that_the_spec_has_not_is_ignored():
    pod = observed(status={"containerStatuses": [{"name": "stranger", "containerID": "containerd://s"}]})
    assert [container.name for container in pod.containers] == ["verify-admin-rights", "agent"]


def test_what_a_diagnosis_needs_of_a_container():
    spec = {
        "name": "agent",
        "image": "registry.example/agent:1",
        "resources": {"limits": {"memory": "256Mi"}},
        "lifecycle": {"preStop": {"sleep": {"seconds": 1}}},
        "livenessProbe": {"exec": {"command": ["x"]}},
        "startupProbe": {"tcpSocket": {"port": 1}},
    }
    last = {"exitCode": -1073741515, "reason": "Error", "message": "No.", "finishedAt": "2026-03-02T11:00:00Z"}
    last["startedAt"] = "2026-03-02T11:00:00Z"
    status = {"name": "agent", "ready": True, "lastState": {"terminated": last}}
    agent = observed(spec={"containers": [spec]}, status={"containerStatuses": [status]}).containers[-1]
    assert (agent.image, agent.memory_limit, agent.hooks, agent.ready) == (
        "registry.example/agent:1",
        "256Mi",
        True,
        True,
    )
    assert (agent.probes, agent.exec_probes) == (("liveness", "startup"), ("liveness",))
    assert agent.last == Ended(-1073741515, "Error", "No.", ENDED, ENDED)


def test_a_container_of_which_nothing_more_is_known():
    agent = observed(spec={"containers": [{"name": "agent"}]}, status={"containerStatuses": []}).containers[-1]
    assert (agent.image, agent.memory_limit, agent.hooks, agent.ready, agent.last) == ("", "", False, False, None)
    assert (agent.probes, agent.exec_probes, agent.sidecar) == ((), (), False)


@pytest.mark.parametrize(
    ("container", "sidecar"),
    [
        pytest.param({"name": "setup", "restartPolicy": "Always"}, True, id="an init container that keeps running"),
        pytest.param({"name": "setup"}, False, id="any other"),
    ],
)
def test_sidecar(container, sidecar):
    assert observed(spec={"initContainers": [container]}).containers[0].sidecar is sidecar


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        pytest.param([{"type": "PodReadyToStartContainers", "status": "True"}], True, id="it is there"),
        pytest.param([{"type": "PodReadyToStartContainers", "status": "False"}], False, id="it is not there"),
        pytest.param([{"type": "PodReadyToStartContainers", "status": "Unknown"}], None, id="not known"),
        pytest.param([], None, id="an old kubelet does not say"),
    ],
)
def test_sandbox(conditions, expected):
    assert observed(status={"conditions": conditions}).sandboxed is expected


def test_a_deleted_pod_says_when_it_should_be_gone():
    assert observed().gone_by is None
    assert observed({"deletionTimestamp": "2026-03-02T11:00:00Z"}).gone_by == ENDED
