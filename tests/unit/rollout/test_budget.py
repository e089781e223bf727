"""The budget: who is out because of us, who holds a place, and whose pods are taken next."""

import pytest

from hostprocess_operator.rollout import Fleet, NodeState, Out
from hostprocess_operator.rollout.budget import allowance, places, presumed_out, still_out, take
from support import build
from support.build import DAY, HOUR, MINUTE, NOW

DEADLINE = HOUR


def state(name, *, working=False, updated=False, joined=NOW, pod=True, **node):
    return NodeState(
        node=build.node(name, **node),
        pod=build.pod(name) if pod else None,
        digest=None,
        updated=updated,
        working=working,
        works_from=NOW if working else None,
        joined=joined,
        due=NOW,
    )


def fleet(*states):
    return Fleet(wanted=states, ineligible=())


@pytest.mark.parametrize(
    ("max_unavailable", "wanted", "expected"),
    [
        pytest.param(1, 10, 1, id="one"),
        pytest.param(30, 1, 30, id="more than there are nodes"),
        pytest.param("10%", 20, 2, id="a share"),
        pytest.param("10%", 21, 3, id="a share is rounded up"),
        pytest.param("1%", 5, 1, id="to one at least"),
        pytest.param("1%", 0, 1, id="even of no nodes"),
        pytest.param("100%", 7, 7, id="all of them"),
        pytest.param("29%", 100, 29, id="no more than the share: the sum is exact"),
    ],
)
def test_allowance(max_unavailable, wanted, expected):
    assert allowance(max_unavailable, wanted) == expected


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        pytest.param([state("a")], {"a"}, id="it does not work yet"),
        pytest.param([state("a", pod=False)], {"a"}, id="it has no pod yet"),
        pytest.param([state("a", ready=False)], {"a"}, id="it is down, and may come back"),
        pytest.param([state("a", cordoned=True)], {"a"}, id="it was cordoned meanwhile"),
        pytest.param([state("a", working=True)], set(), id="it works: any revision will do"),
        pytest.param([state("b")], set(), id="it is not wanted any more"),
        pytest.param([state("a"), state("b")], {"a"}, id="others that do not work are not out because of us"),
    ],
)
def test_still_out(states, expected):
    assert set(still_out(build.out("a"), fleet(*states))) == expected


def test_without_a_record_every_node_without_a_working_agent_is_taken_for_out():
    assert presumed_out(fleet(state("a"), state("b", working=True)), NOW) == {"a": Out(since=NOW, taken=True)}


def test_who_is_out_keeps_since_when():
    assert still_out(build.out("a", age=MINUTE), fleet(state("a"))) == build.out("a", age=MINUTE)


@pytest.mark.parametrize(
    ("entry", "node", "holds"),
    [
        pytest.param(Out(since=NOW, taken=True), state("a"), True, id="taken just now"),
        pytest.param(Out(since=NOW - 10 * DEADLINE, taken=True), state("a"), True, id="it worked until we took it"),
        pytest.param(Out(since=NOW, taken=False), state("a"), True, id="it did not work anyhow, taken just now"),
        pytest.param(Out(since=NOW - DEADLINE, taken=False), state("a"), False, id="the same after the deadline"),
        pytest.param(Out(since=NOW - DEADLINE + MINUTE, taken=False), state("a"), True, id="the same just before it"),
        pytest.param(Out(since=NOW, taken=True), state("a", ready=False), False, id="it is down: not because of us"),
        pytest.param(Out(since=NOW, taken=True), state("a", cordoned=True), True, id="it is cordoned: still ours"),
    ],
)
def test_places(entry, node, holds):
    assert places({"a": entry}, fleet(node), DEADLINE, NOW) == ({"a"} if holds else set())


@pytest.mark.parametrize(
    ("entry", "node", "holds"),
    [
        pytest.param(Out(since=NOW, taken=True), state("a", ready=False), True, id="the target may have taken it down"),
        pytest.param(Out(since=NOW, taken=True), state("b"), False, id="it is not wanted any more"),
        pytest.param(Out(since=NOW - DEADLINE, taken=False), state("a"), False, id="it was broken before"),
    ],
)
def test_places_of_nodes_on_which_the_target_failed(entry, node, holds):
    assert places({"a": entry}, fleet(node), DEADLINE, NOW, charged={"a"}) == ({"a"} if holds else set())


