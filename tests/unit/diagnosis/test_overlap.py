"""What an agent claims of a node, and what two of them claim both."""

import pytest

from hostprocess_operator.diagnosis.overlap import claims_of, in_common
from hostprocess_operator.observed import Claims, HostPort, Program
from support import build

IMAGE = "registry.example/agent:1"


def container(name="agent", **fields):
    return {"name": name, "image": IMAGE} | fields


def port(number, **fields):
    return {"containerPort": number} | fields


def ports_of(*containers, **spec):
    claims = claims_of(build.agent(containers=list(containers), **spec))
    return {str(each) + (f" on {each.address}" if each.address else "") for each in claims.ports}


def claims(*ports, programs=()):
    return Claims(frozenset(ports), frozenset(programs))


@pytest.mark.parametrize(
    ("containers", "spec", "expected"),
    [
        pytest.param([container()], {}, set(), id="none declared"),
        pytest.param([container(ports=[port(9182)])], {}, {"9182/TCP"}, id="every declared port is the node's"),
        pytest.param(
            [container(ports=[port(53), port(53, protocol="UDP")])], {}, {"53/TCP", "53/UDP"}, id="TCP and UDP apart"
        ),
        pytest.param(
            [container(ports=[port(1)]), container("other", ports=[port(2)])], {}, {"1/TCP", "2/TCP"},
            id="of every container",
        ),
        pytest.param(
            [container()], {"initContainers": [container("side", restartPolicy="Always", ports=[port(3)])]}, {"3/TCP"},
            id="of a sidecar",
        ),
        pytest.param(
            [container()], {"initContainers": [container("first", ports=[port(3)])]}, set(),
            id="not of an init container, which ends",
        ),
        pytest.param(
            [container(ports=[port(80, hostIP="10.0.0.1")])], {}, {"80/TCP on 10.0.0.1"}, id="on one address"
        ),
        pytest.param([container(ports=[port(80, hostIP="0.0.0.0")])], {}, {"80/TCP"}, id="on all, in figures"),  # noqa: S104
        pytest.param([container(ports=[port(80, hostIP="::")])], {}, {"80/TCP"}, id="on all, in other figures"),
    ],
)  # fmt: skip
def test_ports(containers, spec, expected):
    assert ports_of(*containers, **spec) == expected


def test_programs_are_image_command_and_arguments_of_the_agents_own_containers():
    asked = build.agent(
        containers=[container(command=["a"], args=["b"]), container("two")], initContainers=[container("first")]
    )
    assert claims_of(asked).programs == {Program(IMAGE, ("a",), ("b",)), Program(IMAGE)}


@pytest.mark.parametrize(
    ("mine", "theirs", "shared"),
    [
        pytest.param(HostPort(80, "TCP"), HostPort(80, "TCP"), True, id="the same"),
        pytest.param(HostPort(80, "TCP"), HostPort(81, "TCP"), False, id="another number"),
        pytest.param(HostPort(80, "TCP"), HostPort(80, "UDP"), False, id="another protocol"),
        pytest.param(HostPort(80, "TCP", "::1"), HostPort(80, "TCP", "::1"), True, id="the same, of one address"),
        pytest.param(HostPort(80, "TCP", "10.0.0.1"), HostPort(80, "TCP"), True, id="one address, and all"),
        pytest.param(HostPort(80, "TCP"), HostPort(80, "TCP", "10.0.0.1"), True, id="all, and one address"),
        pytest.param(HostPort(80, "TCP", "10.0.0.1"), HostPort(80, "TCP", "10.0.0.2"), False, id="two addresses"),
    ],
)
def test_ports_in_common(mine, theirs, shared):
    assert in_common(claims(mine), claims(theirs)).ports == ({mine} if shared else set())


@pytest.mark.parametrize(
    ("theirs", "shared"),
    [
        pytest.param(Program("a:1", ("x",), ("y",)), True, id="the same"),
        pytest.param(Program("a:2", ("x",), ("y",)), False, id="another image"),
        pytest.param(Program("a:1", ("z",), ("y",)), False, id="another command"),
        pytest.param(Program("a:1", ("x",), ("z",)), False, id="other arguments"),
        pytest.param(Program("a:1", ("x", "y")), False, id="the same words, divided otherwise"),
    ],
)
def test_programs_in_common(theirs, shared):
    mine = Program("a:1", ("x",), ("y",))
    assert bool(in_common(claims(programs=[mine]), claims(programs=[theirs]))) is shared
