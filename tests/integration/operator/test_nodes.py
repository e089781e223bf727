"""Nodes that cannot have the agent, and agents that are in each other's way: named with the reason, while it is so."""

import pytest

from control_plane import wait_for
from support.agents import OneAgent, condition

SIM = "sim.hostprocess.dev"
GPU = {"key": "gpu", "value": "yes", "effect": "NoSchedule"}
UNFIT = {
    "RuntimeUnsupported": ("runtime", "docker://20.10.9", "only containerd runs host processes."),
    "RuntimeTooOld": ("runtime", "containerd://1.5.18", "host processes take containerd 1.6 or later."),
    "KubeletTooOld": ("kubelet", "v1.22.17-eks-1a2b", "host processes take 1.23 or later."),
}


def annotate(plane, name, **values):
    annotations = {f"{SIM}/{key}": value for key, value in values.items()}
    plane.patch("nodes", name, {"metadata": {"annotations": annotations}})


def taint(plane, name, *taints):
    plane.patch("nodes", name, {"spec": {"taints": list(taints) or None}})


def problems(agent):
    return {each["node"]: (each["reason"], each["message"]) for each in agent["status"].get("problems", [])}


@pytest.fixture
def another(plane, namespace, nodes, operator):
    """Return a second agent for the nodes of this test, which is not applied yet."""
    return OneAgent(plane, namespace, nodes.selector, name="twin")


def test_unfit_nodes_are_named_and_leave_the_count_and_come_back_by_themselves(one, nodes, plane):
    nodes(1)
    unfit = {reason: nodes(1, annotations={f"{SIM}/{knob}": value})[0] for reason, (knob, value, _) in UNFIT.items()}
    one.apply()
    found = one.wait(ready="True", reason="AllVerified", desired=1, verified=1, ineligible=3)
    told = problems(found)
    for reason, (_, value, words) in UNFIT.items():
        assert told[unfit[reason]][0] == reason
        assert f" is {value};" in told[unfit[reason]][1]
        assert words in told[unfit[reason]][1]
        assert f"{unfit[reason]} ({reason})" in condition(found, "Ready")["message"]
    assert found["status"]["summary"]["nodes"] == "1/1"
    for reason, (knob, _, _) in UNFIT.items():
        annotate(plane, unfit[reason], **{knob: None})
    found = one.wait(ready="True", reason="AllVerified", desired=4, verified=4, ineligible=0)
    assert not problems(found)
    assert condition(found, "Ready")["message"] == "The agent is available and verified on every node."


def test_a_node_that_becomes_unfit_holds_no_rollout_up(one, nodes, plane):
    _, docker = nodes(2)
    one.apply()
    one.wait_verified(2)
    annotate(plane, docker, runtime="docker://20.10.9")
    one.wait(ready="True", desired=1, ineligible=1)
    one.edit(containers=[{"name": "agent", "image": "registry.example/agent:2.0"}])
    one.wait(ready="True", reason="AllVerified", desired=1, updated=1, ineligible=1)
    assert one.images()[docker] == "1.0"
    annotate(plane, docker, runtime="containerd://1.7.20")
    one.wait(ready="True", reason="AllVerified", desired=2, updated=2, verified=2, ineligible=0, timeout=40)
    assert one.images()[docker] == "2.0"


def test_old_versions_that_work_are_noted(one, nodes):
    names = nodes(2, annotations={f"{SIM}/runtime": "containerd://1.6.36"})
    one.apply()
    message = condition(one.wait_verified(2), "Ready")["message"]
    assert f"On nodes {names[0]} and {names[1]}: containerd is older than 1.7:" in message


def test_a_tainted_node_is_named_by_its_taint(one, nodes, plane):
    nodes(1)
    [tainted] = nodes(1, taints=[GPU])
    one.apply()
    found = one.wait(ready="True", reason="AllVerified", desired=1, verified=1, ineligible=1)
    reason, message = problems(found)[tainted]
    assert reason == "TaintNotTolerated"
    assert message.startswith("The taint gpu=yes:NoSchedule keeps the agent off the node. Add a toleration")
    one.edit(tolerations=[{"key": "gpu", "operator": "Exists"}])
    found = one.wait(ready="True", desired=2, verified=2, ineligible=0)
    assert not problems(found)


def test_four_ways_to_have_no_agent_at_all(one, nodes, plane):
    if plane.get("nodes", label_selector="kubernetes.io/os=windows")["items"]:
        pytest.skip("there are nodes already on this control plane")
    one.selector = nodes.selector | {"pool": "agents"}
    one.apply()
    found = one.wait(ready="False", reason="NoWindowsNodes", desired=0)
    assert condition(found, "Stalled")["status"] == "True"

    [name] = nodes(1, taints=[GPU])
    one.wait(ready="False", reason="NoMatchingNodes", desired=0, ineligible=0)

    plane.patch("nodes", name, {"metadata": {"labels": {"pool": "agents"}}})
    found = one.wait(ready="False", reason="NoEligibleNodes", desired=0, ineligible=1)
    assert f"On node {name}: The taint gpu=yes:NoSchedule" in condition(found, "Ready")["message"]

    taint(plane, name)
    one.wait_verified(1)
    annotate(plane, name, ready="false")
    found = one.wait(ready="False", reason="NodesUnreachable", desired=1, unreachable=1)
    assert f"Not Ready: node {name};" in condition(found, "Ready")["message"]
    assert condition(found, "Reconciling")["status"] == "True"

    annotate(plane, name, ready=None)
    one.wait_verified(1)


def overlapping(agent, reason, *words):
    found = condition(agent.get(), "Overlapping")
    assert found.get("reason") == reason, found
    assert all(word in found["message"] for word in words), found
    return True


def test_two_agents_of_the_same_image_and_command_are_both_told(one, another, nodes, plane):
    names = nodes(2)
    one.apply()
    one.wait_verified(2)
    another.apply()
    where = f"on nodes {names[0]} and {names[1]}."
    for agent, other in ((one, another), (another, one)):
        words = (f"{other.namespace}/{other.name} runs the same image and command as container agent, {where}",)
        wait_for(lambda a=agent, w=words: overlapping(a, "SameAgentTwice", *w), 20, f"{agent.name} to be told")
        agent.wait_verified(2)  # and nothing is blocked
    plane.kubectl("delete", "hostprocessagent", another.name, "-n", another.namespace)
    wait_for(lambda: not condition(one.get(), "Overlapping"), 20, "it to be told no more")


def test_two_agents_that_claim_a_host_port_are_both_told(one, another, nodes):
    [name] = nodes(1)

    def listening(image, port, **more):
        return {"containers": [{"name": "agent", "image": image, "ports": [{"containerPort": port} | more]}]}

    one.apply(**listening("registry.example/one:1.0", 9182))
    another.apply(**listening("registry.example/another:1.0", 9182, protocol="UDP"))
    one.wait_verified(1)
    another.wait_verified(1)
    assert not condition(one.get(), "Overlapping")
    assert not condition(another.get(), "Overlapping")
    another.edit(**listening("registry.example/another:1.0", 9182))
    for agent, other in ((one, another), (another, one)):
        words = (f"{other.namespace}/{other.name} claims host port 9182/TCP too, on node {name}.",)
        wait_for(lambda a=agent, w=words: overlapping(a, "HostPortClaimedTwice", *w), 20, f"{agent.name} to be told")
    another.edit(**listening("registry.example/another:1.0", 9183))
    for agent in (one, another):
        wait_for(lambda a=agent: not condition(a.get(), "Overlapping"), 20, f"{agent.name} to be told no more")
        agent.wait_verified(1)
