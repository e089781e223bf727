"""The caches, what feeds them, and which agents a change in one of them concerns."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from hostprocess_operator.api.conditions import ConditionType
from hostprocess_operator.api.names import AGENT_LABEL
from hostprocess_operator.cluster import paths
from hostprocess_operator.cluster.reflector import Reflector, Resource
from hostprocess_operator.cluster.store import Store
from hostprocess_operator.controller.claims import ClaimIndex
from hostprocess_operator.manifests.privileged import OS_LABEL, WINDOWS
from hostprocess_operator.observed import (
    DaemonSet,
    Namespace,
    Neighbour,
    Node,
    Pod,
    Revision,
    observe_daemonset,
    observe_namespace,
    observe_node,
    observe_pod,
    observe_revision,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from hostprocess_operator.api.status import AgentStatus
    from hostprocess_operator.cluster.connection import Connection
    from hostprocess_operator.controller.agents import StoredAgent
    from hostprocess_operator.controller.queue import Key

NAMESPACES: Final = "namespaces"
_HELP_SECONDS = 5.0
_REST_SECONDS = 0.5
"""A node tells every few minutes that it is as it was, and thousands of nodes do so all the time."""
_NEIGHBOURS_SECONDS = 3.0
"""So much later others look at themselves because of an agent: of many that are applied together each does so once."""


class Caches:
    """Everything that the controller knows of the cluster.

    Args:
        namespaces: the watched namespaces, all of them when empty.
        wake: called with the key of each agent that a change concerns.
        wake_after: called with the key of an agent and the seconds to wait, where a change may concern very many.
    """

    def __init__(
        self,
        connection: Connection,
        namespaces: Sequence[str],
        wake: Callable[[Key], None],
        wake_after: Callable[[Key, float], None],
    ) -> None:
        self._wake = wake
        self._wake_after = wake_after
        self._claims = ClaimIndex()
        self.agents: Store[StoredAgent] = Store()
        self.daemonsets: Store[DaemonSet] = Store()
        self.pods: Store[Pod] = Store(index=lambda pod: (pod.namespace, pod.agent))
        self.revisions: Store[Revision] = Store(index=lambda revision: (revision.namespace, revision.agent))
        self.nodes: Store[Node] = Store()
        self.namespaces: Store[Namespace] = Store()
        self.reflectors: dict[str, Reflector[Any]] = {
            "nodes": Reflector(
                connection,
                Resource(paths.NODES, f"{OS_LABEL}={WINDOWS}", rest_seconds=_REST_SECONDS),
                observe_node,
                self.nodes,
            ),
            NAMESPACES: Reflector(connection, Resource(paths.NAMESPACES), observe_namespace, self.namespaces),
        }
        for namespace in namespaces or (None,):
            suffix = f" in {namespace}" if namespace else ""
            self.reflectors |= {
                f"daemonsets{suffix}": Reflector(
                    connection, Resource(paths.daemonsets(namespace)), observe_daemonset, self.daemonsets
                ),
                f"pods{suffix}": Reflector(
                    connection, Resource(paths.pods(namespace), AGENT_LABEL), observe_pod, self.pods
                ),
                f"controllerrevisions{suffix}": Reflector(
                    connection, Resource(paths.revisions(namespace), AGENT_LABEL), observe_revision, self.revisions
                ),
            }
        self.agents.subscribe(self._agent_changed)
        self.daemonsets.subscribe(self._daemonset_changed)
        self.pods.subscribe(self._labelled_changed)
        self.revisions.subscribe(self._labelled_changed)
        self.nodes.subscribe(self._node_changed)
        self.namespaces.subscribe(self._namespace_changed)

    async def synced(self) -> None:
        """Wait until the first list of every resource is complete; of namespaces, which only help, not for long."""
        for name, reflector in self.reflectors.items():
            if name != NAMESPACES:
                await reflector.synced.wait()
        with suppress(TimeoutError):
            async with asyncio.timeout(_HELP_SECONDS):
                await self.reflectors[NAMESPACES].synced.wait()

    async def refresh(self) -> None:
        """List anew what replicas write, and return once the caches hold all that was written before this call."""
        async with asyncio.TaskGroup() as lists:
            for name, reflector in self.reflectors.items():
                if name != NAMESPACES:
                    lists.create_task(reflector.refresh())

    def relisted(self) -> datetime | None:
        """Return when a cache last had to be rebuilt because its stream was lost."""
        moments = (reflector.relisted for reflector in self.reflectors.values())
        return max((moment for moment in moments if moment is not None), default=None)

    def ages(self) -> dict[str, float | None]:
        """Return the seconds since each needed stream was last heard, None before its first list is complete."""
        now = time.monotonic()
        return {
            name: now - reflector.last_contact if reflector.synced.is_set() else None
            for name, reflector in self.reflectors.items()
            if name != NAMESPACES
        }

    def neighbours(self, key: Key) -> tuple[Neighbour, ...]:
        """Return the agents that claim something that this one claims too."""
        return self._claims.rivals(key)

    def under_way(self) -> dict[Key, AgentStatus]:
        """Return the statuses of the agents that are to get somewhere by themselves."""
        return {
            (stored.agent.namespace, stored.agent.name): stored.status
            for stored in self.agents.values()
            if stored.status is not None and stored.status.condition(ConditionType.RECONCILING) is not None
        }

    def suspect(self) -> None:
        """Have every stream listed again: an event may have been missed."""
        for reflector in self.reflectors.values():
            reflector.suspect()

    def wake_all(self) -> None:
        """Have every agent looked at."""
        for key in self._agent_keys():
            self._wake(key)

    def _agent_changed(self, old: StoredAgent | None, new: StoredAgent | None) -> None:
        stored = new or old
        if stored is None:
            return
        key = (stored.agent.namespace, stored.agent.name)
        self._wake(key)
        for other in self._claims.put(key, new.neighbour if new else None):
            self._wake_after(other, _NEIGHBOURS_SECONDS)

    def _daemonset_changed(self, old: DaemonSet | None, new: DaemonSet | None) -> None:
        self._wake_known({(each.namespace, each.name) for each in (old, new) if each is not None})

    def _labelled_changed(self, old: Pod | Revision | None, new: Pod | Revision | None) -> None:
        self._wake_known({(each.namespace, each.agent) for each in (old, new) if each is not None})

    def _node_changed(self, _old: Node | None, _new: Node | None) -> None:
        self.wake_all()

    def _namespace_changed(self, _old: Namespace | None, new: Namespace | None) -> None:
        if new is not None:
            self._wake_known({key for key in self._agent_keys() if key[0] == new.name})

    def _agent_keys(self) -> Iterable[Key]:
        return ((stored.agent.namespace, stored.agent.name) for stored in self.agents.values())

    def _wake_known(self, keys: set[Key]) -> None:
        for key in keys:
            if self.agents.get(key) is not None:
                self._wake(key)
