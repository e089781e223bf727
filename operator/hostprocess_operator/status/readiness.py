"""The verdict on the whole agent: a table of situations, first match wins.

Each row is one function that returns a `Readiness` or None; `ROWS` is their order. A person must act where a row
says Stalled; the operator gets there by itself where it says Reconciling.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hostprocess_operator.api.agent import HostProcessAgent
from hostprocess_operator.api.reasons import Reason
from hostprocess_operator.diagnosis.words import names, on_nodes
from hostprocess_operator.rollout import Ownership
from hostprocess_operator.status.agents import Stage
from hostprocess_operator.status.causes import with_causes
from hostprocess_operator.status.facts import Facts, Outlook, Readiness, reconciling, stalled
from hostprocess_operator.status.progress import is_blocked, is_rolling, is_trying
from hostprocess_operator.status.refusals import is_refused, would_be_refused
from hostprocess_operator.status.rights import is_rechecked, rights_are_denied, rights_are_unknown
from hostprocess_operator.status.unfit import in_full, in_short, noted

if TYPE_CHECKING:
    from collections.abc import Callable


def readiness(facts: Facts) -> Readiness:
    """Return the first row's answer that fits."""
    return next(answer for row in ROWS if (answer := row(facts)) is not None)


def _spec_is_invalid(facts: Facts) -> Readiness | None:
    if isinstance(facts.agent, HostProcessAgent):
        return None
    first, *rest = facts.agent.errors
    more = f" (and {len(rest)} more, see the Valid condition)" if rest else ""
    return stalled(
        Reason.SPEC_INVALID,
        f"{first.path}: {first.message}{more}. The running DaemonSet is left as it is until the spec is corrected.",
    )


def _name_is_taken(facts: Facts) -> Readiness | None:
    if facts.plan.situation.ownership is not Ownership.FOREIGN or facts.plan.situation.seen.daemonset is None:
        return None
    daemonset = facts.plan.situation.seen.daemonset
    whose = f"belongs to {daemonset.foreign_owner}" if daemonset.foreign_owner else "was not made by this operator"
    return stalled(
        Reason.NAME_CONFLICT,
        f"A DaemonSet {daemonset.namespace}/{daemonset.name} exists and {whose}; it is not touched. "
        f"Rename this agent, or delete it: `kubectl delete daemonset {daemonset.name} -n {daemonset.namespace} "
        "--cascade=orphan` leaves its pods running.",
    )


def _is_suspended(facts: Facts) -> Readiness | None:
    if not (isinstance(facts.agent, HostProcessAgent) and facts.agent.spec.suspend):
        return None
    situation, serving = facts.plan.situation, facts.plan.serving
    pending = [state.name for state in situation.fleet.eligible if not state.updated]
    in_place = serving is not None and serving.in_place
    if in_place and not pending:
        return None
    what = f"the spec's revision on {on_nodes(pending)}" if in_place else "a write of the DaemonSet"
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
        return stalled(
            Reason.APPLY_REFUSED, f"The API server refuses what the operator asks for: {facts.failure.message}"
        )
    return reconciling(Reason.APPLY_FAILED, f"A write failed and is tried again: {facts.failure.message}")


def _waits_for_deletion(facts: Facts) -> Readiness | None:
    if facts.plan.situation.ownership is not Ownership.LEAVING:
        return None
    return reconciling(Reason.APPLYING, "The DaemonSet is being deleted; it is made again once it is gone.")


def _there_is_no_windows_node(facts: Facts) -> Readiness | None:
    if facts.plan.situation.seen.nodes:
        return None
    return stalled(
        Reason.NO_WINDOWS_NODES,
        "The cluster has no Windows node, so no agent runs. Add one; it gets the agent by itself as soon as "
        "`kubectl get nodes -l kubernetes.io/os=windows` shows it.",
    )


def _no_node_matches(facts: Facts) -> Readiness | None:
    fleet = facts.plan.situation.fleet
    if fleet.wanted or fleet.ineligible:
        return None
    return stalled(
        Reason.NO_MATCHING_NODES,
        "No Windows node matches spec.nodeSelector and spec.affinity, so no agent runs. Correct them, or label nodes: "
        "see `kubectl get nodes -l kubernetes.io/os=windows --show-labels`.",
    )


