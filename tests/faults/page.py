"""docs/resilience.md, from results. Only the part between two marks is written; what is around it is for people."""

import importlib.metadata
import os
import re
from datetime import UTC, datetime
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "resilience.md"
BEGIN, END = "<!-- begin: written by make {} -->\n", "<!-- end: written by make {} -->\n"


def table(results):
    """Return the lines of the table of outages."""
    lines = [
        "| what happens | for | kopf ends | ours ends | kopf recovers | ours recovers | kopf writes more | ours |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, (plain, ours, seconds) in results.items():
        fates = (_ended(plain), _ended(ours), _after(plain), _after(ours))
        cells = [name, f"{seconds:g} s", *fates, plain.writes, ours.writes]
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    return lines


def crash_table(results):
    """Return the lines of the table of crashes, with their sum."""
    lines = [
        "| scenario | kills | converged to the undisturbed run | slowest | its writes | most writes | busiest second |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, (plans, held, slowest, writes, most, busiest) in results.items():
        lines.append(f"| {name} | {plans} | {held} | {slowest:.1f} s | {writes} | {most} | {busiest} requests |")
    plans, held = (sum(row[column] for row in results.values()) for column in (0, 1))
    return [*lines, f"| all | {plans} | {held} | | | | |"]


def footing():
    """Return in a sentence what a run was made with."""
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in ("kopf", "kubernetes", "aiohttp"))
    return f"Run on {datetime.now(UTC):%Y-%m-%d} with {versions}, Kubernetes 1.37.2, on {os.cpu_count()} shared cores."


def write_page(results):
    """Write the table of outages into the page."""
    write_part("faults", [*table(results), "", footing()])


def write_part(target, lines):
    """Replace what stands between the marks of a make target."""
    begin, end = BEGIN.format(target), END.format(target)
    text = PAGE.read_text(encoding="utf-8")
    pattern = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
    if not pattern.search(text):
        raise ValueError(f"{PAGE} has no place for what make {target} writes")
    body = begin + "\n" + "\n".join(lines) + "\n\n" + end
    PAGE.write_text(pattern.sub(lambda _: body, text), encoding="utf-8")


def _ended(result):
    return "**yes**" if result.exited else "no"


def _after(result):
    return "never" if result.recovered is None else f"{result.recovered:.1f} s"
