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
