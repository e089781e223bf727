"""Write the CustomResourceDefinition beside this file, from the models; with --check only say whether it is current.

The models know nothing of files and YAML; this is the only place that brings the two together.
"""  # noqa: INP001 -- a script, not a package

import argparse
import difflib
import sys
from pathlib import Path
from typing import Any

import yaml

from hostprocess_operator.api.crd import crd

HEADER = "# Generated from operator/hostprocess_operator/api by `make crds`. Change it there, not here.\n"


class _Dumper(yaml.SafeDumper):
    """Writes every schema out where it is used: readers of a CRD do not expect YAML aliases."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ANN401 -- the base class takes anything
        del data
        return True


def render() -> tuple[str, str]:
    """Return the name of the file and its text."""
    definition = crd()
    group, plural = definition["spec"]["group"], definition["spec"]["names"]["plural"]
    text = yaml.dump(definition, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)
    return f"{group}_{plural}.yaml", HEADER + text


def main() -> int:
    """Write or check the file; return 1 if the check found a difference."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; print the difference and exit with 1")
    check = parser.parse_args().check

    name, text = render()
    path = Path(__file__).with_name(name)
    if not check:
        path.write_text(text, encoding="utf-8")
        return 0
    written = path.read_text(encoding="utf-8") if path.exists() else ""
    difference = difflib.unified_diff(written.splitlines(True), text.splitlines(True), str(path.name), "generated")
    sys.stdout.writelines(difference)
    return int(written != text)


if __name__ == "__main__":
    sys.exit(main())
