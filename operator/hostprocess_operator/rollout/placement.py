"""Which nodes an agent's pods may run on, decided as the DaemonSet controller decides it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hostprocess_operator.observed import Node, Placement, Taint

TOLERATED_BY_EVERY_DAEMONSET = frozenset(
    {
        ("node.kubernetes.io/not-ready", "NoExecute"),
        ("node.kubernetes.io/unreachable", "NoExecute"),
        ("node.kubernetes.io/disk-pressure", "NoSchedule"),
        ("node.kubernetes.io/memory-pressure", "NoSchedule"),
        ("node.kubernetes.io/pid-pressure", "NoSchedule"),
        ("node.kubernetes.io/unschedulable", "NoSchedule"),
        ("node.kubernetes.io/network-unavailable", "NoSchedule"),
    }
)
"""Taints (key, effect) that the DaemonSet controller tolerates for its pods; the last one for hostNetwork."""

LIFE_CYCLE_TAINTS = frozenset({"node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"})
"""Keys that come and go with a node's health, with either effect: such a node is down, not unwanted."""


_INTEGER: Final = re.compile("-?[0-9]{1,18}")


def selects(placement: Placement, node: Node) -> bool:
    """Return whether nodeSelector and required node affinity choose the node, taints left aside."""
    if not placement.node_selector.items() <= node.labels.items():
        return False
    required = placement.node_affinity.get("requiredDuringSchedulingIgnoredDuringExecution")
    return required is None or any(_term_matches(term, node) for term in required.get("nodeSelectorTerms") or ())


def untolerated(placement: Placement, node: Node) -> tuple[Taint, ...]:
    """Return the node's taints that keep the agent away from it."""
    if not node.taints:
        return ()
    return tuple(
        taint
        for taint in node.taints
        if taint.effect != "PreferNoSchedule"
        and taint.key not in LIFE_CYCLE_TAINTS
        and (taint.key, taint.effect) not in TOLERATED_BY_EVERY_DAEMONSET
        and not any(_tolerates(toleration, taint) for toleration in placement.tolerations)
    )


def _tolerates(toleration: Mapping[str, Any], taint: Taint) -> bool:
    if toleration.get("effect") and toleration["effect"] != taint.effect:
        return False
    if not toleration.get("key"):
        return toleration.get("operator") == "Exists"
    if toleration["key"] != taint.key:
        return False
    return toleration.get("operator") == "Exists" or (toleration.get("value") or "") == taint.value


def _term_matches(term: Mapping[str, Any], node: Node) -> bool:
    """Return whether every requirement holds; a term without any matches no node."""
    requirements = term.get("matchExpressions") or ()
    return bool(requirements) and all(_holds(each, node.labels.get(each["key"])) for each in requirements)


def _holds(requirement: Mapping[str, Any], actual: str | None) -> bool:
    values: Sequence[str] = requirement.get("values") or ()
    match requirement["operator"]:
        case "In":
            return actual in values
        case "NotIn":
            return actual not in values
        case "Exists":
            return actual is not None
        case "DoesNotExist":
            return actual is None
        case "Gt":
            return _compare(actual, values) > 0
        case "Lt":
            return _compare(actual, values) < 0
    return False


def _compare(actual: str | None, values: Sequence[str]) -> int:
    """Return the sign of actual minus the one value, 0 when either is no integer: Kubernetes takes digits only."""
    left, right = actual or "", next(iter(values), "")
    if not (_INTEGER.fullmatch(left) and _INTEGER.fullmatch(right)):
        return 0
    return (int(left) > int(right)) - (int(left) < int(right))
