"""The status of a HostProcessAgent: models that give the CRD its schema and the operator its one write."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

_Count = Annotated[int, Field(ge=0)]
_Name = Annotated[str, Field(max_length=253)]
_Sentence = Annotated[str, Field(max_length=4096)]

MAX_PROBLEMS = 20


class _StatusShape(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", alias_generator=to_camel, populate_by_name=True)


class Condition(_StatusShape):
    """One condition, in the shape of every Kubernetes API."""

    type: Annotated[str, Field(max_length=316)]
    status: Literal["True", "False", "Unknown"]
    observed_generation: _Count = 0
    last_transition_time: Annotated[str, Field(max_length=64, json_schema_extra={"format": "date-time"})]
    reason: Annotated[str, Field(min_length=1, max_length=1024)]
    message: Annotated[str, Field(max_length=32768)] = ""


class DaemonSetReference(_StatusShape):
    """The DaemonSet as the operator last wrote it."""

    name: _Name
    uid: _Name
    generation: _Count = Field(description="Generation that the operator's last write returned.")
    template_digest: Annotated[str, Field(max_length=64)] = Field(
        description="Digest of the pod template as the API server stores it, placement left out."
    )


class NodeCounts(_StatusShape):
    """Windows nodes by what the agent does on them."""

    desired: _Count = Field(default=0, description="Nodes that should run the agent.")
    current: _Count = Field(default=0, description="Of these, nodes that have a pod of the agent.")
    updated: _Count = Field(default=0, description="Nodes whose pod is of the spec's revision.")
    ready: _Count = Field(default=0, description="Nodes whose pod is Ready.")
    available: _Count = Field(default=0, description="Nodes whose agent has worked for minReadySeconds.")
    verified: _Count = Field(default=0, description="Nodes whose current run is proven to have the rights.")
    denied: _Count = Field(default=0, description="Nodes whose run reported other rights or another account.")
    unknown: _Count = Field(default=0, description="Nodes whose run reported nothing that can be understood.")
    starting: _Count = Field(default=0, description="Nodes that joined or returned and are within their deadline.")
    unreachable: _Count = Field(default=0, description="Nodes that are not Ready.")
    ineligible: _Count = Field(default=0, description="Nodes kept out by a taint that is not tolerated.")


class Summary(_StatusShape):
    """What the columns of kubectl get show."""

    nodes: Annotated[str, Field(max_length=32)] = Field(description="Available agents of all desired, as in 4/5.")
    admin_rights: Annotated[str, Field(max_length=32)] = Field(
        description="Nodes with proven rights of all desired, as in 4/5; a dash when verification is off."
    )


class Revisions(_StatusShape):
    """Revisions of the pod template, by the hash of what was rendered."""

    target: _Name | None = Field(default=None, description="The revision that the spec asks for.")
    proven: _Name | None = Field(default=None, description="The revision that last worked on every node that counted.")


class Problem(_StatusShape):
    """Why the agent does not do its work on one node."""

    node: _Name
    pod: _Name = ""
    reason: Annotated[str, Field(max_length=128)]
    message: Annotated[str, Field(max_length=1024)]


class AgentStatus(_StatusShape):
    """The whole status."""

    observed_generation: int = Field(default=-1, description="The generation of the spec that the status is about.")
    conditions: Annotated[tuple[Condition, ...], Field(max_length=16)] = ()
    daemon_set: DaemonSetReference | None = None
    nodes: NodeCounts = NodeCounts()
    summary: Summary | None = None
    revisions: Revisions = Revisions()
    problems: Annotated[tuple[Problem, ...], Field(max_length=MAX_PROBLEMS)] = ()
    problems_omitted: _Count = Field(default=0, description="Problems beside the listed ones.")
    record: Annotated[str, Field(max_length=16384)] | None = Field(
        default=None, description="Copy of the rollout record that stands on the DaemonSet; for the operator only."
    )

    def to_dict(self) -> dict[str, Any]:
        """Return the status in API spelling, without what is absent."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)

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
