"""The status of a HostProcessAgent: models that give the CRD its schema and the operator its one write.

Bounded at any size of the fleet. A text that is too long is cut rather than refused: a status that cannot be written
would hide the very thing it has to say.
"""

from collections.abc import Callable
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from hostprocess_operator.api.markers import Atomic, ListMap

MAX_PROBLEMS: Final = 20
_MAX_RECORD: Final = 16_384


def _cut(length: int) -> Callable[[object], object]:
    """Return a function that shortens a text to `length` characters and leaves everything else alone."""
    return lambda value: f"{value[: length - 1]}…" if isinstance(value, str) and len(value) > length else value


def _record_that_fits(value: object) -> object:
    # half a record is of no use; the whole one stands on the DaemonSet
    return None if isinstance(value, str) and len(value) > _MAX_RECORD else value


def _without_empty(value: Any) -> Any:  # noqa: ANN401 -- whatever JSON holds
    """Return the value without lists and objects that hold nothing, however deep."""
    if not isinstance(value, dict):
        return value
    kept = {name: _without_empty(item) for name, item in value.items()}
    return {name: item for name, item in kept.items() if item not in ([], {})}


_Count = Annotated[int, Field(ge=0)]
_Name = Annotated[str, Field(max_length=253), BeforeValidator(_cut(253))]


class _StatusShape(BaseModel):
    # fields of a newer or older operator are ignored
    model_config = ConfigDict(
        frozen=True, extra="ignore", alias_generator=to_camel, populate_by_name=True, use_attribute_docstrings=True
    )


class Condition(_StatusShape):
    """One condition, in the shape of every Kubernetes API."""

    type: Annotated[str, Field(min_length=1, max_length=316)]
    """What the condition is about."""
    status: Literal["True", "False", "Unknown"]
    """Whether it is so."""
    observed_generation: _Count = 0
    """Generation of the spec that the condition was set for."""
    last_transition_time: Annotated[str, Field(max_length=64, json_schema_extra={"format": "date-time"})]
    """When the status last changed."""
    reason: Annotated[str, Field(min_length=1, max_length=128, pattern="^[A-Za-z]+$")]
    """Why, in one word out of a fixed list."""
    message: Annotated[str, Field(max_length=4096), BeforeValidator(_cut(4096))] = ""
    """Why, in a sentence, and what to do."""


class DaemonSetReference(_StatusShape):
    """The DaemonSet as the operator last wrote it."""

    name: _Name
    """Name of the DaemonSet."""
    uid: _Name
    """UID of the DaemonSet."""
    generation: _Count
    """Generation that the operator's last write returned."""
    template_digest: Annotated[str, Field(max_length=64)]
    """Digest of the pod template as the API server stores it, placement left out."""


class NodeCounts(_StatusShape):
    """Windows nodes by what the agent does on them."""

    desired: _Count = 0
    """Nodes that should run the agent."""
    current: _Count = 0
    """Of these, nodes that have a pod of the agent."""
    updated: _Count = 0
    """Nodes whose pod is of the spec's revision."""
    ready: _Count = 0
    """Nodes whose pod is Ready."""
    available: _Count = 0
    """Nodes whose agent has worked for minReadySeconds."""
    verified: _Count = 0
    """Nodes whose current run is proven to have the rights."""
    denied: _Count = 0
    """Nodes whose run reported other rights or another account."""
    unknown: _Count = 0
    """Nodes whose run reported nothing that can be understood."""
    starting: _Count = 0
    """Nodes that joined or returned and are within their deadline."""
    unreachable: _Count = 0
    """Nodes that are not Ready."""
    ineligible: _Count = 0
    """Nodes that match and are unfit: tainted, too old, or of another container runtime than containerd."""


class Summary(_StatusShape):
    """What the columns of kubectl get show."""

    nodes: Annotated[str, Field(max_length=32)]
    """Available agents of all desired, as in 4/5."""
    admin_rights: Annotated[str, Field(max_length=32)]
    """Nodes with proven rights of all desired, as in 4/5; a dash when verification is off."""


