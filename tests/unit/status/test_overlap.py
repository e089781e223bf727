"""Overlapping: who is in the way of whom, on which nodes, and when nobody is."""

from dataclasses import replace

import pytest

from hostprocess_operator.api.agent import HostProcessAgent
from hostprocess_operator.api.faults import Fault
from hostprocess_operator.diagnosis.overlap import claims_of
from hostprocess_operator.manifests import placement_of
from hostprocess_operator.observed import Neighbour
from support import build
from support.build import DAY

ABC = build.nodes("a", "b", "c", age=9 * DAY)
PORT_REMEDY, SAME_REMEDY = Fault.HOST_PORT_CLAIMED_TWICE.remedy, Fault.SAME_AGENT_TWICE.remedy


ANOTHER_POOL = {
    "nodeAffinity": {
        "requiredDuringSchedulingIgnoredDuringExecution": {
            "nodeSelectorTerms": [{"matchExpressions": [{"key": "pool", "operator": "DoesNotExist"}]}]
        }
    }
}


def labelled(name, **labels):
    return build.node(name, age=9 * DAY, labels=labels)


def container(name="agent", *ports, image="registry.example/agent:1", **fields):
    return {"name": name, "image": image, "ports": [{"containerPort": number} for number in ports]} | fields


EXPORTER = build.agent(containers=[container("exporter", 9182, 9183)])


def other(name="other", *containers, namespace="team", **spec):
    asked = build.agent(containers=list(containers), **spec)
    return Neighbour(namespace, name, placement_of(asked), claims_of(asked))


def with_port(name, *ports, **spec):
    return other(name, container("x", *(ports or (9182,)), image="registry.example/x"), **spec)


def twin(name, **spec):
    return other(name, container("x"), **spec)


@pytest.fixture
def overlap_of(status_of):
    """Return a function to reason and message of Overlapping, None where it is not shown."""

    def overlap_of(*neighbours, asked=EXPORTER, nodes=ABC):
        pods = build.pods(*(node.name for node in nodes))
        world = build.scene(asked, nodes=nodes, pods=pods, neighbours=neighbours)
        found = status_of(asked, world).condition("Overlapping")
        return found and (found.status, found.reason, found.message)

    return overlap_of


def test_a_port_that_another_claims_on_the_same_nodes(overlap_of):
    assert overlap_of(with_port("exporter")) == (
        "True",
        "HostPortClaimedTwice",
        f"team/exporter claims host port 9182/TCP too, on nodes a, b and c. {PORT_REMEDY}",
    )


def test_several_ports(overlap_of):
    _, _, message = overlap_of(with_port("exporter", 9182, 9183, 9184))
    assert message.startswith("team/exporter claims host port 9182/TCP and 9183/TCP too, on nodes")


def test_the_same_image_and_command(overlap_of):
    assert overlap_of(twin("copy")) == (
        "True",
        "SameAgentTwice",
        f"team/copy runs the same image and command as container exporter, on nodes a, b and c. {SAME_REMEDY}",
    )


def test_several_containers_of_the_same_image_and_command(overlap_of):
    asked = build.agent(containers=[container("one"), container("two"), container("three", image="another")])
    _, _, message = overlap_of(twin("copy"), asked=asked)
    assert message.startswith("team/copy runs the same image and command as containers one and two, on nodes")


def test_both_at_once_the_port_gives_the_word(overlap_of):
    _, reason, message = overlap_of(twin("copy"), with_port("exporter"))
    assert reason == "HostPortClaimedTwice"
    assert message == (
        "team/exporter claims host port 9182/TCP too, on nodes a, b and c. team/copy runs the same image and command "
        f"as container exporter, on nodes a, b and c. {PORT_REMEDY} {SAME_REMEDY}"
    )


@pytest.mark.parametrize("make", [with_port, twin])
def test_three_are_named_and_that_there_are_others(make, overlap_of):
    _, _, few = overlap_of(*(make(f"n{number}") for number in range(3)))
    _, _, many = overlap_of(*(make(f"n{number}") for number in range(4)))
    assert "Others" not in few
    assert [f"team/n{number}" in many for number in range(4)] == [True, True, True, False]
    assert "Others" in many


