"""Whether the template that is to be served is served: written, kept, and acted on by the DaemonSet controller."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hostprocess_operator.manifests import daemonset_labels, spec_stamp
from hostprocess_operator.rollout.ownership import Ownership

if TYPE_CHECKING:
    from hostprocess_operator.api.agent import HostProcessAgent
    from hostprocess_operator.rollout.situation import Situation
    from hostprocess_operator.rollout.target import Keep, Render


@dataclass(frozen=True, slots=True)
class Serving:
    """The revision to serve and how far it is served.

    Attributes:
        rev: the revision.
        source: where its template comes from.
        digest: digest of the template as the API server stores it, None while that is not known.
        stamp: what the stamp annotation is once the spec is in place.
        in_place: whether the DaemonSet's spec and metadata are as we last wrote them and as they have to be.
        settled: in place, acted on by the DaemonSet controller, and its pods can be told from others.
    """

    rev: str
    source: Render | Keep
    digest: str | None
    stamp: str
    in_place: bool
    settled: bool


def serve(
    agent: HostProcessAgent, situation: Situation, rev: str, source: Render | Keep, digest: str | None
) -> Serving:
    """Return how far the revision is served."""
    stamp = spec_stamp(agent, rev)
    in_place = situation.ownership is Ownership.OURS and _is_in_place(agent, situation, stamp)
    return Serving(rev, source, digest, stamp, in_place, in_place and _is_acted_on(situation, digest))


def _is_in_place(agent: HostProcessAgent, situation: Situation, stamp: str) -> bool:
    daemonset, written, namespace = situation.seen.daemonset, situation.seen.written, situation.seen.namespace
    return (
        daemonset is not None
        and written is not None
        and (daemonset.uid, daemonset.generation) == (written.uid, written.generation)
        and daemonset.stamp == stamp
        and daemonset.owner_uid == agent.uid
        and (namespace is None or daemonset.pod_security == namespace.level)
        and daemonset_labels(agent.name).items() <= daemonset.labels.items()
    )


def _is_acted_on(situation: Situation, digest: str | None) -> bool:
    daemonset = situation.seen.daemonset
    return (
        daemonset is not None
        and daemonset.observed_generation >= daemonset.generation
        and digest is not None
        and digest in situation.seen.digests().values()
    )
