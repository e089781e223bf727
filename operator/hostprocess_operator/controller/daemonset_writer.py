"""Writing DaemonSets, and the copies of their proven templates; what was last written is remembered here.

Whether to write is the plan's decision.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import structlog

from hostprocess_operator.cluster import reads, writes
from hostprocess_operator.errors import Conflict, Forbidden, NotFound
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
from hostprocess_operator.observed import (
    Written,
    observe_daemonset,
    observe_namespace,
    observe_revision,
    template_digest,
    template_of,
)
from hostprocess_operator.rollout import Keep, Render, dump_record
from hostprocess_operator.status import drift_corrected

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hostprocess_operator.api.agent import HostProcessAgent
    from hostprocess_operator.api.status import AgentStatus
    from hostprocess_operator.cluster.connection import Connection
    from hostprocess_operator.cluster.events import EventRecorder
    from hostprocess_operator.controller.caches import Caches
    from hostprocess_operator.controller.metrics import Metrics
    from hostprocess_operator.controller.queue import Key
    from hostprocess_operator.observed import DaemonSet
    from hostprocess_operator.rollout import Plan, Serving

_log = structlog.get_logger(__name__)


class DaemonSetWriter:
    """Brings DaemonSets to what the plan serves."""

    def __init__(self, connection: Connection, caches: Caches, metrics: Metrics, recorder: EventRecorder) -> None:
        self._connection = connection
        self._caches = caches
        self._metrics = metrics
        self._recorder = recorder
        self._written: dict[Key, tuple[str, Written]] = {}

    def forget(self, key: Key) -> None:
        """Drop what is remembered of an agent that is gone."""
        self._written.pop(key, None)

    def start_anew(self) -> None:
        """Forget every write: another replica may have written since. The statuses tell what."""
        self._written.clear()

    def last_write(self, key: Key, agent_uid: str, status: AgentStatus | None) -> Written | None:
        """Return our last write of an agent's DaemonSet, from memory or as its status has it."""
        uid, written = self._written.get(key, ("", None))
        if written is not None and uid == agent_uid:
            return written
        reference = status.daemon_set if status else None
        return Written(reference.uid, reference.generation, reference.template_digest) if reference else None

    async def keep_copy(self, agent: HostProcessAgent, digest: str) -> None:
        """Copy the template of the digest into a ControllerRevision that is the agent's, not the DaemonSet's.

        Raises:
            ApiError: it was not taken, or the template is gone.
        """
        body = build_copy(agent, digest, await self._stored_template(agent, digest))
        try:
            answer = await writes.create_revision(self._connection, body)
        except Conflict:
            return  # made by an earlier look whose answer was lost: its event is on the way
        self._caches.revisions.upsert(answer, observe_revision(answer))

    async def write(self, agent: HostProcessAgent, plan: Plan, serving: Serving) -> bool:
        """Create the DaemonSet, or replace its spec and our metadata on it; return whether its spec is another now.

        Raises:
            ApiError: it was not taken.
        """
        situation, record = plan.situation, dump_record(plan.record)
        spec = daemonset_spec(agent, await self._template(agent, serving))
        daemonset, written = situation.seen.daemonset, situation.seen.written
        annotations = daemonset_annotations(serving.stamp, record, await self._pod_security(agent.namespace))
        if daemonset is None:
            body = build_daemonset(agent, spec, annotations)
            answer = await writes.create_daemonset(self._connection, body)
        else:
            answer = await writes.replace_daemonset_spec(
                self._connection,
                agent.namespace,
                agent.name,
                daemonset.uid,
                spec=spec,
                labels=daemonset_labels(agent.name),
                annotations=annotations,
                owners=[owner_reference(agent)],
                has_labels=bool(daemonset.labels),
            )
        self._take_answer(agent, answer)
        self._tell(agent, plan, answer, drifted=_was_drift(daemonset, written, answer, in_place=serving.in_place))
        return daemonset is None or answer["metadata"]["generation"] != daemonset.generation

    def _tell(self, agent: HostProcessAgent, plan: Plan, answer: Mapping[str, Any], *, drifted: bool) -> None:
        made = plan.situation.seen.daemonset is None
        if drifted:
            self._metrics.drift.labels(agent.namespace, agent.name).inc()
            what = drift_corrected(agent.name, answer["metadata"]["uid"], was_deleted=made)
            self._recorder.record(agent.namespace, agent.name, agent.uid, what)
        _log.info(
            "Restored the DaemonSet" if drifted else "Created the DaemonSet" if made else "Wrote the DaemonSet",
            namespace=agent.namespace,
            name=agent.name,
            generation=answer["metadata"]["generation"],
            revision=plan.record.target.rev if plan.record.target else None,
            out=sorted(plan.record.out),
        )

    async def _pod_security(self, namespace: str) -> str | None:
        """Return the Pod Security level of a namespace, None when it cannot be told.

        One that was made a moment ago may not be in the cache yet.
        """
        known = self._caches.namespaces.get(("", namespace))
        if known is not None:
            return known.level
        try:
            body = await reads.look_up_namespace(self._connection, namespace)
        except (Forbidden, NotFound):
            return None
        if body is None:
            return None
        found = observe_namespace(body)
        self._caches.namespaces.upsert(body, found)
        return found.level

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
            template = template_of(revision)
            if template_digest(template) == digest:
                return template
        raise Conflict(f"no ControllerRevision holds the template {digest}")


def _was_drift(
    daemonset: DaemonSet | None, written: Written | None, answer: Mapping[str, Any], *, in_place: bool
) -> bool:
    """Return whether a write undid a change that was not ours.

    A write that changed nothing undid nothing: it followed one of ours whose answer was lost.

    Args:
        in_place: whether the spec, as it was seen, was the one that was written: then only a change that was not yet
            seen can have made it another one.
    """
    if daemonset is None:
        return written is not None
    if written is None or daemonset.generation == answer["metadata"]["generation"]:
        return False
    return in_place or daemonset.generation != written.generation
