"""Findings of many nodes, put together: what is the same on several of them is said once, with their names."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hostprocess_operator.diagnosis.words import counted_nodes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hostprocess_operator.diagnosis.finding import Finding

_COMMAND: Final = re.compile(r"`[^`]*`")


@dataclass(frozen=True, slots=True)
class Group:
    """One finding with every node that it is true of.

    Attributes:
        nodes: their names, sorted, each once.
        is_target: whether it is about pods of the revision that the spec asks for, not of an earlier one.
        finding: that of the first node by name; of what lasts, that of the node where it has lasted longest.
    """

    nodes: tuple[str, ...]
    is_target: bool
    finding: Finding

    @property
    def message(self) -> str:
        """Return the sentence for users: `3 nodes: a, b and 1 more: what is so. What to do.`."""
        version = "" if self.is_target else ", earlier version"
        return f"{self.where}{version}: {self.finding.message}"

    @property
    def where(self) -> str:
        """Return `node a`, or `3 nodes: a, b and 1 more`."""
        return counted_nodes(self.nodes)


def group(findings: Iterable[tuple[str, bool, Finding]]) -> tuple[Group, ...]:
    """Return the findings in groups: the worst first, then those of most nodes, then by reason.

    Args:
        findings: node, whether its pod is of the revision that the spec asks for, and what was found; in any order.
    """
    together: dict[tuple[bool, str, str, str, int], list[tuple[str, Finding]]] = defaultdict(list)
    for node, is_target, finding in findings:
        together[(is_target, *_likeness(finding))].append((node, finding))
    groups = [_group(key[0], members) for key, members in together.items()]
    return tuple(sorted(groups, key=_order))


def _likeness(finding: Finding) -> tuple[str, str, str, int]:
    """Return what findings have in common that belong together."""
    text, advice = finding.text, finding.advice
    if finding.minutes:
        text = text.replace(f" for {finding.minutes} min", "")
    if finding.examples:
        # As a whole word of a command: elsewhere a node named `a` is an article.
        example = re.compile(rf"(?<![\w.-])(?:{'|'.join(map(re.escape, finding.examples))})(?![\w.-])")
        advice = _COMMAND.sub(lambda command: example.sub("\0", command[0]), advice)
    return finding.reason, text, advice, finding.severity


def _group(is_target: bool, members: list[tuple[str, Finding]]) -> Group:  # noqa: FBT001 -- part of the key
    _, finding = min(members, key=lambda member: (-member[1].minutes, member[0], member[1].message))
    return Group(tuple(sorted({node for node, _ in members})), is_target, finding)


def _order(each: Group) -> tuple[int, int, str, bool, str, tuple[str, ...]]:
    finding = each.finding
    return finding.severity, -len(each.nodes), finding.reason, not each.is_target, finding.message, each.nodes
