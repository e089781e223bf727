"""What is said of nodes that match an agent and cannot have it, and of those that could carry it better."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hostprocess_operator.diagnosis import group, notes
from hostprocess_operator.diagnosis.words import NAMED, names, on_nodes

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hostprocess_operator.observed import Node
    from hostprocess_operator.rollout import Unfit


def in_full(unfit: Sequence[Unfit]) -> str:
    """Return each kind of unfitness with its nodes and the cure, the most frequent first, at most three."""
    kinds = group((each.name, True, each.finding) for each in unfit)
    sentences = [f"On {on_nodes(kind.nodes)}: {kind.finding.message}" for kind in kinds[:NAMED]]
    more = len(kinds) - NAMED
    if more > 0:
        sentences.append(f"{'Another reason is' if more == 1 else f'{more} more reasons are'} in status.problems.")
    return " ".join(sentences)


def in_short(unfit: Sequence[Unfit]) -> str:
    """Return the nodes with one word for each kind: `a and b (TaintNotTolerated), c (RuntimeUnsupported)`."""
    by_reason: dict[str, list[str]] = {}
    for each in unfit:
        by_reason.setdefault(each.finding.reason.value, []).append(each.name)
    return ", ".join(f"{names(where)} ({reason})" for reason, where in sorted(by_reason.items()))


def noted(nodes: Iterable[Node]) -> str:
    """Return one sentence for each thing to know of nodes on which agents work, nothing where there is none."""
    kinds = group((node.name, True, note) for node in nodes for note in notes(node))
    return " ".join(f"On {on_nodes(kind.nodes)}: {kind.finding.message}" for kind in kinds)