def test_another_that_comes_to_many_changes_no_word(overlap_of):
    four, forty = ([twin(f"n{number:02}") for number in range(count)] for count in (4, 40))
    assert overlap_of(*four) == overlap_of(*forty)


@pytest.mark.parametrize(
    ("neighbour", "where"),
    [
        pytest.param(with_port("x", nodeSelector={"pool": "p"}), "on node b.", id="those that the other selects too"),
        pytest.param(with_port("x", nodeSelector={"pool": "none"}), None, id="none"),
        pytest.param(with_port("x", nodeSelector={"pool": "p", "rack": "r"}), None, id="none has both labels"),
        pytest.param(with_port("x", affinity=ANOTHER_POOL), "on nodes a and c.", id="those that its affinity chooses"),
        pytest.param(with_port("x", 9999), None, id="another port, on all"),
    ],
)
def test_the_nodes_are_those_of_both(neighbour, where, overlap_of):
    found = overlap_of(neighbour, nodes=[labelled("a", rack="r"), labelled("b", pool="p"), labelled("c")])
    assert (found and where in found[2]) if where else found is None


def test_a_node_that_the_other_does_not_tolerate_is_not_among_them(overlap_of):
    gpu = {"key": "gpu", "operator": "Exists"}
    asked = build.agent(containers=[container("exporter", 9182)], tolerations=[gpu])
    nodes = [ABC[0], build.node("b", age=9 * DAY, taints=[("gpu", "", "NoSchedule")])]
    _, _, one = overlap_of(with_port("x"), asked=asked, nodes=nodes)
    _, _, two = overlap_of(with_port("x", tolerations=[gpu]), asked=asked, nodes=nodes)
    assert "on node a." in one
    assert "on nodes a and b." in two


def test_nor_is_one_that_cannot_have_any_agent(overlap_of):
    assert overlap_of(with_port("x"), nodes=[build.node("a", runtime="docker://20.10.9")]) is None


def test_nobody_is_in_the_way(overlap_of):
    assert overlap_of() is None


def test_an_agent_whose_spec_is_invalid_is_told_that_first(status_of):
    asked = build.invalid_agent()
    world = build.scene(EXPORTER, nodes=ABC, neighbours=(with_port("x"),))
    assert not isinstance(asked, HostProcessAgent)
    assert status_of(asked, world).condition("Overlapping") is None


def test_an_agent_that_is_ready_stays_so_and_points_to_it_and_nothing_else_changes(status_of):
    world = build.scene(EXPORTER, nodes=ABC, pods=build.pods("a", "b", "c"))
    alone, beside = (status_of(EXPORTER, replace(world, neighbours=near)) for near in ((), (with_port("x"),)))
    kept = [each for each in beside.conditions if each.type not in {"Overlapping", "Ready"}]
    assert kept == [each for each in alone.conditions if each.type != "Ready"]
    assert beside.model_copy(update={"conditions": ()}) == alone.model_copy(update={"conditions": ()})
    ready = beside.condition("Ready")
    pointer = " Another agent is in its way: see the condition Overlapping."
    assert (ready.status, ready.message) == ("True", alone.condition("Ready").message + pointer)


def test_what_keeps_an_agent_from_being_ready_is_told_without_it(status_of):
    world = build.scene(EXPORTER, nodes=ABC, pods=build.pods("a", "b"))
    alone, beside = (status_of(EXPORTER, replace(world, neighbours=near)) for near in ((), (with_port("x"),)))
    assert alone.condition("Ready").status == "False"
    assert beside.condition("Ready") == alone.condition("Ready")


def test_since_when_it_is_so_stays_while_it_is_so(status_of):
    world = build.scene(EXPORTER, nodes=ABC, pods=build.pods("a", "b", "c"), neighbours=(with_port("x"),))
    first = status_of(EXPORTER, world)
    later = replace(world, status=first, neighbours=(with_port("x"), twin("y")))
    again = status_of(EXPORTER, later, now=build.NOW + DAY).condition("Overlapping")
    assert again.last_transition_time == first.condition("Overlapping").last_transition_time
