"""Rows of the verdict about the rollout: blocked, tried on canaries, or on its way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hostprocess_operator.api.agent import HostProcessAgent, Rollout
from hostprocess_operator.api.names import APPROVE_ANNOTATION, RETRY_ANNOTATION
from hostprocess_operator.api.reasons import Reason
from hostprocess_operator.diagnosis.words import names, on_nodes
from hostprocess_operator.rollout import POD_GRACE, Phase, blocks
from hostprocess_operator.status.agents import Agent, Stage
from hostprocess_operator.status.causes import with_causes
from hostprocess_operator.status.facts import Facts, Readiness, reconciling, stalled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hostprocess_operator.rollout import Block, NodeState, Plan


def is_blocked(facts: Facts) -> Readiness | None:
    """Return the answer for a revision that failed: halted or rolled back."""
    plan, block = facts.plan, blocks(facts.plan.record)
    if block is None or plan.phase not in {Phase.HALTED, Phase.ROLLED_BACK}:
        return None
    retry = _retry(facts, block)
    failed = f"Revision {block.rev} failed{_evidence(facts, block)}"
    again = f"Correct the spec, or try the same again, as after a repair of nodes or another expectation: {retry}"
    if plan.phase is Phase.ROLLED_BACK:
        proven = plan.record.proven.rev if plan.record.proven else ""
        return stalled(Reason.ROLLED_BACK, f"{failed} Every node runs or gets revision {proven} again. {again}")
    if plan.reason is Reason.HISTORY_GONE:
        return stalled(plan.reason, f"{failed} The copy of the proven revision is gone, so nothing is changed. {again}")
    kept = "No further node gets it; what has it is evidence. A pod deleted by hand comes back with the proven one."
    back = "spec.rollout.onFailure: Rollback brings the proven revision back everywhere."
    return stalled(Reason.HALTED, f"{failed} {kept} {back} {again}")


def _retry(facts: Facts, block: Block) -> str:
    """Return how to lift the block, and why an attempt that is there did not."""
    given, rev = facts.agent.annotations.get(RETRY_ANNOTATION, ""), block.rev
    stale = "is from before it failed again" if given.partition("/")[0] == rev else "names another revision"
    command = _annotate(facts, f"{RETRY_ANNOTATION}={_naming(rev, facts.plan.record.retry)}")
    return f"{command}.{f' The {RETRY_ANNOTATION} that is set {stale}.' if given else ''}"


def _annotate(facts: Facts, annotation: str) -> str:
    """Return the command that sets an annotation on the agent."""
    return f"`kubectl annotate hostprocessagent {facts.agent.name} -n {facts.agent.namespace} {annotation} --overwrite`"


def _evidence(facts: Facts, block: Block) -> str:
    """Return where and why the revision failed, with the worst that is seen of it still, or was when it was blocked."""
    found = facts.causes(agent for agent in facts.agents if agent.pod is not None and agent.is_new)
    detail = f" On {found[0].message}" if found else f" {block.detail}" if block.detail else ""
    is_told = bool(found) and set(block.nodes) <= set(found[0].nodes)
    where = f" on {on_nodes(block.nodes)}" if block.nodes and not is_told else ""
    return f"{where}: {block.reason}.{detail}"


def _naming(rev: str, spent: str) -> str:
    """Return a value of an annotation that names the revision and is not the one that was acted on."""
    named, _, count = spent.partition("/")
    if named != rev:
        return rev
    return f"{rev}/{int(count) + 1 if count.isdecimal() else 2}"


def is_trying(facts: Facts) -> Readiness | None:
    """Return the answer while canaries try the revision."""
    plan = facts.plan
    if plan.phase is not Phase.CANARY:
        return None
    where, target = on_nodes(plan.record.canaries), plan.record.target
    rev = target.rev if target else ""
    match plan.reason:
        case Reason.NO_CANARY_NODE:
            return stalled(
                plan.reason,
                "No node can try the new version: none matches spec.rollout.canary.nodeSelector, or none is up.",
            )
        case Reason.REPAIRING:
            return reconciling(plan.reason, "Nodes that an earlier version broke get the proven revision back first.")
        case Reason.WAITING_FOR_NODES:
            message = f"Revision {rev} is tried on a few nodes first, once it is certain that most nodes are up."
            return reconciling(plan.reason, message)
        case Reason.AWAITING_APPROVAL:
            return reconciling(plan.reason, f"Revision {rev} works on {where}. {_approval(facts, rev)}")
        case Reason.CANARY_BAKING:
            return reconciling(plan.reason, f"Revision {rev} works on {where} and is watched there for {_bake(facts)}.")
        case _:
            message = f"Revision {rev} is tried on {where}; all other nodes keep the proven one."
            reason, message = with_causes(facts.causes(_new_ones(facts)), plan.reason, message)
            late = [state.name for state in plan.situation.fleet.wanted if _holds_up(state, plan)]
            if late:
                return stalled(reason, f"{message} Late: {on_nodes(late)}.")
            return reconciling(reason, message)


def _bake(facts: Facts) -> str:
    """Return how long canaries have to go on working, and which field says so."""
    rollout = facts.agent.spec.rollout if isinstance(facts.agent, HostProcessAgent) else Rollout()
    own = rollout.canary.bake_seconds if rollout.canary else None
    if own is None:
        return f"{rollout.node_impact_seconds} s (spec.rollout.nodeImpactSeconds)"
    return f"{own} s (spec.rollout.canary.bakeSeconds)"


def _approval(facts: Facts, rev: str) -> str:
    """Return how to approve the revision, and why an approval that is given is none of this rollout."""
    given, spent = facts.agent.annotations.get(APPROVE_ANNOTATION, ""), facts.plan.record.spent_approval
    stale = "is from before the revision failed" if given.partition("/")[0] == rev else "names another revision"
    approve = _annotate(facts, f"{APPROVE_ANNOTATION}={_naming(rev, spent)}")
    return f"{f'{APPROVE_ANNOTATION} {stale}. ' if given else ''}Approve it: {approve}."


def _holds_up(state: NodeState, plan: Plan) -> bool:
    """Return whether the canaries wait for the node, one of them or one that has the place, and it is late."""
    concerned = state.name in plan.record.canaries or state.name in plan.situation.held
    return concerned and not state.working and state.due <= plan.situation.now


def is_rolling(facts: Facts) -> Readiness | None:
    """Return the answer while nodes get the revision, or wait for it."""
    outdated = facts.at(Stage.OUTDATED)
    behind = facts.at(Stage.VERIFYING, Stage.BROKEN)
    if not outdated and (not behind or facts.plan.has_rolled_out):
        return None
    if outdated:
        return reconciling(*with_causes(facts.causes(_new_ones(facts)), *_next_pods(facts, outdated)))
    where = on_nodes(agent.node for agent in behind)
    off = facts.verification_off
    reason, what = (Reason.ROLLING, "work") if off else (Reason.VERIFYING, "start and to be verified")
    found = facts.causes(behind)
    is_told = {agent.node for agent in behind} == {node for cause in found for node in cause.nodes}
    message = "" if is_told else f"Waiting for the agent to {what} on {where}."
    return reconciling(*with_causes(found, reason, message))


def _new_ones(facts: Facts) -> Iterator[Agent]:
    """Yield the agents that are of the spec's revision, or to be; what ails an earlier one is about to go."""
    return (agent for agent in facts.agents if agent.is_new)


