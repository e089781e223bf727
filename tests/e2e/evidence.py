"""What is kept of a scenario that failed: enough to tell why without asking the cluster again, and no more."""

from collections.abc import Callable
from typing import Any

from control_plane.api import NotFoundError
from e2e.scenarios import shown
from e2e.trial import Trial, read_log
from hostprocess_operator.api.names import REPORT_ANNOTATION

EVENTS, RECORDS = 20, 20
LOG_BYTES, LOG_LINES = 8192, 20
Object = dict[str, Any]


def collect(trial: Trial) -> Object:
    """Return status, events, pods and logs of an agent; what cannot be read says so in its place."""
    return {
        "agent": _read(lambda: trial.get().get("status")),
        "daemonSet": _read(lambda: trial.daemonset().get("status")),
        "events": _read(lambda: _events(trial)),
        "pods": _read(lambda: [_pod(trial, pod) for pod in trial.pods().values()]),
    }


def warnings_of(lines: list[Object]) -> list[str]:
    """Return the last warnings and errors of the operator's log, one text each."""
    loud = [line for line in lines if line.get("level") not in {"info", "debug"}]
    return [", ".join(f"{key}={value}" for key, value in line.items()) for line in loud[-RECORDS:]]


def _pod(trial: Trial, pod: Object) -> Object:
    status, spec = pod.get("status", {}), pod["spec"]
    statuses = [*status.get("initContainerStatuses", []), *status.get("containerStatuses", [])]
    return {
        "name": pod["metadata"]["name"],
        "node": spec.get("nodeName"),
        "phase": status.get("phase"),
        "reason": status.get("reason"),
        "message": status.get("message"),
        "report": pod["metadata"].get("annotations", {}).get(REPORT_ANNOTATION),
        "conditions": [_without_times(entry) for entry in status.get("conditions", [])],
        "containers": [
            {key: entry.get(key) for key in ("name", "image", "containerID", "restartCount", "state", "lastState")}
            for entry in statuses
        ],
        "logs": {
            entry["name"]: _read(
                lambda entry=entry: shown(read_log(trial.cluster, pod, entry["name"], LOG_BYTES), LOG_LINES)
            )
            for entry in statuses
            if entry.get("containerID")
        },
    }


def _without_times(condition: Object) -> Object:
    return {key: condition[key] for key in ("type", "status", "reason", "message") if condition.get(key)}


def _events(trial: Trial) -> list[str]:
    every = trial.cluster.get("events", namespace=trial.namespace)["items"]
    ours = [event for event in every if event["involvedObject"].get("name", "").startswith(trial.name)]
    ours.sort(key=lambda event: event.get("lastTimestamp") or event.get("eventTime") or "")
    return [
        f"{event.get('type')} {event.get('reason')} {event['involvedObject']['kind']}: {event.get('message')}"
        for event in ours[-EVENTS:]
    ]


def _read(look: Callable[[], Any]) -> Any:
    try:
        return look()
    except NotFoundError:
        return "is not there"
    except Exception as error:  # noqa: BLE001  what cannot be read must not take the place of the failure itself
        return f"could not be read: {type(error).__name__}: {error}"
