"""When the cluster is asked, before anything is written, whether an agent is still as it is believed to be."""

import time
from dataclasses import replace

import pytest

from hostprocess_operator.controller.agents import observe_agent
from hostprocess_operator.controller.caches import Caches
from hostprocess_operator.controller.metrics import Metrics
from hostprocess_operator.controller.queue import WorkQueue
from hostprocess_operator.controller.world import World
from hostprocess_operator.errors import Outdated
from hostprocess_operator.observed import Seen
from hostprocess_operator.rollout import plan_rollout
from support import build
from support.build import NOW

KEY = (build.NAMESPACE, build.NAME)
AGENT = build.agent()
THERE = build.scene(AGENT)
GONE = replace(THERE, daemonset=None)
NEVER = Seen()
LISTED, STREAMED, LONG_AGO, UNKNOWN = "listed", "streamed", "long ago", "unknown"


@pytest.fixture
def caches():
    return Caches(None, (), lambda _: None, lambda *_: None)


@pytest.fixture
def world(connection, caches):
    return World(connection, caches, None, WorkQueue(), Metrics(), None)


def hear(caches, body, how):
    """Let the cache hold the agent, as it was heard of."""
    if how != UNKNOWN:
        stored = observe_agent(body, listed=how == LISTED)
        caches.agents.upsert(body, replace(stored, received=time.monotonic() - 6.0) if how == LONG_AGO else stored)


def plan(seen=THERE, *, write=False):
    return replace(plan_rollout(AGENT, seen, NOW), write=write)


@pytest.mark.parametrize(
    ("how", "seen", "write", "asks"),
    [
        pytest.param(UNKNOWN, THERE, False, True, id="the cache holds no agent"),
        pytest.param(LISTED, THERE, False, True, id="it is known from a list alone"),
        pytest.param(LISTED, NEVER, True, True, id="it is so, and new"),
        pytest.param(STREAMED, THERE, True, False, id="the DaemonSet is there"),
        pytest.param(LONG_AGO, THERE, True, False, id="that is, and the agent was heard of long ago"),
        pytest.param(LONG_AGO, GONE, False, False, id="it is not, and is not to be made"),
        pytest.param(STREAMED, NEVER, True, False, id="a new agent has none yet"),
        pytest.param(LONG_AGO, NEVER, True, True, id="an agent that was heard of long ago has none"),
        pytest.param(STREAMED, GONE, True, True, id="one that was written is gone"),
    ],
)
async def test_the_cluster_is_asked_where_there_is_doubt(world, caches, stub, how, seen, write, asks):
    hear(caches, stub.put(build.agent_body()), how)
    await world._confirm(AGENT, plan(seen, write=write))
    paths = ["/apis/hostprocess.dev/v1alpha1/namespaces/agents/hostprocessagents"]
    assert [request.path for request in stub.requests] == (paths if asks else [])


async def test_the_agent_is_asked_for_by_its_name(world, stub):
    stub.put(build.agent_body())
    await world._confirm(AGENT, plan())
    [request] = stub.requests
    assert request.query == {"fieldSelector": "metadata.name=inspector"}


async def test_what_is_confirmed_is_not_asked_for_again(world, caches, stub):
    hear(caches, stub.put(build.agent_body()), LISTED)
    await world._confirm(AGENT, plan())
    await world._confirm(AGENT, plan())
    assert len(stub.requests) == 1


async def test_what_was_not_known_is_from_then_on(world, caches, stub):
    stub.put(build.agent_body())
    await world._confirm(AGENT, plan())
    assert caches.agents.get(KEY).agent == AGENT


class TestOutdated:
    """The agent is not what the plan was made for: nothing is tried."""

    async def carry_out(self, world, stub):
        [pod] = build.pods("node-a")
        with pytest.raises(Outdated) as caught:
            await world.carry_out(AGENT, replace(plan(write=True), delete=(pod,)))
        assert stub.count("write") == 0
        return str(caught.value)

    async def test_it_is_gone(self, world, caches, stub):
        hear(caches, stub.put(build.agent_body()), LISTED)
        stub.delete(build.NAME)
        assert "deleted or made again" in await self.carry_out(world, stub)

    async def test_it_is_another_one_of_the_name(self, world, caches, stub):
        hear(caches, stub.put(build.agent_body()), LISTED)
        stub.put(build.agent_body(uid="another"))
        assert "deleted or made again" in await self.carry_out(world, stub)
        assert caches.agents.entry(KEY).uid == AGENT.uid

    async def test_it_is_another_version(self, world, caches, stub):
        hear(caches, stub.put(build.agent_body()), LISTED)
        stub.put(build.agent_body(image="registry.example/agent:2"))
        assert "changed meanwhile" in await self.carry_out(world, stub)
        assert caches.agents.get(KEY).agent.spec.containers[0].image == "registry.example/agent:2"
