"""Containers of an agent, with the field that a host process adds: the account it runs as."""

import re
from collections.abc import Sequence
from typing import Annotated, Any, Final, Literal

from pydantic import Field

from hostprocess_operator.api.accounts import AccountName
from hostprocess_operator.api.markers import Atomic, ListMap
from hostprocess_operator.api.names import PROBE_CONTAINER
from hostprocess_operator.api.quantity import parse_quantity
from hostprocess_operator.api.scalars import (
    CommandItem,
    DnsLabel,
    Image,
    Port,
    PortName,
    Quantity,
    RelativePath,
    every_key,
)
from hostprocess_operator.api.shape import Rules, Shape, rule
from hostprocess_operator.api.shapes.environment import EnvFromSource, EnvVar
from hostprocess_operator.api.shapes.probes import Lifecycle, ReadinessProbe, RestartingProbe
from hostprocess_operator.api.shapes.refused import (
    RefusedMountPropagation,
    RefusedSecurityContext,
    RefusedVolumeDevices,
)

_ROOT: Final = r"^([A-Za-z]:)?[\\/]*$"
_RESOURCES: Final = ["cpu", "memory", "ephemeral-storage"]


class ContainerPort(Shape):
    """A port that a container listens on."""

    rules = (
        rule(
            "must be equal to containerPort, or left out: a host process listens on the node itself",
            holds=lambda port: port.host_port in (None, port.container_port),
            cel="!has(self.hostPort) || self.hostPort == self.containerPort",
            at="hostPort",
        ),
    )

    name: PortName | None = None
    """Name of the port."""
    container_port: Port
    """Port number on the node."""
    host_port: Port | None = None
    """The same number again, or nothing."""
    protocol: Literal["TCP", "UDP", "SCTP"] = "TCP"
    """Protocol of the port."""
    host_ip: Annotated[
        Annotated[str, Field(max_length=45, pattern="^[0-9A-Fa-f.:]*$")] | None, Field(alias="hostIP")
    ] = None
    """Address of the node that the port is taken on, by default all."""


def _port_names_unique(ports: Sequence[ContainerPort]) -> bool:
    names = [port.name for port in ports if port.name is not None]
    return len(names) == len(set(names))


_Ports = Annotated[
    tuple[ContainerPort, ...],
    Field(max_length=16),
    ListMap("containerPort", "protocol"),
    Rules(
        rule(
            "two ports of one container have the same name",
            holds=_port_names_unique,
            cel="self.all(port, !has(port.name) || self.exists_one(other, has(other.name) && other.name == port.name))",
        )
    ),
]

_RESOURCE_NAMES: Final = every_key(
    "must be cpu, memory or ephemeral-storage: a host process uses the devices of its node without a device plugin",
    holds=lambda key: key in _RESOURCES,
    cel=f"key in {_RESOURCES}",
)
_Amounts = Annotated[dict[str, Quantity], Field(max_length=3), Rules(_RESOURCE_NAMES)]


def _within_limits(resources: Any) -> bool:  # noqa: ANN401 -- ResourceRequirements, which this is a rule of
    return all(
        parse_quantity(amount) <= parse_quantity(resources.limits[name])
        for name, amount in resources.requests.items()
        if name in resources.limits
    )


class ResourceRequirements(Shape):
    """What a container needs and what it may use at most."""

    rules = (
        rule(
            "a request is greater than its limit",
            holds=_within_limits,
            cel="!has(self.requests) || !has(self.limits) || self.requests.all(name, !(name in self.limits) || "
            "quantity(string(self.requests[name])).compareTo(quantity(string(self.limits[name]))) <= 0)",
            at="requests",
        ),
    )

    limits: _Amounts = Field(default_factory=dict)
    """Most that the container may use."""
    requests: _Amounts = Field(default_factory=dict)
    """What the container is guaranteed."""


class VolumeMount(Shape):
    """A place in the file system of a container where a volume is seen."""

    rules = (
        rule(
            "has both subPath and subPathExpr: leave out one",
            holds=lambda mount: not mount.sub_path or not mount.sub_path_expr,
            cel="!has(self.subPath) || !has(self.subPathExpr)",
            at="subPathExpr",
        ),
    )

    name: DnsLabel
    """Name of the volume."""
    mount_path: Annotated[
        str,
        Field(min_length=1, max_length=260),
        Rules(
            rule(
                "the root of a drive is the node's own and cannot be mounted over: choose a folder",
                holds=lambda path: not re.fullmatch(_ROOT, path),
                cel=f"!self.matches(r'{_ROOT}')",
            )
        ),
    ]
    r"""Path below which the agent finds it: $env:CONTAINER_SANDBOX_MOUNT_POINT\PATH works on every node."""
    sub_path: RelativePath | None = None
    """Path within the volume."""
    sub_path_expr: RelativePath | None = None
    """Path within the volume, in which $(NAME) stands for a variable of the container."""
    read_only: bool | None = None
    """Whether the volume cannot be written."""
    mount_propagation: RefusedMountPropagation | None = None
    """Refused: Windows has no mount propagation."""


