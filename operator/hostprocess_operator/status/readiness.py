"""The verdict on the whole agent: a table of situations, first match wins.

Each row is one function that returns a `Readiness` or None; `ROWS` is their order. A person must act where a row
says Stalled; the operator gets there by itself where it says Reconciling.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

from hostprocess_operator.api.agent import HostProcessAgent
from hostprocess_operator.api.conditions import Reason
from hostprocess_operator.api.names import APPROVE_ANNOTATION
from hostprocess_operator.rollout import POD_GRACE, Ownership, Phase, blocks
from hostprocess_operator.status.agents import Agent, Stage
from hostprocess_operator.status.words import names, on_nodes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from hostprocess_operator.api.parse import InvalidAgent
    from hostprocess_operator.api.status import Problem
    from hostprocess_operator.api.warnings import FieldWarning
    from hostprocess_operator.rollout import NodeState, Plan
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
    reason: Reason
    message: str
    outlook: Outlook


@dataclass(frozen=True, slots=True)
class Facts:
    """What the table looks at.

    Attributes:
        was_ready: whether Ready is True in the status as it stands, for the same revision.
        patience: whether runs that are rechecked may still keep an agent Ready that is so.
        warnings: what works less well than the user may think.
        problems: what keeps single nodes from running the agent, worst first.
    """

    agent: HostProcessAgent | InvalidAgent
    plan: Plan
    agents: tuple[Agent, ...]
    failure: Failure | None
    was_ready: bool
    patience: bool
    warnings: tuple[FieldWarning, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def verification_off(self) -> bool:
        """Return whether the spec asks for no verification."""
        return isinstance(self.agent, HostProcessAgent) and self.agent.spec.verification.mode == "None"

    def at(self, *stages: Stage) -> tuple[Agent, ...]:
        """Return the agents at one of the stages."""
        return tuple(agent for agent in self.agents if agent.stage in stages)


def readiness(facts: Facts) -> Readiness:
    """Return the first row's answer that fits."""
    return next(answer for row in ROWS if (answer := row(facts)) is not None)


def _reconciling(reason: Reason, message: str) -> Readiness:
    return Readiness("False", reason, message, Outlook.RECONCILING)


def _stalled(reason: Reason, message: str) -> Readiness:
    return Readiness("False", reason, message, Outlook.STALLED)


def _spec_is_invalid(facts: Facts) -> Readiness | None:
    if isinstance(facts.agent, HostProcessAgent):
        return None
    first, *rest = facts.agent.errors
    more = f" (and {len(rest)} more, see the Valid condition)" if rest else ""
    return _stalled(
        Reason.SPEC_INVALID,
        f"{first.path}: {first.message}{more}. The running DaemonSet is left as it is until the spec is corrected.",
    )


def _name_is_taken(facts: Facts) -> Readiness | None:
    if facts.plan.situation.ownership is not Ownership.FOREIGN or facts.plan.situation.seen.daemonset is None:
        return None
    daemonset = facts.plan.situation.seen.daemonset
    whose = f"belongs to {daemonset.foreign_owner}" if daemonset.foreign_owner else "was not made by this operator"
    return _stalled(
        Reason.NAME_CONFLICT,
        f"A DaemonSet {daemonset.namespace}/{daemonset.name} exists and {whose}; it is not touched. "
        "Delete it (kubectl delete daemonset --cascade=orphan leaves its pods running) or rename this agent.",
    )


def _is_suspended(facts: Facts) -> Readiness | None:
    if not (isinstance(facts.agent, HostProcessAgent) and facts.agent.spec.suspend):
        return None
    situation, serving = facts.plan.situation, facts.plan.serving
    pending = [state.name for state in situation.fleet.eligible if not state.updated]
    in_place = serving is not None and serving.in_place
    if in_place and not pending:
        return None
    what = f"the spec's revision on {on_nodes(pending)}" if pending and in_place else "a write of the DaemonSet"
    return Readiness(
        "False",
        Reason.SUSPENDED,
        f"Suspended with {what} pending. Set spec.suspend to false to go on.",
        Outlook.NONE,
    )


