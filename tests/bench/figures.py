"""A figure, and what becomes of it: a row of a table, an entry of a JSON file. Pure."""

import math
from dataclasses import asdict, dataclass

from bench.goals import GOALS


@dataclass(frozen=True)
class Figure:
    """One measured value.

    Attributes:
        part: P1 to P9.
        name: what was measured; a goal is looked up by it.
        value: the operator's.
        unit: as it stands behind the value; empty for a count or a ratio.
        load: what it was measured under, in words.
        baseline: the plain kopf operator's under the same load, None where there is none.
    """

    part: str
    name: str
    value: float
    unit: str
    load: str
    baseline: float | None = None

    @property
    def goal(self):
        """Return what it is held against, None for a figure that just tells."""
        return GOALS.get(self.name)

    @property
    def met(self):
        """Return whether it keeps to its goal, None when it has none."""
        return None if self.goal is None else self.goal.holds(self.value)

    @property
    def ratio(self):
        """Return how many times the operator's value the baseline's is, None when there is nothing to divide."""
        return self.baseline / self.value if self.baseline is not None and self.value else None

    def to_json(self):
        """Return it as an entry of the JSON file."""
        goal = f"{self.goal.comparison} {self.goal.bound:g}" if self.goal else None
        return asdict(self) | {"goal": goal, "met": self.met}


def quantile(values, share):
    """Return the smallest value that at least that share of the values does not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def rounded(value):
    """Return a number as people read it: three digits that count, thousands with a comma."""
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    digits = max(0, 2 - math.floor(math.log10(abs(value))))
    text = f"{value:.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


HEADER = ("", "figure", "ours", "goal", "plain kopf", "ratio", "load")


def rows(figures):
    """Return the table, one tuple of texts for each figure, under `HEADER`."""
    return [
        (
            figure.part,
            figure.name,
            f"{rounded(figure.value)} {figure.unit}".strip(),
            goal_text(figure),
            "" if figure.baseline is None else f"{rounded(figure.baseline)} {figure.unit}".strip(),
            "" if figure.ratio is None else f"{rounded(figure.ratio)}x",
            figure.load,
        )
        for figure in figures
    ]


def goal_text(figure):
    """Return the goal, marked where it is missed."""
    if figure.goal is None:
        return ""
    text = f"{figure.goal.comparison} {rounded(figure.goal.bound)}"
    return text if figure.met else f"{text} **missed**"


def plain_table(figures):
    """Return the table for a terminal."""
    lines = [HEADER, *(tuple(cell.replace("**", "") for cell in row) for row in rows(figures))]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADER))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def markdown_table(figures):
    """Return the table for a page."""
    lines = ["| " + " | ".join(HEADER) + " |", "|" + "---|" * len(HEADER)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows(figures))])