def _next_pods(facts: Facts, outdated: tuple[Agent, ...]) -> tuple[Reason, str]:
    where = on_nodes(agent.node for agent in outdated)
    match facts.plan.reason:
        case Reason.WAITING_FOR_BUDGET:
            out = on_nodes(facts.plan.situation.held)
            cordoned = sorted({agent.node for agent in facts.at(Stage.CORDONED)} & facts.plan.situation.held)
            there = f" Cordoned, so that no pod is replaced there: {names(cordoned)}." if cordoned else ""
            return Reason.WAITING_FOR_BUDGET, f"Next: {where}, as soon as the agent works on {out}.{there}"
        case Reason.WAITING_FOR_NODES:
            return Reason.WAITING_FOR_NODES, f"Next: {where}, once it is certain that most nodes are up."
        case _:
            untried, podless = _untried(facts, outdated), _podless(facts, outdated)
            return Reason.ROLLING, f"The spec's revision is not yet running on {where}.{untried}{podless}"


def _untried(facts: Facts, outdated: tuple[Agent, ...]) -> str:
    """Return that a canary was asked for and there is none, since there is nothing to go back to."""
    asked = isinstance(facts.agent, HostProcessAgent) and facts.agent.spec.rollout.canary is not None
    if not asked or facts.plan.record.proven is not None or all(agent.pod is None for agent in outdated):
        return ""
    return " It goes to every node without a canary: no version is proven yet that a canary could go back to."


def _podless(facts: Facts, outdated: tuple[Agent, ...]) -> str:
    """Return what to look at when pods should have been made by now and were not, and nothing says why."""
    situation = facts.plan.situation
    since = situation.target.started if situation.target else situation.now
    missing = [
        agent.node
        for agent in outdated
        if agent.pod is None and agent.node not in facts.plan.record.out and agent.node not in facts.findings
    ]
    if not missing or not facts.plan.settled or situation.now < since + POD_GRACE:
        return ""
    name, namespace = facts.agent.name, facts.agent.namespace
    return f" No pod was made on {on_nodes(missing)}: see `kubectl describe daemonset {name} -n {namespace}`."
