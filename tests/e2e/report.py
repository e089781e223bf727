"""What was seen, as Markdown for people and JSON for programs; no I/O.

A report is made to be shared: it is rendered from a dict that the caller has cleaned of names and addresses. Whether
the nodes were real stands in its first line, so that nobody takes a rehearsal for the real thing.
"""

import re
from dataclasses import asdict, dataclass, field
from typing import Any

import yaml

SCHEMA = "hostprocess-e2e/1"


@dataclass(frozen=True)
class Nature:
    """What the nodes are: for a title, and for whoever reads no further than the first lines."""

    title: str
    sentence: str


NATURES = {
    "simulated": Nature(
        "simulated nodes (kwok), not Windows",
        "**Simulated nodes (kwok): no Windows was involved.** What a kubelet does was played by kwok, what PowerShell "
        "prints was made up. This report says nothing about real Windows nodes.",
    ),
    "real": Nature(
        "real Windows nodes",
        "**Real Windows nodes**, as far as the API server can tell: a kubelet reports their status, and nothing hints "
        "at a simulator.",
    ),
    "unknown": Nature(
        "nodes that may not be real",
        "**It is not certain that these nodes are real Windows nodes:** nothing hints at a simulator, but their status "
        "is not reported by a kubelet under its own name.",
    ),
}
PRIVACY = (
    "No server address, no token, no account of a person and no IP address is in this report{nodes}. What scenarios "
    "and, where one failed, kubelet, API server and containers have said is quoted: read it once before you share it."
)
MARKS = {"passed": "passed", "failed": "**failed**", "skipped": "skipped"}
Object = dict[str, Any]


@dataclass(frozen=True)
class Result:
    """How one scenario went: `passed`, `failed` or `skipped`, with the reason, notes and, if it failed, evidence."""

    name: str
    title: str
    outcome: str
    seconds: float
    reason: str = ""
    notes: list[Object] = field(default_factory=list)
    evidence: Object | None = None


def assemble(
    results: list[Result], *, nature: str, nodes: list[Object], node_names: bool, facts: Object, run: Object
) -> Object:
    """Return the report as it goes into the JSON file.

    Args:
        results: of the scenarios.
        nature: of the nodes together; a key of `NATURES`.
        nodes: what is worth knowing about each, with its name.
        node_names: whether their names stay in the report.
        facts: what was on trial, by words of its own: versions, images.
        run: when and how the run went: `started`, `seconds`, `failure`, `interrupted`, `left`, `operatorLog`.
    """
    return {
        "schema": SCHEMA,
        "nature": nature,
        "about": [
            NATURES[nature].sentence,
            PRIVACY.format(nodes="" if node_names else ", and nodes are called node-1, node-2 and so on"),
        ],
        "counts": {kind: sum(result.outcome == kind for result in results) for kind in MARKS},
        "facts": facts,
        "nodes": nodes,
        "scenarios": [asdict(result) | {"seconds": round(result.seconds, 1)} for result in results],
        **run,
    }


def render(report: Object) -> str:
    """Return the report as Markdown."""
    counts = report["counts"]
    said = ", ".join(f"{counts[kind]} {kind}" for kind in MARKS if counts[kind])
    parts = [
        f"# hostprocess-operator on {NATURES[report['nature']].title}: {said or 'nothing was played'}",
        *(f"> {sentence}" for sentence in report["about"]),
        *_how_it_went(report),
        _table(["scenario", "result", "seconds", ""], [_row(scenario) for scenario in report["scenarios"]]),
        "## What was on trial",
        "\n".join(f"- {name}: {value}" for name, value in report["facts"].items()),
        _table(list(report["nodes"][0]), [list(node.values()) for node in report["nodes"]]),
        "## What was seen",
        *(part for scenario in report["scenarios"] for part in _details(scenario)),
    ]
    if report["operatorLog"]:
        parts += ["## Warnings and errors of the operator", _block("\n".join(report["operatorLog"]))]
    return "\n\n".join(parts) + "\n"


def _how_it_went(report: Object) -> list[str]:
    said = [f"Started {report['started']}, took {report['seconds']:.0f} s."]
    if report["interrupted"]:
        said.append("**It was interrupted**, so some scenarios are missing.")
    if report["failure"]:
        said += ["**Not every scenario could be played:**", _block(report["failure"])]
    if report["left"]:
        said += ["**Not everything could be removed from the cluster:**", _block("\n".join(report["left"]))]
    return said


def _row(scenario: Object) -> list[Any]:
    # the rest of a long reason stands below, with the evidence
    reason = scenario["reason"].partition("\n")[0]
    short = reason if len(reason) <= 160 else f"{reason[:160]}..."
    return [scenario["title"], MARKS[scenario["outcome"]], f"{scenario['seconds']:.0f}", short]


def _details(scenario: Object) -> list[str]:
    if not (scenario["notes"] or scenario["evidence"] or scenario["outcome"] == "failed"):
        return []
    parts = [f"### {_inline(scenario['title'])}"]
    if scenario["outcome"] == "failed":
        parts.append(_block(scenario["reason"]))
    for note in scenario["notes"]:
        parts.append(_inline(note["title"]))
        if note["lines"]:
            parts.append(_block("\n".join(note["lines"])))
    if scenario["evidence"]:
        parts.append("What the cluster said at that moment:")
        parts.append(_block(yaml.safe_dump(scenario["evidence"], sort_keys=False, allow_unicode=True, width=120)))
    return parts


def _table(head: list[str], rows: list[list[Any]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(_inline(str(cell)) for cell in line)} |" for line in lines)


def _inline(text: str) -> str:
    """Return a text that stays within its line or cell whatever is in it."""
    return " ".join(text.split()).replace("|", r"\|").replace("<", "&lt;")


def _block(text: str) -> str:
    """Return a text as it is, behind a fence that is longer than any in it."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{text.rstrip()}\n{fence}"
