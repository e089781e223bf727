"""An operator of chosen namespaces: what is served no longer is left as it is."""

import secrets

import pytest

from support.agents import OneAgent
from support.operator import Operator, install


@pytest.fixture
def former(plane):
    """Return the name of a second namespace that admits privileged pods."""
    name = f"test-{secrets.token_hex(4)}"
    labels = {"pod-security.kubernetes.io/enforce": "privileged"}
    plane.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}})
    yield name
    plane.delete("namespace", name, wait=0)


def test_an_agent_of_a_namespace_that_is_served_no_longer_is_left_alone(plane, namespace, former, nodes, tmp_path):
    kubeconfig = install(plane, policies=False)
    nodes(1)
    kept, left = OneAgent(plane, namespace, nodes.selector), OneAgent(plane, former, nodes.selector)
    with Operator(kubeconfig, tmp_path / "log", arguments=("--namespaces", f"{namespace},{former}")):
        for one in (kept, left):
            one.apply()
            one.wait_verified(1)
    before = (left.get(), left.daemonset()["metadata"]["generation"], left.uids())
    mark = plane.audit_mark()
    with Operator(kubeconfig, tmp_path / "log", arguments=("--namespaces", namespace)) as operator:
        kept.edit(containers=[{"name": "agent", "image": "registry.example/agent:2.0"}])
        kept.wait_verified(1)
        assert operator.stop() == 0
    assert (left.get(), left.daemonset()["metadata"]["generation"], left.uids()) == before
    touched = [event for event in plane.audit(mark) if event.namespace == former]
    assert touched == []


def test_an_operator_of_very_many_namespaces_has_connections_left_to_work(plane, namespace, nodes, tmp_path):
    kubeconfig = install(plane, policies=False)
    nodes(1)
    one = OneAgent(plane, namespace, nodes.selector)
    served = ",".join((namespace, *(f"still-to-come-{number}" for number in range(40))))
    with Operator(kubeconfig, tmp_path / "log", arguments=("--namespaces", served)):
        one.apply()
        one.wait_verified(1)
