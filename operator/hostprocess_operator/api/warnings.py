"""What is allowed and yet worth a word: settings that do nothing on Windows, or that bite later.

The rules are in `soft_rules`, each with a stable code. Nothing here refuses anything.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from hostprocess_operator.api.agent import HostProcessAgent
from hostprocess_operator.api.parse import path_of
from hostprocess_operator.api.soft_rules import accounts, command_lines, processes, volumes
from hostprocess_operator.api.soft_rules.soft_rule import SoftRule

SOFT_RULES: Final[tuple[SoftRule, ...]] = tuple(
    sorted(
        (*accounts.RULES, *processes.RULES, *command_lines.RULES, *volumes.RULES),
        key=lambda rule: rule.code,
    )
)
"""Every soft rule, by code."""

_MOST_PATHS: Final = 3


@dataclass(frozen=True, slots=True, order=True)
class FieldWarning:
    """Something that is allowed and probably not what was meant.

    Attributes:
        path: JSON path, such as `spec.terminationGracePeriodSeconds`.
        code: Which soft rule says so, such as `HPC104`.
        message: What will happen and what to do instead. Holds no text of the user's.
    """

    path: str
    code: str
    message: str


def warnings_of(agent: HostProcessAgent) -> tuple[FieldWarning, ...]:
    """Return what is worth a word about a valid agent, sorted by path."""
    return tuple(
        sorted(
            FieldWarning(path_of(("spec", *loc)), rule.code, rule.message)
            for rule in SOFT_RULES
            for loc in rule.breaches(agent.spec)
        )
    )


def in_words(warnings: Iterable[FieldWarning]) -> str:
    """Return the warnings as sentences, one for each code, with the first paths that it is about."""
    paths: dict[tuple[str, str], list[str]] = {}
    for each in warnings:
        paths.setdefault((each.code, each.message), []).append(each.path)
    return " ".join(f"Warning {code}: {_listed(where)}: {message}." for (code, message), where in sorted(paths.items()))


def _listed(paths: list[str]) -> str:
    more = len(paths) - _MOST_PATHS
    return ", ".join(paths[:_MOST_PATHS]) + (f" and {more} more" if more > 0 else "")
