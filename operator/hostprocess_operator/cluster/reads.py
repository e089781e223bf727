"""Reads that are too rare, or too weighty, for a cache: each asks the API server now.

RBAC gives the operator `list` and no `get`, so a single object is looked up by a list of one name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from hostprocess_operator.api.names import AGENT_LABEL, API_VERSION, PLURAL
from hostprocess_operator.cluster import paths
from hostprocess_operator.cluster.listing import Listing, list_all, look_up

if TYPE_CHECKING:
    from hostprocess_operator.cluster.connection import Connection

_MOST_EVENTS: Final = 100
_EVENTS_SECONDS: Final = 3.0
"""A reconcile waits for this: what is known without it is told in time."""


async def list_agents(connection: Connection, namespace: str | None = None) -> Listing:
    """Return every HostProcessAgent of one namespace, or of all."""
    return await list_all(connection, paths.agents(namespace))


async def knows_agents(connection: Connection) -> bool:
    """Return whether discovery names the kind HostProcessAgent: it does so a moment later than it can be listed."""
    answer = await connection.request("GET", f"/apis/{API_VERSION}")
    return any(resource["name"] == PLURAL for resource in answer.get("resources") or ())


async def confirm_agent(connection: Connection, namespace: str, name: str) -> dict[str, Any] | None:
    """Return a HostProcessAgent as a quorum of the API server's storage has it now, None when it does not exist."""
    return await look_up(connection, paths.agents(namespace), name)


async def look_up_namespace(connection: Connection, name: str) -> dict[str, Any] | None:
    """Return a namespace as it is now, None when it does not exist."""
    return await look_up(connection, paths.NAMESPACES, name)


async def list_events(connection: Connection, namespace: str, uid: str) -> list[dict[str, Any]]:
    """Return the Events about one object, at most a hundred; cheap enough to ask for where something is wrong."""
    query = [("fieldSelector", f"involvedObject.uid={uid}"), ("limit", str(_MOST_EVENTS))]
    answer = await connection.request("GET", paths.core_events(namespace), query=query, timeout=_EVENTS_SECONDS)
    items: list[dict[str, Any]] = answer.get("items") or []
    return items


async def list_revisions(connection: Connection, namespace: str, agent: str) -> list[dict[str, Any]]:
    """Return the ControllerRevisions that carry an agent's label, with the pod templates that they hold."""
    return (await list_all(connection, paths.revisions(namespace), f"{AGENT_LABEL}={agent}")).items
