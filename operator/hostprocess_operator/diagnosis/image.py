"""Why an image does not arrive on the node."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from hostprocess_operator.api.faults import Fault
from hostprocess_operator.api.names import PROBE_CONTAINER
from hostprocess_operator.diagnosis.finding import Finding, found
from hostprocess_operator.diagnosis.quoting import because, name
from hostprocess_operator.diagnosis.start import fault_of_start
from hostprocess_operator.diagnosis.texts import PULL, fault_in

if TYPE_CHECKING:
    from hostprocess_operator.observed import Container, Pod

PULL_REASONS: Final = frozenset(
    {
        "ErrImagePull",
        "ImagePullBackOff",
        "ErrImageNeverPull",
        "InvalidImageName",
        "ImageInspectError",
        "RegistryUnavailable",
        "SignatureValidationFailed",
    }
)
"""The kubelet's reasons for a container that waits for its image."""

# What kubelet and containerd put before the cause: the image is named by the sentence already.
_LEADING: Final = re.compile(
    r'^(?:Back-off pulling image "[^"]{0,1024}"|ErrImagePull|Failed to pull image "[^"]{0,1024}"'
    r'|rpc error: code = \w{1,32} desc = |failed to pull and unpack image "[^"]{0,1024}"'
    r'|failed to resolve reference "[^"]{0,1024}"|failed to do request|\w{3,6} "[^"]{0,1024}")(?:: |$)?'
)


def image_fault(reason: str, words: str, pod: Pod, container: Container) -> Finding:
    """Return why the container's image does not arrive, from the kubelet's reason and words."""
    image, whose = name(container.image), _whose(container)
    if reason == "InvalidImageName":
        return found(
            Fault.INVALID_IMAGE_NAME,
            f"The image name {image} cannot be read.",
            f"Correct the image{whose} in the spec.",
        )
    if reason == "ErrImageNeverPull":
        return found(
            Fault.IMAGE_PULL_FAILED,
            f"The image {image} is not on the node, and imagePullPolicy Never forbids to pull it.",
            f"Set imagePullPolicy{whose} to IfNotPresent, or load the image onto the node.",
        )
    return _refused(fault_in(words, PULL), words, pod, container)


def _refused(fault: Fault | None, words: str, pod: Pod, container: Container) -> Finding:
    image, whose = name(container.image), _whose(container)
    if fault is Fault.IMAGE_OS_MISMATCH:
        return fault_of_start(fault, words, pod, container)
    if fault is Fault.IMAGE_NOT_FOUND:
        return found(
            fault,
            f"The registry has no image {image}.",
            f"Correct the image{whose} in the spec, or push it.",
        )
    if fault is Fault.IMAGE_PULL_DENIED:
        return found(
            fault,
            f"The registry does not hand out the image {image}: it is private, or it does not exist.",
            "Correct it, or name a Secret in spec.imagePullSecrets: `kubectl create secret docker-registry NAME "
            f"-n {pod.namespace} --docker-server={_registry(image)} --docker-username=USER "
            "--docker-password=PASSWORD`.",
        )
    return found(
        Fault.IMAGE_PULL_FAILED,
        f"The image {image} cannot be pulled{because(_cause(words), pod)}.",
        "Make sure that the node reaches the registry and trusts it; it is tried again.",
    )


def _whose(container: Container) -> str:
    """Return whose image the user has to correct; the probe's is that of the agent."""
    return "" if container.name == PROBE_CONTAINER else f" of container {name(container.name)}"


def _cause(words: str) -> str:
    """Return the words without what only repeats that an image was being pulled."""
    rest = words[:4096]
    while (match := _LEADING.match(rest)) and match.end():
        rest = rest[match.end() :]
    return rest


def _registry(image: str) -> str:
    """Return the registry of an image reference as docker reads it."""
    first, slash, _ = image.partition("/")
    return first if slash and (set(".:") & set(first) or first == "localhost") else "docker.io"
