"""Where an agent's pods go: from a spec, or as a pod template has it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hostprocess_operator.manifests.privileged import windows_node_selector
from hostprocess_operator.observed import Placement

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hostprocess_operator.api.agent import HostProcessAgent

USUAL_TAINTS = ("os", "node.kubernetes.io/os")
"""Keys with which Windows nodes are usually tainted; no cloud agrees on value and case."""


def placement_of(agent: HostProcessAgent) -> Placement:
    """Return where the spec wants the agent: always on Windows, the usual taints always tolerated."""
    spec = agent.spec
    affinity = spec.affinity.node_affinity if spec.affinity else None
    usual = tuple({"key": key, "operator": "Exists"} for key in USUAL_TAINTS)
    own = tuple(toleration.to_dict() for toleration in spec.tolerations)
    return Placement(
        node_selector=spec.node_selector | windows_node_selector(),
        node_affinity=affinity.to_dict() if affinity else {},
        tolerations=(*usual, *(toleration for toleration in own if toleration not in usual)),
    )


def placement_of_template(template: Mapping[str, Any]) -> Placement:
    """Return the placement that a pod template has, as the API server stores it."""
    spec = template.get("spec") or {}
    return Placement(
        node_selector=spec.get("nodeSelector") or {},
        node_affinity=(spec.get("affinity") or {}).get("nodeAffinity") or {},
        tolerations=tuple(spec.get("tolerations") or ()),
    )
