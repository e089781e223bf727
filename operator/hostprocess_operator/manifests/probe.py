"""The init container that reports what the pod's account may do on the node.

It runs first, with the first container's account and image (a host process runs the host's own PowerShell, so any
image that can be pulled will do), prints one report and succeeds whatever that says: what it finds must never take an
agent down. Where PowerShell cannot be started at all, it fails.
"""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

from hostprocess_operator.api.names import PROBE_CONTAINER
from hostprocess_operator.api.quantity import parse_quantity
from hostprocess_operator.verification.probe import PROBE_COMMAND

if TYPE_CHECKING:
    from collections.abc import Mapping

MEMORY = "128Mi"
"""PowerShell needs this much to start at all."""


def probe_container(first: Mapping[str, Any]) -> dict[str, Any]:
    """Return the probe for an agent whose first container is `first`, a dict in API spelling."""
    probe: dict[str, Any] = {"name": PROBE_CONTAINER, "image": first["image"]}
    if "imagePullPolicy" in first:
        probe["imagePullPolicy"] = first["imagePullPolicy"]
    probe["command"] = list(PROBE_COMMAND)
    if "securityContext" in first:
        probe["securityContext"] = deepcopy(first["securityContext"])
    if resources := _resources(first.get("resources") or {}):
        probe["resources"] = resources
    return probe


def _resources(resources: Mapping[str, Any]) -> dict[str, Any]:
    return {kind: _enough(resources[kind]) for kind in ("requests", "limits") if resources.get(kind)}


def _enough(amounts: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _at_least(amount) if name == "memory" else amount for name, amount in amounts.items()}


def _at_least(amount: str | int) -> str | int:
    return MEMORY if parse_quantity(amount) < parse_quantity(MEMORY) else amount