def _no_node_is_eligible(facts: Facts) -> Readiness | None:
    fleet = facts.plan.situation.fleet
    if fleet.wanted:
        return None
    return stalled(
        Reason.NO_ELIGIBLE_NODES,
        f"Every Windows node that matches is unfit, so no agent runs. {in_full(fleet.ineligible)}",
    )


def _every_node_is_down(facts: Facts) -> Readiness | None:
    if len(facts.at(Stage.UNREACHABLE)) < len(facts.agents):
        return None
    unfit = facts.plan.situation.fleet.ineligible
    aside = f" Unfit: {in_short(unfit)}." if unfit else ""
    return reconciling(
        Reason.NODES_UNREACHABLE,
        f"Not Ready: {on_nodes(agent.node for agent in facts.agents)}; nothing is known of the agents there. "
        f"`kubectl describe node` says since when.{aside}",
    )


def _is_not_applied(facts: Facts) -> Readiness | None:
    if (facts.plan.serving is not None and facts.plan.serving.in_place) or facts.was_ready:
        return None
    return reconciling(Reason.APPLYING, "The DaemonSet is not yet written as the spec asks for.")


def _is_late(facts: Facts) -> Readiness | None:
    late = facts.at(Stage.LATE)
    if not late:
        return None
    found = facts.causes(late)
    told = {node for cause in found for node in cause.nodes}
    podless = [agent.node for agent in late if agent.pod is None and agent.node not in told]
    name, namespace = facts.agent.name, facts.agent.namespace
    hint = (
        f" No pod was made on {on_nodes(podless)}: see `kubectl describe daemonset {name} -n {namespace}`."
        if podless
        else ""
    )
    where = on_nodes(agent.node for agent in late)
    message = f"Not working within spec.rollout.progressDeadlineSeconds on {where}.{hint}"
    return stalled(*with_causes(found, Reason.DEADLINE_EXCEEDED, message))


def _is_not_working(facts: Facts) -> Readiness | None:
    broken = facts.at(Stage.BROKEN, Stage.VERIFYING)
    if not broken:
        return None
    message = f"Not working now on {on_nodes(agent.node for agent in broken)}."
    return reconciling(*with_causes(facts.causes(broken), Reason.AGENTS_NOT_READY, message))


def _is_not_acted_on(facts: Facts) -> Readiness | None:
    if facts.plan.settled or facts.was_ready:
        return None
    return reconciling(Reason.APPLYING, "The DaemonSet is written; its controller has not acted on it yet.")


def _nobody_counts(facts: Facts) -> Readiness | None:
    if any(agent.counts for agent in facts.agents):
        return None
    return reconciling(
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
    unfit = facts.plan.situation.fleet.ineligible
    aside += f" Unfit: {in_short(unfit)}." if unfit else ""
    known = noted(agent.state.node for agent in facts.agents)
    aside += f" {known}" if known else ""
    every = "every node" if len(well) == len(facts.agents) and not unfit else "every node that counts"
    suspended = isinstance(facts.agent, HostProcessAgent) and facts.agent.spec.suspend
    next_one = would_be_refused(facts)
    pause = " Suspended: nothing is kept or replaced." if suspended else ""
    return Readiness(
        "True",
        Reason.ALL_AVAILABLE if off else Reason.ALL_VERIFIED,
        f"The agent is {done} on {every}.{aside}{next_one}{pause}",
        Outlook.NONE,
    )


ROWS: tuple[Callable[[Facts], Readiness | None], ...] = (
    _spec_is_invalid,
    _name_is_taken,
    is_blocked,
    _is_suspended,
    _write_failed,
    _waits_for_deletion,
    _there_is_no_windows_node,
    _no_node_matches,
    _no_node_is_eligible,
    _every_node_is_down,
    _is_not_applied,
    is_refused,
    is_trying,
    rights_are_denied,
    _is_late,
    rights_are_unknown,
    is_rolling,
    _is_not_working,
    is_rechecked,
    _is_not_acted_on,
    _nobody_counts,
    _all_is_well,
)
