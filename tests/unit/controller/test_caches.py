"""Whom a change of an agent concerns: itself at once, those that it is in the way of a little later."""

import pytest

from hostprocess_operator.controller.agents import observe_agent
from hostprocess_operator.controller.caches import Caches
from support import build


class Woken:
    """What the caches asked for since the last look."""

    def __init__(self):
        self.at_once, self.later = [], []

    def look(self):
        found = (sorted(self.at_once), sorted(self.later))
        self.at_once, self.later = [], []
        return found


@pytest.fixture
def woken():
    return Woken()


@pytest.fixture
def caches(woken):
    """Return caches that are fed by hand: nothing is ever connected to."""
    return Caches(None, (), lambda key: woken.at_once.append(key[1]), lambda key, _: woken.later.append(key[1]))


def test_only_nodes_may_be_late(caches):
    late = {name for name, reflector in caches.reflectors.items() if reflector._resource.rest_seconds}
    assert late == {"nodes"}


def put(caches, name, port, **changes):
    containers = [{"name": "agent", "image": f"registry.example/{name}", "ports": [{"containerPort": port}]}]
    body = build.agent_body(name=name, uid=name, containers=containers, **changes)
    caches.agents.upsert(body, observe_agent(body))


def names(neighbours):
    return [neighbour.name for neighbour in neighbours]


def test_a_new_agent_concerns_those_that_claim_the_same(caches, woken):
    put(caches, "a", 80)
    put(caches, "b", 81)
    woken.look()
    put(caches, "c", 80)
    assert woken.look() == (["c"], ["a"])
    assert names(caches.neighbours(("agents", "a"))) == ["c"]


def test_a_status_of_its_own_concerns_nobody_else(caches, woken):
    put(caches, "a", 80)
    put(caches, "b", 80)
    woken.look()
    body = build.agent_body(name="b", uid="b", generation=2, containers=[
        {"name": "agent", "image": "registry.example/b", "ports": [{"containerPort": 80}]}
    ])  # fmt: skip
    caches.agents.upsert(body, observe_agent(body))
    assert woken.look() == (["b"], [])


def test_one_that_gives_its_claim_up_concerns_those_that_it_was_in_the_way_of(caches, woken):
    put(caches, "a", 80)
    put(caches, "b", 80)
    woken.look()
    put(caches, "b", 81)
    assert woken.look() == (["b"], ["a"])
    assert caches.neighbours(("agents", "a")) == ()


def test_so_does_one_that_is_deleted(caches, woken):
    put(caches, "a", 80)
    put(caches, "b", 80)
    woken.look()
    caches.agents.remove(("agents", "b"))
    assert woken.look() == (["b"], ["a"])
    assert caches.neighbours(("agents", "a")) == ()