def _write_failed(facts: Facts) -> Readiness | None:
    if facts.failure is None or not facts.failure.told:
        return None
    if facts.failure.refused:
        return _stalled(
            Reason.APPLY_REFUSED, f"The API server refuses what the operator writes: {facts.failure.message}"
        )
    return _reconciling(Reason.APPLY_FAILED, f"A write failed and is tried again: {facts.failure.message}")


def _waits_for_deletion(facts: Facts) -> Readiness | None:
    if facts.plan.situation.ownership is not Ownership.LEAVING:
        return None
    return _reconciling(Reason.APPLYING, "The DaemonSet is being deleted; it is made again once it is gone.")


def _is_blocked(facts: Facts) -> Readiness | None:
    plan, block = facts.plan, blocks(facts.plan.record)
    if block is None or plan.phase not in {Phase.HALTED, Phase.ROLLED_BACK}:
        return None
    where = f" on {on_nodes(block.nodes)}" if block.nodes else ""
    failed = f"Revision {block.rev} failed{where}: {block.reason}."
    again = (
        "Correct the spec, or try the same again with kubectl annotate hostprocessagent "
        f"{facts.agent.name} -n {facts.agent.namespace} hostprocess.dev/retry={block.rev} --overwrite."
    )
    match plan.reason:
        case Reason.ROLLED_BACK:
            proven = plan.record.proven.rev if plan.record.proven else ""
            return _stalled(plan.reason, f"{failed} Every node runs or gets revision {proven} again. {again}")
        case Reason.HISTORY_GONE:
            lost = "The copy of the proven revision is gone, so nothing is changed."
            return _stalled(plan.reason, f"{failed} {lost} {again}")
    kept = "No further node gets it; what has it is left as evidence, and a pod deleted by hand comes back proven."
    back = "spec.rollout.onFailure: Rollback brings the proven revision back everywhere."
    return _stalled(Reason.HALTED, f"{failed} {kept} {back} {again}")


def _no_node_matches(facts: Facts) -> Readiness | None:
    fleet = facts.plan.situation.fleet
    if fleet.wanted:
        return None
    kept_out = f" Kept out by taints: {names(node.name for node in fleet.ineligible)}." if fleet.ineligible else ""
    return _stalled(
        Reason.NO_MATCHING_NODES,
        "No Windows node matches spec.nodeSelector, spec.affinity and spec.tolerations, so no agent runs."
        f"{kept_out} See kubectl get nodes -l kubernetes.io/os=windows.",
    )


def _every_node_is_down(facts: Facts) -> Readiness | None:
    if len(facts.at(Stage.UNREACHABLE)) < len(facts.agents):
        return None
    return _reconciling(
        Reason.NODES_UNREACHABLE,
        f"Not Ready: {on_nodes(agent.node for agent in facts.agents)}; nothing is known of the agents there.",
    )


def _is_not_applied(facts: Facts) -> Readiness | None:
    if (facts.plan.serving is not None and facts.plan.serving.in_place) or facts.was_ready:
        return None
    return _reconciling(Reason.APPLYING, "The DaemonSet is not yet written as the spec asks for.")


def _is_trying(facts: Facts) -> Readiness | None:
    plan = facts.plan
    if plan.phase is not Phase.CANARY:
        return None
    where, target = on_nodes(plan.record.canaries), plan.record.target
    rev = target.rev if target else ""
    match plan.reason:
        case Reason.NO_CANARY_NODE:
            return _stalled(
                plan.reason,
                "No node can try the new version: none matches spec.rollout.canary.nodeSelector, or none is up.",
            )
        case Reason.REPAIRING:
            return _reconciling(plan.reason, "Nodes that an earlier version broke get the proven revision back first.")
        case Reason.AWAITING_APPROVAL:
            return _reconciling(plan.reason, f"Revision {rev} works on {where}. {_approval(facts, rev)}")
        case Reason.CANARY_BAKING:
            return _reconciling(plan.reason, f"Revision {rev} works on {where} and is watched for a while.")
        case _:
            message = f"Revision {rev} is tried on {where}; all other nodes keep the proven one."
            late = [state.name for state in plan.situation.fleet.wanted if _is_late_canary(state, plan)]
            if late:
                return _stalled(plan.reason, f"{message} Late: {on_nodes(late)}.")
            return _reconciling(plan.reason, message)


