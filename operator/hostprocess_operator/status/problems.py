"""Why the agent does not do its work on single nodes: at most twenty, worst first, in a stable order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hostprocess_operator.api.reasons import Reason
from hostprocess_operator.api.status import MAX_PROBLEMS, Problem
from hostprocess_operator.diagnosis import Finding, Severity
from hostprocess_operator.status.agents import Agent, Stage
from hostprocess_operator.status.facts import causes_of
from hostprocess_operator.verification.text import clean_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hostprocess_operator.rollout import Unfit

EXAMPLES: Final = 3
"""So many nodes with the same problem come before the others with it."""

_ORDER = {
    stage: rank
    for rank, stage in enumerate(
        (Stage.DENIED, Stage.LATE, Stage.UNKNOWN, Stage.BROKEN, Stage.VERIFYING, Stage.OUTDATED, Stage.STARTING)
    )
}
_MESSAGE_BYTES = 640
_DOWN = Finding(
    Reason.NODES_UNREACHABLE, "The node is not Ready; nothing is known of the agent there.", "", Severity.TROUBLE
)


def problems(
    agents: Sequence[Agent], findings: Mapping[str, Finding], ineligible: Sequence[Unfit]
) -> tuple[tuple[Problem, ...], int]:
    """Return the worst problems, and how many more there are; nodes that cannot have the agent come last.

    Where many nodes have the same problem, the first few of them come first, so that no other problem is left out.
    """
    found = {agent.node: finding for agent in agents if (finding := _finding(agent, findings)) is not None}
    repeated = {node for cause in causes_of(agents, found) for node in cause.nodes[EXAMPLES:]}
    concerned = [agent for agent in agents if agent.node in found]
    ranked = sorted(
        concerned, key=lambda agent: (agent.node in repeated, _ORDER.get(agent.stage, len(_ORDER)), agent.node)
    )
    every = [_problem(agent, found[agent.node]) for agent in ranked[:MAX_PROBLEMS]]
    every += [_problem_of(unfit) for unfit in ineligible[:MAX_PROBLEMS]]
    return tuple(every[:MAX_PROBLEMS]), max(0, len(ranked) + len(ineligible) - MAX_PROBLEMS)


def _problem_of(unfit: Unfit) -> Problem:
    message = clean_text(unfit.finding.message, _MESSAGE_BYTES)
    return Problem(node=unfit.name, reason=unfit.finding.reason.value, message=message)


def _finding(agent: Agent, findings: Mapping[str, Finding]) -> Finding | None:
    return _DOWN if agent.stage is Stage.UNREACHABLE else findings.get(agent.node)


def _problem(agent: Agent, finding: Finding) -> Problem:
    return Problem(
        node=agent.node,
        pod=agent.pod.name if agent.pod else "",
        reason=finding.reason.value,
        message=clean_text(finding.message, _MESSAGE_BYTES),
    )
