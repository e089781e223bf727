"""What the verdict on an agent is reached from, and the form that it has."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

from hostprocess_operator.api.agent import HostProcessAgent
from hostprocess_operator.api.reasons import Reason
from hostprocess_operator.diagnosis import Group, group

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hostprocess_operator.api.faults import Fault
    from hostprocess_operator.api.parse import InvalidAgent
    from hostprocess_operator.api.warnings import FieldWarning
    from hostprocess_operator.diagnosis import Finding
    from hostprocess_operator.rollout import Plan
    from hostprocess_operator.status.agents import Agent, Stage
    from hostprocess_operator.status.failure import Failure


class Outlook(StrEnum):
    """What comes next for an agent that is not ready."""

    NONE = "None"
    RECONCILING = "Reconciling"
    STALLED = "Stalled"


@dataclass(frozen=True, slots=True)
class Readiness:
    """Status, reason and message of Ready, and which of Reconciling and Stalled is True beside it."""

    status: Literal["True", "False"]
    reason: Fault | Reason
    message: str
    outlook: Outlook


@dataclass(frozen=True, slots=True)
class Facts:
    """What the table looks at.

    Attributes:
        was_ready: whether Ready is True in the status as it stands, for the same revision.
        patience: whether runs that are rechecked may still keep an agent Ready that is so.
        warnings: what works less well than the user may think.
        findings: why agents are not well, by node.
    """

    agent: HostProcessAgent | InvalidAgent
    plan: Plan
    agents: tuple[Agent, ...]
    failure: Failure | None
    was_ready: bool
    patience: bool
    warnings: tuple[FieldWarning, ...] = ()
    findings: Mapping[str, Finding] = field(default_factory=dict)

    @property
    def verification_off(self) -> bool:
        """Return whether the spec asks for no verification."""
        return isinstance(self.agent, HostProcessAgent) and self.agent.spec.verification.mode == "None"

    def at(self, *stages: Stage) -> tuple[Agent, ...]:
        """Return the agents at one of the stages."""
        return tuple(agent for agent in self.agents if agent.stage in stages)

    def causes(self, agents: Iterable[Agent]) -> tuple[Group, ...]:
        """Return what keeps these agents from being well, worst first; that one is late causes nothing."""
        late = Reason.DEADLINE_EXCEEDED
        return causes_of(agents, {node: each for node, each in self.findings.items() if each.reason is not late})


def causes_of(agents: Iterable[Agent], findings: Mapping[str, Finding]) -> tuple[Group, ...]:
    """Return what keeps agents from being well, given what was found on their nodes."""
    found = ((agent, findings.get(agent.node)) for agent in agents)
    return group((agent.node, agent.is_new, finding) for agent, finding in found if finding is not None)


def reconciling(reason: Fault | Reason, message: str) -> Readiness:
    """Return that the agent is not ready, and that the operator gets there by itself."""
    return Readiness("False", reason, message, Outlook.RECONCILING)


def stalled(reason: Fault | Reason, message: str) -> Readiness:
    """Return that the agent is not ready, and that a person must act."""
    return Readiness("False", reason, message, Outlook.STALLED)
