"""Soft rules about how the processes of an agent are checked, limited and stopped."""

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Final, Literal

from pydantic.alias_generators import to_snake

from hostprocess_operator.api.shape import Loc
from hostprocess_operator.api.soft_rules.places import PROBES, containers, every_container
from hostprocess_operator.api.soft_rules.soft_rule import SoftRule

if TYPE_CHECKING:
    from hostprocess_operator.api.agent import AgentSpec

_IGNORED_ANNOTATIONS: Final = (
    "microsoft.com/hostprocess-inherit-user",
    "microsoft.com/hostprocess-rootfs-location",
)


def _no_time_to_stop(spec: "AgentSpec") -> Iterator[Loc]:
    if spec.termination_grace_period_seconds == 0:
        yield ("terminationGracePeriodSeconds",)


def _probes_by_command(spec: "AgentSpec") -> Iterator[Loc]:
    for loc, container in containers(spec):
        for name in PROBES:
            probe = getattr(container, to_snake(name), None)
            if probe is not None and probe.exec is not None:
                yield (*loc, name, "exec")


def _limits(spec: "AgentSpec", of: Literal["memory", "ephemeral-storage"]) -> Iterator[Loc]:
    for loc, container in containers(spec):
        if container.resources is not None and of in container.resources.limits:
            yield (*loc, "resources", "limits", of)


def _ignored_annotations(spec: "AgentSpec") -> Iterator[Loc]:
    written = spec.pod_metadata.annotations if spec.pod_metadata else {}
    return (("podMetadata", "annotations", key) for key in _IGNORED_ANNOTATIONS if key in written)


def _cel_has_no_limit(of: str) -> str:
    return every_container(f"!('{of}' in container.?resources.?limits.orValue({{}}))")


RULES: Final = (
    SoftRule(
        "HPC104",
        "no time to stop",
        "with 0 the next agent may start while the old process still holds its ports and files: allow some seconds",
        where="spec.terminationGracePeriodSeconds",
        breaches=_no_time_to_stop,
        cel="object.spec.?terminationGracePeriodSeconds.orValue(1) != 0",
    ),
    SoftRule(
        "HPC105",
        "a probe that starts a process",
        "every check starts a process on the node, which has been seen to leak memory in the container runtime: "
        "prefer httpGet or tcpSocket",
        where="spec.containers[*].livenessProbe.exec, or that of another probe",
        breaches=_probes_by_command,
        cel="object.spec.containers.all(container, "
        + " && ".join(f"!has(container.?{probe}.exec)" for probe in PROBES)
        + ")",
    ),
    SoftRule(
        "HPC106",
        "a memory limit that ends nothing",
        "Windows has no out-of-memory killer: at the limit allocations of the process fail and it is not restarted",
        where="spec.containers[*].resources.limits.memory, or that of an init container",
        breaches=partial(_limits, of="memory"),
        cel=_cel_has_no_limit("memory"),
    ),
    SoftRule(
        "HPC107",
        "a storage limit that sees little",
        "only what is written below the container's own root counts, not what a host process writes to the node: "
        "do not rely on it to keep the node's disk free",
        where="spec.containers[*].resources.limits.ephemeral-storage, or that of an init container",
        breaches=partial(_limits, of="ephemeral-storage"),
        cel=_cel_has_no_limit("ephemeral-storage"),
    ),
    SoftRule(
        "HPC115",
        "an annotation that containerd keeps to itself",
        "containerd does not hand this annotation on unless every node is configured to, so it has no effect: "
        "leave it out",
        where="spec.podMetadata.annotations",
        breaches=_ignored_annotations,
        cel=f"object.spec.?podMetadata.?annotations.orValue({{}}).all(key, !(key in {list(_IGNORED_ANNOTATIONS)}))",
    ),
)