def folded_mount_path(path: str) -> str:
    r"""Return the path as Windows compares it below a container's root: `/a/B` and `C:\A\b\` are the same."""
    lower = "".join(letter.lower() if letter.isascii() else letter for letter in path).replace("/", "\\")
    rooted = re.sub("^[a-z]:", "", lower)
    return f"{rooted}\\".replace("\\\\", "\\")


def _mount_paths_differ(mounts: Sequence[VolumeMount]) -> bool:
    return len({folded_mount_path(mount.mount_path) for mount in mounts}) == len(mounts)


_CEL_LOWER: Final = r"mount.mountPath.lowerAscii().replace('/', '\\')"
_CEL_ROOTED: Final = rf"({_CEL_LOWER}.matches('^[a-z]:') ? {_CEL_LOWER}.substring(2) : {_CEL_LOWER})"
CEL_FOLDED_MOUNT_PATH: Final = rf"({_CEL_ROOTED} + '\\').replace('\\\\', '\\')"
"""The same as a CEL expression over a `mount`."""

_VolumeMounts = Annotated[
    tuple[VolumeMount, ...],
    Field(max_length=32),
    ListMap("mountPath"),
    Rules(
        rule(
            "two mounts have paths that are the same on Windows, where case, slashes and drive do not tell them apart",
            holds=_mount_paths_differ,
            cel=f"[self.map(mount, {CEL_FOLDED_MOUNT_PATH})]"
            ".all(paths, paths.all(path, paths.exists_one(other, other == path)))",
        )
    ),
]

_Name = Annotated[
    DnsLabel,
    Rules(
        rule(
            f"{PROBE_CONTAINER} is the operator's own container: choose another name",
            holds=lambda name: name != PROBE_CONTAINER,
            cel=f"self != '{PROBE_CONTAINER}'",
        )
    ),
]
_CommandLine = Annotated[tuple[CommandItem, ...], Field(max_length=64), Atomic()]


class _AnyContainer(Shape):
    """What agent containers and init containers have in common."""

    name: _Name
    """Name of the container."""
    image: Image
    """Image, of which a host process uses the files only: it runs with the programs of its node."""
    image_pull_policy: Literal["Always", "IfNotPresent", "Never"] | None = None
    """When the image is pulled."""
    run_as_user_name: AccountName | None = None
    """Account of this container, by default that of the agent."""
    command: _CommandLine = ()
    """Command line, by default the entry point of the image."""
    args: _CommandLine = ()
    """Arguments behind the command."""
    working_dir: Annotated[str, Field(max_length=260)] | None = None
    """Directory that the command starts in."""
    env: Annotated[tuple[EnvVar, ...], Field(max_length=128), ListMap("name")] = ()
    """Environment variables."""
    env_from: Annotated[tuple[EnvFromSource, ...], Field(max_length=16), Atomic()] = ()
    """ConfigMaps and Secrets whose keys become environment variables."""
    ports: _Ports = ()
    """Ports that the container listens on, which are ports of its node."""
    resources: ResourceRequirements | None = None
    """What the container needs and what it may use at most."""
    volume_mounts: _VolumeMounts = ()
    """Volumes that the container sees."""
    lifecycle: Lifecycle | None = None
    """Hooks around the life of the container."""
    security_context: RefusedSecurityContext | None = None
    """Refused: the operator writes it."""
    volume_devices: RefusedVolumeDevices | None = None
    """Refused: Windows has no raw block volumes."""


class InitContainer(_AnyContainer):
    """A container that runs before the agent, or beside it if it is always restarted."""

    rules = (
        rule(
            "an init container that ends has no lifecycle: leave it out, or set restartPolicy: Always",
            holds=lambda container: container.lifecycle is None or container.restart_policy == "Always",
            cel="!has(self.lifecycle) || has(self.restartPolicy)",
            at="lifecycle",
            reason="FieldValueForbidden",
        ),
    )

    restart_policy: Literal["Always"] | None = None
    """Always for a container that runs beside the agent."""


class Container(_AnyContainer):
    """A container of the agent."""

    liveness_probe: RestartingProbe | None = None
    """Restarts the container when it fails."""
    readiness_probe: ReadinessProbe | None = None
    """Says whether the container is ready."""
    startup_probe: RestartingProbe | None = None
    """Holds the other probes back until it succeeds."""
