"""Canaries: which nodes try a new revision first, and how far they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hostprocess_operator.rollout.budget import order_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime, timedelta

    from hostprocess_operator.api.agent import Canary
    from hostprocess_operator.rollout.fleet import Fleet, NodeState
    from hostprocess_operator.rollout.record import Out


@dataclass(frozen=True, slots=True)
class Trial:
    """The canary nodes, sorted by name, and those of them that lack a pod of the target."""

    nodes: tuple[NodeState, ...]
    lacking: tuple[NodeState, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of the canary nodes."""
        return tuple(state.name for state in self.nodes)

    def baked_at(self, bake: timedelta) -> datetime | None:
        """Return when every canary will have worked for that long, None while one does not work."""
        works = [state.works_from for state in self.nodes if state.works_from is not None]
        return max(works) + bake if len(works) == len(self.nodes) and works else None


def choose_canaries(
    canary: Canary, former: tuple[str, ...], fleet: Fleet, out: Mapping[str, Out], now: datetime
) -> Trial:
    """Return the canaries: the former ones that still can be, filled up in an order that every look repeats.

    Preferred are nodes that have the target already, then nodes whose agent works or was taken by us; a node whose
    agent was broken before tells nothing, and is a canary only where no other is, until its deadline.
    """
    possible = [state for state in fleet.wanted if canary.node_selector.items() <= state.node.labels.items()]
    usable = [state for state in possible if not _is_hopeless(state, out, now)]
    kept = [state for state in usable if state.name in former and (state.eligible or state.updated)]
    names = {state.name for state in kept}
    fresh = [state for state in usable if state.eligible and state.name not in names]
    telling = [state for state in fresh if state.updated or state.working or state.name in out]
    pool = telling or ([] if kept else fresh)
    ordered = sorted(pool, key=lambda state: (not state.updated, order_of(state.name)))
    chosen = sorted((*kept, *ordered)[: canary.nodes], key=lambda state: state.name)
    return Trial(tuple(chosen), tuple(state for state in chosen if not state.updated or state.stale))


def _is_hopeless(state: NodeState, out: Mapping[str, Out], now: datetime) -> bool:
    """Return whether the agent was broken when we took the node, and had its time to be mended since."""
    entry = out.get(state.name)
    return entry is not None and not entry.taken and not state.working and state.due <= now
