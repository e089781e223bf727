"""Why a pod of the agent does not run, as a table of situations: the first that fits answers.

The status of the pod and its containers comes first; Events only add what the status does not say, and `wants_events`
tells when that is so. A pod that is well, or merely young, has nothing to explain.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from hostprocess_operator.api.faults import Fault
from hostprocess_operator.api.reasons import Reason
from hostprocess_operator.diagnosis.container import STARTING, diagnose_container, end_of_run
from hostprocess_operator.diagnosis.finding import Finding, found, under_way
from hostprocess_operator.diagnosis.placement import given_up, unscheduled
from hostprocess_operator.diagnosis.pod_events import (
    minutes,
    pulling,
    why_ended,
    why_not_gone,
    why_not_pulled,
    why_not_ready,
    why_not_started,
)
from hostprocess_operator.diagnosis.quoting import name

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from hostprocess_operator.observed import Container, Event, Pod

GRACE: Final = timedelta(seconds=5)
"""So long a pod or a run is merely young: nothing is said of it, and no event is asked for."""

OVERDUE: Final = timedelta(seconds=60)
"""So long after its grace period a pod that is being deleted counts as stuck: the kubelet needs a while as well."""

SETTLED: Final = timedelta(seconds=30)
"""A run this old is no longer taken for the next one of a crash loop."""

_WITH_THE_NODE: Final = frozenset({"Unknown", "ContainerStatusUnknown"})
"""Reasons for an end that say only that the kubelet found the container gone, as after a reboot."""

_UNBOUND: Final = frozenset({"Unschedulable", "SchedulingGated"})


def diagnose_pod(pod: Pod, events: Sequence[Event], now: datetime) -> Finding | None:
    """Return why the pod does not run, None when it does, is merely young, or is going away as it should."""
    return next((finding for row in _ROWS if (finding := row(pod, events, now)) is not None), None)


def wants_events(pod: Pod, now: datetime) -> bool:
    """Return whether the pod's status alone does not explain why it does not run."""
    if pod.deleting:
        return _is_overdue(pod, now)
    if _is_given_up(pod) or pod.reason in _UNBOUND:
        return False
    if (stuck := _worst(pod)) is not None:
        return _may_have_been_ended(*stuck) or _lacks_the_cause(stuck[1])
    if (restarted := _just_restarted(pod, now)) is not None:
        return _may_have_been_ended(end_of_run(pod, restarted, restarted.last), restarted)
    return _next_to_start(pod, now) is not None or _unready(pod, now) is not None


def _is_going_away(pod: Pod, events: Sequence[Event], now: datetime) -> Finding | None:
    if not _is_overdue(pod, now):
        return None
    return found(
        Fault.STUCK_TERMINATING,
        f"A deleted pod does not go away though its grace period is over{why_not_gone(pod, events)}.",
        "Look at the node's kubelet and containerd. To give the pod up without their word, though its process may "
        f"stay: `kubectl delete pod {pod.name} -n {pod.namespace} --force`.",
        examples=(pod.name,),
    )


def _has_no_place(pod: Pod, _events: Sequence[Event], _now: datetime) -> Finding | None:
    if pod.deleting or pod.reason not in _UNBOUND:
        return None
    return unscheduled(pod.message, pod)


def _was_given_up(pod: Pod, _events: Sequence[Event], _now: datetime) -> Finding | None:
    return given_up(pod) if _is_given_up(pod) and not pod.deleting else None


def _container_is_stuck(pod: Pod, events: Sequence[Event], _now: datetime) -> Finding | None:
    if pod.deleting or (stuck := _worst(pod)) is None:
        return None
    finding, container = stuck
    if _may_have_been_ended(finding, container):
        ended = container.ended
        return why_ended(pod, container, events, ended.finished if ended else None) or finding
    if _lacks_the_cause(container):
        return why_not_pulled(pod, container, events) or finding
    return finding


def _is_between_crashes(pod: Pod, events: Sequence[Event], now: datetime) -> Finding | None:
    if pod.deleting or (container := _just_restarted(pod, now)) is None:
        return None
    finding = end_of_run(pod, container, container.last)
    if _may_have_been_ended(finding, container):
        ended = container.last.finished if container.last else None
        return why_ended(pod, container, events, ended) or finding
    return finding