class BlockedRevision(_StatusShape):
    """A revision that failed."""

    revision: _Name
    """The revision; the annotation hostprocess.dev/retry with this value lifts the block."""
    reason: Annotated[str, Field(max_length=128)]
    """Why it failed, in one word."""
    nodes: Annotated[tuple[_Name, ...], Field(max_length=3), Atomic()] = ()
    """Some of the nodes on which it failed."""
    message: Annotated[str, Field(max_length=512), BeforeValidator(_cut(512))] | None = None
    """What was seen on the first of them."""
    at: Annotated[str, Field(max_length=64)]
    """When it was blocked."""


class RolloutStatus(_StatusShape):
    """Where the rollout of the spec's revision is."""

    phase: Literal["Stable", "Canary", "Rolling", "Halted", "RolledBack"]
    """Stable: done. Canary: a few nodes try it. Rolling: the others follow. Halted, RolledBack: it failed."""
    canary_nodes: Annotated[tuple[_Name, ...], Field(max_length=20), Atomic()] = ()
    """Nodes that try the revision first."""
    started_at: Annotated[str, Field(max_length=64)] | None = None
    """When the revision became the one that the spec asks for."""
    deadline_at: Annotated[str, Field(max_length=64)] | None = None
    """When the first of the nodes under way will be late."""


class Revisions(_StatusShape):
    """Revisions of the pod template, by the hash of what was rendered."""

    target: _Name | None = None
    """The revision that the spec asks for."""
    proven: _Name | None = None
    """The revision that last worked on every node that counted."""
    blocked: Annotated[tuple[BlockedRevision, ...], Field(max_length=5), Atomic()] = ()
    """Revisions that failed and are not served, the youngest last."""


class Problem(_StatusShape):
    """Why the agent does not do its work on one node."""

    node: _Name
    """Name of the node."""
    pod: _Name = ""
    """Name of the pod, empty if there is none."""
    reason: Annotated[str, Field(max_length=128), BeforeValidator(_cut(128))]
    """Why, in one word."""
    message: Annotated[str, Field(max_length=640), BeforeValidator(_cut(640))]
    """Why, in a sentence, and what to do."""


class AgentStatus(_StatusShape):
    """What the operator has seen and done."""

    observed_generation: Annotated[int, Field(ge=-1)] = -1
    """The generation of the spec that the status is about."""
    conditions: Annotated[tuple[Condition, ...], Field(max_length=16), ListMap("type")] = ()
    """Ready, and what it is made of."""
    daemon_set: DaemonSetReference | None = None
    """The DaemonSet as the operator last wrote it."""
    nodes: NodeCounts = NodeCounts()
    """Windows nodes by what the agent does on them."""
    summary: Summary | None = None
    """What the columns of kubectl get show."""
    revisions: Revisions = Revisions()
    """Revisions of the pod template, by the hash of what was rendered."""
    rollout: RolloutStatus | None = None
    """Where the rollout of the spec's revision is."""
    problems: Annotated[tuple[Problem, ...], Field(max_length=MAX_PROBLEMS), Atomic()] = ()
    """Why the agent does not do its work on some nodes, worst first."""
    problems_omitted: _Count = 0
    """Problems beside the listed ones."""
    record: Annotated[str | None, Field(max_length=_MAX_RECORD), BeforeValidator(_record_that_fits)] = None
    """Copy of the rollout record that stands on the DaemonSet; for the operator only."""

    def to_dict(self) -> dict[str, Any]:
        """Return the status in the API's spelling, without what is absent or empty; counts of 0 are kept."""
        fields: dict[str, Any] = _without_empty(self.model_dump(mode="json", by_alias=True, exclude_none=True))
        return fields

    @classmethod
    def from_dict(cls, status: object) -> Self | None:
        """Return the status in the dict, None when it is none that the operator wrote."""
        try:
            return cls.model_validate(status)
        except ValidationError:
            return None

    def condition(self, condition_type: str) -> Condition | None:
        """Return the condition of that type, None when it is not set."""
        return next((entry for entry in self.conditions if entry.type == condition_type), None)
