"""The metrics: what they say of an agent, and that their page names every one of them."""

import re
from pathlib import Path

import pytest

from hostprocess_operator.api.status import AgentStatus, Condition, NodeCounts
from hostprocess_operator.controller.metrics import Metrics

PAGE = Path(__file__).parents[3] / "docs" / "metrics.md"
KEY = ("agents", "inspector")


def status(**conditions):
    entries = tuple(
        Condition(type=kind, status=value, reason="R", message="M.", last_transition_time="2026-03-04T05:06:07Z")
        for kind, value in conditions.items()
    )
    return AgentStatus(observed_generation=1, conditions=entries, nodes=NodeCounts(desired=3))


@pytest.fixture
def metrics():
    return Metrics()


def conditions(metrics):
    """Return the conditions that have a value of 1, and how many series there are."""
    samples = [s for family in metrics.registry.collect() for s in family.samples]
    found = [s for s in samples if s.name == "hpagent_status_condition"]
    return {s.labels["type"]: s.labels["status"] for s in found if s.value == 1}, len(found)


def test_an_agent_is_shown_with_its_conditions_and_counts(metrics):
    metrics.show(KEY, status(Ready="False", Reconciling="True"))
    assert conditions(metrics) == ({"Ready": "False", "Reconciling": "True"}, 6)
    labels = {"namespace": "agents", "name": "inspector", "state": "desired"}
    assert metrics.registry.get_sample_value("hpagent_nodes", labels) == 3


def test_a_condition_that_is_gone_is_shown_no_more(metrics):
    metrics.show(KEY, status(Ready="False", Stalled="True"))
    metrics.show(KEY, status(Ready="True"))
    assert conditions(metrics) == ({"Ready": "True"}, 3)


@pytest.mark.parametrize("forget", [lambda m: m.forget(KEY), lambda m: m.forget_agents()], ids=["it", "every one"])
def test_nothing_is_left_of_an_agent_that_is_gone(metrics, forget):
    metrics.show(KEY, status(Ready="True"))
    forget(metrics)
    assert conditions(metrics) == ({}, 0)


def test_the_page_lists_every_metric(metrics):
    exposed = {
        f"{family.name}_total" if family.type == "counter" else family.name for family in metrics.registry.collect()
    }
    listed = set(re.findall(r"^\| `(hpagent_[a-z_]+)`", PAGE.read_text("utf-8"), re.MULTILINE))
    assert listed == exposed
