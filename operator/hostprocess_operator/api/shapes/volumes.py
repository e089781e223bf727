"""Volumes and where their content comes from."""

import re
from typing import Annotated, Final, Literal

from pydantic import Field

from hostprocess_operator.api.markers import Atomic
from hostprocess_operator.api.scalars import (
    DRIVER_NAME,
    NO_BACKSTEPS,
    DataKey,
    DnsLabel,
    FileMode,
    FileToWrite,
    HostPath,
    ObjectName,
    Quantity,
)
from hostprocess_operator.api.shape import Rules, Shape, exactly_one, rule
from hostprocess_operator.api.shapes.environment import FileFieldSelector, ResourceFieldSelector
from hostprocess_operator.api.shapes.placement import LocalObjectReference

_ANY_CASE: Final = re.IGNORECASE | re.ASCII
_PIPE: Final = r"^([\\/]{2}[.?][\\/]pipe([\\/]|$)|npipe:)"
_SOCKET: Final = r"\.sock$"
_OPEN_IT_DIRECTLY: Final = (
    "cannot be mounted into a host process: remove the volume and let the agent open it by its path on the node"
)

_Items = Annotated[tuple["KeyToPath", ...], Field(max_length=32), Atomic()]
_Mode = FileMode | None


class HostPathVolumeSource(Shape):
    """A file or directory of the node."""

    rules = (
        rule(
            f"a Unix socket {_OPEN_IT_DIRECTLY}",
            holds=lambda source: source.type != "Socket",
            cel="!has(self.type) || self.type != 'Socket'",
            at="type",
        ),
    )

    path: Annotated[
        HostPath,
        Rules(
            NO_BACKSTEPS,
            rule(
                f"a named pipe {_OPEN_IT_DIRECTLY}",
                holds=lambda path: not re.search(_PIPE, path, _ANY_CASE),
                cel=f"!self.lowerAscii().matches(r'{_PIPE}')",
            ),
            rule(
                f"a Unix socket {_OPEN_IT_DIRECTLY}",
                holds=lambda path: not re.search(_SOCKET, path, _ANY_CASE),
                cel=f"!self.lowerAscii().matches(r'{_SOCKET}')",
            ),
        ),
    ]
    """Path on the node."""
    type: (
        Literal["", "DirectoryOrCreate", "Directory", "FileOrCreate", "File", "Socket", "CharDevice", "BlockDevice"]
        | None
    ) = None
    """What has to be found at the path."""


class EmptyDirVolumeSource(Shape):
    """A directory that lives as long as the pod."""

    medium: (
        Annotated[
            Literal["", "Memory"],
            Rules(
                rule(
                    "Windows has no memory-backed volumes: leave it out, the directory is on disk",
                    holds=lambda medium: medium == "",
                    cel="self == ''",
                )
            ),
        ]
        | None
    ) = None
    """Where the directory is kept; only the disk of the node is possible."""
    size_limit: Quantity | None = None
    """Size at which the pod is evicted."""


class KeyToPath(Shape):
    """A key and the file that it becomes."""

    key: DataKey
    """Key to read."""
    path: FileToWrite
    """File to write, relative to the volume."""
    mode: _Mode = None
    """Mode bits, which have no effect on Windows."""


class ConfigMapVolumeSource(Shape):
    """A ConfigMap as files."""

    name: ObjectName
    """Name of the ConfigMap."""
    items: _Items = ()
    """Keys to take, by default all."""
    default_mode: _Mode = None
    """Mode bits, which have no effect on Windows."""
    optional: bool | None = None
    """Whether the ConfigMap or its keys may be missing."""


class SecretVolumeSource(Shape):
    """A Secret as files."""

    secret_name: ObjectName
    """Name of the Secret."""
    items: _Items = ()
    """Keys to take, by default all."""
    default_mode: _Mode = None
    """Mode bits, which have no effect on Windows."""
    optional: bool | None = None
    """Whether the Secret or its keys may be missing."""


class DownwardAPIVolumeFile(Shape):
    """A file with a field of the pod or a resource of a container."""

    rules = (
        exactly_one("fieldRef", "resourceFieldRef"),
        rule(
            "name the container whose resource is to be written: add containerName",
            holds=lambda file: file.resource_field_ref is None or bool(file.resource_field_ref.container_name),
            cel="!has(self.resourceFieldRef) || "
            "(has(self.resourceFieldRef.containerName) && self.resourceFieldRef.containerName != '')",
            at="resourceFieldRef",
            reason="FieldValueRequired",
        ),
    )

    path: FileToWrite
    """File to write, relative to the volume."""
    field_ref: FileFieldSelector | None = None
    """A field of the pod."""
    resource_field_ref: ResourceFieldSelector | None = None
    """A request or limit of a container."""
    mode: _Mode = None
    """Mode bits, which have no effect on Windows."""