@pytest.mark.parametrize(
    ("node", "since", "holds"),
    [
        pytest.param({"updated": True}, NOW - HOUR, True, id="an agent of the target worked and does not any more"),
        pytest.param({"updated": True, "working": True}, NOW - HOUR, False, id="it works"),
        pytest.param({"updated": False}, NOW - HOUR, False, id="it is of an older revision"),
        pytest.param({"updated": True, "ready": False}, NOW - HOUR, False, id="its node is down"),
        pytest.param({"updated": True, "joined": NOW}, NOW - HOUR, False, id="its node joined after the rollout began"),
        pytest.param({"updated": True, "joined": NOW - HOUR}, NOW - HOUR, True, id="its node joined just as it began"),
        pytest.param({"updated": True}, None, False, id="the revision is proven: it is not the rollout's"),
    ],
)
def test_a_relapse_holds_a_place(node, since, holds):
    relapsed = fleet(state("a", **{"joined": NOW - DAY} | node))
    assert places({}, relapsed, DEADLINE, NOW, rolling_since=since) == ({"a"} if holds else set())


def test_a_node_that_gave_its_place_up_has_no_relapse():
    gone = {"a": Out(since=NOW - DEADLINE, taken=False)}
    node = state("a", updated=True, joined=NOW - DAY)
    assert not places(gone, fleet(node), DEADLINE, NOW, rolling_since=NOW - HOUR)


def taken(candidates, *, out=None, held=(), allowed=1):
    result = take(candidates, out or {}, frozenset(held), allowed, NOW)
    return [pod.node for pod in result.pods], result


# By the hash of their names, these nodes come in this order.
BY_HASH = ["d", "c", "b", "a"]


def test_no_more_than_allowed_and_the_rest_wait():
    nodes, result = taken([state(name, working=True) for name in "abcd"], allowed=2)
    assert nodes == BY_HASH[:2]
    assert set(result.out) == set(nodes)
    assert result.waiting


def test_the_order_of_the_candidates_is_of_no_account():
    assert taken([state(name) for name in "abcd"], allowed=4)[0] == taken([state(n) for n in "dcba"], allowed=4)[0]
    assert taken([state(name) for name in "abcd"], allowed=4)[0] == BY_HASH


def test_working_nodes_come_before_broken_ones():
    nodes, _ = taken([state("b"), state("c", working=True)], allowed=2)
    assert nodes == ["c", "b"]


def test_a_node_that_holds_a_place_is_replaced_in_place_and_first():
    nodes, result = taken([state("b", working=True), state("c")], out=build.out("c"), held=["c"], allowed=2)
    assert nodes == ["c", "b"]
    assert result.out["c"] == build.out("c")["c"]


def test_a_relapse_that_is_replaced_is_out_from_then_on():
    nodes, result = taken([state("a"), state("b", working=True)], held=["a"], allowed=1)
    assert nodes == ["a"]
    assert result.out == {"a": Out(since=NOW, taken=True)}


def test_replacing_in_place_costs_nothing_though_no_place_is_free():
    nodes, result = taken([state("a"), state("b", working=True)], out=build.out("a"), held=["a"], allowed=1)
    assert nodes == ["a"]
    assert result.waiting


def test_a_full_budget_takes_nobody():
    nodes, result = taken([state("b", working=True)], out=build.out("a"), held=["a"], allowed=1)
    assert nodes == []
    assert result.waiting
    assert set(result.out) == {"a"}


def test_one_that_gave_its_place_up_is_taken_anew():
    long_ago = build.out("a", age=2 * DEADLINE, taken=False)
    nodes, result = taken([state("a")], out=long_ago, held=(), allowed=1)
    assert nodes == ["a"]
    assert result.out["a"] == Out(since=NOW, taken=False)


@pytest.mark.parametrize("working", [True, False])
def test_it_is_noted_whether_the_agent_worked_when_it_was_taken(working):
    _, result = taken([state("a", working=working)])
    assert result.out == {"a": Out(since=NOW, taken=working)}


def test_a_node_without_a_pod_takes_no_place():
    nodes, result = taken([state("b", pod=False), state("c", working=True)], allowed=1)
    assert nodes == ["c"]
    assert not result.waiting


def test_nothing_to_take_is_nothing_to_wait_for():
    assert taken([], out=build.out("a"), held=["a"])[1].waiting is False
