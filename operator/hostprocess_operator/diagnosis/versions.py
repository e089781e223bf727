"""Versions as nodes report them, with whatever their vendors add: `v1.34.1-eks-1a2b`, `containerd://2.0.4+azure`."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple, TypeAlias

Version: TypeAlias = "tuple[int, int]"
"""Major and minor: nothing that is decided here turns on more."""

_VERSION = re.compile(r"v?([0-9]{1,9})\.([0-9]{1,9})(?:[.+~-].*)?", re.ASCII | re.DOTALL)
_RUNTIME = re.compile(r"([a-z][a-z0-9-]*)://(.*)", re.ASCII | re.DOTALL | re.IGNORECASE)
_BUILD = re.compile(r"10\.0\.([0-9]{5})(?:\..*)?", re.ASCII | re.DOTALL)


class Runtime(NamedTuple):
    """A container runtime: its kind in lower case, and its version, None when that cannot be read."""

    kind: str
    version: Version | None


@lru_cache(maxsize=256)
def parse_version(text: str) -> Version | None:
    """Return major and minor of a version, None of what is none."""
    match = _VERSION.fullmatch(text.strip())
    return (int(match[1]), int(match[2])) if match else None


@lru_cache(maxsize=256)
def parse_runtime(text: str) -> Runtime | None:
    """Return kind and version of what a node reports as its container runtime, None when it names no kind."""
    match = _RUNTIME.fullmatch(text.strip())
    return Runtime(match[1].lower(), parse_version(match[2])) if match else None


@lru_cache(maxsize=256)
def parse_build(text: str) -> int | None:
    """Return the build of a version of Windows: 20348 of `10.0.20348.3328`; None of anything else."""
    match = _BUILD.fullmatch(text.strip())
    return int(match[1]) if match else None
