"""HostProcessAgents as the controller keeps them: parsed once per change, in the thread of the event loop."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hostprocess_operator.api.agent import HostProcessAgent
from hostprocess_operator.api.parse import parse_agent
from hostprocess_operator.api.status import AgentStatus
from hostprocess_operator.diagnosis.overlap import claims_of
from hostprocess_operator.manifests import placement_of
from hostprocess_operator.observed import Neighbour

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hostprocess_operator.api.parse import InvalidAgent


@dataclass(frozen=True, slots=True)
class StoredAgent:
    """A HostProcessAgent as the API server last showed it.

    Attributes:
        status: its status, None before the operator's first write.
        deleting: whether its deletion has begun: then it is left to the garbage collector.
        received: monotonic seconds at which it was last heard of.
        neighbour: what other agents have to know of it, None while it is invalid or being deleted.
        listed: whether it is known from a list alone, which a server that has fallen behind may have answered.
    """

    agent: HostProcessAgent | InvalidAgent
    status: AgentStatus | None
    deleting: bool
    received: float = field(compare=False)
    neighbour: Neighbour | None = field(compare=False, default=None)
    listed: bool = field(default=False, compare=False)


def observe_agent(body: Mapping[str, Any], *, listed: bool = False) -> StoredAgent:
    """Return what a HostProcessAgent shows; an invalid one is a value too, never an exception."""
    agent, deleting = parse_agent(body), body["metadata"].get("deletionTimestamp") is not None
    status = AgentStatus.from_dict(body.get("status") or {})
    return StoredAgent(
        agent=agent,
        status=status if status is not None and status.conditions else None,
        deleting=deleting,
        received=time.monotonic(),
        neighbour=_neighbour(agent) if isinstance(agent, HostProcessAgent) and not deleting else None,
        listed=listed,
    )


def _neighbour(agent: HostProcessAgent) -> Neighbour:
    return Neighbour(agent.namespace, agent.name, placement_of(agent), claims_of(agent))
