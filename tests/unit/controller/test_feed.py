"""The list of the agents: what kopf missed, a kind that is missing, and a list on request."""

import asyncio
import json

import pytest
from aiohttp import web

from hostprocess_operator.cluster.store import Store
from hostprocess_operator.controller import feed as module
from hostprocess_operator.controller.feed import AgentFeed
from support.build import agent_body
from support.eventually import eventually
from support.stub_api_server import answers

DISCOVERY = "/apis/hostprocess.dev/v1alpha1"


class Quick:
    def wait(self):
        return 0.01

    def reset(self):
        pass


@pytest.fixture
async def feed(connection, monkeypatch):
    """Return a feed that runs, with short waits after a failure."""
    monkeypatch.setattr(module, "Backoff", Quick)
    made = AgentFeed(connection, (), Store())
    task = asyncio.create_task(made.run())
    yield made
    assert not task.done()
    task.cancel()


def named(made):
    return {stored.agent.name for stored in made._agents.values()}


def discovery(*plurals):
    async def fault(_):
        return web.json_response({"kind": "APIResourceList", "resources": [{"name": name} for name in plurals]})

    return fault


async def test_a_refresh_shows_what_nobody_told_of(stub, feed):
    await asyncio.wait_for(feed.synced.wait(), 5)
    stub.put(agent_body(name="a"))
    await asyncio.wait_for(feed.refresh(), 5)
    assert named(feed) == {"a"}


async def test_a_refresh_waits_for_a_list_that_succeeds(stub, feed):
    await asyncio.wait_for(feed.synced.wait(), 5)
    stub.fail_next("list", answers(503), times=3)
    stub.put(agent_body(name="a"))
    await asyncio.wait_for(feed.refresh(), 5)
    assert named(feed) == {"a"}


async def test_kopf_having_to_list_again_is_followed_by_a_list(stub, feed, monkeypatch):
    monkeypatch.setattr(module, "_SUSPICION_SECONDS", 0.01)
    await asyncio.wait_for(feed.synced.wait(), 5)
    body = stub.put(agent_body(name="a"))
    stub.put(agent_body(name="b"))
    feed.tell(None, json.loads(json.dumps(body)))
    await eventually(lambda: named(feed) == {"a", "b"})


async def test_nothing_is_complete_while_the_kind_is_missing(stub, feed):
    stub.fail_next("list", answers(404), times=3)
    await eventually(lambda: stub.count("list") >= 2)
    assert not feed.synced.is_set()


async def test_a_kind_that_was_missing_is_served_once_discovery_names_it(stub, feed):
    await asyncio.wait_for(feed.synced.wait(), 5)
    served = asyncio.Event()
    stub.requests.clear()
    stub.fail_next("list", answers(404))
    stub.fail_next("list", discovery())
    stub.fail_next("list", discovery("hostprocessagents"))
    feed.when_served(served.set)
    await asyncio.wait_for(served.wait(), 5)
    assert [request.path == DISCOVERY for request in stub.requests] == [False, True, True, False]
