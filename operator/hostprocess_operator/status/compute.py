"""The whole status of one agent, from the snapshot and the plan."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from hostprocess_operator.api.agent import HostProcessAgent
from hostprocess_operator.api.status import (
    AgentStatus,
    BlockedRevision,
    DaemonSetReference,
    NodeCounts,
    Revisions,
    RolloutStatus,
    Summary,
)
from hostprocess_operator.api.warnings import warnings_of
from hostprocess_operator.rollout import Ownership, dump_record
from hostprocess_operator.status.agents import Agent, Stage, look_at
from hostprocess_operator.status.conditions import conditions
from hostprocess_operator.status.facts import Facts
from hostprocess_operator.status.findings import find
from hostprocess_operator.status.problems import problems
from hostprocess_operator.status.readiness import readiness
from hostprocess_operator.verification.runs import Standing, current_run

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from hostprocess_operator.api.parse import InvalidAgent
    from hostprocess_operator.observed import Seen
    from hostprocess_operator.rollout import Block, Plan
    from hostprocess_operator.status.failure import Failure

MAX_BYTES = 32 * 1024
"""Size that no status exceeds, as JSON; it is read with every list of agents."""
SHOWN_BLOCKS = 5
SHOWN_CANARIES = 20


def compute_status(
    agent: HostProcessAgent | InvalidAgent, seen: Seen, plan: Plan, now: datetime, failure: Failure | None = None
) -> AgentStatus:
    """Return the status that the agent has now.

    Args:
        seen: the snapshot after the plan was carried out: its `written` is what the status names.
        failure: why the plan could not be carried out, None when it was.
    """
    verification = agent.spec.verification if isinstance(agent, HostProcessAgent) else agent.verification
    agents = look_at(plan, verification.container, now)
    findings = find(agents, plan, _images(agent), seen.events, now)
    listed, omitted = problems(agents, findings, plan.situation.fleet.ineligible)
    facts = Facts(
        agent=agent,
        plan=plan,
        agents=agents,
        failure=failure,
        was_ready=_was_ready(seen.status, plan),
        patience=_is_patient(agents, verification.container, timedelta(seconds=verification.timeout_seconds), now),
        warnings=warnings_of(agent) if isinstance(agent, HostProcessAgent) else (),
        findings=findings,
    )
    counts = _counts(plan, agents)
    proven = plan.record.proven
    status = AgentStatus(
        observed_generation=agent.generation,
        conditions=conditions(facts, readiness(facts), seen.status, now),
        daemon_set=_daemonset(plan, seen),
        nodes=counts,
        summary=Summary(
            nodes=f"{counts.available}/{counts.desired}",
            admin_rights="-" if facts.verification_off else f"{counts.verified}/{counts.desired}",
        ),
        revisions=Revisions(
            target=plan.situation.target.rev if plan.situation.target else None,
            proven=proven.rev if proven else None,
            blocked=tuple(_blocked(block) for block in plan.record.blocked[-SHOWN_BLOCKS:]),
        ),
        rollout=_rollout(plan),
        problems=listed,
        problems_omitted=omitted,
        record=dump_record(plan.record.model_copy(update={"out": {}})),
    )
    return _within_limit(status)


def _images(agent: HostProcessAgent | InvalidAgent) -> tuple[str, ...]:
    """Return the images that the spec asks for, none of a spec that cannot be read."""
    if not isinstance(agent, HostProcessAgent):
        return ()
    return tuple(container.image for container in (*agent.spec.init_containers, *agent.spec.containers))


def _within_limit(status: AgentStatus) -> AgentStatus:
    """Return the status without the last of its problems, as few of them as make it small enough."""
    while status.problems and len(status.model_dump_json(by_alias=True, exclude_none=True).encode()) > MAX_BYTES:
        omitted = {"problems": status.problems[:-1], "problems_omitted": status.problems_omitted + 1}
        status = status.model_copy(update=omitted)
    return status


def _counts(plan: Plan, agents: Sequence[Agent]) -> NodeCounts:
    def count(*standings: Standing) -> int:
        return sum(agent.standing in standings for agent in agents if agent.stage is not Stage.UNREACHABLE)

    return NodeCounts(
        desired=len(agents),
        current=sum(agent.pod is not None for agent in agents),
        updated=sum(agent.state.updated for agent in agents),
        ready=sum(agent.pod is not None and agent.pod.ready for agent in agents),
        available=sum(agent.state.working for agent in agents),
        verified=count(Standing.VERIFIED),
        denied=count(Standing.DENIED),
        unknown=count(Standing.UNKNOWN),
        starting=sum(agent.stage is Stage.STARTING for agent in agents),
        unreachable=sum(agent.stage is Stage.UNREACHABLE for agent in agents),
        ineligible=len(plan.situation.fleet.ineligible),
    )


def _daemonset(plan: Plan, seen: Seen) -> DaemonSetReference | None:
    """Return the DaemonSet as we last wrote it; what we never wrote is not in the status."""
    written, daemonset = seen.written, seen.daemonset
    if written is None or daemonset is None or plan.situation.ownership is Ownership.FOREIGN:
        return None
    return DaemonSetReference(
        name=daemonset.name, uid=written.uid, generation=written.generation, template_digest=written.digest
    )


def _blocked(block: Block) -> BlockedRevision:
    return BlockedRevision(
        revision=block.rev, reason=block.reason, nodes=block.nodes, message=block.detail or None, at=_seconds(block.at)
    )


def _rollout(plan: Plan) -> RolloutStatus:
    noted = plan.record.target
    started = noted.started if noted and plan.situation.target and noted.rev == plan.situation.target.rev else None
    under_way = [state.due for state in plan.situation.fleet.eligible if state.updated and not state.working]
    return RolloutStatus(
        phase=plan.phase.value,
        canary_nodes=plan.record.canaries[:SHOWN_CANARIES],
        started_at=_seconds(started) if started else None,
        deadline_at=_seconds(min(under_way)) if under_way else None,
    )


def _seconds(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _was_ready(previous: AgentStatus | None, plan: Plan) -> bool:
    """Return whether the agent is shown as Ready, with the revision that is the target still."""
    ready = previous.condition("Ready") if previous else None
    target = plan.situation.target
    same = previous is not None and target is not None and previous.revisions.target == target.rev
    return ready is not None and ready.status == "True" and same


def _is_patient(agents: Sequence[Agent], container: str | None, timeout: timedelta, now: datetime) -> bool:
    """Return whether every run that is rechecked is young enough to be waited for."""
    for agent in agents:
        if agent.stage is Stage.RECHECKING and agent.pod is not None:
            run = current_run(agent.pod, container)
            if run is not None and run.started is not None and run.started + timeout <= now:
                return False
    return True
