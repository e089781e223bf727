"""What to leave out of a status when the installed CRD is older than the operator and refuses a field as unknown.

Pure. Without that not even the fields that it does know could be written.
"""

from __future__ import annotations

import re
from typing import Any, Final, TypeAlias

Path: TypeAlias = tuple[str, ...]
"""Keys from the status down to a field; a list on the way stands for each of its items."""

_UNKNOWN: Final = re.compile(r'unknown field "status\.([^"]+)"')
_INDEX: Final = re.compile(r"\[\d+\]")


def unknown_fields(message: str) -> frozenset[Path]:
    """Return the fields of the status that a refusal calls unknown."""
    return frozenset(tuple(_INDEX.sub("", path).split(".")) for path in _UNKNOWN.findall(message))


def without_fields(value: Any, paths: frozenset[Path]) -> Any:  # noqa: ANN401 - JSON has no narrower type
    """Return a copy of the value without the fields at those paths."""
    if isinstance(value, list):
        return [without_fields(item, paths) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: without_fields(item, frozenset(path[1:] for path in paths if path[0] == key and len(path) > 1))
        for key, item in value.items()
        if (key,) not in paths
    }
