"""Why the agent does not do its work on single nodes: at most twenty, worst first, in a stable order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hostprocess_operator.api.faults import Fault
from hostprocess_operator.api.reasons import Reason
from hostprocess_operator.api.status import MAX_PROBLEMS, Problem
from hostprocess_operator.diagnosis import mismatch
from hostprocess_operator.observed import stuck_container
from hostprocess_operator.status.agents import Agent, Stage
from hostprocess_operator.verification.runs import Standing
from hostprocess_operator.verification.text import clean_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hostprocess_operator.observed import Pod
    from hostprocess_operator.rollout import Unfit

_ORDER = {
    stage: rank
    for rank, stage in enumerate(
        (Stage.DENIED, Stage.LATE, Stage.UNKNOWN, Stage.BROKEN, Stage.OUTDATED, Stage.VERIFYING, Stage.STARTING)
    )
}
_MESSAGE_BYTES = 512


def problems(
    agents: Sequence[Agent], ineligible: Sequence[Unfit], images: Sequence[str]
) -> tuple[tuple[Problem, ...], int]:
    """Return the worst problems, and how many more there are; nodes that cannot have the agent come last.

    Args:
        images: the images that the spec asks for.
    """
    ranked = sorted(agents, key=lambda agent: (_ORDER.get(agent.stage, len(_ORDER)), agent.node))
    every = [found for agent in ranked if (found := _problem(agent, images)) is not None]
    every += [_problem_of(unfit) for unfit in ineligible]
    return tuple(every[:MAX_PROBLEMS]), max(0, len(every) - MAX_PROBLEMS)


def _problem_of(unfit: Unfit) -> Problem:
    return Problem(
        node=unfit.name, reason=unfit.finding.reason.value, message=clean_text(unfit.finding.message, _MESSAGE_BYTES)
    )


def _problem(agent: Agent, images: Sequence[str]) -> Problem | None:
    pod = agent.pod
    if agent.stage is Stage.UNREACHABLE:
        return _on(agent, Reason.NODES_UNREACHABLE, "The node is not Ready; nothing is known of the agent there.")
    if agent.stage is Stage.WELL:
        return None
    if pod is not None and pod.gate is not None and agent.standing in {Standing.DENIED, Standing.UNKNOWN}:
        return _on(agent, pod.gate.reason, pod.gate.message)
    if pod is not None and (words := _kubelet_words(pod)) is not None:
        return _on(agent, *words)
    if agent.stage is Stage.CORDONED:
        return _on(agent, Fault.NODE_CORDONED, f"{Fault.NODE_CORDONED.meaning} kubectl uncordon {agent.node} ends it.")
    if agent.stage in _ORDER and (wrong_os := mismatch(images, agent.state.node)) is not None:
        return _on(agent, wrong_os.reason, wrong_os.message)
    if agent.stage is Stage.LATE:
        missing = "No pod was made on the node." if pod is None else "The agent does not work."
        return _on(agent, Reason.DEADLINE_EXCEEDED, f"{missing} spec.rollout.progressDeadlineSeconds have passed.")
    return None


def _on(agent: Agent, reason: str, message: str) -> Problem:
    return Problem(
        node=agent.node,
        pod=agent.pod.name if agent.pod else "",
        reason=clean_text(str(reason), 128) or "Unknown",
        message=clean_text(message, _MESSAGE_BYTES),
    )


def _kubelet_words(pod: Pod) -> tuple[str, str] | None:
    """Return the kubelet's reason and message for a pod that does not get going, None when it gives none."""
    if pod.reason:
        return pod.reason, pod.message
    stuck = stuck_container(pod)
    if stuck is None:
        return None
    exit_code = f" (exit code {stuck.exit_code})" if stuck.exit_code is not None else ""
    return stuck.reason, f"Container {stuck.name}{exit_code}: {stuck.message or stuck.reason}"