def _has_not_started(pod: Pod, events: Sequence[Event], now: datetime) -> Finding | None:
    if pod.deleting or (container := _next_to_start(pod, now)) is None:
        return None
    if (finding := why_not_started(pod, container, events, now)) is not None:
        return finding
    lasting = now - _waiting_since(pod, now)
    if not container.state:
        return under_way(Reason.STARTING, "The pod is not yet taken up on the node{lasting}.", minutes(lasting))
    if pod.sandboxed:
        return pulling(container, lasting)
    text = "The pod is being prepared{lasting}: volumes, sandbox, image."
    return under_way(Reason.STARTING, text, minutes(lasting))


def _init_takes_its_time(pod: Pod, _events: Sequence[Event], now: datetime) -> Finding | None:
    busy = _busy_init(pod)
    if pod.deleting or busy is None or busy.started is None or now - busy.started < GRACE:
        return None
    text = f"The agent waits for its init container {name(busy.name)}, which runs{{lasting}}."
    return under_way(Reason.STARTING, text, minutes(now - busy.started))


def _is_not_ready(pod: Pod, events: Sequence[Event], now: datetime) -> Finding | None:
    if pod.deleting or (container := _unready(pod, now)) is None:
        return None
    text = f"Container {name(container.name)} runs, and its probes have not succeeded yet."
    return why_not_ready(pod, container, events) or under_way(Reason.STARTING, text)


_ROWS: Final[tuple[Callable[[Pod, Sequence[Event], datetime], Finding | None], ...]] = (
    _is_going_away,
    _has_no_place,
    _was_given_up,
    _container_is_stuck,
    _is_between_crashes,
    _has_not_started,
    _init_takes_its_time,
    _is_not_ready,
)


def _is_overdue(pod: Pod, now: datetime) -> bool:
    return pod.gone_by is not None and now - pod.gone_by > OVERDUE


def _is_given_up(pod: Pod) -> bool:
    return pod.phase == "Failed" and bool(pod.reason)


def _worst(pod: Pod) -> tuple[Finding, Container] | None:
    """Return the gravest finding that a container's status gives, the first of equals, with its container."""
    every = [(finding, c) for c in pod.containers if (finding := diagnose_container(pod, c)) is not None]
    return min(every, key=lambda pair: pair[0].severity, default=None)


def _may_have_been_ended(finding: Finding, container: Container) -> bool:
    """Return whether a run that ended may have been ended by the kubelet, for a probe or a hook."""
    is_ended = finding.reason in {Fault.CRASH_LOOP, Fault.INIT_FAILED}
    return is_ended and (container.hooks or not {"liveness", "startup"}.isdisjoint(container.probes))


def _lacks_the_cause(container: Container) -> bool:
    """Return whether the kubelet only says that it waits before it pulls again, as those before 1.29 did."""
    return container.reason == "ImagePullBackOff" and ": " not in container.message


def _just_restarted(pod: Pod, now: datetime) -> Container | None:
    """Return a container that runs, but has ended so often and started so lately that it may well end again."""
    for container in pod.containers:
        is_new = container.started is not None and now - container.started < SETTLED
        if container.state == "running" and is_new and _has_failed(container):
            return container
    return None


def _has_failed(container: Container) -> bool:
    """Return whether a restarted container ended by itself, rather than with its node."""
    last = container.last
    return container.keeps_ending or (last is not None and last.exit_code != 0 and last.reason not in _WITH_THE_NODE)


def _next_to_start(pod: Pod, now: datetime) -> Container | None:
    """Return the container whose turn it is and that has waited for longer than is worth no word."""
    if _busy_init(pod) is not None:
        return None
    waiting = (c for c in pod.containers if c.state in {"", "waiting"} and c.reason in STARTING)
    container = next(waiting, None)
    return container if container is not None and now - _waiting_since(pod, now) >= GRACE else None


def _busy_init(pod: Pod) -> Container | None:
    """Return the init container that runs, and that every later container has to wait for."""
    return next((c for c in pod.containers if c.init and not c.sidecar and c.state == "running"), None)


def _waiting_since(pod: Pod, now: datetime) -> datetime:
    """Return since when the next container waits: since the one before it ended, or the pod was made."""
    ends = [c.finished for c in pod.containers if c.init and c.finished is not None]
    return max([*ends, *([pod.created] if pod.created else [])], default=now)


def _unready(pod: Pod, now: datetime) -> Container | None:
    """Return the first container that runs and that its probes keep from being ready."""
    for container in pod.containers:
        is_young = container.started is None or now - container.started < GRACE
        if container.state == "running" and not container.ready and container.probes and not is_young:
            return container
    return None
