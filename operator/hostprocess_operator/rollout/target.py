"""Which revision the spec asks for, and where its template comes from.

A rendering is kept for as long as the pod-shaping spec stays: a new version of the operator that renders the same
spec differently restarts no agent.
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
    """Serve the template that this version of the operator renders."""


@dataclass(frozen=True, slots=True)
class Keep:
    """Serve the template that the API server stores under the digest: an earlier version rendered it."""

    digest: str


def choose_target(agent: HostProcessAgent, record: Record, seen: Seen, now: datetime) -> tuple[Target, Render | Keep]:
    """Return the revision that the spec asks for and where its template comes from."""
    spec, rendered = shape_hash(agent), template_digest(pod_template(agent))
    target = _remembered(record, spec, now)
    if target is None and record.target is not None and record.target.rev == rendered:
        return record.target.model_copy(update={"spec": spec}), Render()  # the same pods, asked for in other words
    if target is None:
        return Target(rev=rendered, spec=spec, started=now), Render()
    if target.rev == rendered:
        return target, Render()
    if target.digest is not None and _stored(target.digest, seen):
        return target, Keep(target.digest)
    return Target(rev=rendered, spec=spec, started=now), Render()


def _remembered(record: Record, spec: str, now: datetime) -> Target | None:
    if record.target is not None and record.target.spec == spec:
        return record.target
    if record.proven is not None and record.proven.spec == spec:
        return Target(rev=record.proven.rev, spec=spec, digest=record.proven.digest, started=now)
    return None


def _stored(digest: str, seen: Seen) -> bool:
    in_daemonset = seen.daemonset is not None and seen.daemonset.digest == digest
    return in_daemonset or any(revision.digest == digest for revision in seen.revisions)
