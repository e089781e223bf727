"""Write the generated pages beside this file; with --check only say whether they are current.

A page is a function that returns its text; `PAGES` names them all. What a page says comes from the code or from the
tests' data, so that it cannot say anything else than they do.
"""  # noqa: INP001 -- a script, not a package

import argparse
import difflib
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import yaml

from hostprocess_operator.api.conditions import ConditionType
from hostprocess_operator.api.event_reasons import EventReason
from hostprocess_operator.api.faults import Fault
from hostprocess_operator.api.reasons import Reason
from hostprocess_operator.api.vocabulary import Documented
from hostprocess_operator.api.warnings import SOFT_RULES

HERE = Path(__file__).parent
FAILURES = HERE.parent / "tests" / "data" / "failures"

FAILURES_HEAD = """\
# Failures

<!-- Generated from tests/data/failures by `make docs`. Change it there, not here. -->

What can keep an agent from running, what the cluster says of it, and what the operator makes of that. REASON is the
column of `kubectl get hostprocessagents` and the reason in `status.problems`; the message stands there as well, with
the nodes before it. In these examples the agent is `inspector` in the namespace `agents`, its pod `inspector-x7k2p`,
and the node `win-2`.

| failure | what the cluster says | REASON | message |
|---|---|---|---|
"""


REASONS_HEAD = """\
# Conditions, reasons, events and codes

<!-- Generated from the code by `make docs`. Change it there, not here. -->

Every word that the operator uses, what it means, and what to do. They are API: dashboards, alerts and GitOps rules can
rely on them. The messages beside them are for people and may change. What each failure looks like is in
[failures.md](failures.md), what the codes are about in [warnings.md](warnings.md).
"""
_TABLES: tuple[tuple[str, str, type[Documented]], ...] = (
    ("Conditions", "`status.conditions[].type`.", ConditionType),
    ("Reasons", "Where an agent stands: the REASON column of `kubectl get hostprocessagents`.", Reason),
    (
        "Faults",
        "Why an agent does not run somewhere: in `status.problems`, and in REASON where one is known.",
        Fault,
    ),
    ("Events", "What has happened to an agent: `kubectl events --for hostprocessagent/NAME`.", EventReason),
)


def reasons_page() -> str:
    """Return the catalogue of every word, sorted, with its meaning and its remedy."""
    return REASONS_HEAD + "".join(_table(*each) for each in _TABLES) + _codes()


def _table(title: str, what: str, words: type[Documented]) -> str:
    rows = "".join(f"| `{word.value}` | {_cell(word.meaning)} | {_cell(word.remedy)} |\n" for word in sorted(words))
    return f"\n## {title}\n\n{what}\n\n| word | meaning | what to do |\n|---|---|---|\n{rows}"


def _codes() -> str:
    rows = "".join(
        f"| [{rule.code}](warnings.md#{rule.code.lower()}) | {_cell(rule.title)} | {_cell(rule.message)} |\n"
        for rule in sorted(SOFT_RULES, key=lambda rule: rule.code)
    )
    what = "Settings that are allowed and do nothing, or bite later: at `kubectl apply` and in the condition `Valid`."
    return f"\n## Codes\n\n{what}\n\n| code | about | what happens, and what to do |\n|---|---|---|\n{rows}"


def failures_page() -> str:
    """Return the table of failures, in the order of the reasons."""
    bodies = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(FAILURES.glob("*.yaml"))]
    rows = sorted((str(body["reason"]), str(body["title"]), body) for body in bodies)
    return FAILURES_HEAD + "".join(
        f"| {_cell(title)} | `{_cell(body['says'])}` | {reason} | {_cell(body['message'])} |\n"
        for reason, title, body in rows
    )


def _cell(text: str) -> str:
    """Return the text as it may stand in a cell of a table."""
    return " ".join(text.replace("|", r"\|").split())


PAGES: Mapping[str, Callable[[], str]] = {
    "failures.md": failures_page,
    "reasons.md": reasons_page,
}


def main() -> int:
    """Write or check the pages; return 1 if the check found a difference."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; print the differences and exit with 1")
    check = parser.parse_args().check

    stale = False
    for name, page in PAGES.items():
        text, path = page(), HERE / name
        if not check:
            path.write_text(text, encoding="utf-8")
            continue
        written = path.read_text(encoding="utf-8") if path.exists() else ""
        difference = difflib.unified_diff(written.splitlines(True), text.splitlines(True), f"docs/{name}", "generated")
        sys.stdout.writelines(difference)
        stale = stale or written != text
    return int(stale)


if __name__ == "__main__":
    sys.exit(main())
