"""Rows of the verdict about rights: denied, unknown, or proven for an earlier run only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hostprocess_operator.api.reasons import Reason
from hostprocess_operator.diagnosis.words import on_nodes
from hostprocess_operator.status.agents import Agent, Stage
from hostprocess_operator.status.facts import Facts, Readiness, reconciling, stalled

if TYPE_CHECKING:
    from collections.abc import Iterable


def rights_are_denied(facts: Facts) -> Readiness | None:
    """Return the answer for pods of the spec's revision that are denied their rights."""
    denied = facts.at(Stage.DENIED)
    return stalled(*_verdicts(denied)) if denied else None


def rights_are_unknown(facts: Facts) -> Readiness | None:
    """Return the answer for pods of the spec's revision that reported nothing that can be understood."""
    unknown = facts.at(Stage.UNKNOWN)
    if not unknown:
        return None
    reason, message = _verdicts(unknown)
    late = any(agent.state.due <= facts.plan.situation.now for agent in unknown)
    again = not late and all(
        agent.pod and agent.pod.gate and agent.pod.gate.reason == Reason.LOG_UNAVAILABLE for agent in unknown
    )
    return reconciling(reason, message) if again else stalled(reason, message)


def is_rechecked(facts: Facts) -> Readiness | None:
    """Return the answer for agents whose verdict is about an earlier run."""
    rechecked = facts.at(Stage.RECHECKING)
    if not rechecked or (facts.was_ready and facts.patience):
        return None
    return reconciling(
        Reason.RECHECKING,
        f"Restarted and not yet proven again on {on_nodes(agent.node for agent in rechecked)}; "
        "the verdict there is about an earlier run.",
    )


def _verdicts(agents: Iterable[Agent]) -> tuple[Reason, str]:
    """Return the reason of the most frequent verdict, and every different verdict with its nodes."""
    by_verdict: dict[tuple[str, str], list[str]] = {}
    for gate, node in ((agent.pod.gate, agent.node) for agent in agents if agent.pod and agent.pod.gate):
        by_verdict.setdefault((gate.reason, gate.message), []).append(node)
    ordered = sorted(by_verdict.items(), key=lambda entry: (-len(entry[1]), entry[0]))
    sentences = [f"On {on_nodes(nodes)}: {message}" for (_, message), nodes in ordered[:3]]
    return known_reason(ordered[0][0][0]), " ".join(sentences)


def known_reason(text: str) -> Reason:
    """Return the reason of that name; a pod condition that somebody else wrote may hold any other."""
    return next((reason for reason in Reason if reason.value == text), Reason.UNREADABLE_REPORT)
