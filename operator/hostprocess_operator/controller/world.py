"""The world of the controller: the caches it reads from and the only place where it writes."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import structlog

from hostprocess_operator.api.agent import HostProcessAgent
from hostprocess_operator.cluster import reads, writes
from hostprocess_operator.cluster.store import version_number
from hostprocess_operator.controller.agents import observe_agent
from hostprocess_operator.controller.status_writer import StatusWriter
from hostprocess_operator.errors import Conflict, Forbidden, Invalid, Outdated
from hostprocess_operator.manifests import (
    build_copy,
    build_daemonset,
    daemonset_annotations,
    daemonset_labels,
    daemonset_spec,
    owner_reference,
    placement_of,
    pod_template,
    with_placement,
)
from hostprocess_operator.observed import Seen, Written, observe_daemonset, observe_revision, template_digest
from hostprocess_operator.rollout import Keep, Render, dump_record
from hostprocess_operator.status import Failure

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from hostprocess_operator.api.agent import Verification
    from hostprocess_operator.api.parse import InvalidAgent
    from hostprocess_operator.api.status import AgentStatus
    from hostprocess_operator.cluster.connection import Connection
    from hostprocess_operator.controller.caches import Caches
    from hostprocess_operator.controller.metrics import Metrics
    from hostprocess_operator.controller.queue import Key, WorkQueue
    from hostprocess_operator.controller.verifier import Verifier
    from hostprocess_operator.errors import ApiError
    from hostprocess_operator.observed import Pod
    from hostprocess_operator.rollout import Plan, Serving

_log = structlog.get_logger(__name__)
_DELETES_AT_ONCE = 10
_FRESH_SECONDS = 5.0


class World:
    """What one reconcile sees and does."""

    def __init__(
        self, connection: Connection, caches: Caches, verifier: Verifier, queue: WorkQueue, metrics: Metrics
    ) -> None:
        self._connection = connection
        self._caches = caches
        self._verifier = verifier
        self._queue = queue
        self._metrics = metrics
        self._written: dict[Key, tuple[str, Written]] = {}
        self._status_writer = StatusWriter(connection, caches, queue, metrics)

    def agent(self, key: Key) -> HostProcessAgent | InvalidAgent | None:
        """Return the agent, None when it is gone or going: garbage collection sees to the rest."""
        stored = self._caches.agents.get(key)
        return None if stored is None or stored.deleting else stored.agent

    def forget(self, key: Key) -> None:
        """Drop what is remembered of an agent that is gone."""
        self._written.pop(key, None)
        self._status_writer.forget(key)
        self._queue.forget(key)
        self._metrics.forget(key)

    def observe(self, agent: HostProcessAgent | InvalidAgent) -> Seen:
        """Return one snapshot of everything around the agent."""
        key = (agent.namespace, agent.name)
        stored = self._caches.agents.get(key)
        status = stored.status if stored else None
        pods = tuple(self._with_our_delete(pod) for pod in self._caches.pods.by(key))
        return Seen(
            daemonset=self._caches.daemonsets.get(key),
            pods=pods,
            nodes=self._caches.nodes.values(),
            revisions=self._caches.revisions.by(key),
            written=self._last_write(key, agent.uid, status),
            status=status,
            lost_logs=self._verifier.lost_logs(pods, _verification(agent).container),
            relisted=self._caches.relisted(),
        )

    async def carry_out(self, agent: HostProcessAgent | InvalidAgent, plan: Plan) -> None:
        """Write the DaemonSet if the plan says so, then delete the pods that it names.

        Raises:
            Outdated: the agent is not what the plan was made for; nothing was tried.
            ApiError: a write was not taken; what comes after it was not tried.
        """
        if plan.copy is not None or plan.write or plan.delete or plan.discard:
            await self._confirm(agent, plan)
        if isinstance(agent, HostProcessAgent):
            if plan.copy is not None:
                await self._keep_copy(agent, plan.copy)
            if plan.write and plan.serving is not None:
                await self._write_daemonset(agent, plan, plan.serving)
        await self._delete(agent, plan.delete)
        for revision in plan.discard:
            await writes.delete_revision(self._connection, revision.namespace, revision.name, revision.uid)

    def verify(self, agent: HostProcessAgent | InvalidAgent, now: datetime) -> datetime | None:
        """Start the log reads and marks that are due; return when more may be due."""
        key = (agent.namespace, agent.name)
        return self._verifier.verify(key, _verification(agent), self.observe(agent).pods, now)

    async def write_status(self, agent: HostProcessAgent | InvalidAgent, status: AgentStatus) -> None:
        """Write the status unless it stands there already or changes too often."""
        await self._status_writer.write(agent, status)

    def failure(self, key: Key, error: ApiError | None) -> Failure | None:
        """Return what the status has to say of an error, None of none."""
        if error is None:
            return None
        refused = isinstance(error, Invalid | Forbidden)
        return Failure(message=str(error), refused=refused, attempts=self._queue.failures(key) + 1)

    def look_again(self, key: Key, moments: Iterable[datetime | None], now: datetime) -> None:
        """Have the agent looked at again at the earliest of the moments."""
        due = min((moment for moment in moments if moment is not None), default=None)
        if due is not None:
            self._queue.add_after(key, (due - now).total_seconds())

    def _with_our_delete(self, pod: Pod) -> Pod:
        """Return the pod as terminating when we deleted it, though the cache does not show it yet."""
        marked = not pod.deleting and self._caches.pods.is_marked(pod.uid)
        return replace(pod, deleting=True) if marked else pod

    def _last_write(self, key: Key, agent_uid: str, status: AgentStatus | None) -> Written | None:
        uid, written = self._written.get(key, ("", None))
        if written is not None and uid == agent_uid:
            return written
        reference = status.daemon_set if status else None
        return Written(reference.uid, reference.generation, reference.template_digest) if reference else None

    async def _keep_copy(self, agent: HostProcessAgent, digest: str) -> None:
        """Copy the template of the digest into a ControllerRevision that is the agent's, not the DaemonSet's."""
        body = build_copy(agent, digest, await self._stored_template(agent, digest))
        try:
            answer = await writes.create_revision(self._connection, body)
        except Conflict:
            return  # made by an earlier look whose answer was lost: its event is on the way
        self._caches.revisions.upsert(answer, observe_revision(answer))

    async def _write_daemonset(self, agent: HostProcessAgent, plan: Plan, serving: Serving) -> None:
        situation, record = plan.situation, dump_record(plan.record)
        spec = daemonset_spec(agent, await self._template(agent, serving))
        daemonset, written = situation.seen.daemonset, situation.seen.written
        if daemonset is None:
            body = build_daemonset(agent, spec, stamp=serving.stamp, record=record)
            answer = await writes.create_daemonset(self._connection, body)
        else:
            answer = await writes.replace_daemonset_spec(
                self._connection,
                agent.namespace,
                agent.name,
                daemonset.uid,
                spec=spec,
                labels=daemonset_labels(agent.name),
                annotations=daemonset_annotations(serving.stamp, record),
                owners=[owner_reference(agent)],
                has_labels=bool(daemonset.labels),
            )
        self._take_answer(agent, answer)
        drifted = daemonset is not None and written is not None and daemonset.generation != written.generation
        if drifted:
            self._metrics.drift.labels(agent.namespace, agent.name).inc()
        _log.info(
            "Restored the DaemonSet"
            if drifted
            else "Created the DaemonSet"
            if daemonset is None
            else "Wrote the DaemonSet",
            namespace=agent.namespace,
            name=agent.name,
            generation=answer["metadata"]["generation"],
            revision=plan.record.target.rev if plan.record.target else None,
            out=sorted(plan.record.out),
        )

    def _take_answer(self, agent: HostProcessAgent, answer: Mapping[str, Any]) -> None:
        daemonset = observe_daemonset(answer)
        written = Written(daemonset.uid, daemonset.generation, daemonset.digest)
        self._written[agent.namespace, agent.name] = (agent.uid, written)
        self._caches.daemonsets.upsert(answer, daemonset)

    async def _template(self, agent: HostProcessAgent, serving: Serving) -> Mapping[str, Any]:
        """Return the pod template to serve, with the placement of the spec."""
        match serving.source:
            case Keep(digest):
                return with_placement(await self._stored_template(agent, digest), placement_of(agent))
            case Render(token):
                return pod_template(agent, token)

    async def _stored_template(self, agent: HostProcessAgent, digest: str) -> Mapping[str, Any]:
        """Return the template that the cluster stores under the digest.

        Raises:
            Conflict: it is gone from the cluster; the next plan takes that into account.
        """
        daemonset = self._caches.daemonsets.get((agent.namespace, agent.name))
        if daemonset is not None and daemonset.digest == digest:
            template: Mapping[str, Any] = daemonset.spec["template"]
            return template
        for revision in await reads.list_revisions(self._connection, agent.namespace, agent.name):
            template = revision["data"]["spec"]["template"]
            if template_digest(template) == digest:
                return template
        raise Conflict(f"no ControllerRevision holds the template {digest}")

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
