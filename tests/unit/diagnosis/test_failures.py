"""Golden failures: what the user is told for what the cluster shows, to the letter.

`make golden` writes the messages anew, for review in the diff.
"""

import itertools
import os
import random

import pytest

from hostprocess_operator.api.faults import Fault
from hostprocess_operator.api.reasons import Reason
from hostprocess_operator.diagnosis import Severity, wants_events
from support.failures import NOW, every_name, load

# A next step is an order, a command, or the field to change.
ORDERS = (
    "Correct",
    "Use",
    "Set",
    "Remove",
    "Raise",
    "Update",
    "Run",
    "Make",
    "Name",
    "Ask",
    "Label",
    "Create",
    "Repair",
)
STEPS = (*ORDERS, "kubectl ", "spec.", "Add ", "Look at")

# What no event nor status of a pod tells: they are found by comparing nodes and agents.
NOT_OF_PODS = {
    Fault.KUBELET_TOO_OLD,
    Fault.RUNTIME_TOO_OLD,
    Fault.RUNTIME_UNSUPPORTED,
    Fault.NODE_CORDONED,
    Fault.KUBELET_OLD,
    Fault.RUNTIME_OLD,
    Fault.HOST_PORT_CLAIMED_TWICE,
    Fault.SAME_AGENT_TWICE,
}

# Pods in trouble: of those that are merely starting only events could tell that there is none.
TOLD = [name for name in every_name() if (body := load(name).body).get("pod") and body["reason"] not in set(Reason)]


def lines(value, key=""):
    """Return each leaf of an object as `key: value`."""
    if isinstance(value, dict):
        return [line for inner, each in value.items() for line in lines(each, inner)]
    if isinstance(value, list):
        return [line for each in value for line in lines(each, key)]
    return [f"{key}: {value}"]


@pytest.fixture(params=every_name())
def failure(request):
    return load(request.param)


def test_message(failure):
    found = failure.diagnose()
    if os.environ.get("UPDATE_GOLDEN"):
        failure.rewrite(found.message)
        failure = load(failure.path.stem)
    assert (found.reason, found.message) == (failure.body["reason"], failure.body["message"])


def test_message_names_what_the_user_has_to_know(failure):
    message = failure.diagnose().message
    assert [name for name in failure.body["names"] if name not in message] == []


def test_message_says_what_to_do_unless_it_is_merely_starting(failure):
    found = failure.diagnose()
    has_step = any(step in found.advice for step in STEPS)
    assert has_step is not (found.severity is Severity.PROGRESS)


def test_text_names_no_pod_and_no_node(failure):
    text = failure.diagnose().text
    assert "x7k2p" not in text
    assert "win-2" not in text


def test_shortened_words_are_those_of_the_cluster(failure):
    shown = "\n".join(lines({key: failure.body.get(key) for key in ("pod", "events", "namespace")}))
    assert [part for part in failure.body["says"].split(" ... ") if part not in shown] == []


@pytest.mark.parametrize("name", TOLD)
def test_events_are_asked_for_where_they_tell_something(name):
    failure = load(name)
    assert wants_events(failure.pod, NOW) is bool(failure.events)


def test_order_of_events_does_not_matter(failure):
    events = failure.events
    orders = itertools.islice(itertools.permutations(events), 24)
    shuffled = [random.Random(seed).sample(events, len(events)) for seed in range(10)]
    assert {failure.diagnose(list(order)).message for order in (*orders, *shuffled)} == {failure.body["message"]}


def test_there_is_a_failure_for_every_fault_of_a_pod():
    covered = {load(name).body["reason"] for name in every_name()}
    assert set(Fault) - NOT_OF_PODS <= covered
