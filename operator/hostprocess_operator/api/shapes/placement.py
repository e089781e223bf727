"""Which nodes: tolerations and node affinity; and references to objects of the same namespace.

A preferred affinity is not here: a DaemonSet runs one pod on every node that matches, so a preference does nothing.
"""

from typing import Annotated, Literal

from pydantic import Field

from hostprocess_operator.api.markers import Atomic
from hostprocess_operator.api.scalars import MAX_INT32, LabelKey, LabelValue, ObjectName
from hostprocess_operator.api.shape import ATOMIC_MAP, Shape, rule


class LocalObjectReference(Shape, json_schema_extra=ATOMIC_MAP):
    """An object of the same namespace."""

    name: ObjectName
    """Name of the object."""


class Toleration(Shape):
    """A taint that the pods put up with."""

    rules = (
        rule(
            "must be Exists when there is no key: then every taint is tolerated",
            holds=lambda toleration: bool(toleration.key) or toleration.operator == "Exists",
            cel="(has(self.key) && self.key != '') || (has(self.operator) && self.operator == 'Exists')",
            at="operator",
        ),
        rule(
            "must be left out when the operator is Exists, which fits every value",
            holds=lambda toleration: not toleration.value or toleration.operator != "Exists",
            cel="!has(self.value) || self.value == '' || !has(self.operator) || self.operator != 'Exists'",
            at="value",
        ),
        rule(
            "must be NoExecute when tolerationSeconds is set",
            holds=lambda toleration: toleration.toleration_seconds is None or toleration.effect == "NoExecute",
            cel="!has(self.tolerationSeconds) || (has(self.effect) && self.effect == 'NoExecute')",
            at="effect",
        ),
    )

    key: LabelKey | None = None
    """Key of the taint; none means every taint."""
    operator: Literal["Equal", "Exists"] | None = None
    """Whether the value has to be equal or only the key has to exist."""
    value: LabelValue | None = None
    """Value of the taint."""
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] | None = None
    """Effect of the taint; none means every effect."""
    toleration_seconds: Annotated[int, Field(ge=-MAX_INT32, le=MAX_INT32)] | None = None
    """How long a NoExecute taint is tolerated."""


_VALUES_BY_OPERATOR = {
    "In": (1, 64),
    "NotIn": (1, 64),
    "Exists": (0, 0),
    "DoesNotExist": (0, 0),
    "Gt": (1, 1),
    "Lt": (1, 1),
}


class NodeSelectorRequirement(Shape):
    """A condition on one label of a node."""

    rules = (
        rule(
            "In and NotIn need values, Gt and Lt exactly one, Exists and DoesNotExist none",
            holds=lambda requirement: (
                _VALUES_BY_OPERATOR[requirement.operator][0]
                <= len(requirement.values)
                <= _VALUES_BY_OPERATOR[requirement.operator][1]
            ),
            cel="self.operator in ['In', 'NotIn'] ? has(self.values) && self.values.size() > 0 : "
            "self.operator in ['Gt', 'Lt'] ? has(self.values) && self.values.size() == 1 : "
            "!has(self.values) || self.values.size() == 0",
            at="values",
        ),
    )

    key: LabelKey
    """Label to look at."""
    operator: Literal["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"]
    """How the label and the values are compared."""
    values: Annotated[tuple[LabelValue, ...], Field(max_length=64), Atomic()] = ()
    """Values to compare with."""


class NodeSelectorTerm(Shape, json_schema_extra=ATOMIC_MAP):
    """Conditions that a node has to meet together."""

    match_expressions: Annotated[tuple[NodeSelectorRequirement, ...], Field(max_length=16), Atomic()] = ()
    """Conditions on labels."""


class NodeSelector(Shape, json_schema_extra=ATOMIC_MAP):
    """Terms of which a node has to meet one."""

    node_selector_terms: Annotated[tuple[NodeSelectorTerm, ...], Field(min_length=1, max_length=16), Atomic()]
    """The terms."""


class NodeAffinity(Shape):
    """Nodes by conditions on their labels."""

    required_during_scheduling_ignored_during_execution: NodeSelector | None = None
    """What a node has to meet for the agent to run there."""


class Affinity(Shape):
    """Nodes by conditions that a nodeSelector cannot say."""

    node_affinity: NodeAffinity | None = None
    """Conditions on the labels of the nodes."""
