"""What is allowed and yet worth a word: settings that do nothing on Windows, or that bite later.

Only what is known to be so, each with the next step. Nothing here refuses anything.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from hostprocess_operator.api.accounts import (
    AUTHORITY,
    LOCAL_SYSTEM_SID,
    SERVICE_SIDS,
    service_account,
    split_account,
)
from hostprocess_operator.api.agent import AgentSpec, HostProcessAgent
from hostprocess_operator.api.names import DEFAULT_ACCOUNT
from hostprocess_operator.api.shapes.containers import Container, InitContainer
from hostprocess_operator.api.shapes.probes import ExecAction
from hostprocess_operator.api.shapes.volumes import Volume

_SPECIAL: Final = re.compile(r"[\^&|<>]")
_EXPANDED: Final = re.compile(r"%[^%]+%")
_TOKEN: Final = re.compile(r"[\\/]var[\\/]run[\\/]secrets[\\/]kubernetes\.io[\\/]serviceaccount", re.IGNORECASE)
_MOUNT_POINT: Final = "CONTAINER_SANDBOX_MOUNT_POINT"


_WITHOUT_RIGHTS: Final = frozenset(SERVICE_SIDS.values()) - {LOCAL_SYSTEM_SID}


@dataclass(frozen=True, slots=True, order=True)
class FieldWarning:
    """Something that is allowed and probably not what was meant.

    Attributes:
        path: JSON path, such as `spec.terminationGracePeriodSeconds`.
        message: What will happen and what to do instead. Holds no text of the user's.
    """

    path: str
    message: str


def warnings_of(agent: HostProcessAgent) -> tuple[FieldWarning, ...]:
    """Return what is worth a word about a valid agent, sorted by path."""
    return tuple(sorted(_warnings(agent.spec)))


def _warnings(spec: AgentSpec) -> Iterator[FieldWarning]:
    yield from _of_account("spec.runAsUserName", spec.run_as_user_name)
    if spec.termination_grace_period_seconds == 0:
        yield FieldWarning(
            "spec.terminationGracePeriodSeconds",
            "with 0 the next agent may start while the old process still holds its ports and files: allow some seconds",
        )
    rights = spec.verification.expect if spec.verification.mode != "None" else None
    if rights == "Administrator" and service_account(spec.run_as_user_name) in _WITHOUT_RIGHTS:
        yield FieldWarning(
            "spec.verification.expect",
            rf"this account never has administrator rights, so every node will be denied: run as {DEFAULT_ACCOUNT}, "
            "or expect Any",
        )
    for index, container in enumerate(spec.containers):
        path = f"spec.containers[{index}]"
        yield from _of_any_container(path, container)
        for name in ("liveness", "readiness", "startup"):
            probe = getattr(container, f"{name}_probe")
            if probe and probe.exec:
                yield from _of_exec_probe(f"{path}.{name}Probe.exec", probe.exec)
    for index, init_container in enumerate(spec.init_containers):
        yield from _of_any_container(f"spec.initContainers[{index}]", init_container)
    for index, volume in enumerate(spec.volumes):
        yield from _of_volume(f"spec.volumes[{index}]", volume)


def _of_account(path: str, account: str) -> Iterator[FieldWarning]:
    domain, _ = split_account(account)
    if domain is None:
        yield FieldWarning(
            path,
            "this is taken as the name of a local group: it must exist on every node, "
            "and the nodes need containerd 1.7 or later",
        )
    elif service_account(account) is None:
        yield FieldWarning(
            path,
            rf"a process cannot log on as this account without its password: take one of {AUTHORITY}\SYSTEM, "
            "LocalService and NetworkService, or a local group",
        )


def _of_any_container(path: str, container: Container | InitContainer) -> Iterator[FieldWarning]:
    if container.run_as_user_name is not None:
        yield from _of_account(f"{path}.runAsUserName", container.run_as_user_name)
    for field, items in (("command", container.command), ("args", container.args)):
        yield from _of_command_line(f"{path}.{field}", items)
        for index, item in enumerate(items):
            yield from _of_token(f"{path}.{field}[{index}]", item)
    for index, variable in enumerate(container.env):
        yield from _of_token(f"{path}.env[{index}].value", variable.value or "")
    for name, hook in (("postStart", "post_start"), ("preStop", "pre_stop")):
        handler = getattr(container.lifecycle, hook, None)
        if handler and handler.exec:
            yield from _of_command_line(f"{path}.lifecycle.{name}.exec.command", handler.exec.command)
    if container.resources and "memory" in container.resources.limits:
        yield FieldWarning(
            f"{path}.resources.limits.memory",
            "Windows has no out-of-memory killer: at the limit allocations of the process fail and it is not restarted",
        )
    for index, mount in enumerate(container.volume_mounts):
        if mount.sub_path or mount.sub_path_expr:
            yield FieldWarning(
                f"{path}.volumeMounts[{index}].{'subPath' if mount.sub_path else 'subPathExpr'}",
                "Kubernetes does not support this on Windows, though single files are known to work: "
                "try it on one node, or mount the whole volume",
            )


def _of_token(path: str, text: str) -> Iterator[FieldWarning]:
    if _TOKEN.search(text) and _MOUNT_POINT not in text:
        yield FieldWarning(
            path,
            "not every node has the ServiceAccount's files at this path: "
            rf"put $env:{_MOUNT_POINT} in front of it, which works on all",
        )


def _of_command_line(path: str, items: tuple[str, ...]) -> Iterator[FieldWarning]:
    r"""Warn of what cmd.exe, which containerd 1.7 and later runs every command line with, takes for itself.

    The runtime puts an item in quotes if it holds white space and writes `\"` for a quote within, which cmd.exe
    takes for the end of the quotes. Percent signs have their meaning within quotes too.
    """
    for index, item in enumerate(items):
        bare = '"' in item or not re.search(r"\s", item)
        if (bare and _SPECIAL.search(item)) or _EXPANDED.search(item):
            yield FieldWarning(
                f"{path}[{index}]",
                "cmd.exe runs the command on containerd 1.7 and later and takes % ^ & | < > for itself: "
                "use powershell.exe -EncodedCommand, or run a script from a ConfigMap",
            )


def _of_exec_probe(path: str, action: ExecAction) -> Iterator[FieldWarning]:
    yield FieldWarning(
        path,
        "every check starts a process on the node, which has been seen to leak memory in the container runtime: "
        "prefer httpGet or tcpSocket",
    )
    yield from _of_command_line(f"{path}.command", action.command)


def _of_volume(path: str, volume: Volume) -> Iterator[FieldWarning]:
    for field in ("config_map", "secret", "projected", "downward_api"):
        source = getattr(volume, field)
        if source and source.default_mode is not None:
            name = type(volume).model_fields[field].alias
            yield FieldWarning(
                f"{path}.{name}.defaultMode",
                "has no effect on Windows: protect the files with the rights of the folder they are copied to",
            )
