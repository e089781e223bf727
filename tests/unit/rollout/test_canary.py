"""Canaries: which nodes try a new revision first, and from when on they have worked for long enough."""

import pytest

from hostprocess_operator.api.agent import Canary
from hostprocess_operator.rollout import Fleet, NodeState
from hostprocess_operator.rollout.canary import Trial, choose_canaries
from support import build
from support.build import DAY, HOUR, MINUTE, NOW

# By the hash of their names, these nodes come in this order.
BY_HASH = ["d", "c", "b", "a"]


def state(name, *, working=True, updated=False, works_from=HOUR, due=HOUR, **node):
    """Return a node with a pod of an earlier revision that works; `due` is how long it still has to work."""
    return NodeState(
        node=build.node(name, **node),
        pod=build.pod(name),
        digest=None,
        updated=updated,
        working=working,
        works_from=NOW - works_from if working else None,
        joined=NOW - DAY,
        due=NOW + due,
    )


def chosen(*states, asked=1, former=(), out=(), **canary):
    """Return the canaries' names."""
    fleet = Fleet(wanted=states, ineligible=())
    return list(choose_canaries(Canary(nodes=asked, **canary), tuple(former), fleet, dict(out), NOW).names)


A, B, C, D = (state(name) for name in "abcd")
POOL = {"labels": {"pool": "x"}}


def test_they_are_chosen_by_the_hash_of_their_names_and_sorted_by_name():
    assert chosen(A, B, C, D, asked=1) == BY_HASH[:1]
    assert chosen(A, B, C, D, asked=2) == sorted(BY_HASH[:2])


def test_the_order_of_the_nodes_is_of_no_account():
    assert chosen(A, B, C, D, asked=2) == chosen(D, C, B, A, asked=2)


@pytest.mark.parametrize(
    ("states", "fields", "expected"),
    [
        pytest.param([], {}, [], id="no node, no canary"),
        pytest.param([A, B], {"asked": 9}, ["a", "b"], id="more asked for than there are: all of them"),
        pytest.param([A, B, C, D], {"former": ["a"]}, ["a"], id="a former one is kept, whatever its hash"),
        pytest.param([A, B, C, D], {"former": ["a"], "asked": 2}, ["a", "d"], id="kept ones are filled up"),
        pytest.param([A, B, C, D], {"former": ["a", "b"], "asked": 1}, ["a"], id="fewer asked for than before"),
        pytest.param([A, B, C], {"former": ["d"]}, ["c"], id="one that vanished is replaced"),
        pytest.param(
            [A, B, C, state("d", ready=False, working=False)], {"former": ["d"]}, ["c"],
            id="one that went down before it had the target is replaced",
        ),
        pytest.param(
            [A, B, C, state("d", cordoned=True)], {"former": ["d"]}, ["c"],
            id="one that was cordoned before it had the target is replaced",
        ),
        pytest.param(
            [A, B, C, state("d", ready=False, working=False, updated=True)], {"former": ["d"]}, ["d"],
            id="one that went down with the target stays: that is what it is there to tell",
        ),
        pytest.param(
            [A, B, C, state("d", cordoned=True, updated=True)], {"former": ["d"]}, ["d"],
            id="one that was cordoned with the target stays",
        ),
        pytest.param([A, state("b", **POOL), C], {"nodeSelector": {"pool": "x"}}, ["b"], id="only selected nodes"),
        pytest.param([A, B], {"nodeSelector": {"pool": "x"}}, [], id="none is selected"),
        pytest.param([A], {"nodeSelector": A.node.labels}, ["a"], id="one is selected by all labels that it has"),
        pytest.param(
            [state("a", **POOL), B], {"nodeSelector": {"pool": "x"}, "former": ["b"]}, ["a"],
            id="a former one that is not selected any more is replaced",
        ),
        pytest.param(
            [state("a", updated=True), B, C, D], {}, ["a"], id="a node that has the target already is preferred"
        ),
        pytest.param(
            [state("a", updated=True, working=False), B, C, D], {}, ["a"], id="also one where it does not work"
        ),
        pytest.param(
            [A, state("c", ready=False, working=False), state("d", cordoned=True)], {}, ["a"],
            id="none is chosen among nodes that are down or cordoned",
        ),
        pytest.param([A, state("d", working=False)], {}, ["a"], id="nor among nodes whose agent is broken"),
        pytest.param(
            [A, state("d", working=False)], {"asked": 2}, ["a"], id="not even if that makes fewer than asked for"
        ),
        pytest.param(
            [state("a", working=False), state("d", working=False)], {}, ["d"], id="unless no agent works anywhere"
        ),
        pytest.param(
            [A, state("d", working=False)], {"asked": 2, "former": ["a"]}, ["a"],
            id="a broken one does not fill up a former one",
        ),
        pytest.param(
            [A, state("d", working=False)], {"out": build.out("d")}, ["d"], id="one that we took is no broken one"
        ),
    ],
)  # fmt: skip
def test_the_canaries(states, fields, expected):
    assert chosen(*states, **fields) == expected


@pytest.mark.parametrize(
    ("d", "taken", "stays"),
    [
        pytest.param(state("d", working=False, updated=True), False, True, id="it has time left"),
        pytest.param(state("d", working=False, updated=True, due=-MINUTE), False, False, id="not past its deadline"),
        pytest.param(state("d", working=False, updated=True, due=0 * MINUTE), False, False, id="nor at it"),
        pytest.param(state("d", updated=True, due=-MINUTE), False, True, id="it works, which mended it"),
        pytest.param(state("d", working=False, updated=True, due=-MINUTE), True, True, id="it had worked before"),
        pytest.param(
            state("d", working=False, updated=True, due=-MINUTE, cordoned=True), False, False,
            id="not past its deadline, cordoned or not",
        ),
    ],
)  # fmt: skip
def test_a_canary_that_was_broken_before_stays_if(d, taken, stays):
    """Else a node that nobody can mend would keep the trial from ever ending."""
    out = build.out("d", taken=taken)
    assert chosen(A, d, former=["a", "d"], asked=2, out=out) == (["a", "d"] if stays else ["a"])
    assert chosen(A, d, former=["d"], out=out) == (["d"] if stays else ["a"])


def test_where_every_agent_was_broken_the_next_one_is_tried_after_the_deadline():
    tried, other = state("d", working=False, updated=True, due=-MINUTE), state("c", working=False)
    assert chosen(tried, other, former=["d"], out=build.out("d", taken=False)) == ["c"]


def test_there_is_no_canary_left_once_every_broken_one_was_tried():
    tried = state("d", working=False, updated=True, due=-MINUTE)
    assert chosen(tried, former=["d"], out=build.out("d", taken=False)) == []


def test_those_that_lack_the_target_are_told():
    fleet = Fleet(wanted=(state("a", updated=True), B), ineligible=())
    trial = choose_canaries(Canary(nodes=2), (), fleet, {}, NOW)
    assert [node.name for node in trial.nodes] == ["a", "b"]
    assert [node.name for node in trial.lacking] == ["b"]


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        pytest.param([], None, id="there is none"),
        pytest.param([state("a", works_from=2 * HOUR)], NOW - HOUR, id="one that works"),
        pytest.param([A, state("b", works_from=MINUTE)], NOW - MINUTE + HOUR, id="the last that began to work counts"),
        pytest.param([A, state("b", working=False)], None, id="one does not work"),
    ],
)
def test_baked_at(states, expected):
    assert Trial(tuple(states), ()).baked_at(HOUR) == expected
