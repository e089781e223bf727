"""The index of claims: who has to be compared with whom, and who has to be told."""

import pytest

from hostprocess_operator.controller.claims import ClaimIndex
from hostprocess_operator.observed import Claims, HostPort, Neighbour, Placement, Program

A, B, C = (("agents", name) for name in "abc")
ANYWHERE = Placement({}, {}, ())
EIGHTY, PROGRAM = HostPort(80, "TCP"), Program("agent:1")


def agent(key, *ports, programs=(), placement=ANYWHERE):
    return Neighbour(*key, placement, Claims(frozenset(ports), frozenset(programs)))


def names(neighbours):
    return [neighbour.name for neighbour in neighbours]


@pytest.fixture
def index():
    return ClaimIndex()


def test_those_that_share_a_port_are_rivals_and_nobody_is_its_own(index):
    index.put(A, agent(A, EIGHTY))
    index.put(B, agent(B, EIGHTY, HostPort(81, "TCP")))
    index.put(C, agent(C, HostPort(80, "UDP")))
    assert (names(index.rivals(A)), names(index.rivals(B)), names(index.rivals(C))) == (["b"], ["a"], [])


def test_those_that_share_a_program_are_rivals(index):
    index.put(A, agent(A, programs=[PROGRAM]))
    index.put(B, agent(B, programs=[PROGRAM]))
    assert names(index.rivals(A)) == ["b"]


def test_rivals_are_sorted_and_each_is_there_once(index):
    for key in (C, B, A):
        index.put(key, agent(key, EIGHTY, programs=[PROGRAM]))
    assert names(index.rivals(B)) == ["a", "c"]


def test_two_addresses_of_a_port_are_for_others_to_tell_apart(index):
    index.put(A, agent(A, HostPort(80, "TCP", "10.0.0.1")))
    index.put(B, agent(B, HostPort(80, "TCP", "10.0.0.2")))
    assert names(index.rivals(A)) == ["b"]


def test_one_that_is_not_known_has_none(index):
    assert index.rivals(A) == ()


def test_whoever_shares_a_claim_with_a_new_agent_is_concerned(index):
    assert index.put(A, agent(A, EIGHTY)) == set()
    assert index.put(B, agent(B, EIGHTY)) == {A}


def test_so_are_those_that_shared_one_with_what_it_was(index):
    index.put(A, agent(A, EIGHTY))
    index.put(B, agent(B, programs=[PROGRAM]))
    index.put(C, agent(C, EIGHTY))
    assert index.put(C, agent(C, programs=[PROGRAM])) == {A, B}
    assert (names(index.rivals(A)), names(index.rivals(B))) == ([], ["c"])


def test_a_change_of_placement_alone_concerns_them_too(index):
    index.put(A, agent(A, EIGHTY))
    index.put(B, agent(B, EIGHTY))
    assert index.put(B, agent(B, EIGHTY, placement=Placement({"pool": "x"}, {}, ()))) == {A}


def test_what_is_put_again_as_it_was_concerns_nobody(index):
    index.put(A, agent(A, EIGHTY))
    index.put(B, agent(B, EIGHTY))
    assert index.put(B, agent(B, EIGHTY)) == set()


def test_one_that_is_gone_is_nobodys_rival_and_leaves_nothing_behind(index):
    index.put(A, agent(A, EIGHTY))
    index.put(B, agent(B, EIGHTY))
    assert index.put(B, None) == {A}
    assert index.put(A, None) == set()
    assert index.put(A, None) == set()
    assert not index._claimants
