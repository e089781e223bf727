"""Worlds amid a rollout, and the operator's part in them: for tests of what others make of the status.

In every world the spec's revision is NEW, and unless a test says otherwise the one before, OLD, is proven and kept.
"""

from dataclasses import dataclass, replace

from hostprocess_operator.api.parse import parse_agent
from hostprocess_operator.manifests import pod_template, spec_stamp
from hostprocess_operator.observed import Seen, Written, template_digest
from hostprocess_operator.rollout import Block, Proven, dump_record, plan_rollout
from hostprocess_operator.status import Failure, compute_status
from support import build
from support.build import DAY, HOUR, NEW, NOW, OLD

LOOKS = 20
FORMER = Proven(rev="a" * 16, spec="a" * 16, digest=build.OLD_DIGEST, at=NOW - DAY)
COPY = replace(build.revision("copy", build.OLD_DIGEST, owner_uid=build.AGENT_UID), is_copy=True)
FLEET = build.nodes("a", "b", "c", age=9 * DAY)
NEXT_TO_LAST, LAST = "older", "9" * 16  # a revision before OLD


@dataclass(frozen=True)
class World:
    """A HostProcessAgent as the API server has it, what is seen around it, and how the last write fared."""

    body: dict
    seen: Seen
    failure: Failure | None = None

    @property
    def agent(self):
        """Return the agent, valid or not."""
        return parse_agent(self.body)

    @property
    def resource(self):
        """Return the HostProcessAgent with its status, as clients see it."""
        return self.body | ({"status": self.seen.status.to_dict()} if self.seen.status else {})

    def plan(self, now=NOW):
        """Return what the operator makes of it."""
        return plan_rollout(self.agent, self.seen, now)

    def settled(self, now=NOW):
        """Return the world after the operator did its part, status and all, and nobody else theirs.

        What it deletes is gone, and nothing is made in its place.
        """
        seen = self.seen
        for _ in range(LOOKS):
            plan = plan_rollout(self.agent, seen, now)
            if not (plan.write or plan.delete or plan.copy):
                return replace(
                    self, seen=replace(seen, status=compute_status(self.agent, seen, plan, now, self.failure))
                )
            seen = _carried_out(self.agent, seen, plan)
        raise AssertionError("the operator does not come to rest")

    def after(self, time, *, step, now=NOW):
        """Return the world after the operator alone went on for that long, looking every `step`."""
        world = self.settled(now)
        for number in range(1, time // step + 1):
            world = world.settled(now + number * step)
        return world


def _carried_out(asked, seen, plan):
    gone = {pod.uid for pod in plan.delete}
    pods = tuple(pod for pod in seen.pods if pod.uid not in gone)
    revisions = (*seen.revisions, *([replace(COPY, digest=plan.copy)] if plan.copy else []))
    daemonset, written = seen.daemonset, seen.written
    if plan.write:
        digest = plan.serving.digest or template_digest(pod_template(asked, plan.serving.source.token))
        record = dump_record(plan.record)
        daemonset = replace(daemonset or build.daemonset(asked), stamp=plan.serving.stamp, digest=digest, record=record)
        written = Written(daemonset.uid, daemonset.generation, digest)
    return replace(seen, daemonset=daemonset, written=written, pods=pods, revisions=revisions)


def amid(*pods, spec=None, serves="spec", kept=True, promoted=False, failure=None, nodes=FLEET, proven=FORMER, **more):
    """Return a world with these pods in which nothing is left to be written.

    Args:
        spec: fields of the spec, in API spelling, and of `build.agent_body`.
        serves: `spec` or `proven`: whose template the DaemonSet has.
        kept: whether the proven template is kept in the cluster, besides in the DaemonSet.
        promoted: whether the spec's revision has passed its canaries.
        proven: the proven revision, None when nothing ever was.
        more: fields of the rollout record (`out`, `canaries`, `charged`, `blocked`) and of `Seen`.
    """
    body = build.agent_body(**(spec or {}))
    asked = build.agent(**(spec or {}))
    target = build.target(asked, age=HOUR, promoted=promoted)
    noted = {name: more.pop(name) for name in ("out", "canaries", "charged", "blocked") if name in more}
    served = target if serves == "spec" else proven
    record = build.record(asked, wanted=target, proven=proven, served=served.rev, **noted)
    daemonset = build.daemonset(asked, written_as=record, stamp=spec_stamp(asked, served.rev), digest=served.digest)
    seen = build.scene(
        asked,
        nodes=nodes,
        pods=pods,
        daemonset=daemonset,
        written=Written(daemonset.uid, daemonset.generation, daemonset.digest),
        revisions=(
            build.revision(NEW, target.digest),
            build.revision(NEXT_TO_LAST, LAST),
            *([build.revision(OLD, build.OLD_DIGEST), COPY] if kept else []),
        ),
    )
    return World(body, replace(seen, **more), failure)


def blocked(spec=None, reason="NotAdministrator", nodes=("c",)):
    """Return the block on the revision of an agent with these fields of the spec."""
    target = build.target(build.agent(**(spec or {})))
    return (Block(rev=target.rev, spec=target.spec, reason=reason, nodes=nodes, at=NOW - HOUR),)
