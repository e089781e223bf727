"""HostProcessAgents as they are kept: parsed, with what their neighbours have to know."""

from hostprocess_operator.controller.agents import observe_agent
from hostprocess_operator.observed import HostPort, Program
from support import build

PORTS = [{"name": "agent", "image": "registry.example/agent:1", "ports": [{"containerPort": 9182}]}]


def test_neighbours_know_placement_and_claims():
    neighbour = observe_agent(build.agent_body(containers=PORTS, nodeSelector={"pool": "a"})).neighbour
    assert str(neighbour) == "agents/inspector"
    assert neighbour.placement.node_selector == {"kubernetes.io/os": "windows", "pool": "a"}
    assert neighbour.claims.ports == {HostPort(9182, "TCP")}
    assert neighbour.claims.programs == {Program("registry.example/agent:1")}


def test_an_invalid_agent_is_no_neighbour():
    assert observe_agent(build.agent_body(containers=[])).neighbour is None


def test_nor_is_one_that_is_being_deleted():
    body = build.agent_body(containers=PORTS)
    body["metadata"]["deletionTimestamp"] = "2026-03-04T05:06:07Z"
    stored = observe_agent(body)
    assert stored.deleting
    assert stored.neighbour is None
