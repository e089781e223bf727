"""The world of the controller: the caches it reads from and the only place where it writes."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import structlog

from hostprocess_operator.api.agent import HostProcessAgent
from hostprocess_operator.cluster import reads, writes
from hostprocess_operator.cluster.store import version_number
from hostprocess_operator.controller.agents import observe_agent
from hostprocess_operator.controller.daemonset_writer import DaemonSetWriter
from hostprocess_operator.controller.evidence import Evidence
from hostprocess_operator.controller.status_writer import StatusWriter
from hostprocess_operator.controller.turns import Turns
from hostprocess_operator.errors import Forbidden, Invalid, Outdated
from hostprocess_operator.observed import Seen
from hostprocess_operator.status import Failure

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from hostprocess_operator.api.agent import Verification
    from hostprocess_operator.api.parse import InvalidAgent
    from hostprocess_operator.api.status import AgentStatus
    from hostprocess_operator.cluster.connection import Connection
    from hostprocess_operator.cluster.events import EventRecorder
    from hostprocess_operator.controller.caches import Caches
    from hostprocess_operator.controller.metrics import Metrics
    from hostprocess_operator.controller.queue import Key, WorkQueue
    from hostprocess_operator.controller.verifier import Verifier
    from hostprocess_operator.errors import ApiError
    from hostprocess_operator.observed import Pod
    from hostprocess_operator.rollout import Plan

_log = structlog.get_logger(__name__)
_DELETES_AT_ONCE = 10
_REST_PER_POD = 0.001
_LONGEST_REST = 2.5
_FRESH_SECONDS = 5.0


class World:
    """What one reconcile sees and does."""

    def __init__(
        self,
        connection: Connection,
        caches: Caches,
        verifier: Verifier,
        queue: WorkQueue,
        metrics: Metrics,
        recorder: EventRecorder,
    ) -> None:
        self._connection = connection
        self._caches = caches
        self._verifier = verifier
        self._queue = queue
        self._metrics = metrics
        self._recorder = recorder
        self._daemonsets = DaemonSetWriter(connection, caches, metrics, recorder)
        self._evidence = Evidence(connection)
        self._turns = Turns()
        self._status_writer = StatusWriter(connection, caches, queue, metrics, recorder)

    async def turn(self) -> None:
        """Return when others have had a turn: each part of a look at thousands of pods takes long enough."""
        await self._turns.take()

    def agent(self, key: Key) -> HostProcessAgent | InvalidAgent | None:
        """Return the agent, None when it or its namespace is gone or going: garbage collection sees to the rest."""
        stored, namespace = self._caches.agents.get(key), self._caches.namespaces.get(("", key[0]))
        is_going = stored is None or stored.deleting or (namespace is not None and namespace.terminating)
        return None if stored is None or is_going else stored.agent

    def forget(self, key: Key) -> None:
        """Drop what is remembered of an agent that is gone."""
        self._daemonsets.forget(key)
        self._status_writer.forget(key)
        self._evidence.forget(key)
        self._queue.forget(key)
        self._metrics.forget(key)
        self._recorder.forget(*key)

    def start_anew(self) -> None:
        """Forget all that is remembered of earlier writes and reads: another replica may have gone on since.

        That a pod was deleted stays remembered, for that is true whoever leads.
        """
        self._daemonsets.start_anew()
        self._status_writer.start_anew()
        self._verifier.start_anew()

    def observe(self, agent: HostProcessAgent | InvalidAgent) -> Seen:
        """Return one snapshot of everything around the agent."""
        key = (agent.namespace, agent.name)
        stored = self._caches.agents.get(key)
        status = stored.status if stored else None
        pods = self._pods(key)
        return Seen(
            daemonset=self._caches.daemonsets.get(key),
            pods=pods,
            nodes=self._caches.nodes.values(),
            revisions=self._caches.revisions.by(key),
            written=self._daemonsets.last_write(key, agent.uid, status),
            status=status,
            lost_logs=self._verifier.lost_logs(pods, _verification(agent).container),
            namespace=self._caches.namespaces.get(("", agent.namespace)),
            neighbours=self._caches.neighbours(key),
            relisted=self._caches.relisted(),
        )

    async def explain(self, agent: HostProcessAgent | InvalidAgent, seen: Seen, uids: Sequence[str]) -> Seen:
        """Return the snapshot with the Events about the objects of these UIDs, as far as they can be had."""
        return replace(seen, events=await self._evidence.about((agent.namespace, agent.name), uids))

    async def carry_out(self, agent: HostProcessAgent | InvalidAgent, plan: Plan) -> None:
        """Write the DaemonSet if the plan says so, then delete the pods that it names.

        Raises:
            Outdated: the agent is not what the plan was made for; nothing was tried.
            ApiError: a write was not taken; what comes after it was not tried.
        """
        await self._confirm(agent, plan)
        if isinstance(agent, HostProcessAgent):
            if plan.copy is not None:
                await self._daemonsets.keep_copy(agent, plan.copy)
            if plan.write and plan.serving is not None:
                is_another = await self._daemonsets.write(agent, plan, plan.serving)
                if is_another and plan.delete:
                    return  # somebody had changed it a moment ago: its controller has to see first what it is now
        await self._delete(agent, plan.delete)
        for revision in plan.discard:
            await writes.delete_revision(self._connection, revision.namespace, revision.name, revision.uid)

    def verify(self, agent: HostProcessAgent | InvalidAgent, now: datetime) -> datetime | None:
        """Start the log reads and marks that are due for the pods that there are; return when more may be due."""
        key = (agent.namespace, agent.name)
        return self._verifier.verify(key, _verification(agent), self._pods(key), now)

    async def write_status(self, agent: HostProcessAgent | InvalidAgent, status: AgentStatus) -> None:
        """Write the status unless it stands there already or changes too often."""
        await self._status_writer.write(agent, status)

    def failure(self, key: Key, error: ApiError | None) -> Failure | None:
        """Return what the status has to say of an error, or else of what keeps pods from being judged."""
        attempts = self._queue.failures(key) + 1
        if error is None:
            trouble = self._verifier.trouble(self._caches.pods.by(key))
            if trouble is None:
                return None
            error, attempts = trouble.error, trouble.times
        return Failure(message=str(error), refused=isinstance(error, Invalid | Forbidden), attempts=attempts)

    def look_again(self, key: Key, moments: Iterable[datetime | None], now: datetime) -> None:
        """Have the agent looked at again at the earliest of the moments."""
        due = min((moment for moment in moments if moment is not None), default=None)
        if due is not None:
            self._queue.add_after(key, (due - now).total_seconds())
        if (seconds := self._evidence.due_in(key)) is not None:
            self._queue.add_after(key, seconds)

    def rest(self, key: Key) -> float:
        """Return for how many seconds the agent is left alone after a look, whatever comes in meanwhile.

        A look at thousands of pods takes a good part of a second, and a stream tells of hundreds of them in a second.
        """
        if self._caches.agents.get(key) is None:
            return 0.0  # nothing is remembered of an agent that is gone
        return min(_LONGEST_REST, _REST_PER_POD * len(self._caches.pods.by(key)))

    def _pods(self, key: Key) -> tuple[Pod, ...]:
        return tuple(self._with_our_delete(pod) for pod in self._caches.pods.by(key))

    def _with_our_delete(self, pod: Pod) -> Pod:
        """Return the pod as terminating when we deleted it, though the cache does not show it yet."""
        marked = not pod.deleting and self._caches.pods.is_marked(pod.uid)
        return replace(pod, deleting=True) if marked else pod

    async def _confirm(self, agent: HostProcessAgent | InvalidAgent, plan: Plan) -> None:
        """Make sure, before anything is written, that the agent is as the cluster has it now, where that is in doubt.

        A list that an API server answered from before could hold an older spec, and a rollout back to it would begin.
        With the UID of an agent that was deleted meanwhile, garbage collection would delete a new DaemonSet at once;
        and where a DaemonSet has gone, its agent may be what went first.

        Raises:
            Outdated: it is gone, another one of the same name, or another version.
        """
        key = (agent.namespace, agent.name)
        stored = self._caches.agents.get(key)
        if stored is not None and not stored.listed:
            seen = plan.situation.seen
            fresh = stored.received + _FRESH_SECONDS > time.monotonic()
            if seen.daemonset is not None or not plan.write or (fresh and seen.written is None):
                return
        held = self._caches.agents.entry(key)
        current = await reads.confirm_agent(self._connection, *key)
        if current is None or current["metadata"]["uid"] != agent.uid:
            raise Outdated(f"{agent.namespace}/{agent.name} was deleted or made again meanwhile")
        self._caches.agents.upsert(current, observe_agent(current))
        if held is not None and held.version != version_number(current["metadata"]["resourceVersion"]):
            raise Outdated(f"{agent.namespace}/{agent.name} was changed meanwhile")

    async def _delete(self, agent: HostProcessAgent | InvalidAgent, pods: tuple[Pod, ...]) -> None:
        for start in range(0, len(pods), _DELETES_AT_ONCE):
            batch = pods[start : start + _DELETES_AT_ONCE]
            errors = await asyncio.gather(*(self._delete_pod(agent, pod) for pod in batch), return_exceptions=True)
            for error in errors:
                if error is not None:
                    raise error

    async def _delete_pod(self, agent: HostProcessAgent | InvalidAgent, pod: Pod) -> None:
        await writes.delete_pod(self._connection, pod.namespace, pod.name, pod.uid)
        self._caches.pods.mark_deleted(pod.uid)
        self._metrics.replaced.labels(agent.namespace, agent.name).inc()
        _log.info("Deleted a pod to replace it", namespace=pod.namespace, pod=pod.name, node=pod.node)


def _verification(agent: HostProcessAgent | InvalidAgent) -> Verification:
    return agent.spec.verification if isinstance(agent, HostProcessAgent) else agent.verification