def _approval(facts: Facts, rev: str) -> str:
    """Return how to approve the revision, and that a given approval is about another one."""
    given = facts.agent.annotations.get(APPROVE_ANNOTATION)
    stale = f"{APPROVE_ANNOTATION} names another revision. " if given else ""
    return (
        f"{stale}Approve it with kubectl annotate hostprocessagent {facts.agent.name} -n {facts.agent.namespace} "
        f"{APPROVE_ANNOTATION}={rev} --overwrite."
    )


def _is_late_canary(state: NodeState, plan: Plan) -> bool:
    return state.name in plan.record.canaries and not state.working and state.due <= plan.situation.now


def _rights_are_denied(facts: Facts) -> Readiness | None:
    denied = facts.at(Stage.DENIED)
    return _stalled(*_verdicts(denied)) if denied else None


def _is_late(facts: Facts) -> Readiness | None:
    late = facts.at(Stage.LATE)
    if not late:
        return None
    podless = [agent.node for agent in late if agent.pod is None]
    hint = (
        f" No pod was made on {on_nodes(podless)}: see kubectl describe daemonset; the namespace may lack the label "
        "pod-security.kubernetes.io/enforce=privileged."
        if podless
        else ""
    )
    return _stalled(
        Reason.DEADLINE_EXCEEDED,
        f"Not working within spec.rollout.progressDeadlineSeconds on {on_nodes(agent.node for agent in late)}.{hint}",
    )


def _rights_are_unknown(facts: Facts) -> Readiness | None:
    unknown = facts.at(Stage.UNKNOWN)
    if not unknown:
        return None
    reason, message = _verdicts(unknown)
    again = all(agent.pod and agent.pod.gate and agent.pod.gate.reason == Reason.LOG_UNAVAILABLE for agent in unknown)
    return _reconciling(reason, message) if again else _stalled(reason, message)


def _is_rolling(facts: Facts) -> Readiness | None:
    outdated = facts.at(Stage.OUTDATED)
    behind = facts.at(Stage.VERIFYING, Stage.BROKEN)
    if not outdated and (not behind or facts.plan.has_rolled_out):
        return None
    if outdated:
        return _reconciling(*_next_pods(facts, outdated))
    where = on_nodes(agent.node for agent in behind)
    if facts.verification_off or any(agent.stuck for agent in behind):
        return _reconciling(Reason.ROLLING, f"Waiting for the agent to work on {where}.{_first_problem(facts)}")
    return _reconciling(Reason.VERIFYING, f"Waiting for the agent to start and to be verified on {where}.")


def _next_pods(facts: Facts, outdated: tuple[Agent, ...]) -> tuple[Reason, str]:
    where = on_nodes(agent.node for agent in outdated)
    match facts.plan.reason:
        case Reason.WAITING_FOR_BUDGET:
            out = on_nodes(facts.plan.situation.held)
            next_ones = f"Next: {where}, as soon as the new agent works on {out}."
            return Reason.WAITING_FOR_BUDGET, f"{next_ones}{_first_problem(facts)}"
        case Reason.WAITING_FOR_NODES:
            return Reason.WAITING_FOR_NODES, f"Next: {where}, once it is certain that most nodes are up."
        case _:
            return Reason.ROLLING, f"The spec's revision is not yet running on {where}.{_podless(facts, outdated)}"


def _first_problem(facts: Facts) -> str:
    """Return the worst problem as a sentence of its own, nothing where there is none."""
    if not facts.problems:
        return ""
    worst = facts.problems[0]
    return f" On node {worst.node}: {worst.reason}: {worst.message}"


