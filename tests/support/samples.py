"""Sample HostProcessAgents, accepted and refused, on which the operator and the API server have to agree.

A refused sample says in comments at its top where it is wrong:

    # refused: spec.containers[0].image     the path that the operator names, and the API server too
    # server: spec.containers               only if the API server can name no more than this
"""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

FOLDER = Path(__file__).parents[1] / "data" / "samples"


@dataclass(frozen=True)
class Sample:
    """One manifest and what is expected of it."""

    name: str
    manifest: dict
    refused: str | None
    server: str | None


def _read(path):
    text = path.read_text(encoding="utf-8")
    notes = dict(re.findall(r"^# ([a-z-]+): (.+)$", text, re.MULTILINE))
    refused = notes.get("refused")
    return Sample(
        name=path.stem.replace("-", " "),
        manifest=yaml.safe_load(text),
        refused=refused,
        server=notes.get("server", refused),
    )


def samples(kind):
    """Return the samples of `accepted` or `refused`, sorted by name."""
    return [_read(path) for path in sorted((FOLDER / kind).glob("*.yaml"))]


def as_rows(found):
    """Return the samples as rows of a table, each called by its name."""
    return [pytest.param(sample, id=sample.name) for sample in found]
