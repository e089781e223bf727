"""What the Events of a pod add where its status alone does not explain: sandbox, volumes, pulls, probes, hooks.

A pod is at one stage, and each stage has a table of the Events that count there; all others are left out. Of those
that count the newest speaks, and of two about one thing the one that names it.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from hostprocess_operator.api.faults import Fault
from hostprocess_operator.api.reasons import Reason
from hostprocess_operator.diagnosis.container import create_command, hook_failed
from hostprocess_operator.diagnosis.finding import Finding, found, under_way
from hostprocess_operator.diagnosis.image import image_fault
from hostprocess_operator.diagnosis.placement import unscheduled
from hostprocess_operator.diagnosis.quoting import because, name
from hostprocess_operator.diagnosis.start import sandbox_failed, start_failed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hostprocess_operator.observed import Container, Event, Pod

_VOLUMES: Final = frozenset({"FailedMount", "FailedAttachVolume", "FailedMapVolume"})
_SANDBOX: Final = frozenset({"FailedCreatePodSandBox", "FailedPodSandBoxStatus", "NetworkNotReady"})
_BEFORE_SANDBOX: Final = _VOLUMES | _SANDBOX | {"FailedScheduling"}
_AFTER_SANDBOX: Final = frozenset({"Pulling", "Pulled", "Failed", "FailedCreatePodContainer"})

_GENERAL: Final = "Unable to attach or mount volumes"
"""With this the kubelet only repeats that it has waited; what it waits for stands in another Event."""

_VOLUME: Final = re.compile(r'for volume "([^"]{1,253})"')
_UNMOUNTED: Final = re.compile(r"unmounted volumes=\[([^\]]{1,500})\]")
_VOLUME_CAUSE: Final = re.compile(r'for volume "[^"]{1,253}"\s*: (.{1,2000})', re.DOTALL)
_OBJECT: Final = re.compile(r'\b(configmap|secret) "([^"]{1,253})" not found', re.IGNORECASE)
_PROBE: Final = re.compile(r"(Liveness|Readiness|Startup) probe (?:failed|errored[^:\n]{0,80}): (.{0,2000})", re.DOTALL)
_PROBE_KILL: Final = re.compile(r"failed (liveness|startup) probe")
_EARLIER_RUN: Final = timedelta(minutes=5)
"""So long before a run ended its probe may have failed for the last time: hooks and the grace period come between."""


def newest_first(events: Sequence[Event]) -> list[Event]:
    """Return the events, newest first, in an order that does not depend on the one they came in."""
    long_ago = datetime.min.replace(tzinfo=UTC)
    return sorted(events, key=lambda e: (e.last or long_ago, e.reason, e.message, e.container), reverse=True)


def why_not_started(pod: Pod, container: Container, events: Sequence[Event], now: datetime) -> Finding | None:
    """Return what keeps a pod from starting this container, None when no event tells."""
    counted = _AFTER_SANDBOX if pod.sandboxed else _BEFORE_SANDBOX | _AFTER_SANDBOX
    ours = {"", container.name}
    telling = [e for e in newest_first(events) if e.reason in counted and e.container in ours]
    if any(event.reason in _VOLUMES and not event.message.startswith(_GENERAL) for event in telling):
        telling = [event for event in telling if not event.message.startswith(_GENERAL)]
    for event in telling:
        if (finding := _start_event(pod, container, event, now)) is not None:
            return finding
    return None


def _start_event(pod: Pod, container: Container, event: Event, now: datetime) -> Finding | None:
    if event.reason in _VOLUMES:
        return _volume(event.message, pod)
    if event.reason in _SANDBOX:
        return sandbox_failed(event.message, pod)
    if event.reason == "FailedScheduling":
        return unscheduled(event.message, pod)
    if event.reason == "Pulled":
        text = f"The image {name(container.image)} is on the node, and container {name(container.name)} is being made."
        return under_way(Reason.STARTING, text)
    if event.reason == "Pulling":
        return pulling(container, now - event.last if event.last else timedelta())
    if event.message.startswith("Failed to pull image"):
        return image_fault("ErrImagePull", event.message, pod, container)
    if event.message in {"Error: ErrImagePull", "Error: ImagePullBackOff"}:
        return None
    return start_failed(event.message.removeprefix("Error: "), pod, container)


def why_not_pulled(pod: Pod, container: Container, events: Sequence[Event]) -> Finding | None:
    """Return why the last pull failed, None when no event tells."""
    pulls = (e for e in newest_first(events) if e.reason == "Failed" and e.message.startswith("Failed to pull image"))
    return next((image_fault("ErrImagePull", event.message, pod, container) for event in pulls), None)


def pulling(container: Container, lasting: timedelta) -> Finding:
    """Return that the image is being pulled, and for how many minutes."""
    how = "has been pulling{lasting}" if minutes(lasting) else "is being pulled"
    return under_way(Reason.PULLING, f"The image {name(container.image)} {how}.", minutes(lasting))


def minutes(lasting: timedelta) -> int:
    """Return whole minutes, 0 for a time that lies ahead of this machine's clock."""
    return max(0, int(lasting.total_seconds() // 60))


def _volume(words: str, pod: Pod) -> Finding:
    window = words[:4096]
    match = _VOLUME.search(window) or _UNMOUNTED.search(window)
    which = f"The volume {name(match[1])}" if match else "A volume"
    look = f"`kubectl describe pod {pod.name} -n {pod.namespace}`"
    advice = f"It is tried again; correct it in spec.volumes if it stays: {look}."
    if window.startswith(_GENERAL):
        return found(Fault.VOLUME_UNAVAILABLE, f"{which} is not mounted in time.", advice, examples=(pod.name,))
    if missing := _OBJECT.search(window):
        kind = {"configmap": "ConfigMap", "secret": "Secret"}[missing[1].lower()]
        return found(
            Fault.VOLUME_UNAVAILABLE,
            f"{which} cannot be mounted: {kind} {name(missing[2])} does not exist.",
            create_command(kind, name(missing[2]), pod.namespace),
        )
    cause = match[1] if (match := _VOLUME_CAUSE.search(window)) else window
    text = f"{which} cannot be mounted{because(cause, pod)}."
    if "hostPath type check failed" in window:
        cure = "Correct the path or the type of this hostPath in spec.volumes, or make it on the node."
        return found(Fault.VOLUME_UNAVAILABLE, text, cure)
    return found(Fault.VOLUME_UNAVAILABLE, text, advice, examples=(pod.name,))


def why_not_ready(pod: Pod, container: Container, events: Sequence[Event]) -> Finding | None:
    """Return which probe keeps a running container from being ready, None when no event of its run tells."""
    for event in newest_first(events):
        is_of_this_run = event.last is None or container.started is None or event.last >= container.started
        if event.reason == "Unhealthy" and is_of_this_run and event.container in {"", container.name}:
            return _probe(event.message, pod, container)
    return None


def why_ended(pod: Pod, container: Container, events: Sequence[Event], ended: datetime | None) -> Finding | None:
    """Return which hook or probe made the kubelet end a run, None when no event of that run tells."""
    telling = [
        event
        for event in newest_first(events)
        if event.container in {"", container.name}
        and (event.last is None or ended is None or event.last >= ended - _EARLIER_RUN)
    ]
    if (hook := _first(telling, "FailedPostStartHook")) is not None:
        return hook_failed("postStart", hook.message, pod, container)
    killed = next((kill for e in telling if e.reason == "Killing" and (kill := _PROBE_KILL.search(e.message))), None)
    if killed is not None:
        kind = killed[1].capitalize()
        said = next((e.message for e in telling if e.reason == "Unhealthy" and e.message.startswith(kind)), "")
        return _probe(said or f"{kind} probe failed: ", pod, container)
    if (hook := _first(telling, "FailedPreStopHook")) is not None:
        return hook_failed("preStop", hook.message, pod, container)
    return None


def _first(events: Sequence[Event], reason: str) -> Event | None:
    return next((event for event in events if event.reason == reason), None)


def _probe(words: str, pod: Pod, container: Container) -> Finding:
    match = _PROBE.match(words)
    kind, cause = (match[1].lower(), match[2]) if match else ("", words)
    called = f"container {name(container.name)}"
    text = f"The {kind} probe of {called} fails" if kind else f"A probe of {called} fails"
    is_exec = kind in container.exec_probes if kind else bool(container.exec_probes)
    leak = "Exec probes leak memory on Windows: prefer httpGet or tcpSocket. " if is_exec else ""
    restarts = ", for which the kubelet restarts it" if kind in {"liveness", "startup"} else ""
    return found(
        Fault.PROBE_FAILED,
        f"{text}{restarts}{because(cause, pod)}.",
        f"{leak}Correct the probe or the agent: `kubectl logs {pod.name} -c {container.name} -n {pod.namespace}`.",
        examples=(pod.name,),
    )


def why_not_gone(pod: Pod, events: Sequence[Event]) -> str:
    """Return what the kubelet says of a pod that it cannot end, as `: words`, or nothing."""
    for event in newest_first(events):
        if event.reason in {"FailedKillPod", "FailedPreStopHook"}:
            return because(event.message.removeprefix("error killing pod: "), pod)
    return ""
