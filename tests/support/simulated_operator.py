"""The operator's loop without its I/O: the real plan and status, carried out on a simulated cluster.

It can be killed after any write, its pod cache may lag, and it forgets what a restarted process has forgotten.
"""

import contextlib
from dataclasses import replace

from hostprocess_operator import rollout
from hostprocess_operator.api.agent import HostProcessAgent
from hostprocess_operator.api.status import AgentStatus
from hostprocess_operator.manifests import (
    build_daemonset,
    daemonset_annotations,
    daemonset_labels,
    daemonset_spec,
    owner_reference,
    placement_of,
    with_placement,
)
from hostprocess_operator.observed import Seen, Written, observe_daemonset, template_digest
from hostprocess_operator.rollout import Keep, dump_record, plan_rollout
from hostprocess_operator.status import compute_status


class KilledError(Exception):
    """The operator's process ended between two of its writes."""


class WriteFailedError(Exception):
    """A write could not be done, or its answer did not arrive."""


class Operator:
    """One process of the operator.

    Args:
        on_delete: called with the pod and the plan right before a pod is deleted.
    """

    def __init__(self, cluster, on_delete=lambda _pod, _plan: None):
        self.cluster = cluster
        self.on_delete = on_delete
        self.written = None
        self.deleted = set()
        self.writes = 0
        self.killed_after = None
        self.hear()

    def hear(self):
        """Bring the caches of pods and revisions up to date."""
        self.pods = {pod.uid: pod for pod in self.cluster.observed_pods()}
        self.revisions = self.cluster.observed_revisions()
        self.deleted &= self.pods.keys()

    def status(self):
        """Return the status that stands on the agent."""
        return AgentStatus.from_dict(self.cluster.status) if self.cluster.status else None

    def seen(self, *, remembered=True):
        """Return the snapshot; without what the process remembers, the status tells of the last write."""
        status = self.status()
        written = self.written if remembered else None
        if written is None and status is not None and status.daemon_set is not None:
            reference = status.daemon_set
            written = Written(reference.uid, reference.generation, reference.template_digest)
        pods = [replace(pod, deleting=True) if pod.uid in self.deleted else pod for pod in self.pods.values()]
        return Seen(
            daemonset=self.cluster.observed_daemonset(),
            pods=tuple(sorted(pods, key=lambda pod: pod.name)),
            nodes=self.cluster.observed_nodes(),
            revisions=self.revisions,
            written=written,
            status=status,
        )

    def plan(self, **how):
        """Return the plan for what is seen now."""
        return plan_rollout(self.cluster.agent(), self.seen(**how), self.cluster.now)

    def step(self, *, killed_after=None, loses_answer=False):
        """Look at the agent once, and return the plan that its status was made from.

        Args:
            killed_after: how many writes to do before the process ends.
            loses_answer: whether the answer to a write of the DaemonSet gets lost.

        Raises:
            KilledError: so many writes were done.
        """
        self.killed_after = None if killed_after is None else self.writes + killed_after
        agent, plan = self.cluster.agent(), self.plan()
        with contextlib.suppress(WriteFailedError):  # the next step tries again
            self._carry_out(agent, plan, loses_answer=loses_answer)
        self._judge()
        seen, now = self.seen(), self.cluster.now
        plan = plan_rollout(agent, seen, now)
        status = compute_status(agent, seen, plan, now).to_dict()
        if status != self.cluster.status:
            self._count()
            self.cluster.status = status
        return plan

    def _carry_out(self, agent, plan, *, loses_answer):
        if isinstance(agent, HostProcessAgent) and plan.copy is not None:
            self._count()
            self.cluster.copies.setdefault(f"proven-{plan.copy}", self._stored(plan.copy))
            self.revisions = self.cluster.observed_revisions()
        if isinstance(agent, HostProcessAgent) and plan.write and plan.serving is not None:
            self._write_daemonset(agent, plan, loses_answer=loses_answer)
        for pod in plan.delete:
            self._delete(pod, plan)
        for revision in plan.discard:
            self._count()
            self.cluster.copies.pop(revision.uid, None)

    def _count(self):
        if self.writes == self.killed_after:
            raise KilledError
        self.writes += 1

    def _write_daemonset(self, agent, plan, *, loses_answer):
        self._count()
        record, stamp = dump_record(plan.record), plan.serving.stamp
        spec = daemonset_spec(agent, self._template(agent, plan.serving.source))
        annotations = daemonset_annotations(stamp, record, None)
        if self.cluster.daemonset is None:
            answer = self.cluster.create_daemonset(build_daemonset(agent, spec, annotations))
        else:
            metadata = self.cluster.daemonset["metadata"]
            answer = self.cluster.replace_spec(
                plan.situation.seen.daemonset.uid,
                spec,
                labels=metadata["labels"] | daemonset_labels(agent.name),
                annotations=metadata["annotations"] | annotations,
                ownerReferences=[owner_reference(agent)],
            )
        if loses_answer:
            raise WriteFailedError
        observed = observe_daemonset(answer)
        self.written = Written(observed.uid, observed.generation, observed.digest)

    def _template(self, agent, source):
        if isinstance(source, Keep):
            return with_placement(self._stored(source.digest), placement_of(agent))
        return rollout.target.pod_template(agent, source.token)

    def _stored(self, digest):
        stored = [self.cluster.template()] if self.cluster.daemonset else []
        for template in (*stored, *self.cluster.revisions.values(), *self.cluster.copies.values()):
            if template_digest(template) == digest:
                return template
        raise WriteFailedError  # what the cache shows is gone

    def _delete(self, pod, plan):
        self._count()
        truth = self.cluster.pods.get(pod.name)
        if truth is not None and truth.uid == pod.uid and not truth.deleting:
            self.on_delete(pod, plan)
            truth.deleting = True
        self.deleted.add(pod.uid)

    def _judge(self):
        for uid, cached in list(self.pods.items()):
            truth = self.cluster.pods.get(cached.name)
            if truth is None or truth.uid != uid or truth.deleting or uid in self.deleted:
                continue
            if cached.containers[0].run != f"run-{truth.run}":
                continue  # it is not known yet that this run is there
            before = (truth.gate, truth.reported_run)
            self.cluster.judge(truth)
            if (truth.gate, truth.reported_run) != before:
                self._count()
                self.pods[uid] = truth.observed()