def _podless(facts: Facts, outdated: tuple[Agent, ...]) -> str:
    """Return what to look at when pods should have been made by now and were not; the reason is the API server's."""
    situation = facts.plan.situation
    since = situation.target.started if situation.target else situation.now
    missing = [agent.node for agent in outdated if agent.pod is None and agent.node not in facts.plan.record.out]
    if not missing or not facts.plan.settled or situation.now < since + POD_GRACE:
        return ""
    name, namespace = facts.agent.name, facts.agent.namespace
    return (
        f" No pod was made on {on_nodes(missing)}: kubectl describe daemonset {name} -n {namespace} says why. Where it "
        f"violates PodSecurity: kubectl label namespace {namespace} pod-security.kubernetes.io/enforce=privileged."
    )


def _is_not_working(facts: Facts) -> Readiness | None:
    broken = facts.at(Stage.BROKEN, Stage.VERIFYING)
    if not broken:
        return None
    return _reconciling(
        Reason.AGENTS_NOT_READY,
        f"Not working now on {on_nodes(agent.node for agent in broken)}.{_first_problem(facts)}",
    )


def _is_rechecked(facts: Facts) -> Readiness | None:
    rechecked = facts.at(Stage.RECHECKING)
    if not rechecked or (facts.was_ready and facts.patience):
        return None
    return _reconciling(
        Reason.RECHECKING,
        f"Restarted and not yet proven again on {on_nodes(agent.node for agent in rechecked)}; "
        "the verdict there is about an earlier run.",
    )


def _is_not_acted_on(facts: Facts) -> Readiness | None:
    if facts.plan.settled or facts.was_ready:
        return None
    return _reconciling(Reason.APPLYING, "The DaemonSet is written; its controller has not acted on it yet.")


def _nobody_counts(facts: Facts) -> Readiness | None:
    if any(agent.counts for agent in facts.agents):
        return None
    return _reconciling(
        Reason.WAITING_FOR_NODES,
        "Every node that should run the agent is down, cordoned or just joining; nothing can be said of the fleet.",
    )


def _all_is_well(facts: Facts) -> Readiness:
    well = [agent for agent in facts.agents if agent.counts]
    off = facts.verification_off
    done = "available" if off else "available and verified"
    aside = "".join(
        f" {label}: {names(agent.node for agent in facts.at(stage))}."
        for stage, label in (
            (Stage.UNREACHABLE, "Not reachable"),
            (Stage.CORDONED, "Cordoned"),
            (Stage.STARTING, "Starting"),
        )
        if facts.at(stage)
    )
    every = "every node" if len(well) == len(facts.agents) else "every node that counts"
    suspended = isinstance(facts.agent, HostProcessAgent) and facts.agent.spec.suspend
    pause = " Suspended: nothing is kept or replaced." if suspended else ""
    return Readiness(
        "True",
        Reason.ALL_AVAILABLE if off else Reason.ALL_VERIFIED,
        f"The agent is {done} on {every}.{aside}{pause}",
        Outlook.NONE,
    )


def _verdicts(agents: Iterable[Agent]) -> tuple[Reason, str]:
    """Return the reason of the most frequent verdict, and every different verdict with its nodes."""
    by_verdict: dict[tuple[str, str], list[str]] = {}
    for agent in agents:
        gate = agent.pod.gate if agent.pod else None
        if gate is not None:
            by_verdict.setdefault((gate.reason, gate.message), []).append(agent.node)
    ordered = sorted(by_verdict.items(), key=lambda entry: (-len(entry[1]), entry[0]))
    sentences = [f"On {on_nodes(nodes)}: {message}" for (_, message), nodes in ordered[:3]]
    return known_reason(ordered[0][0][0]), " ".join(sentences)


def known_reason(text: str) -> Reason:
    """Return the reason of that name; a pod condition that somebody else wrote may hold any other."""
    return next((reason for reason in Reason if reason.value == text), Reason.UNREADABLE_REPORT)


ROWS: tuple[Callable[[Facts], Readiness | None], ...] = (
    _spec_is_invalid,
    _name_is_taken,
    _is_suspended,
    _write_failed,
    _waits_for_deletion,
    _is_blocked,
    _no_node_matches,
    _every_node_is_down,
    _is_not_applied,
    _is_trying,
    _rights_are_denied,
    _is_late,
    _rights_are_unknown,
    _is_rolling,
    _is_not_working,
    _is_rechecked,
    _is_not_acted_on,
    _nobody_counts,
    _all_is_well,
)
