"""The operator's own copy of a proven pod template: what a rollback serves though the DaemonSet was deleted.

A ControllerRevision that the HostProcessAgent controls. The DaemonSet controller leaves alone what another object
controls, and garbage collection takes it with the agent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hostprocess_operator.manifests.daemonset import owner_reference
from hostprocess_operator.manifests.template import pod_labels

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hostprocess_operator.api.agent import HostProcessAgent


def build_copy(agent: HostProcessAgent, digest: str, template: Mapping[str, Any]) -> dict[str, Any]:
    """Return the ControllerRevision that keeps a template of the digest, in the form of the DaemonSet controller's.

    Its name is this agent's alone: one of the same name that was deleted before may have left its copies behind.
    """
    return {
        "apiVersion": "apps/v1",
        "kind": "ControllerRevision",
        "metadata": {
            "name": f"{agent.name}-proven-{digest}-{agent.uid[:8]}",
            "namespace": agent.namespace,
            "labels": pod_labels(agent.name),
            "ownerReferences": [owner_reference(agent)],
        },
        "revision": 1,
        "data": {"spec": {"template": {k: v for k, v in template.items() if k != "$patch"}}},
    }
