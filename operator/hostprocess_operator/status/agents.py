"""One look at every node that should run the agent: what its agent is doing, in one word of a fixed vocabulary."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from hostprocess_operator.verification.runs import Standing, standing_of

if TYPE_CHECKING:
    from datetime import datetime

    from hostprocess_operator.observed import Pod
    from hostprocess_operator.rollout import Fleet, NodeState, Plan


class Stage(StrEnum):
    """What the agent on one node is doing, worst first within what counts against it."""

    UNREACHABLE = "unreachable"
    """The node is down: whatever its agent does is not the agent's fault."""
    CORDONED = "cordoned"
    """Nothing is replaced there, and the agent is not of the spec's revision or does not work."""
    DENIED = "denied"
    UNKNOWN = "unknown"
    LATE = "late"
    """It does not work though its deadline has passed."""
    STARTING = "starting"
    """The node joined or came back after the revision had rolled out; its deadline runs."""
    OUTDATED = "outdated"
    """Its pod is missing or of another revision."""
    VERIFYING = "verifying"
    """The pod waits for its first verdict."""
    BROKEN = "broken"
    """Its pod is of the revision and not working."""
    RECHECKING = "rechecking"
    WELL = "well"


@dataclass(frozen=True, slots=True)
class Agent:
    """The agent on one node."""

    state: NodeState
    stage: Stage
    standing: Standing | None

    @property
    def node(self) -> str:
        """Return the node's name."""
        return self.state.name

    @property
    def pod(self) -> Pod | None:
        """Return the agent's pod, None when there is none."""
        return self.state.pod

    @property
    def is_new(self) -> bool:
        """Return whether the pod is of the spec's revision, or will be."""
        return self.pod is None or self.state.updated

    @property
    def counts(self) -> bool:
        """Return whether the agent must be well for the resource to be Ready."""
        return self.stage not in {Stage.UNREACHABLE, Stage.CORDONED, Stage.STARTING}


def look_at(plan: Plan, container: str | None, now: datetime) -> tuple[Agent, ...]:
    """Return the agent on each wanted node, sorted by node name; `container` is whose log AgentLog reads."""
    fleet: Fleet = plan.situation.fleet
    return tuple(_agent(state, plan, container, now) for state in fleet.wanted)


def _agent(state: NodeState, plan: Plan, container: str | None, now: datetime) -> Agent:
    standing = standing_of(state.pod, container) if state.pod else None
    return Agent(state, _stage(state, standing, plan, now), standing)


def _stage(state: NodeState, standing: Standing | None, plan: Plan, now: datetime) -> Stage:
    """Return the first stage that fits; denied and unknown count only against the spec's revision."""
    if not state.node.ready:
        return Stage.UNREACHABLE
    if state.updated and standing is Standing.DENIED:
        return Stage.DENIED
    if state.updated and standing is Standing.UNKNOWN:
        return Stage.UNKNOWN
    if state.updated and state.working:
        return Stage.RECHECKING if standing is Standing.RECHECKING else Stage.WELL
    if state.node.unschedulable:
        return Stage.CORDONED
    if state.due <= now and (state.updated or state.pod is None):
        return Stage.LATE
    if _came_later(state, plan, now) and (state.pod is None or state.updated):
        return Stage.STARTING
    if not state.updated:
        return Stage.OUTDATED
    return Stage.VERIFYING if standing is Standing.PENDING else Stage.BROKEN


def _came_later(state: NodeState, plan: Plan, now: datetime) -> bool:
    """Return whether the node joined or came back after the revision had rolled out, and has time to start still."""
    proven = plan.record.proven
    if proven is None or not plan.has_rolled_out or state.joined is None:
        return False
    return proven.at < state.joined and now < state.joined + plan.situation.deadline
