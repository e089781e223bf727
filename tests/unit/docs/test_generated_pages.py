"""Pages of docs/ that are generated are as the code and the data have it."""

import importlib.util
from pathlib import Path

import pytest

from support.failures import every_name, load

DOCS = Path(__file__).parents[3] / "docs"
spec = importlib.util.spec_from_file_location("docs_generate", DOCS / "generate.py")
generate = importlib.util.module_from_spec(spec)
spec.loader.exec_module(generate)


@pytest.mark.parametrize("name", sorted(generate.PAGES))
def test_page_is_current(name):
    assert (DOCS / name).read_text() == generate.PAGES[name](), "run `make docs`"


def test_every_failure_has_its_row():
    rows = [line for line in (DOCS / "failures.md").read_text().splitlines() if line.startswith("| ")][1:]
    titles = sorted(row.split(" | ")[0].removeprefix("| ") for row in rows)
    assert titles == sorted(load(name).body["title"] for name in every_name())


def test_no_row_is_broken_by_what_the_cluster_says():
    rows = [line for line in (DOCS / "failures.md").read_text().splitlines() if line.startswith("|")]
    assert {row.replace(r"\|", "").count("|") for row in rows} == {5}