_Files = Annotated[tuple[DownwardAPIVolumeFile, ...], Field(max_length=32), Atomic()]


class DownwardAPIVolumeSource(Shape):
    """Fields of the pod as files."""

    items: _Files = ()
    """Files to write."""
    default_mode: _Mode = None
    """Mode bits, which have no effect on Windows."""


class ConfigMapProjection(Shape):
    """A ConfigMap within a projected volume."""

    name: ObjectName
    """Name of the ConfigMap."""
    items: _Items = ()
    """Keys to take, by default all."""
    optional: bool | None = None
    """Whether the ConfigMap or its keys may be missing."""


class SecretProjection(Shape):
    """A Secret within a projected volume."""

    name: ObjectName
    """Name of the Secret."""
    items: _Items = ()
    """Keys to take, by default all."""
    optional: bool | None = None
    """Whether the Secret or its keys may be missing."""


class DownwardAPIProjection(Shape):
    """Fields of the pod within a projected volume."""

    items: _Files = ()
    """Files to write."""


class ServiceAccountTokenProjection(Shape):
    """A token of the pod's ServiceAccount within a projected volume."""

    audience: Annotated[str, Field(max_length=512)] | None = None
    """Whom the token is meant for, by default the API server."""
    expiration_seconds: Annotated[int, Field(ge=600, le=2**32)] | None = None
    """How long the token is valid; it is renewed in time."""
    path: FileToWrite
    """File to write, relative to the volume."""


class VolumeProjection(Shape):
    """One source of a projected volume."""

    rules = (exactly_one("configMap", "secret", "downwardAPI", "serviceAccountToken"),)

    config_map: ConfigMapProjection | None = None
    """A ConfigMap."""
    secret: SecretProjection | None = None
    """A Secret."""
    downward_api: Annotated[DownwardAPIProjection | None, Field(alias="downwardAPI")] = None
    """Fields of the pod."""
    service_account_token: ServiceAccountTokenProjection | None = None
    """A token of the pod's ServiceAccount."""


class ProjectedVolumeSource(Shape):
    """Several sources in one directory."""

    sources: Annotated[tuple[VolumeProjection, ...], Field(max_length=8), Atomic()] = ()
    """The sources."""
    default_mode: _Mode = None
    """Mode bits, which have no effect on Windows."""


class CSIVolumeSource(Shape):
    """A volume that a CSI driver of the node makes for the pod."""

    driver: Annotated[str, Field(min_length=1, max_length=63, pattern=DRIVER_NAME)]
    """Name of the driver."""
    read_only: bool | None = None
    """Whether the volume cannot be written."""
    fs_type: Annotated[str, Field(max_length=63)] | None = None
    """File system to mount, such as NTFS."""
    volume_attributes: Annotated[dict[str, Annotated[str, Field(max_length=1024)]], Field(max_length=32)] = Field(
        default_factory=dict
    )
    """Settings for the driver."""
    node_publish_secret_ref: LocalObjectReference | None = None
    """Secret for the driver."""


_SOURCES: Final = ("hostPath", "emptyDir", "configMap", "secret", "projected", "downwardAPI", "csi")


class Volume(Shape):
    """A volume of the pod."""

    rules = (exactly_one(*_SOURCES),)

    name: DnsLabel
    """Name that the mounts refer to."""
    host_path: HostPathVolumeSource | None = None
    """A file or directory of the node."""
    empty_dir: EmptyDirVolumeSource | None = None
    """A directory that lives as long as the pod."""
    config_map: ConfigMapVolumeSource | None = None
    """A ConfigMap as files."""
    secret: SecretVolumeSource | None = None
    """A Secret as files."""
    projected: ProjectedVolumeSource | None = None
    """Several sources in one directory."""
    downward_api: Annotated[DownwardAPIVolumeSource | None, Field(alias="downwardAPI")] = None
    """Fields of the pod as files."""
    csi: CSIVolumeSource | None = None
    """A volume of a CSI driver."""
