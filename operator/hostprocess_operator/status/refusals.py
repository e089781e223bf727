"""Rows of the verdict about admission: pods that the API server refuses, or would refuse."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hostprocess_operator.api.faults import REFUSALS
from hostprocess_operator.diagnosis import foresee_refusal
from hostprocess_operator.diagnosis.words import on_nodes
from hostprocess_operator.status.agents import Stage
from hostprocess_operator.status.facts import Facts, Readiness, stalled

if TYPE_CHECKING:
    from hostprocess_operator.status.agents import Agent


def is_refused(facts: Facts) -> Readiness | None:
    """Return the answer where pods are refused, or where none is replaced because the next one would be."""
    refused = [agent for agent in facts.agents if _is_refused(agent, facts)]
    if refused:
        finding = facts.findings[refused[0].node]
        where = on_nodes(agent.node for agent in refused)
        return stalled(finding.reason, f"No pod can be made on {where}. {finding.message}")
    waiting = [agent for agent in facts.at(Stage.OUTDATED) if agent.pod is not None]
    foreseen = foresee_refusal(facts.plan.situation.seen.namespace)
    if foreseen is None or not waiting:
        return None
    where = on_nodes(agent.node for agent in waiting)
    why = f"No pod is replaced on {where}, since the new one would be refused."
    return stalled(foreseen.reason, f"{why} {foreseen.message}")


def would_be_refused(facts: Facts) -> str:
    """Return what to know of a fleet that works, in a namespace that admits no further pod of it; else nothing."""
    foreseen = foresee_refusal(facts.plan.situation.seen.namespace)
    return f" A pod that has to be made again would be refused. {foreseen.message}" if foreseen else ""


def _is_refused(agent: Agent, facts: Facts) -> bool:
    finding = facts.findings.get(agent.node)
    return agent.pod is None and finding is not None and finding.reason in REFUSALS
