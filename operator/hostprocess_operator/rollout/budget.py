"""The budget: how many nodes may be without a working agent because of us.

Counted are nodes that are *out* (we replaced their pod and no working agent was seen there since), not every pod
that is unavailable: counted otherwise, a fleet whose pods are all denied could never be repaired, and a third bad
update in a row would take more nodes than allowed.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hostprocess_operator.rollout.record import Out

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping
    from datetime import datetime, timedelta

    from hostprocess_operator.observed import Pod
    from hostprocess_operator.rollout.fleet import Fleet, NodeState


@dataclass(frozen=True, slots=True)
class Taking:
    """Pods to delete now, and who is out once they are."""

    pods: tuple[Pod, ...]
    out: Mapping[str, Out]
    waiting: bool


def allowance(max_unavailable: int | str, wanted: int) -> int:
    """Return how many nodes may be out: the number itself, or the percentage of the wanted nodes rounded up."""
    if isinstance(max_unavailable, int):
        return max_unavailable
    return max(1, math.ceil(int(max_unavailable.removesuffix("%")) * wanted / 100))


def still_out(out: Mapping[str, Out], fleet: Fleet) -> dict[str, Out]:
    """Return who is out still: wanted, and without a working agent since."""
    missing = {state.name for state in fleet.wanted if not state.working}
    return {name: entry for name, entry in sorted(out.items()) if name in missing}


def presumed_out(fleet: Fleet, now: datetime) -> dict[str, Out]:
    """Return who is out when the record is lost: every node without a working agent, for all that is known."""
    return {state.name: Out(since=now, taken=True) for state in fleet.wanted if not state.working}


def places(
    out: Mapping[str, Out],
    fleet: Fleet,
    deadline: timedelta,
    now: datetime,
    *,
    charged: Container[str] = (),
    rolling_since: datetime | None = None,
) -> frozenset[str]:
    """Return the nodes that hold a place in the budget: those that are out, and those that had a relapse.

    A node that is down holds none, for it is not out because of us, unless the target failed there: it may be what
    took the node down. One whose agent did not work when we took it gives its place up after the deadline: we made
    nothing worse there. A relapse is an agent of the target that worked, so that its node left the record, and does
    not work any more: without it a version that ends soon after it was proven would run through the fleet.

    Args:
        charged: nodes on which the target failed.
        rolling_since: when the target became the target, None once it is proven: then no relapse is the rollout's.
    """
    ours = {state.name for state in fleet.wanted if state.node.ready or state.name in charged}
    held = {n for n, entry in out.items() if n in ours and (entry.taken or now < entry.since + deadline)}
    if rolling_since is not None:
        held |= {state.name for state in fleet.wanted if state.name not in out and _relapsed(state, rolling_since)}
    return frozenset(held)


def _relapsed(state: NodeState, rolling_since: datetime) -> bool:
    joined_later = state.joined is not None and state.joined > rolling_since
    return state.node.ready and state.updated and not state.working and not joined_later


def take(
    candidates: Iterable[NodeState], out: Mapping[str, Out], held: frozenset[str], allowed: int, now: datetime
) -> Taking:
    """Return which of the candidates' pods to delete now.

    In order: nodes that hold a place (their pod is replaced in place, which costs nothing), working ones, broken ones;
    then by hash of the node's name, so that every plan for the same world takes the same ones.
    """
    ordered = sorted(candidates, key=lambda s: (s.name not in held, not s.working, order_of(s.name)))
    pods: list[Pod] = []
    taken = dict(out)
    places_held = set(held)
    waiting = False
    for state in ordered:
        if state.pod is None:
            continue
        if state.name not in held and len(places_held) >= allowed:
            waiting = True
            continue
        if state.name not in held or state.name not in out:
            had_worked = state.working or state.name in held  # one that is held and not out had a relapse
            taken[state.name] = Out(since=now, taken=had_worked)
        places_held.add(state.name)
        pods.append(state.pod)
    return Taking(tuple(pods), taken, waiting)


def order_of(name: str) -> str:
    """Return what nodes are ordered by: the same at every look, and unlike the alphabet spread over racks and pools."""
    return hashlib.sha256(name.encode()).hexdigest()
