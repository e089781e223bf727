"""A ControllerRevision and the digest that says which pod template it holds.

The digest leaves placement out (nodeSelector, affinity, tolerations): placement acts on the whole fleet at once and is
no part of a revision, so two templates that differ only there have the same digest.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hostprocess_operator.api.names import AGENT_LABEL, KIND
from hostprocess_operator.observed.objects import Body, controller_of, label, text

if TYPE_CHECKING:
    from collections.abc import Mapping

PLACEMENT_FIELDS = frozenset({"affinity", "nodeSelector", "tolerations"})
"""Fields of a pod spec that say where pods go, not what they are."""

_DIGEST_LENGTH = 16
_REVISION_HASH_LABEL = "controller-revision-hash"


@dataclass(frozen=True, slots=True)
class Revision:
    """A ControllerRevision of the DaemonSet controller.

    Attributes:
        hash: value of its label controller-revision-hash, which pods made from it carry too.
        digest: digest of the pod template that it holds.
        is_copy: whether it is the operator's own copy of a proven template, which a HostProcessAgent controls.
    """

    namespace: str
    name: str
    uid: str
    agent: str
    owner_uid: str
    hash: str
    digest: str
    is_copy: bool = False


def observe_revision(body: Body) -> Revision:
    """Return what a ControllerRevision shows."""
    metadata = body["metadata"]
    return Revision(
        namespace=text(metadata.get("namespace")),
        name=str(metadata["name"]),
        uid=str(metadata["uid"]),
        agent=label(body, AGENT_LABEL),
        owner_uid=text(controller_of(body).get("uid", "")),
        hash=label(body, _REVISION_HASH_LABEL),
        digest=template_digest(template_of(body)),
        is_copy=controller_of(body).get("kind") == KIND,
    )


def template_of(body: Body) -> Mapping[str, Any]:
    """Return the pod template that a ControllerRevision holds, empty where it holds something else.

    Anybody may make one with the label of an agent, and its data may be whatever JSON object.
    """
    held: Any = body.get("data")
    for field in ("spec", "template"):
        held = held.get(field) if isinstance(held, dict) else None
    is_template = isinstance(held, dict) and isinstance(held.get("spec") or {}, dict)
    return held if is_template else {}


def template_digest(template: Mapping[str, Any]) -> str:
    """Return 16 hex digits that are equal for pod templates that differ in nothing but placement.

    A `$patch` marker and null values count as absent: a ControllerRevision has them, a DaemonSet has not.
    """
    spec = {k: v for k, v in (template.get("spec") or {}).items() if k not in PLACEMENT_FIELDS}
    shape = {k: v for k, v in template.items() if k != "$patch"} | {"spec": spec}
    return canonical_hash(shape)


def canonical_hash(value: object) -> str:
    """Return 16 hex digits of the SHA-256 of the value's JSON, keys sorted and nulls dropped."""
    canonical = json.dumps(_without_nulls(value), sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canonical.encode()).hexdigest()[:_DIGEST_LENGTH]


def _without_nulls(value: object) -> object:
    if isinstance(value, dict):
        return {k: _without_nulls(v) for k, v in value.items() if v is not None}
    if isinstance(value, list | tuple):
        return [_without_nulls(v) for v in value]
    return value
