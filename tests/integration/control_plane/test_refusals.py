"""What the DaemonSet controller says of pods that are refused; tests/data/refusals.yaml has the texts.

A text that another Kubernetes words differently fails here first: correct the file, then see what the diagnosis makes
of it.
"""

import re
from pathlib import Path

import pytest
import yaml

from control_plane import agent_pod, wait_for
from control_plane.api import ApiError
from control_plane.pods import container
from support.refusals import REFUSALS

TEXTS = yaml.safe_load((Path(__file__).parents[2] / "data" / "refusals.yaml").read_text())


def daemonset(selector, **spec):
    """Return a DaemonSet of agents; `spec` replaces fields of the pod's spec."""
    pod = {key: value for key, value in agent_pod("agent", "")["spec"].items() if key != "nodeName"}
    labels = {"app": "agent"}
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": "agent"},
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": pod | {"nodeSelector": dict(selector)} | spec},
        },
    }


def events(plane, namespace, kind, reason):
    selector = f"involvedObject.kind={kind},reason={reason}"
    return plane.get("events", namespace=namespace, field_selector=selector)["items"]


def told(plane, namespace):
    """Return the message of the first FailedCreate, with the names of the data in place of random ones."""
    message = events(plane, namespace, "DaemonSet", "FailedCreate")[0]["message"]
    return re.sub(r'"agent-[a-z0-9]{5}"', '"agent-x7k2p"', message.replace(namespace, "agents"))


@pytest.mark.parametrize("name", REFUSALS)
def test_a_refusal_is_told_by_the_daemonset_and_its_end_lets_the_pods_in(plane, namespace, nodes, name):
    nodes(1)
    wait_for(lambda: plane.get("serviceaccount", "default", namespace), 20, "the default ServiceAccount")
    with REFUSALS[name](plane, namespace) as fields:
        if name == "validating_policy":  # it takes the API server a moment to see a policy
            dry = agent_pod("dry-run", nodes.names[0])
            path = plane.api.path("pods", namespace, dryRun="All")
            wait_for(lambda: refused(plane, path, dry), 20, "the policy to act")
        plane.apply(daemonset(nodes.selector, **fields), namespace=namespace)
        assert wait_for(lambda: told(plane, namespace), 30, "FailedCreate") == TEXTS[name]
        wait_for(lambda: counts(plane, namespace) == (1, 0), 20, "a status with one pod desired and none there")
    wait_for(lambda: counts(plane, namespace) == (1, 1), 60, "the pod to be let in")


def counts(plane, namespace):
    status = plane.get("daemonset", "agent", namespace)["status"]
    return status["desiredNumberScheduled"], status["currentNumberScheduled"]


def refused(plane, path, pod):
    try:
        plane.api.request("POST", path, pod)
    except ApiError:
        return True
    return False


def test_there_is_a_text_for_each_refusal():
    assert set(TEXTS) == set(REFUSALS)


PORT = {"containerPort": 9182, "hostPort": 9182}
MUCH = {"resources": {"requests": {"memory": "40Gi"}}}


@pytest.mark.parametrize(
    ("more", "message"),
    [
        pytest.param({"ports": [PORT]}, "didn't have free ports for the requested pod ports", id="a taken host port"),
        pytest.param(MUCH, "Insufficient memory", id="more memory than the node has"),
    ],
)
def test_a_pod_that_fits_nowhere_says_why_in_its_condition(plane, namespace, nodes, more, message):
    (node,) = nodes(1)
    wait_for(lambda: plane.get("serviceaccount", "default", namespace), 20, "the default ServiceAccount")
    other = agent_pod("other", node, mains=[container("other", ports=[PORT])])
    plane.api.request("POST", plane.api.path("pods", namespace), other)
    plane.apply(daemonset(nodes.selector, containers=[container("agent", **more)]), namespace=namespace)

    def unscheduled():
        pod = plane.get("pods", namespace=namespace, label_selector="app=agent")["items"][0]
        conditions = {c["type"]: c for c in pod["status"].get("conditions", [])}
        return conditions["PodScheduled"] if conditions["PodScheduled"]["status"] == "False" else None

    found = wait_for(unscheduled, 20, "a pod that cannot be scheduled")
    assert found["reason"] == "Unschedulable"
    assert message in found["message"]
    (event, *_) = wait_for(lambda: events(plane, namespace, "Pod", "FailedScheduling"), 20, "FailedScheduling")
    assert message in event["message"]
