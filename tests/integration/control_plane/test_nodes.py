"""Simulated Windows nodes: what they report, how they get lost and come back."""

import ipaddress

import pytest

from control_plane import agent_pod, fleet, wait_for
from control_plane.nodes import SERVER_2025

SIM = "sim.hostprocess.dev"


def conditions_of(node):
    return {condition["type"]: condition for condition in node["status"]["conditions"]}


def taints_of(node):
    return {(taint["key"], taint["effect"]) for taint in node["spec"].get("taints", [])}


def test_a_build_decides_the_operating_system(plane, nodes):
    (server_2022,), (server_2025,) = nodes(), nodes(build=SERVER_2025)
    info = [plane.get("node", name)["status"]["nodeInfo"] for name in (server_2022, server_2025)]
    assert [entry["osImage"] for entry in info] == ["Windows Server 2022 Datacenter", "Windows Server 2025 Datacenter"]
    assert [entry["kernelVersion"] for entry in info] == ["10.0.20348.3328", "10.0.26100.3328"]
    assert {entry["operatingSystem"] for entry in info} == {"windows"}


def test_each_node_has_its_own_loopback_address(plane, nodes):
    found = [plane.get("node", name)["status"]["addresses"][0]["address"] for name in nodes(3)]
    assert len(set(found)) == 3
    assert all(ipaddress.ip_address(address).is_loopback for address in found)


def test_a_small_fleet_has_a_2025_node_and_a_tainted_one(plane, namespace):
    names = plane.add_nodes(*fleet(5, prefix=namespace))
    try:
        found = [plane.get("node", name) for name in names]
        assert [node["metadata"]["labels"]["node.kubernetes.io/windows-build"] for node in found][-1] == SERVER_2025
        assert [taints_of(node) for node in found] == [set(), set(), set(), {("os", "NoSchedule")}, set()]
    finally:
        plane.remove_nodes(*names)


def test_knobs_turn_what_a_node_reports(plane, nodes):
    (name,) = nodes()
    knobs = {"boot": "2", "runtime": "docker://20.10.9", "kubelet": "v1.22.4"}
    annotations = {f"{SIM}/{knob}": value for knob, value in knobs.items()}
    plane.patch("node", name, {"metadata": {"annotations": annotations}})

    def reported():
        info = plane.get("node", name)["status"]["nodeInfo"]
        seen = (info["bootID"], info["containerRuntimeVersion"], info["kubeletVersion"])
        assert seen == ("2", "docker://20.10.9", "v1.22.4")
        return True

    wait_for(reported, 10, "the knobs to be reported")


def test_a_node_that_says_it_is_not_ready_is_tainted_until_it_is(plane, nodes):
    name, _ = nodes(2)  # while no node is Ready at all, node-lifecycle suspects itself and evicts nothing

    def turn(ready):
        plane.patch("node", name, {"metadata": {"annotations": {f"{SIM}/ready": ready}}})

    def is_tainted(status, effects):
        node = plane.get("node", name)
        found = {effect for key, effect in taints_of(node) if key == "node.kubernetes.io/not-ready"}
        return conditions_of(node)["Ready"]["status"] == status and found == effects

    turn("false")
    wait_for(lambda: is_tainted("False", {"NoSchedule", "NoExecute"}), 20, "the taints")
    turn("true")
    wait_for(lambda: is_tainted("True", set()), 20, "the node to be untainted")


def test_a_node_is_written_only_when_something_about_it_changed(plane, nodes, namespace):
    (name,) = nodes()
    node = plane.patch("node", name, {"metadata": {"labels": {"touched": "yes"}}})
    plane.apply(agent_pod("later", name), namespace=namespace)  # kwok sees the label before this pod
    wait_for(lambda: plane.get("pod", "later", namespace)["status"]["phase"] == "Running", 10, "the pod to run")
    assert plane.get("node", name)["metadata"]["resourceVersion"] == node["metadata"]["resourceVersion"]


def test_a_node_that_is_down_gets_lost_with_its_pods_and_comes_back(plane, nodes, namespace):
    name, _ = nodes(2)
    plane.apply(agent_pod("stays", name, gate=False), agent_pod("deleted", name, gate=False), namespace=namespace)

    def ready(pod):
        conditions = conditions_of(plane.get("pod", pod, namespace))
        return conditions["Ready"]["status"]

    def down(value):
        plane.patch("node", name, {"metadata": {"labels": {f"{SIM}/down": value}}})

    wait_for(lambda: ready("stays") == ready("deleted") == "True", 10, "the pods to be Ready")
    down("true")

    def is_lost():
        node = plane.get("node", name)
        condition = conditions_of(node)["Ready"]
        assert (condition["status"], condition["reason"]) == ("Unknown", "NodeStatusUnknown")
        assert ("node.kubernetes.io/unreachable", "NoExecute") in taints_of(node)
        assert ready("stays") == "False"
        return True

    wait_for(is_lost, 45, "the node to be lost")
    plane.delete("pod", "deleted", namespace, wait=0)
    with pytest.raises(TimeoutError):
        plane.delete("pod", "deleted", namespace, wait=2)
    down(None)
    wait_for(lambda: ready("stays") == "True", 20, "the pod that stayed to be Ready again")
    wait_for(
        lambda: not plane.get("pods", namespace=namespace, field_selector="metadata.name=deleted")["items"], 10, "it"
    )


def test_a_daemonset_runs_on_the_windows_nodes_that_it_selects(plane, nodes, namespace):
    names = nodes(3)
    pod = agent_pod("unused", "unused", gate=False)["spec"]
    del pod["nodeName"]
    template = {"metadata": {"labels": {"app": "agent"}}, "spec": {**pod, "nodeSelector": nodes.selector}}
    spec = {"selector": {"matchLabels": {"app": "agent"}}, "template": template}
    plane.apply(
        {"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": "agent"}, "spec": spec}, namespace=namespace
    )
    wait_for(lambda: plane.get("ds", "agent", namespace)["status"]["numberAvailable"] == 3, 20, "three agents")
    assert {pod["spec"]["nodeName"] for pod in plane.get("pods", namespace=namespace)["items"]} == set(names)
