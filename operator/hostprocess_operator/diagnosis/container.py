"""What the status of one container says about why it does not run."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from hostprocess_operator.api.faults import Fault
from hostprocess_operator.api.names import PROBE_CONTAINER
from hostprocess_operator.diagnosis.exit_codes import NOT_RECOGNIZED, OUT_OF_MEMORY, exit_words, unsigned
from hostprocess_operator.diagnosis.finding import Finding, found
from hostprocess_operator.diagnosis.image import PULL_REASONS, image_fault
from hostprocess_operator.diagnosis.quoting import because, name
from hostprocess_operator.diagnosis.start import fault_of_start, start_failed
from hostprocess_operator.diagnosis.texts import COMMAND

if TYPE_CHECKING:
    from hostprocess_operator.observed import Container, Ended, Pod

STARTING: Final = frozenset({"ContainerCreating", "PodInitializing", ""})
"""Reasons for waiting that name no trouble."""

_NOT_STARTED: Final = frozenset({"StartError", "ContainerCannotRun"})
"""Reasons for an end that was no run at all: the message is the runtime's."""

_MISSING: Final = re.compile(r'\b(configmap|secret) "([^"]{1,253})" not found', re.IGNORECASE)
_NO_KEY: Final = re.compile(r"find key (\S{1,253}) in (ConfigMap|Secret) ([^\s/]{1,63})/(\S{1,253})")
_KINDS: Final = {"configmap": "ConfigMap", "secret": "Secret"}
_HOOK_CAUSE: Final = re.compile(r"failed - error: (.{1,2000})", re.DOTALL)


def diagnose_container(pod: Pod, container: Container) -> Finding | None:
    """Return why a container waits or has ended, None when its status names nothing wrong."""
    words = container.message
    if container.state == "terminated":
        is_done = container.init and not container.sidecar and not container.exit_code
        return None if is_done else end_of_run(pod, container, container.ended)
    if container.state != "waiting" or container.reason in STARTING:
        return None
    if container.reason in PULL_REASONS:
        return image_fault(container.reason, words, pod, container)
    if container.reason == "CrashLoopBackOff":
        return end_of_run(pod, container, container.last)
    if container.reason == "CreateContainerConfigError":
        return missing_object(words, pod, container) or start_failed(words, pod, container)
    if container.reason == "PostStartHookError":
        return hook_failed("postStart", words, pod, container)
    return start_failed(words or (container.last.message if container.last else ""), pod, container)


def end_of_run(pod: Pod, container: Container, ended: Ended | None) -> Finding:
    """Return why a run ended; None stands for an end of which nothing is known."""
    if ended is not None:
        code = unsigned(ended.exit_code)
        if ended.reason in _NOT_STARTED:
            return start_failed(ended.message, pod, container)
        if ended.reason == "OOMKilled" or code in OUT_OF_MEMORY:
            return _out_of_memory(container, ended)
        if code == NOT_RECOGNIZED or COMMAND.search(ended.message[:4096]):
            return fault_of_start(Fault.COMMAND_NOT_FOUND, ended.message, pod, container)
    if container.init and not container.sidecar:
        return _init_failed(pod, container, ended)
    return _crash_loop(pod, container, ended)


def _out_of_memory(container: Container, ended: Ended) -> Finding:
    called = f"Container {name(container.name)}"
    how = "it was killed (OOMKilled)" if ended.reason == "OOMKilled" else exit_words(ended.exit_code)
    if container.memory_limit:
        return found(
            Fault.MEMORY_LIMIT,
            f"{called} ran into its memory limit of {name(container.memory_limit)}: {how}.",
            f"Raise resources.limits.memory of container {name(container.name)}: beyond it Windows refuses memory.",
        )
    return found(
        Fault.MEMORY_LIMIT,
        f"{called} got no more memory from the node: {how}.",
        "Make room on the node, or find out why the agent takes so much: it has no memory limit.",
    )


def _init_failed(pod: Pod, container: Container, ended: Ended | None) -> Finding:
    how = f" with {exit_words(ended.exit_code)}" if ended else ""
    what = ", which reports the rights of the account," if container.name == PROBE_CONTAINER else ""
    return found(
        Fault.INIT_FAILED,
        f"Init container {name(container.name)}{what} fails{how}, so the agent does not start.",
        f"Read its log: {_last_log(pod, container)}",
        examples=(pod.name,),
    )


def _crash_loop(pod: Pod, container: Container, ended: Ended | None) -> Finding:
    called = f"Container {name(container.name)}"
    if ended is not None and not ended.exit_code:
        return found(
            Fault.CRASH_LOOP,
            f"{called} ends by itself with success, and is started again.",
            f"An agent has to keep running: let its command wait. Its log: {_last_log(pod, container)}",
            examples=(pod.name,),
        )
    how = f" with {exit_words(ended.exit_code)}" if ended else ""
    return found(
        Fault.CRASH_LOOP,
        f"{called} keeps ending{how}.",
        f"Read its last words: {_last_log(pod, container)}",
        examples=(pod.name,),
    )


def missing_object(words: str, pod: Pod, container: Container) -> Finding | None:
    """Return the ConfigMap or Secret that a container refers to in vain, None when the words name none."""
    called = f"Container {name(container.name)}"
    if match := _NO_KEY.search(words[:4096]):
        key, kind, _, which = match.groups()
        return found(
            Fault.CONFIG_MISSING,
            f"{called} refers to the key {name(key)} of {kind} {name(which)}, which has no such key.",
            f"Add it: `kubectl edit {kind.lower()} {name(which)} -n {pod.namespace}`.",
        )
    if match := _MISSING.search(words[:4096]):
        kind, which = _KINDS[match[1].lower()], name(match[2])
        return found(
            Fault.CONFIG_MISSING,
            f"{called} refers to {kind} {which}, which does not exist.",
            create_command(kind, which, pod.namespace),
        )
    return None


def create_command(kind: str, which: str, namespace: str) -> str:
    """Return the sentence that says how a ConfigMap or Secret is made."""
    generic = " generic" if kind == "Secret" else ""
    return f"Create it: `kubectl create {kind.lower()}{generic} {which} -n {namespace} --from-file=PATH`."


def hook_failed(hook: str, words: str, pod: Pod, container: Container) -> Finding:
    """Return the failure of a lifecycle hook, `postStart` or `preStop`."""
    cause = match[1] if (match := _HOOK_CAUSE.search(words[:4096])) else ""
    return found(
        Fault.HOOK_FAILED,
        f"The {hook} hook of container {name(container.name)} fails{because(cause, pod)}.",
        f"Correct it in the spec, at lifecycle.{hook} of container {name(container.name)}.",
    )


def _last_log(pod: Pod, container: Container) -> str:
    """Return the command that shows the log of the run that ended; at the first end that is no previous run yet."""
    previous = "" if container.state == "terminated" and container.last is None else " --previous"
    return f"`kubectl logs {pod.name} -c {container.name} -n {pod.namespace}{previous}`."
