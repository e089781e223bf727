"""How fields that every Kubernetes object has are read.

May not raise on a missing field: what is absent is None, empty or False.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

Body: TypeAlias = "Mapping[str, Any]"
"""An object as the API server sends it."""


def text(value: object) -> str:
    """Return the value as an interned string: for words that repeat over thousands of objects, and few others.

    An interned string may live as long as the process, so what is unique to an object is no such word.
    """
    return sys.intern(str(value)) if value is not None else ""


@lru_cache(maxsize=1024)
def shared(value: str) -> str:
    """Return the text, the same object for equal texts that come close to each other: for sentences that repeat."""
    return value


def moment(value: object) -> datetime | None:
    """Return an RFC 3339 time as an aware datetime, None when it is absent or unreadable."""
    return _parsed(value) if isinstance(value, str) else None


@lru_cache(maxsize=1024)  # a pod names the same second several times, and the pods of a rollout much the same ones
def _parsed(value: str) -> datetime | None:
    try:
        parsed = datetime.fromisoformat(value)
    except ValueError:
        return None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def controller_of(body: Body) -> Mapping[str, Any]:
    """Return the ownerReference whose controller is true, empty when the object has none."""
    for reference in body["metadata"].get("ownerReferences") or ():
        if reference.get("controller"):
            return dict(reference)
    return {}


def label(body: Body, key: str) -> str:
    """Return one label's value, empty when it is not set."""
    return text((body["metadata"].get("labels") or {}).get(key, ""))


def annotation(body: Body, key: str) -> str | None:
    """Return one annotation's value, None when it is not set."""
    value = (body["metadata"].get("annotations") or {}).get(key)
    return None if value is None else str(value)


def condition(body: Body, condition_type: str) -> Mapping[str, Any]:
    """Return the status condition of that type, empty when the object has none."""
    for entry in (body.get("status") or {}).get("conditions") or ():
        if entry.get("type") == condition_type:
            return dict(entry)
    return {}
