"""The fleet of one agent, node by node: who should have a pod, who has which, and whose agent works.

One survey serves the plan and the status, so that they can never count differently.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from hostprocess_operator.diagnosis import keeps_out, refusal
from hostprocess_operator.rollout.placement import selects, untolerated

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from hostprocess_operator.diagnosis import Finding
    from hostprocess_operator.observed import Node, Placement, Pod, Seen
    from hostprocess_operator.rollout.record import Out


STEADY = timedelta(seconds=30)
"""How long an agent that has ended has to stay up before it works again, if it is doubtful that it will."""


@dataclass(frozen=True, slots=True)
class NodeState:
    """One node that should have the agent.

    Attributes:
        pod: the agent's pod there, the newest that is not terminating; None when there is none.
        digest: template digest of the pod's revision, None when there is no pod or its revision is unknown.
        updated: whether the pod is of the target revision.
        stale: whether it is that and failed before the target was tried again: it is to be made anew.
        works_from: when the pod has been Ready for minReadySeconds; None while it is not Ready or its node is down.
        joined: when the node was made or came back, whichever was last; None when it does not say.
        due: when the agent is late unless it works: the progress deadline after the last of the events that give it
            a fresh start (see `_starts`).
    """

    node: Node
    pod: Pod | None
    digest: str | None
    updated: bool
    working: bool
    works_from: datetime | None
    joined: datetime | None
    due: datetime
    stale: bool = False

    @property
    def name(self) -> str:
        """Return the node's name."""
        return self.node.name

    def log_is_lost(self, seen: Seen) -> bool:
        """Return whether the pod's current run can never be judged."""
        return self.pod is not None and self.pod.uid in seen.lost_logs

    @property
    def eligible(self) -> bool:
        """Return whether pods may be replaced there: the node is Ready and not cordoned."""
        return self.node.ready and not self.node.unschedulable


@dataclass(frozen=True, slots=True)
class Unfit:
    """A node that the placement selects and that cannot have the agent, with the reason."""

    node: Node
    finding: Finding

    @property
    def name(self) -> str:
        """Return the node's name."""
        return self.node.name


@dataclass(frozen=True)
class Fleet:
    """Every Windows node as far as the agent is concerned, sorted by name.

    Attributes:
        wanted: nodes that should have the agent, down or not.
        ineligible: nodes that the placement selects and that are unfit for it: too old, of another container runtime,
            or with a taint that it does not tolerate.
    """

    wanted: tuple[NodeState, ...]
    ineligible: tuple[Unfit, ...]

    @cached_property
    def eligible(self) -> tuple[NodeState, ...]:
        """Return the wanted nodes whose pods may be replaced."""
        return tuple(state for state in self.wanted if state.eligible)


@dataclass(frozen=True, slots=True)
class Expectations:
    """What a survey measures against.

    Attributes:
        digest: template digest of the target, None while it is not known how the API server stores it.
        owner_uid: UID of our DaemonSet, empty when there is none.
        since: when the target became the target; no node is late before it had the deadline's time from then.
        is_proven: whether the target is proven: one that is not is doubted at its agents' first end.
        retried: when a block on the target was last lifted, None when never.
        out: the nodes that are out because of us.
        unready_since: since when the agent as a whole is not Ready; now, while it is.
    """

    placement: Placement
    digest: str | None
    owner_uid: str
    min_ready: timedelta
    deadline: timedelta
    since: datetime
    out: Mapping[str, Out]
    unready_since: datetime
    retried: datetime | None = None
    is_proven: bool = True


def survey(expected: Expectations, seen: Seen, now: datetime) -> Fleet:
    """Return the fleet as the snapshot shows it at `now`."""
    digests = seen.digests()
    by_node: dict[str, list[Pod]] = {}
    for pod in seen.pods:
        by_node.setdefault(pod.node, []).append(pod)
    wanted, ineligible = [], []
    for node in seen.nodes:
        if not selects(expected.placement, node):
            continue
        unfit = _unfitness(expected.placement, node)
        if unfit is not None:
            ineligible.append(Unfit(node, unfit))
            continue
        pods = by_node.get(node.name, [])
        current = _current(pods, expected.owner_uid)
        digest = digests.get(current.revision) if current else None
        wanted.append(_state(expected, node, current, digest, now))
    return Fleet(tuple(wanted), tuple(ineligible))


def _unfitness(placement: Placement, node: Node) -> Finding | None:
    """Return why the node cannot have the agent, None when it can; what no toleration mends comes first."""
    refused = refusal(node)
    if refused is not None:
        return refused
    taints = untolerated(placement, node)
    return keeps_out(node.name, taints) if taints else None


def _state(expected: Expectations, node: Node, pod: Pod | None, digest: str | None, now: datetime) -> NodeState:
    works_from = _works_from(expected, node, pod, now)
    updated, working = digest is not None and digest == expected.digest, works_from is not None and works_from <= now
    joined = max(filter(None, (node.created, _returned(node))), default=None)
    return NodeState(
        node=node,
        pod=pod,
        digest=digest,
        updated=updated,
        stale=updated and not working and _is_older(pod, expected.retried),
        working=working,
        works_from=works_from,
        joined=joined,
        due=max(filter(None, (joined, *_starts(expected, node, pod, joined, now)))) + expected.deadline,
    )


def _works_from(expected: Expectations, node: Node, pod: Pod | None, now: datetime) -> datetime | None:
    """Return when the agent works; one that has ended has to stay up for a while, unless once is nothing unusual."""
    if pod is None or not node.ready or not pod.ready:
        return None
    ready = (pod.ready_since or now) + expected.min_ready
    doubtful = pod.restarts > 0 and (pod.keeps_ending or not expected.is_proven)
    began = pod.started if doubtful else None
    return ready if began is None else max(ready, began + STEADY)


def _is_older(pod: Pod | None, moment: datetime | None) -> bool:
    return pod is not None and pod.created is not None and moment is not None and pod.created <= moment


def _returned(node: Node) -> datetime | None:
    return node.ready_since if node.ready else None


def _starts(
    expected: Expectations, node: Node, pod: Pod | None, joined: datetime | None, now: datetime
) -> Iterable[datetime | None]:
    """Return what, besides its node's joining, gives an agent the whole deadline's time again.

    An agent that stops working after days has as long to recover as a new one has to start. A pod that is missing
    leaves nothing that says since when, unless we took it or the node has joined lately; that the agent is not Ready
    since then does.
    """
    if pod is not None:
        return expected.since, pod.created, None if pod.keeps_ending else pod.ready_since
    taken = expected.out.get(node.name)
    joined_lately = joined is not None and now < joined + expected.deadline
    return expected.since, taken.since if taken else None, None if joined_lately else expected.unready_since


def _current(pods: Iterable[Pod], owner_uid: str) -> Pod | None:
    """Return the newest pod that is not terminating, preferably our DaemonSet's.

    Somebody else's may carry the agent's label too. Names break a tie, so that every look sees the same one.
    """

    def rank(pod: Pod) -> tuple[bool, float, str]:
        return pod.owner_uid == owner_uid, pod.created.timestamp() if pod.created else 0.0, pod.name

    staying = [pod for pod in pods if not pod.deleting]
    return max(staying, key=rank) if len(staying) > 1 else next(iter(staying), None)
