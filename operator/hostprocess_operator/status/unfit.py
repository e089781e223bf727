"""What is said of nodes that match an agent and cannot have it, and of those that could carry it better."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hostprocess_operator.diagnosis import notes
from hostprocess_operator.diagnosis.words import NAMED, names, on_nodes

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hostprocess_operator.diagnosis import Finding
    from hostprocess_operator.observed import Node
    from hostprocess_operator.rollout import Unfit


def in_full(unfit: Sequence[Unfit]) -> str:
    """Return each kind of unfitness with its nodes and the cure, the most frequent first, at most three."""
    kinds = _by_nodes((each.finding, each.name) for each in unfit)
    sentences = [f"On {on_nodes(where)}: {finding.message}" for finding, where in kinds[:NAMED]]
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
    kinds = _by_nodes((note, node.name) for node in nodes for note in notes(node))
    return " ".join(f"On {on_nodes(where)}: {note.message}" for note, where in kinds)


def _by_nodes(found: Iterable[tuple[Finding, str]]) -> list[tuple[Finding, list[str]]]:
    """Return each finding once with its nodes, the most frequent first."""
    nodes: dict[Finding, list[str]] = {}
    for finding, node in found:
        nodes.setdefault(finding, []).append(node)
    return sorted(nodes.items(), key=lambda entry: (-len(entry[1]), entry[0].text))
