"""The failures in tests/data/failures: what the cluster shows, and what the user is told."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import yaml

from hostprocess_operator.diagnosis import diagnose_pod, diagnose_refusal, foresee_refusal
from hostprocess_operator.observed import observe_event, observe_namespace, observe_pod

FOLDER = Path(__file__).parents[1] / "data" / "failures"
NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
NAMESPACE = "agents"


@dataclass(frozen=True)
class Failure:
    """One file: `body` is its content, `path` where it stands."""

    path: Path
    body: dict

    @property
    def events(self):
        """Return the events that the cluster has about it."""
        return [observe_event(event) for event in self.body["events"]]

    @property
    def pod(self):
        """Return the pod, None for one that was never admitted."""
        return observe_pod(self.body["pod"]) if "pod" in self.body else None

    @property
    def namespace(self):
        """Return the namespace, None where it does not matter."""
        return observe_namespace(self.body["namespace"]) if "namespace" in self.body else None

    def diagnose(self, events=None, now=NOW):
        """Return what is found."""
        events = self.events if events is None else events
        if self.pod is not None:
            return diagnose_pod(self.pod, events, now)
        return diagnose_refusal(events, NAMESPACE, self.namespace) if events else foresee_refusal(self.namespace)

    def rewrite(self, message):
        """Write another message into the file, whose last field it is, and leave the rest as people wrote it."""
        before = self.path.read_text().partition("\nmessage:")[0]
        load.cache_clear()
        self.path.write_text(before + "\n" + yaml.safe_dump({"message": message}, width=110, allow_unicode=True))


@cache
def load(name):
    """Return the failure of that name."""
    path = FOLDER / f"{name}.yaml"
    return Failure(path, yaml.safe_load(path.read_text()))


def every_name():
    """Return the names of all failures."""
    return sorted(path.stem for path in FOLDER.glob("*.yaml"))
