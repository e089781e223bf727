"""Soft rules about volumes and the places where a container sees them."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from pydantic.alias_generators import to_snake

from hostprocess_operator.api.shape import Loc
from hostprocess_operator.api.shapes.containers import CEL_FOLDED_MOUNT_PATH, folded_mount_path
from hostprocess_operator.api.soft_rules.places import containers, every_container
from hostprocess_operator.api.soft_rules.soft_rule import SoftRule

if TYPE_CHECKING:
    from hostprocess_operator.api.agent import AgentSpec
    from hostprocess_operator.api.shapes.volumes import Volume, VolumeProjection

# Folders that every Windows node has, as `folded_mount_path` writes them.
_OF_WINDOWS: Final = tuple(
    f"\\{folder}\\"
    for folder in (
        "program files",
        "program files (x86)",
        "programdata",
        "users",
        r"users\public",
        "windows",
        r"windows\system32",
        r"windows\system32\config",
        r"windows\system32\drivers",
        r"windows\system32\drivers\etc",
        r"windows\temp",
    )
)

_DEFAULTS: Final = ("configMap", "secret", "projected", "downwardAPI")
_WITH_ITEMS: Final = ("configMap", "secret", "downwardAPI")


def _sub_paths(spec: "AgentSpec") -> Iterator[Loc]:
    for loc, container in containers(spec):
        for index, mount in enumerate(container.volume_mounts):
            if mount.sub_path is not None or mount.sub_path_expr is not None:
                yield (*loc, "volumeMounts", index, "subPath" if mount.sub_path is not None else "subPathExpr")


def _mode_bits(spec: "AgentSpec") -> Iterator[Loc]:
    for index, volume in enumerate(spec.volumes):
        loc: Loc = ("volumes", index)
        for name in _DEFAULTS:
            source = getattr(volume, to_snake(name))
            if source is not None and source.default_mode is not None:
                yield (*loc, name, "defaultMode")
        yield from _modes_of_items(loc, volume)
        for number, projection in enumerate(volume.projected.sources if volume.projected is not None else ()):
            yield from _modes_of_items((*loc, "projected", "sources", number), projection)


def _modes_of_items(loc: Loc, place: "Volume | VolumeProjection") -> Iterator[Loc]:
    for name in _WITH_ITEMS:
        source = getattr(place, to_snake(name))
        for index, item in enumerate(source.items if source is not None else ()):
            if item.mode is not None:
                yield (*loc, name, "items", index, "mode")


def _unchecked_paths(spec: "AgentSpec") -> Iterator[Loc]:
    for index, volume in enumerate(spec.volumes):
        if volume.host_path is not None and not volume.host_path.type:
            yield ("volumes", index, "hostPath", "type")


def _hidden_folders(spec: "AgentSpec") -> Iterator[Loc]:
    for loc, container in containers(spec):
        for index, mount in enumerate(container.volume_mounts):
            if folded_mount_path(mount.mount_path) in _OF_WINDOWS:
                yield (*loc, "volumeMounts", index, "mountPath")


def _cel_every_volume(kept: str) -> str:
    return f"object.spec.?volumes.orValue([]).all(volume, {kept})"


def _cel_every_mount(kept: str) -> str:
    return every_container(f"container.?volumeMounts.orValue([]).all(mount, {kept})")


def _cel_no_modes(of: str) -> str:
    return " && ".join(f"{of}.?{source}.?items.orValue([]).all(item, !has(item.mode))" for source in _WITH_ITEMS)


RULES: Final = (
    SoftRule(
        "HPC111",
        "a path within a volume",
        "Kubernetes does not support this on Windows, though single files are known to work: "
        "try it on one node, or mount the whole volume",
        where="spec.containers[*].volumeMounts[*].subPath or subPathExpr, or that of an init container",
        breaches=_sub_paths,
        cel=_cel_every_mount("!has(mount.subPath) && !has(mount.subPathExpr)"),
    ),
    SoftRule(
        "HPC112",
        "mode bits",
        "has no effect on Windows: protect the files with the rights of the folder they are copied to",
        where="the defaultMode of a volume, or the mode of one of its items",
        breaches=_mode_bits,
        cel=_cel_every_volume(
            " && ".join(f"!has(volume.?{source}.defaultMode)" for source in _DEFAULTS)
            + f" && {_cel_no_modes('volume')}"
            + f" && volume.?projected.?sources.orValue([]).all(source, {_cel_no_modes('source')})"
        ),
    ),
    SoftRule(
        "HPC113",
        "a path of the node that nothing checks",
        "without a type a path that is missing on a node becomes an empty folder there, and the agent starts with it: "
        "say Directory or File, or DirectoryOrCreate if that is meant",
        where="spec.volumes[*].hostPath.type",
        breaches=_unchecked_paths,
        cel=_cel_every_volume("!has(volume.hostPath) || volume.hostPath.?type.orValue('') != ''"),
    ),
    SoftRule(
        "HPC114",
        "a mount over a folder of Windows",
        "on containerd 1.7 and later the volume hides this folder of the node from the agent, and nothing says so: "
        "mount it somewhere else",
        where="spec.containers[*].volumeMounts[*].mountPath, or that of an init container",
        breaches=_hidden_folders,
        cel=_cel_every_mount(f"!({CEL_FOLDED_MOUNT_PATH} in {list(_OF_WINDOWS)})"),
    ),
)
