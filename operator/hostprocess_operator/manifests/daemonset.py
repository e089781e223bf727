"""The DaemonSet around a pod template.

Its update strategy is always OnDelete: a change of the template, ours or anybody's, reaches no running pod until the
operator deletes that pod.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hostprocess_operator.api.names import (
    AGENT_LABEL,
    API_VERSION,
    KIND,
    POD_SECURITY_ANNOTATION,
    ROLLOUT_ANNOTATION,
    STAMP_ANNOTATION,
)
from hostprocess_operator.manifests.placement import placement_of
from hostprocess_operator.manifests.template import pod_labels
from hostprocess_operator.observed.revision import canonical_hash

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hostprocess_operator.api.agent import HostProcessAgent

REVISION_HISTORY_LIMIT = 10


def build_daemonset(agent: HostProcessAgent, spec: Mapping[str, Any], annotations: Mapping[str, str]) -> dict[str, Any]:
    """Return the DaemonSet to create for the agent around a spec made by `daemonset_spec`."""
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {
            "name": agent.name,
            "namespace": agent.namespace,
            "labels": daemonset_labels(agent.name),
            "annotations": dict(annotations),
            "ownerReferences": [owner_reference(agent)],
        },
        "spec": spec,
    }


def daemonset_spec(agent: HostProcessAgent, template: Mapping[str, Any]) -> dict[str, Any]:
    """Return the whole spec of the agent's DaemonSet for a pod template that has the agent's placement."""
    return {
        "selector": {"matchLabels": {AGENT_LABEL: agent.name}},
        "updateStrategy": {"type": "OnDelete"},
        "minReadySeconds": agent.spec.rollout.min_ready_seconds,
        "revisionHistoryLimit": REVISION_HISTORY_LIMIT,
        "template": template,
    }


def spec_stamp(agent: HostProcessAgent, revision: str) -> str:
    """Return 16 hex digits that change when the DaemonSet's spec has to be written again for the agent.

    The template enters by its revision, not by its text: a rendering that is kept while a newer operator would
    render differently keeps its stamp.
    """
    rest = daemonset_spec(agent, {"placement": placement_of(agent).to_pod_spec(), "revision": revision})
    return canonical_hash(rest)


def daemonset_labels(agent_name: str) -> dict[str, str]:
    """Return the labels of ours on the DaemonSet; foreign ones beside them are left alone."""
    return pod_labels(agent_name) | {"app.kubernetes.io/name": agent_name}


def daemonset_annotations(stamp: str, record: str, pod_security: str | None) -> dict[str, str]:
    """Return the annotations of ours on the DaemonSet; foreign ones beside them are left alone.

    `pod_security` is the level of the namespace, None when it is not known.
    """
    known = {POD_SECURITY_ANNOTATION: pod_security} if pod_security is not None else {}
    return {STAMP_ANNOTATION: stamp, ROLLOUT_ANNOTATION: record} | known


def owner_reference(agent: HostProcessAgent) -> dict[str, Any]:
    """Return the reference through which garbage collection deletes the DaemonSet with the agent."""
    return {
        "apiVersion": API_VERSION,
        "kind": KIND,
        "name": agent.name,
        "uid": agent.uid,
        "controller": True,
        "blockOwnerDeletion": True,
    }
