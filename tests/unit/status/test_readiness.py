"""The verdict on the whole agent: what Ready says, what comes next, and what GitOps tools make of it."""

from dataclasses import replace

import pytest

from hostprocess_operator.api.conditions import ConditionType
from hostprocess_operator.api.faults import Fault
from hostprocess_operator.api.reasons import Reason
from support import build
from support.build import HOUR, MINUTE, NOW, SECOND
from support.kstatus import kstatus
from support.verdicts import AGENT, COLUMNS, WELL, new, seen
from support.verdicts.nodes import NODE_BY_NODE
from support.verdicts.rollouts import ROLLOUTS
from support.verdicts.whole import NOTHING_TO_LOOK_AT, READY_ROWS

ROWS = [*READY_ROWS, *NOTHING_TO_LOOK_AT, *NODE_BY_NODE, *ROLLOUTS]


@pytest.mark.parametrize(COLUMNS, ROWS)
def test_ready(asked, world, failure, outcome, reason, words, status_of):
    status = status_of(asked, world, failure=failure)
    ready = status.condition(ConditionType.READY)
    beside = [kind for kind in (ConditionType.RECONCILING, ConditionType.STALLED) if status.condition(kind)]
    assert (ready.status, ready.reason) == (outcome[0], reason)
    assert words in ready.message
    assert beside == ([outcome[1]] if outcome[1] else [])
    assert kstatus(asked.generation, status.to_dict()) == outcome[2]


@pytest.mark.parametrize(
    ("age", "out", "hint"),
    [
        pytest.param(MINUTE, {}, True, id="after a while"),
        pytest.param(SECOND, {}, False, id="not at once"),
        pytest.param(MINUTE, build.out("a", "b", "c"), False, id="nor where we took it"),
    ],
)
def test_where_pods_are_missing_it_is_said_what_to_look_at(age, out, hint, status_of):
    noted = build.record(AGENT, wanted=build.target(AGENT, age=age), out=out)
    assert ("kubectl describe daemonset" in status_of(AGENT, seen(noted=noted)).condition("Ready").message) is hint


def test_a_fleet_at_peace_is_told_so_and_nothing_else(status_of):
    message = status_of(AGENT, WELL).condition(ConditionType.READY).message
    assert message == "The agent is available and verified on every node."


def test_no_more_than_three_verdicts_are_quoted(status_of):
    pods = [build.denied_pod(name, gate=build.verdict("False", "WrongAccount", f"Of {name}.")) for name in "abcd"]
    message = status_of(AGENT, seen(*pods, nodes=build.nodes(*"abcd"))).condition(ConditionType.READY).message
    assert message == "On node a: Of a. On node b: Of b. On node c: Of c."


def test_of_late_agents_those_without_a_pod_come_with_a_hint(status_of):
    world = seen(*new("a"), *new("b", ready=False))
    before = status_of(AGENT, world, now=NOW - HOUR)
    message = status_of(AGENT, replace(world, status=before)).condition(ConditionType.READY).message
    assert message.startswith("Not working within spec.rollout.progressDeadlineSeconds on nodes b and c.")
    assert "No pod was made on node c: see `kubectl describe daemonset inspector -n agents`." in message


def test_of_late_agents_that_have_pods_there_is_no_such_hint(status_of):
    message = status_of(AGENT, seen(*new("a", "b"), *new("c", ready=False))).condition(ConditionType.READY).message
    assert message == "Not working within spec.rollout.progressDeadlineSeconds on node c."


@pytest.mark.parametrize(COLUMNS, ROWS)
def test_what_comes_next_has_readys_words(asked, world, failure, outcome, reason, words, status_of):
    status = status_of(asked, world, failure=failure)
    ready = status.condition(ConditionType.READY)
    for kind in (ConditionType.RECONCILING, ConditionType.STALLED):
        if (beside := status.condition(kind)) is not None:
            assert (beside.status, beside.reason, beside.message) == ("True", ready.reason, ready.message)


@pytest.mark.parametrize(COLUMNS, ROWS)
def test_nothing_is_said_but_documented_reasons_in_clean_words(
    asked, world, failure, outcome, reason, words, status_of
):
    for condition in status_of(asked, world, failure=failure).conditions:
        assert condition.reason in {*Reason, *Fault}
        assert condition.message.isprintable()
        assert condition.observed_generation == asked.generation


@pytest.mark.parametrize(COLUMNS, ROWS)
def test_a_second_look_finds_nothing_to_write(asked, world, failure, outcome, reason, words, status_of):
    first = status_of(asked, world, failure=failure)
    again = status_of(asked, replace(world, status=first), failure=failure)
    assert status_of(asked, replace(world, status=again), now=NOW + SECOND, failure=failure) == again
