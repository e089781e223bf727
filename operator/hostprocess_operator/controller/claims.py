"""Which agents claim something that another claims too: an index, so that nobody is compared with everybody."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator

    from hostprocess_operator.controller.queue import Key
    from hostprocess_operator.observed import Neighbour


class ClaimIndex:
    """Agents by what they claim; whether two of them share a node is not its matter."""

    def __init__(self) -> None:
        self._agents: dict[Key, Neighbour] = {}
        self._claimants: dict[Hashable, set[Key]] = {}

    def put(self, key: Key, agent: Neighbour | None) -> set[Key]:
        """Take in what an agent claims now, None for nothing; return the others that this may matter to."""
        before = self._agents.get(key)
        if before == agent:
            return set()
        concerned = self._rivals(key)
        if before is not None:
            del self._agents[key]
            for claim in _keys(before):
                self._claimants[claim].discard(key)
                if not self._claimants[claim]:
                    del self._claimants[claim]
        if agent is not None:
            self._agents[key] = agent
            for claim in _keys(agent):
                self._claimants.setdefault(claim, set()).add(key)
        return concerned | self._rivals(key)

    def rivals(self, key: Key) -> tuple[Neighbour, ...]:
        """Return the other agents that claim something that this one claims, sorted by namespace and name."""
        return tuple(self._agents[other] for other in sorted(self._rivals(key)))

    def _rivals(self, key: Key) -> set[Key]:
        agent = self._agents.get(key)
        if agent is None:
            return set()
        return set().union(*(self._claimants[claim] for claim in _keys(agent))) - {key}


def _keys(agent: Neighbour) -> Iterator[Hashable]:
    """Yield what the agent is found by; two addresses of one port are told apart by whoever compares the claims."""
    yield from {(port.number, port.protocol) for port in agent.claims.ports}
    yield from agent.claims.programs
