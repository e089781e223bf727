"""Names, addresses and credentials taken out of texts that are to be shared; no I/O.

What is known by name is replaced wherever it stands; the rest is found by its shape. Applied once, to the whole of a
report, so that nothing gets past it.
"""

import ipaddress
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from e2e.nodes import WindowsNode

NETBIOS = 15
"""Characters after which Windows cuts the name of a host."""

_SHAPES = (
    (re.compile(r"\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*"), "<token>"),
    (re.compile(r"(?i)(?<=\bbearer )[\w.~+/-]{8,}=*"), "<token>"),
    (re.compile(r'(?i)(?<=\buser )"[^"]*"'), '"<user>"'),
    (re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"), "<mail>"),
    (re.compile(r"\b(https?://)[^\s/\"'<>]+"), r"\1<host>"),
)
# Only what `ipaddress` agrees to be one counts: a time of day and the version of a kernel look alike.
_ADDRESSES = (
    re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?!\w|\.\d)"),
    re.compile(r"(?<![\w.:])[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,8}(?![\w:])"),
)


def redactor(known: Mapping[str, str]) -> Callable[[Any], Any]:
    """Return a function that cleans every text in a value of dicts, lists, texts and numbers.

    Args:
        known: text -> what stands in its place; whole words in any case.
    """
    places = {name.lower(): place for name, place in known.items() if name}
    # the longest first: a name can be the start of another
    names = "|".join(re.escape(name) for name in sorted(places, key=len, reverse=True))
    words = re.compile(rf"(?i)(?<![\w-])(?:{names})(?![\w-])") if names else None

    def clean(value: Any) -> Any:
        if isinstance(value, str):
            return clean_text(value)
        if isinstance(value, Mapping):
            return {clean(key): clean(each) for key, each in value.items()}
        return [clean(each) for each in value] if isinstance(value, list | tuple) else value

    def clean_text(text: str) -> str:
        text = "".join(char if char.isprintable() or char == "\n" else _escaped(char) for char in text)
        if words:
            text = words.sub(lambda found: places[found[0].lower()], text)
        for shape, place in _SHAPES:
            text = shape.sub(place, text)
        for shape in _ADDRESSES:
            text = shape.sub(lambda found: "<address>" if _is_address(found[0]) else found[0], text)
        return text

    return clean


def names_of_nodes(used: Iterable[WindowsNode], others: Iterable[WindowsNode] = ()) -> dict[str, str]:
    """Return names and addresses of nodes -> `node-1` and so on, `other-node` for those that take no part."""
    known: dict[str, str] = {}
    for node in others:
        known |= dict.fromkeys(_names(node), "other-node")
    for number, node in enumerate(used, 1):
        known |= dict.fromkeys(_names(node), f"node-{number}")
    return known


def names_of_server(server: str, *names: str) -> dict[str, str]:
    """Return the address of an API server, as messages quote it, and names of its cluster -> a placeholder.

    A name that is but a word, such as `local`, gives nothing away and would be replaced in other places too.
    """
    address = urlsplit(server)
    known = {name: "<server>" for name in (server, address.netloc, address.hostname) if name}
    return known | {name: "<cluster>" for name in names if not name.isalpha()}


def _names(node: WindowsNode) -> set[str]:
    whole = {node.name, *node.aliases}
    return whole | {name.partition(".")[0][:NETBIOS] for name in whole if not _is_address(name)}


def _escaped(char: str) -> str:
    return char.encode("unicode_escape").decode()


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
