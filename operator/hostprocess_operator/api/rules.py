"""Rules between the fields of a spec. Those within one shape stand with the shape.

Each is a function that yields where a spec breaks it, and the same in CEL for the API server, which can name only
the list that the fault is in. A spec arrives here with all its bounds and the rules of its shapes already kept.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Final, Literal

from hostprocess_operator.api.shape import Loc, Rule

if TYPE_CHECKING:
    from hostprocess_operator.api.agent import AgentSpec
    from hostprocess_operator.api.shapes.containers import Container, InitContainer

_List = Literal["containers", "initContainers"]


def _containers(spec: "AgentSpec", among: _List) -> Iterator[tuple[Loc, "Container | InitContainer"]]:
    found: Sequence[Container | InitContainer] = spec.containers if among == "containers" else spec.init_containers
    return (((among, index), container) for index, container in enumerate(found))


def _names_taken(spec: "AgentSpec") -> Iterator[Loc]:
    taken = {container.name for container in spec.containers}
    for loc, container in _containers(spec, "initContainers"):
        if container.name in taken:
            yield (*loc, "name")


def _unknown_volumes(spec: "AgentSpec", among: _List) -> Iterator[Loc]:
    known = {volume.name for volume in spec.volumes}
    for loc, container in _containers(spec, among):
        for index, mount in enumerate(container.volume_mounts):
            if mount.name not in known:
                yield (*loc, "volumeMounts", index, "name")


def _ports_taken(spec: "AgentSpec") -> Iterator[Loc]:
    taken: dict[tuple[int, str, str | None], Loc] = {}
    for loc, container in _containers(spec, "containers"):
        for index, port in enumerate(container.ports):
            if taken.setdefault((port.container_port, port.protocol, port.host_ip or None), loc) != loc:
                yield (*loc, "ports", index, "containerPort")


def _sleeps_too_long(spec: "AgentSpec", among: _List) -> Iterator[Loc]:
    for loc, container in _containers(spec, among):
        hooks = container.lifecycle
        for name, hook in (("postStart", hooks.post_start), ("preStop", hooks.pre_stop)) if hooks else ():
            if hook and hook.sleep and hook.sleep.seconds > spec.termination_grace_period_seconds:
                yield (*loc, "lifecycle", name, "sleep", "seconds")


def _log_of_nobody(spec: "AgentSpec") -> Iterator[Loc]:
    wanted = spec.verification.container
    if wanted is not None and wanted not in {container.name for container in spec.containers}:
        yield ("verification", "container")


def _in_each_list(message: str, breaches: Callable[..., Iterator[Loc]], cel: str, *, reads: str) -> Iterator[Rule]:
    """Yield one rule for the containers and one for the init containers; `cel` speaks about one `container`."""
    lists: tuple[_List, _List] = ("containers", "initContainers")
    for among in lists:
        yield Rule(
            message,
            partial(breaches, among=among),
            f"!has(self.{among}) || self.{among}.all(container, {cel})",
            at=(among,),
            reads=frozenset({among, reads}),
        )


_SLEEPS: Final = " && ".join(
    f"(!has(container.lifecycle.{hook}) || !has(container.lifecycle.{hook}.sleep) || "
    f"container.lifecycle.{hook}.sleep.seconds <= self.terminationGracePeriodSeconds)"
    for hook in ("postStart", "preStop")
)

SPEC_RULES: Final = (
    Rule(
        "an init container has the name of a container: the names of a pod must differ",
        _names_taken,
        "!has(self.initContainers) || "
        "self.initContainers.all(init, !self.containers.exists(container, container.name == init.name))",
        at=("initContainers",),
        reads=frozenset({"containers", "initContainers"}),
    ),
    Rule(
        "two containers listen on the same port, and all of them listen on the node itself: change one",
        _ports_taken,
        "self.containers.all(container, !has(container.ports) || container.ports.all(port, "
        "self.containers.exists_one(other, has(other.ports) && other.ports.exists(taken, "
        "taken.containerPort == port.containerPort && taken.protocol == port.protocol && "
        "(has(taken.hostIP) ? taken.hostIP : '') == (has(port.hostIP) ? port.hostIP : '')))))",
        at=("containers",),
        reads=frozenset({"containers"}),
    ),
    *_in_each_list(
        "a mount names a volume that is not in spec.volumes",
        _unknown_volumes,
        "!has(container.volumeMounts) || container.volumeMounts.all(mount, "
        "has(self.volumes) && self.volumes.exists(volume, volume.name == mount.name))",
        reads="volumes",
    ),
    *_in_each_list(
        "a hook sleeps longer than terminationGracePeriodSeconds: shorten the sleep or allow more time",
        _sleeps_too_long,
        f"!has(container.lifecycle) || ({_SLEEPS})",
        reads="terminationGracePeriodSeconds",
    ),
    Rule(
        "names no container of the agent: write the name of one of spec.containers",
        _log_of_nobody,
        "!has(self.verification.container) || "
        "self.containers.exists(container, container.name == self.verification.container)",
        at=("verification", "container"),
        reads=frozenset({"containers", "verification"}),
    ),
)
