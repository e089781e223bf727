"""A DaemonSet, ours or anybody's.

The spec is kept only for one that a HostProcessAgent controls: nobody else's is ever read further than its owner.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hostprocess_operator.api.names import (
    API_VERSION,
    KIND,
    POD_SECURITY_ANNOTATION,
    ROLLOUT_ANNOTATION,
    STAMP_ANNOTATION,
)
from hostprocess_operator.observed.objects import Body, annotation, controller_of, text
from hostprocess_operator.observed.revision import template_digest

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class DaemonSet:
    """A DaemonSet as the API server last showed it.

    Attributes:
        owner_uid: UID of the HostProcessAgent that controls it; empty when something else or nothing does.
        foreign_owner: `Kind/name` of another controller, empty when there is none.
        observed_generation: the generation that the DaemonSet controller has acted on.
        stamp: our annotation that says what was last rendered into the spec, None when it is not set.
        pod_security: our annotation with the Pod Security level of its namespace, None when it is not set.
        record: our annotation with the rollout record, as text, None when it is not set.
        digest: digest of the pod template without placement; empty for a DaemonSet that is not ours.
        spec: the spec as stored by the API server; empty for a DaemonSet that is not ours.
    """

    namespace: str
    name: str
    uid: str
    generation: int
    observed_generation: int
    deleting: bool
    owner_uid: str
    foreign_owner: str
    labels: Mapping[str, str]
    stamp: str | None
    pod_security: str | None
    record: str | None
    digest: str
    spec: Mapping[str, Any] = field(repr=False)
    resource_version: str = field(compare=False)


def observe_daemonset(body: Body) -> DaemonSet:
    """Return what a DaemonSet shows."""
    metadata = body["metadata"]
    owner = controller_of(body)
    ours = owner.get("kind") == KIND and owner.get("apiVersion") == API_VERSION
    spec = body.get("spec") or {}
    return DaemonSet(
        namespace=text(metadata.get("namespace")),
        name=str(metadata["name"]),
        uid=str(metadata["uid"]),
        generation=metadata.get("generation") or 0,
        observed_generation=(body.get("status") or {}).get("observedGeneration") or 0,
        deleting=metadata.get("deletionTimestamp") is not None,
        owner_uid=text(owner.get("uid", "")) if ours else "",
        foreign_owner="" if ours or not owner else f"{owner.get('kind')}/{owner.get('name')}",
        labels=dict(metadata.get("labels") or {}),
        stamp=annotation(body, STAMP_ANNOTATION),
        pod_security=annotation(body, POD_SECURITY_ANNOTATION),
        record=annotation(body, ROLLOUT_ANNOTATION),
        digest=template_digest(spec.get("template") or {}) if ours else "",
        spec=spec if ours else {},
        resource_version=str(metadata.get("resourceVersion")),
    )
