"""Fields that people bring along and that a host process cannot have: declared only to be refused.

Without them the API server could only say `unknown field`. Their shapes are as wide as what is usually pasted.
"""

from typing import Annotated, Final

from pydantic import Field

from hostprocess_operator.api.markers import Atomic
from hostprocess_operator.api.shape import Shape, refused

_Word = Annotated[str, Field(max_length=512)]
_Words = Annotated[tuple[_Word, ...], Field(max_length=64), Atomic()]


class Capabilities(Shape):
    """Linux capabilities."""

    add: _Words = ()
    drop: _Words = ()


class SeccompProfile(Shape):
    """A Linux seccomp profile."""

    type: _Word | None = None
    localhost_profile: _Word | None = None


class WindowsSecurityContextOptions(Shape):
    """Windows options of a security context."""

    host_process: bool | None = None
    run_as_user_name: _Word | None = None
    gmsa_credential_spec: _Word | None = None
    gmsa_credential_spec_name: _Word | None = None


class SecurityContext(Shape):
    """A security context as Linux pods and hand-written host processes have it."""

    windows_options: WindowsSecurityContextOptions | None = None
    privileged: bool | None = None
    allow_privilege_escalation: bool | None = None
    read_only_root_filesystem: bool | None = None
    run_as_non_root: bool | None = None
    run_as_user: int | None = None
    run_as_group: int | None = None
    fs_group: int | None = None
    capabilities: Capabilities | None = None
    seccomp_profile: SeccompProfile | None = None


class VolumeDevice(Shape):
    """A raw block device."""

    name: _Word
    device_path: _Word


class PodOS(Shape):
    """The operating system of a pod."""

    name: _Word


_OPERATOR_SETS_IT: Final = "leave it out: the operator sets it for every host process"

RefusedSecurityContext = Annotated[
    SecurityContext,
    refused(
        "leave it out: the operator writes the security context of a host process, and Windows knows no other part "
        "of it; an account goes into runAsUserName, and to run without administrator rights choose one that has none"
    ),
]
RefusedVolumeDevices = Annotated[
    tuple[VolumeDevice, ...],
    Field(max_length=16),
    Atomic(),
    refused(r"Windows has no raw block volumes; a host process opens the disk itself, as \\.\PhysicalDrive1"),
]
RefusedMountPropagation = Annotated[_Word, refused("leave it out: Windows has no mount propagation")]
RefusedHostNetwork = Annotated[bool, refused(_OPERATOR_SETS_IT)]
RefusedHostNamespace = Annotated[
    bool, refused("leave it out: Windows has no such namespace; a host process sees every process of its node")
]
RefusedDnsPolicy = Annotated[
    _Word,
    refused(
        "leave it out: a host process uses the DNS of its node; reach a service by its address, as in the "
        "variable KUBERNETES_SERVICE_HOST"
    ),
]
RefusedRuntimeClass = Annotated[
    _Word, refused("leave it out: a host process runs on the node itself and has no runtime to choose")
]
RefusedOS = Annotated[PodOS, refused(_OPERATOR_SETS_IT)]
RefusedRestartPolicy = Annotated[_Word, refused("leave it out: the pods of an agent are always restarted")]
