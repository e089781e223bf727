"""What can be known of an image and a node without asking a registry: whether the tag names another Windows.

Only Microsoft's own tags say which Windows an image is made for. About every other image nothing is guessed.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from hostprocess_operator.api.faults import Fault
from hostprocess_operator.diagnosis.finding import Finding, Severity
from hostprocess_operator.diagnosis.versions import parse_build
from hostprocess_operator.verification.text import clean_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hostprocess_operator.observed import Node

SERVER_2022 = 20348
"""From this build on a node also pulls images of earlier builds, but of none before this one."""

_BUILDS = {"ltsc2016": 14393, "1809": 17763, "ltsc2019": 17763, "ltsc2022": SERVER_2022, "ltsc2025": 26100}
_WORD = rf"(?P<word>{'|'.join(_BUILDS)}|10\.0\.[0-9]{{5}}(?:\.[0-9]+)?)(?:-.*)?"
_BASE_IMAGE = re.compile(rf"mcr\.microsoft\.com/windows(?:/(?:nanoserver|servercore|server))?:{_WORD}", re.ASCII)
_MADE_ON_ONE = re.compile(
    rf"mcr\.microsoft\.com/[^:@]+:(?:.*-)?(?:nanoserver|(?:windows)?servercore|windows)-{_WORD}", re.ASCII
)
_SHOWN_BYTES = 160


def mismatch(images: Iterable[str], node: Node) -> Finding | None:
    """Return the finding on the first image that the node cannot pull for its Windows, None where none is known."""
    host = parse_build(node.build)
    if host is None:
        return None
    for image in images:
        build = named_build(image)
        if build is not None and not _can_pull(host, build):
            return _finding(image, build, host)
    return None


@lru_cache(maxsize=1024)
def named_build(image: str) -> int | None:
    """Return the Windows build that an official tag of Microsoft's names, None for any other image."""
    match = _BASE_IMAGE.fullmatch(image) or _MADE_ON_ONE.fullmatch(image)
    if match is None or "@" in image:  # a digest decides, whatever the tag says
        return None
    word = match["word"]
    return _BUILDS.get(word) or parse_build(word)


def _can_pull(host: int, build: int) -> bool:
    """Return whether any containerd pulls an image of that build on the host; older ones pull fewer."""
    return host == build or SERVER_2022 <= build <= host


def _finding(image: str, build: int, host: int) -> Finding:
    accepted = f"of builds {SERVER_2022} to {host}" if host > SERVER_2022 else f"of build {host}"
    return Finding(
        Fault.IMAGE_OS_MISMATCH,
        f"The tag of {clean_text(image, _SHOWN_BYTES)} says Windows build {build}; the node is of build {host}, where "
        f"only images {accepted} can be pulled.",
        "Use an image with a variant for that build, or one without a Windows version, such as the HostProcess base "
        "image.",
        Severity.TROUBLE,
    )
