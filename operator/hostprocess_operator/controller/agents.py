"""HostProcessAgents as the controller keeps them: parsed once per change, in the thread of the event loop."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hostprocess_operator.api.parse import parse_agent
from hostprocess_operator.api.status import AgentStatus

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hostprocess_operator.api.agent import HostProcessAgent
    from hostprocess_operator.api.parse import InvalidAgent


@dataclass(frozen=True, slots=True)
class StoredAgent:
    """A HostProcessAgent as the API server last showed it.

    Attributes:
        status: its status, None before the operator's first write.
        deleting: whether its deletion has begun: then it is left to the garbage collector.
        received: monotonic seconds at which it was last heard of.
        listed: whether it is known from a list alone, which a server that has fallen behind may have answered.
    """

    agent: HostProcessAgent | InvalidAgent
    status: AgentStatus | None
    deleting: bool
    received: float = field(compare=False)
    listed: bool = field(default=False, compare=False)


def observe_agent(body: Mapping[str, Any], *, listed: bool = False) -> StoredAgent:
    """Return what a HostProcessAgent shows; an invalid one is a value too, never an exception."""
    status = AgentStatus.from_dict(body.get("status") or {})
    return StoredAgent(
        agent=parse_agent(body),
        status=status if status is not None and status.conditions else None,
        deleting=body["metadata"].get("deletionTimestamp") is not None,
        received=time.monotonic(),
        listed=listed,
    )
