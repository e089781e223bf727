"""Which Windows nodes take part, what is worth knowing about them, and whether they are real; no I/O."""

import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from hostprocess_operator.manifests.placement import USUAL_TAINTS

SERVER_2022 = 20348
"""Older builds run images of exactly their own build, newer ones those of Windows Server 2022 too."""

FACTS = ("osImage", "kernelVersion", "containerRuntimeVersion", "kubeletVersion", "architecture")
BUILD_LABEL = "node.kubernetes.io/windows-build"
_HOSTNAME = "kubernetes.io/hostname"
_SIMULATORS = {"kwok.x-k8s.io", "sim.hostprocess.dev"}


@dataclass(frozen=True)
class WindowsNode:
    """A node that takes part.

    Attributes:
        name: its name.
        hostname: its label of that meaning, by which agents are placed; most often its name.
        build: of Windows, 0 if not known.
        nature: `real`, `simulated` or `unknown`.
        facts: what the report says about it.
        aliases: its other names and addresses.
    """

    name: str
    hostname: str
    build: int
    nature: str
    facts: Mapping[str, str]
    aliases: tuple[str, ...]


@dataclass(frozen=True)
class Choice:
    """The nodes that take part; the names of those that cannot, with the reason; how many there are."""

    used: tuple[WindowsNode, ...]
    passed_over: tuple[tuple[str, str], ...]
    total: int


def choose(
    nodes: Iterable[Mapping[str, Any]], count: int, *, tolerated: Iterable[str] = (), own_image: bool = False
) -> Choice:
    """Return at most `count` nodes that an agent can run on, of as many builds of Windows as possible.

    Args:
        nodes: Windows nodes as the API server sends them.
        count: how many to take.
        tolerated: keys of taints that are tolerated beside the usual ones.
        own_image: whether the person named an image, which then fits whatever nodes they have.
    """
    nodes = sorted(nodes, key=lambda node: node["metadata"]["name"])
    reasons = {node["metadata"]["name"]: _unfit(node, {*USUAL_TAINTS, *tolerated}) for node in nodes}
    fit = [describe(node) for node in nodes if not reasons[node["metadata"]["name"]]]
    if not own_image and any(node.build >= SERVER_2022 for node in fit):
        for node in fit:
            if node.build < SERVER_2022:
                reasons[node.name] = "older than Windows Server 2022, as others are not: --image names one for all"
    by_build: dict[int, list[WindowsNode]] = {}
    for node in fit:
        if not reasons[node.name]:
            by_build.setdefault(node.build, []).append(node)
    mixed = [node for row in zip_longest(*by_build.values()) for node in row if node]
    passed_over = tuple((name, reason) for name, reason in reasons.items() if reason)
    used = sorted(mixed[:count], key=lambda node: node.name)
    return Choice(tuple(used), passed_over, len(nodes))


def describe(node: Mapping[str, Any]) -> WindowsNode:
    """Return what is worth knowing about a node."""
    name, labels = node["metadata"]["name"], node["metadata"].get("labels", {})
    info = node.get("status", {}).get("nodeInfo", {})
    addresses = [entry["address"] for entry in node.get("status", {}).get("addresses", [])]
    hostname = labels.get(_HOSTNAME, name)
    return WindowsNode(
        name=name,
        hostname=hostname,
        build=_build(info.get("kernelVersion", "")),
        nature=_nature(node, addresses),
        facts={fact: info.get(fact, "") for fact in FACTS} | {"windows-build": labels.get(BUILD_LABEL, "")},
        aliases=tuple(dict.fromkeys(alias for alias in (hostname, *addresses) if alias != name)),
    )


def nature_of(nodes: Iterable[WindowsNode]) -> str:
    """Return what all of the nodes are together: one simulated node makes the whole run simulated."""
    natures = {node.nature for node in nodes}
    if "simulated" in natures:
        return "simulated"
    return "real" if natures == {"real"} else "unknown"


def default_image(nodes: Iterable[WindowsNode]) -> str:
    """Return Microsoft's sample image in a build that all of the nodes can run."""
    newest = max(node.build for node in nodes)
    return f"mcr.microsoft.com/windows/nanoserver:{'ltsc2019' if 0 < newest < SERVER_2022 else 'ltsc2022'}"


def _unfit(node: Mapping[str, Any], tolerated: set[str]) -> str:
    """Return why no agent can run on a node, an empty text if one can."""
    ready = any(entry["type"] == "Ready" and entry["status"] == "True" for entry in node["status"]["conditions"])
    if not ready:
        return "not Ready"
    if node["spec"].get("unschedulable"):
        return "cordoned"
    if node["metadata"].get("labels", {}).get("type") == "virtual-kubelet":
        return "a virtual node, which has no host"
    taints = [taint["key"] for taint in node["spec"].get("taints", []) if taint["effect"] != "PreferNoSchedule"]
    foreign = sorted({key for key in taints if key not in tolerated})
    return f"tainted with {', '.join(foreign)}: --tolerate KEY allows it" if foreign else ""


def _build(kernel: str) -> int:
    parts = kernel.split(".")
    return int(parts[2]) if len(parts) > 2 and parts[2].isdecimal() else 0


def _nature(node: Mapping[str, Any], addresses: Iterable[str]) -> str:
    """Return what a node is: real only if a kubelet reports its status and nothing hints at a simulator."""
    metadata = node["metadata"]
    keys = [*metadata.get("labels", {}), *metadata.get("annotations", {})]
    reporters = {
        entry.get("manager", "") for entry in metadata.get("managedFields", []) if entry.get("subresource") == "status"
    }
    version = node["status"].get("nodeInfo", {}).get("kubeletVersion", "")
    hints = (
        any(key.partition("/")[0] in _SIMULATORS for key in keys),
        any(word in name for name in (*reporters, version) for word in ("kwok", "fake")),
        any(_is_loopback(address) for address in addresses),
    )
    if any(hints):
        return "simulated"
    return "real" if any(name.startswith("kubelet") for name in reporters) else "unknown"


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
