"""Pods that the API server refuses: the agent says so before any is tried, and heals as soon as they are admitted."""

import pytest

from control_plane import wait_for
from support.agents import condition

LEVEL = "pod-security.kubernetes.io/enforce"


@pytest.fixture
def enforce(plane, namespace):
    """Return a function that sets the Pod Security level of the test's namespace; None takes the label away."""

    def enforce(level):
        plane.patch("namespaces", namespace, {"metadata": {"labels": {LEVEL: level}}})

    return enforce


def cure(namespace):
    return f"kubectl label namespace {namespace} {LEVEL}=privileged --overwrite"


@pytest.mark.parametrize("level", ["baseline", "restricted"])
def test_a_namespace_that_admits_no_host_process_is_named_with_its_cure_and_the_agent_heals(
    one, nodes, namespace, enforce, level
):
    nodes(2)
    enforce(level)
    one.apply()
    found = one.wait(ready="False", reason="PodSecurityRejected", timeout=20)
    assert cure(namespace) in condition(found, "Ready")["message"]
    assert condition(found, "Stalled")["message"] == condition(found, "Ready")["message"]
    wait_for(lambda: one.daemonset()["status"].get("observedGeneration"), 20, "the DaemonSet controller to try")
    found = one.wait(ready="False", reason="PodSecurityRejected")
    assert cure(namespace) in condition(found, "Ready")["message"]
    enforce("privileged")
    one.wait_verified(2, timeout=20)


def test_while_pods_would_be_refused_none_is_replaced(one, nodes, namespace, enforce, audit):
    nodes(2)
    one.apply()
    one.wait_verified(2)
    before = one.uids()
    enforce("baseline")
    found = wait_for(lambda: says_so(one), 20, "the agent to say what its namespace would do")
    assert condition(found, "Ready")["status"] == "True"
    one.edit(containers=[one.get()["spec"]["containers"][0] | {"image": "registry.example/agent:2.0"}])
    found = one.wait(ready="False", reason="PodSecurityRejected")
    assert "No pod is replaced" in condition(found, "Ready")["message"]
    assert one.uids() == before
    enforce("privileged")
    one.wait_verified(2, timeout=40)
    assert set(one.images().values()) == {"2.0"}
    assert audit.count("pods", "delete") == 2


def says_so(one):
    found = one.get()
    assert cure(one.namespace) in condition(found, "Ready").get("message", "")
    return found
