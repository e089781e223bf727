"""Overlap: what two agents on one node would both take.

A host process listens on the node itself, so every port that it declares is a port of the node. The same image with
the same command and arguments is the same program, most likely installed twice by mistake.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hostprocess_operator.observed import Claims, HostPort, Program

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hostprocess_operator.api.agent import HostProcessAgent
    from hostprocess_operator.api.shapes.containers import Container, InitContainer

_ALL_ADDRESSES = frozenset({"", "0.0.0.0", "::"})  # noqa: S104  nothing is bound here: it is what users write


def claims_of(agent: HostProcessAgent) -> Claims:
    """Return what the agent claims: the ports of all containers that stay, the programs of its own."""
    return Claims(
        ports=frozenset(_ports(agent)),
        programs=frozenset(program_of(container) for container in agent.spec.containers),
    )


def program_of(container: Container) -> Program:
    """Return what a container of an agent runs."""
    return Program(container.image, container.command, container.args)


def in_common(mine: Claims, theirs: Claims) -> Claims:
    """Return those of my claims that they make too."""
    return Claims(
        ports=frozenset(port for port in mine.ports if any(_clash(port, other) for other in theirs.ports)),
        programs=mine.programs & theirs.programs,
    )


def _ports(agent: HostProcessAgent) -> Iterator[HostPort]:
    sidecars = (container for container in agent.spec.init_containers if container.restart_policy == "Always")
    containers: tuple[Container | InitContainer, ...] = (*agent.spec.containers, *sidecars)
    for container in containers:
        for port in container.ports:
            address = port.host_ip or ""
            yield HostPort(port.container_port, port.protocol, "" if address in _ALL_ADDRESSES else address)


def _clash(one: HostPort, other: HostPort) -> bool:
    same_address = one.address == other.address or not one.address or not other.address
    return same_address and (one.number, one.protocol) == (other.number, other.protocol)
