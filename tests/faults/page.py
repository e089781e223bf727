"""docs/resilience.md, from results. Only the part between two marks is written; what is around it is for people."""

import importlib.metadata
import os
from datetime import UTC, datetime
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "resilience.md"
BEGIN, END = "<!-- begin: written by make {} -->\n", "<!-- end: written by make {} -->\n"


OUTAGES_HEAD = (
    "| what happens | for | kopf ends | ours ends | kopf recovers | ours recovers | kopf writes more | ours |"
)
CRASHES_HEAD = "| scenario | kills | converged | slowest | writes undisturbed | most writes | busiest second |"


def outage_row(name, plain, ours, seconds):
    """Return the line of an outage."""
    fates = (_ended(plain), _ended(ours), _after(plain), _after(ours))
    return _line(name, f"{seconds:g} s", *fates, plain.writes, ours.writes)


def crash_row(name, plans, held, slowest, writes, most, busiest):
    """Return the line of a scenario."""
    return _line(name, plans, held, f"{slowest:.1f} s", writes, most, f"{busiest} requests")


def write_table(target, head, rows, page=PAGE):
    """Write rows (first cell -> line) into the table of a make target; the rows of other runs stay."""
    begin, end = BEGIN.format(target), END.format(target)
    before, _, rest = page.read_text(encoding="utf-8").partition(begin)
    stands, found, after = rest.partition(end)
    if not found:
        raise ValueError(f"{page} has no place for what make {target} writes")
    kept = [line for line in stands.splitlines()[3:] if line.startswith("| ")]
    rows = {line.split(" | ")[0].removeprefix("| "): line for line in kept} | rows
    lines = ["", head, "|---" * head.count(" | ") + "|---|", *rows.values(), "", footing(), ""]
    page.write_text(before + begin + "\n".join(lines) + "\n" + end + after, encoding="utf-8")


def footing():
    """Return in a sentence what a run was made with."""
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in ("kopf", "kubernetes", "aiohttp"))
    return f"Run on {datetime.now(UTC):%Y-%m-%d} with {versions}, Kubernetes 1.37.2, on {os.cpu_count()} busy cores."


def _line(*cells):
    return "| " + " | ".join(map(str, cells)) + " |"


def _ended(result):
    return "**yes**" if result.exited else "no"


def _after(result):
    return "never" if result.recovered is None else f"{result.recovered:.1f} s"
