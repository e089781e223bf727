"""Write what is generated from the models for the API server: the CustomResourceDefinition beside this file, and the
policy of warnings in deploy/policies; with --check only say whether both are current.

The models know nothing of files and YAML; this is the only place that brings the two together.
"""  # noqa: D205, INP001 -- the help of a script, not a package

import argparse
import difflib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from hostprocess_operator.api.crd import crd
from hostprocess_operator.api.warning_policy import NAME, warning_policy

ROOT = Path(__file__).parents[1]
HEADER = "# Generated from operator/hostprocess_operator/api by `make crds`. Change it there, not here.\n"
ABOUT_WARNINGS = """#
# Tells at `kubectl apply` what is allowed and probably not what was meant: each code has a paragraph in
# docs/warnings.md. It refuses nothing, also when an expression fails, and says nothing while the spec stays as it is.
"""


class _Dumper(yaml.SafeDumper):
    """Writes every value out where it is used: readers of a manifest do not expect YAML aliases."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ANN401 -- the base class takes anything
        del data
        return True


class _PolicyDumper(_Dumper):
    """Writes lists and long texts as the manifests beside it are written by hand."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: FBT001, FBT002 -- inherited
        del indentless
        super().increase_indent(flow, indentless=False)


def _long_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = ">" if len(text) > 90 else None  # noqa: PLR2004 -- what fits behind its key
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_PolicyDumper.add_representer(str, _long_text)


def render() -> Iterator[tuple[Path, str]]:
    """Yield each file and its text."""
    definition = crd()
    group, plural = definition["spec"]["group"], definition["spec"]["names"]["plural"]
    text = yaml.dump(definition, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)
    yield ROOT / "crds" / f"{group}_{plural}.yaml", HEADER + text
    text = yaml.dump_all(warning_policy(), Dumper=_PolicyDumper, sort_keys=False, width=80)
    yield ROOT / "deploy" / "policies" / f"{NAME}.yaml", HEADER + ABOUT_WARNINGS + text


def _difference(path: Path, text: str) -> list[str]:
    written = path.read_text(encoding="utf-8") if path.exists() else ""
    return list(difflib.unified_diff(written.splitlines(True), text.splitlines(True), str(path.name), "generated"))


def main() -> int:
    """Write or check the files; return 1 if the check found a difference."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; print the difference and exit with 1")
    check = parser.parse_args().check

    if not check:
        for path, text in render():
            path.write_text(text, encoding="utf-8")
        return 0
    differences = [line for path, text in render() for line in _difference(path, text)]
    sys.stdout.writelines(differences)
    return int(bool(differences))


if __name__ == "__main__":
    sys.exit(main())
