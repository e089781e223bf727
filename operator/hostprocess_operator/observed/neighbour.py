"""Another agent, as far as it can be in the way of one: what it claims of a node, and which nodes it goes to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hostprocess_operator.observed.placement import Placement


@dataclass(frozen=True, slots=True)
class HostPort:
    """A port of the node; address is empty when it is taken on all addresses of the node."""

    number: int
    protocol: str
    address: str = ""

    def __str__(self) -> str:
        """Return it as `9182/TCP`."""
        return f"{self.number}/{self.protocol}"


@dataclass(frozen=True, slots=True)
class Program:
    """What a container runs."""

    image: str
    command: tuple[str, ...] = ()
    args: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Claims:
    """What an agent takes of a node that no other should."""

    ports: frozenset[HostPort]
    programs: frozenset[Program]

    def __bool__(self) -> bool:
        """Return whether there are any."""
        return bool(self.ports or self.programs)


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A valid agent that is not being deleted."""

    namespace: str
    name: str
    placement: Placement
    claims: Claims

    def __str__(self) -> str:
        """Return it as `namespace/name`."""
        return f"{self.namespace}/{self.name}"
