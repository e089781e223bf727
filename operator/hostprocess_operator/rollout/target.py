"""Which revision the spec asks for, and where the templates of revisions come from.

A rendering is kept for as long as the pod-shaping spec and the restart token stay: a new version of the operator that
renders the same spec differently restarts no agent.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hostprocess_operator.manifests import pod_template, shape_hash
from hostprocess_operator.observed import template_digest
from hostprocess_operator.rollout.record import Target

if TYPE_CHECKING:
    from datetime import datetime

    from hostprocess_operator.api.agent import HostProcessAgent
    from hostprocess_operator.observed import Seen
    from hostprocess_operator.rollout.record import Record


@dataclass(frozen=True, slots=True)
class Render:
    """Serve the template that this version of the operator renders.

    Attributes:
        token: value of the restart annotation to render with.
    """

    token: str = ""


@dataclass(frozen=True, slots=True)
class Keep:
    """Serve the template that the API server stores under the digest: it was rendered before."""

    digest: str


def choose_target(
    agent: HostProcessAgent, record: Record, seen: Seen, now: datetime, restarted_at: str = ""
) -> tuple[Target, Render | Keep]:
    """Return the revision that the spec asks for and where its template comes from.

    The restart token is sticky: taking the annotation away restarts nothing.
    """
    spec = shape_hash(agent)
    token = restarted_at[:64] or _sticky(record, spec)
    rendered = template_digest(pod_template(agent, token))
    target = _remembered(record, spec, token, now)
    if target is None and record.target is not None and record.target.rev == rendered:
        # the same pods, asked for in other words
        return record.target.model_copy(update={"spec": spec, "token": token}), Render(token)
    if target is None:
        return Target(rev=rendered, spec=spec, token=token, started=now), Render(token)
    if target.rev == rendered:
        return target, Render(token)
    if target.digest is not None and is_stored(target.digest, seen):
        return target, Keep(target.digest)
    return Target(rev=rendered, spec=spec, token=token, started=now), Render(token)


def is_stored(digest: str, seen: Seen) -> bool:
    """Return whether the cluster holds a template of that digest: the DaemonSet, or a ControllerRevision."""
    in_daemonset = seen.daemonset is not None and seen.daemonset.digest == digest
    return in_daemonset or any(revision.digest == digest for revision in seen.revisions)


def _sticky(record: Record, spec: str) -> str:
    """Return the token to go on with when the annotation is gone: the last one, unless that very restart failed."""
    target, proven = record.target, record.proven
    failed = target is not None and any(block.rev == target.rev for block in record.blocked)
    if failed and proven is not None and proven.spec == spec:
        return proven.token
    former = target or proven
    return former.token if former else ""


def _remembered(record: Record, spec: str, token: str, now: datetime) -> Target | None:
    target, proven = record.target, record.proven
    if target is not None and (target.spec, target.token) == (spec, token):
        return target
    if proven is not None and (proven.spec, proven.token) == (spec, token):
        return Target(rev=proven.rev, spec=spec, token=token, digest=proven.digest, started=now)
    return None
