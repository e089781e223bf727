"""Components' words made fit to be quoted: clean, short, and the same for every pod that has the same trouble.

What differs from pod to pod and from try to try is taken out: container IDs, UIDs, addresses. It would keep apart what
belongs together, and make the status change with every try.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from hostprocess_operator.verification.text import clean_text

if TYPE_CHECKING:
    from hostprocess_operator.observed import Pod

WORDS_BYTES: Final = 140
NAME_BYTES: Final = 128
_WINDOW: Final = 4096

_UID: Final = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_IPV4: Final = r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])"

# The end of a generated name, which differs with every try: five characters of Kubernetes' alphabet for them.
_GENERATED: Final = re.compile(r"(?<=[a-z0-9])-[bcdfghjklmnpqrstvwxz2456789]{5}\b")

# In this order; what is left of a replaced part is never matched again.
_REPLACED: Final[tuple[tuple[re.Pattern[str], str], ...]] = (
    (re.compile(r"rpc error: code = \w{1,32} desc = "), ""),
    (re.compile(r'failed to (?:create|start) containerd (?:container|task)(?: "?[0-9a-f]{12,64}"?)?: '), ""),
    (re.compile(r"failed to (?:create|start) shim(?: task)?: "), ""),
    (re.compile(r": unknown$"), ""),
    (re.compile(rf'pod "?[a-z0-9.-]{{1,253}}_[a-z0-9-]{{1,63}}\({_UID}\)"?', re.IGNORECASE), "the pod"),
    (re.compile(_UID), "UID"),
    (re.compile(r"\b[0-9a-f]{64}\b"), "ID"),
    (re.compile(rf"{_IPV4}:\d{{1,5}}->"), ""),
    (re.compile(_IPV4), "IP"),
    (re.compile(r"\[[0-9a-f:]{2,39}(?:%\w{1,32})?\](?=:\d)", re.IGNORECASE), "IP"),
)


def quote(words: str, pod: Pod | None = None, limit: int = WORDS_BYTES) -> str:
    """Return a component's words as a clause of at most `limit` bytes without a full stop; empty if nothing is left."""
    line = clean_text(words[:_WINDOW], _WINDOW)
    for pattern, replacement in _REPLACED:
        line = pattern.sub(replacement, line)
    if pod is not None and pod.name:
        line = line.replace(pod.name, "POD")
    return clean_text(line, limit).rstrip(" .:;,")


def because(words: str, pod: Pod) -> str:
    """Return `: cause` from a chain of errors, or nothing where there is none.

    The cause stands at the end of a chain: where it is too long, links are left out from the front.
    """
    chain = quote(words, pod, _WINDOW)
    while len(chain.encode()) > WORDS_BYTES and ": " in chain:
        chain = chain.partition(": ")[2]
    return f": {cause}" if (cause := quote(chain)) else ""


def in_words(words: str) -> str:
    """Return `: words` from a sentence of somebody's own, or nothing where there is none."""
    return f": {said}" if (said := quote(_GENERATED.sub("-\u2026", words[:_WINDOW]))) else ""


def name(text: str) -> str:
    """Return a name out of an object or a message, clean and short."""
    return clean_text(text, NAME_BYTES)
