"""Nodes: from what the API server sends to what a decision needs."""

import copy
from datetime import UTC, datetime

import pytest

from hostprocess_operator.observed import Taint, observe_node

NODE = {
    "metadata": {
        "name": "win-1",
        "uid": "u1",
        "creationTimestamp": "2026-03-01T00:00:00Z",
        "labels": {"kubernetes.io/os": "windows", "pool": "a"},
        "resourceVersion": "10",
    },
    "spec": {
        "unschedulable": True,
        "taints": [{"key": "os", "value": "windows", "effect": "NoSchedule"}, {"key": "gpu", "effect": "NoExecute"}],
    },
    "status": {
        "conditions": [
            {"type": "MemoryPressure", "status": "False"},
            {
                "type": "Ready",
                "status": "True",
                "lastTransitionTime": "2026-03-02T00:00:00Z",
                "lastHeartbeatTime": "2026-03-04T00:00:00Z",
            },
        ],
        "nodeInfo": {
            "kubeletVersion": "v1.34.1",
            "containerRuntimeVersion": "containerd://2.0.4+azure",
            "kernelVersion": "10.0.26100.32995",
        },
    },
}


def with_ready(**changes):
    return NODE | {"status": NODE["status"] | {"conditions": [NODE["status"]["conditions"][1] | changes]}}


def test_everything_that_counts_is_taken():
    node = observe_node(NODE)
    assert (node.name, node.uid) == ("win-1", "u1")
    assert node.created == datetime(2026, 3, 1, tzinfo=UTC)
    assert node.labels == {"kubernetes.io/os": "windows", "pool": "a"}
    assert node.taints == (Taint("os", "windows", "NoSchedule"), Taint("gpu", "", "NoExecute"))
    assert node.unschedulable
    assert node.ready
    assert node.ready_since == datetime(2026, 3, 2, tzinfo=UTC)
    assert (node.kubelet, node.runtime, node.build) == ("v1.34.1", "containerd://2.0.4+azure", "10.0.26100.32995")


@pytest.mark.parametrize(
    ("status", "ready"),
    [
        pytest.param("True", True, id="True is ready"),
        pytest.param("False", False, id="False is not"),
        pytest.param("Unknown", False, id="Unknown is not: nobody hears from the kubelet"),
    ],
)
def test_ready(status, ready):
    assert observe_node(with_ready(status=status)).ready is ready


def test_words_that_repeat_over_thousands_of_nodes_are_kept_once():
    one, other = (observe_node(copy.deepcopy(NODE)) for _ in range(2))
    assert all(getattr(one, name) is getattr(other, name) for name in ("kubelet", "runtime", "build"))


def test_the_build_is_taken_from_the_label_where_the_kubelet_does_not_say():
    labels = {"node.kubernetes.io/windows-build": "10.0.20348"}
    assert observe_node({"metadata": NODE["metadata"] | {"labels": labels}}).build == "10.0.20348"


@pytest.mark.parametrize(
    ("taint", "text"),
    [
        pytest.param(Taint("os", "windows", "NoSchedule"), "os=windows:NoSchedule", id="with a value"),
        pytest.param(Taint("gpu", "", "NoExecute"), "gpu:NoExecute", id="without one"),
    ],
)
def test_a_taint_is_written_as_kubectl_does(taint, text):
    assert str(taint) == text


def test_a_heartbeat_changes_nothing():
    later = with_ready(lastHeartbeatTime="2026-03-05T00:00:00Z")
    later["metadata"] = NODE["metadata"] | {"resourceVersion": "11"}
    assert observe_node(later) == observe_node(NODE)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({"metadata": {"name": "win-1", "uid": "u1"}}, id="nothing but a name"),
        pytest.param(
            {"metadata": {"name": "win-1", "uid": "u1", "labels": None}, "spec": None, "status": None}, id="nulls"
        ),
        pytest.param(
            {
                "metadata": {"name": "win-1", "uid": "u1"},
                "spec": {"taints": None, "unschedulable": None},
                "status": {"conditions": None, "nodeInfo": None},
            },
            id="nulls within",
        ),
    ],
)
def test_a_half_empty_node_is_not_ready_and_has_nothing(body):
    node = observe_node(body)
    assert (node.ready, node.ready_since, node.created) == (False, None, None)
    assert (node.labels, node.taints, node.unschedulable) == ({}, (), False)
    assert (node.kubelet, node.runtime, node.build) == ("", "", "")
