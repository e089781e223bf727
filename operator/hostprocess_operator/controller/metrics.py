"""The operator's metrics. docs/metrics.md lists their names; no label value ever comes from a log."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from hostprocess_operator.api.conditions import ConditionType

if TYPE_CHECKING:
    from hostprocess_operator.api.status import AgentStatus
    from hostprocess_operator.controller.queue import Key


class Metrics:
    """Every metric of one operator, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.reconciles = Counter("hpagent_reconcile", "Reconciles by result", ["result"], registry=self.registry)
        self.reconcile_seconds = Histogram(
            "hpagent_reconcile_duration_seconds", "Time that one reconcile took", registry=self.registry
        )
        self.queue_depth = Gauge("hpagent_queue_depth", "Agents waiting for a worker", registry=self.registry)
        self.requests = Counter(
            "hpagent_api_requests",
            "Requests to the API server; code 0 means that no answer came",
            ["verb", "resource", "code"],
            registry=self.registry,
        )
        self.drift = Counter(
            "hpagent_drift_corrections",
            "DaemonSets that somebody else had changed or deleted and that were restored",
            ["namespace", "name"],
            registry=self.registry,
        )
        self.replaced = Counter(
            "hpagent_pods_replaced", "Pods deleted to be replaced", ["namespace", "name"], registry=self.registry
        )
        self.log_reads = Counter("hpagent_log_reads", "Logs read, by outcome", ["outcome"], registry=self.registry)
        self.nodes = Gauge(
            "hpagent_nodes", "Nodes of an agent by state", ["namespace", "name", "state"], registry=self.registry
        )
        self.condition = Gauge(
            "hpagent_status_condition",
            "1 for the status that a condition of an agent has, 0 for the others",
            ["namespace", "name", "type", "status"],
            registry=self.registry,
        )
        self.events = Counter(
            "hpagent_events", "Events about agents, by what became of them", ["outcome"], registry=self.registry
        )
        self.leader = Gauge("hpagent_leader", "1 while this replica is the one that writes", registry=self.registry)
        self.loop_lag = Gauge(
            "hpagent_event_loop_lag_seconds", "How late the event loop last was", registry=self.registry
        )
        self.stream_age = Gauge(
            "hpagent_stream_age_seconds",
            "Seconds since the API server last sent anything on a stream",
            ["resource"],
            registry=self.registry,
        )

    def count_request(self, verb: str, resource: str, code: int, _seconds: float) -> None:
        """Count one request to the API server."""
        self.requests.labels(verb, resource, str(code)).inc()

    def count_event(self, outcome: str) -> None:
        """Count what became of one Event."""
        self.events.labels(outcome).inc()

    def show(self, key: Key, status: AgentStatus) -> None:
        """Publish an agent's node counts and conditions."""
        namespace, name = key
        for state, count in status.nodes.model_dump().items():
            self.nodes.labels(namespace, name, state).set(count)
        found = {condition.type: condition.status for condition in status.conditions}
        for kind, value in product(ConditionType, ("True", "False", "Unknown")):
            if kind in found:
                self.condition.labels(namespace, name, kind, value).set(found[kind] == value)
            else:
                self.condition.remove(namespace, name, kind, value)

    def forget_agents(self) -> None:
        """Drop every series of every agent: from now on another replica may say how they are."""
        for metric in (self.nodes, self.condition):
            metric.clear()

    def forget(self, key: Key) -> None:
        """Drop every series of an agent that is gone."""
        labels = {"namespace": key[0], "name": key[1]}
        for metric in (self.nodes, self.condition, self.drift, self.replaced):
            metric.remove_by_labels(labels)
