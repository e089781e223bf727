"""Where an agent's pods go: the fields of the pod spec that are no part of a revision."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Placement:
    """The placement fields of a pod spec, in API spelling; node_affinity is empty when there is none."""

    node_selector: Mapping[str, str]
    node_affinity: Mapping[str, Any]
    tolerations: tuple[Mapping[str, Any], ...]

    def to_pod_spec(self) -> dict[str, Any]:
        """Return the placement as fields of a pod spec."""
        fields: dict[str, Any] = {"nodeSelector": dict(self.node_selector)}
        if self.node_affinity:
            fields["affinity"] = {"nodeAffinity": self.node_affinity}
        return fields | {"tolerations": [dict(toleration) for toleration in self.tolerations]}
