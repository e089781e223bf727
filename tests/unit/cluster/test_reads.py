"""Reads that go past the caches."""

import pytest

from hostprocess_operator.cluster import listing, reads
from hostprocess_operator.errors import Gone
from support.stub_api_server import answers, pod


@pytest.fixture
def small_pages(monkeypatch):
    monkeypatch.setattr(listing.pages, "__defaults__", ("", 2))


class TestListAgents:
    async def test_returns_every_page_and_the_version_of_the_list(self, stub, connection, small_pages):
        for name in "abcde":
            stub.put(pod(name))
        listed = await reads.list_agents(connection)
        assert [item["metadata"]["name"] for item in listed.items] == list("abcde")
        assert listed.version == str(stub.version)
        assert len(stub.requests) == 3
        assert stub.requests[0].path == "/apis/hostprocess.dev/v1alpha1/hostprocessagents"

    async def test_of_one_namespace(self, stub, connection):
        await reads.list_agents(connection, "agents")
        assert stub.requests[0].path == "/apis/hostprocess.dev/v1alpha1/namespaces/agents/hostprocessagents"

    async def test_leaves_it_to_the_caller_when_to_try_a_list_again_of_which_a_page_has_expired(
        self, stub, connection, small_pages
    ):
        for name in "abc":
            stub.put(pod(name))
        stub.fail_next("page", answers(410, "Expired"))
        with pytest.raises(Gone):
            await reads.list_agents(connection)
        assert len(stub.requests) == 2


class TestConfirmAgent:
    async def test_asks_for_a_list_of_that_one_name(self, stub, connection):
        stub.put(pod("a"))
        found = await reads.confirm_agent(connection, "agents", "a")
        assert found["metadata"]["uid"] == "uid-of-a"
        assert stub.requests[0].query == {"fieldSelector": "metadata.name=a"}

    async def test_none_when_it_does_not_exist(self, stub, connection):
        assert await reads.confirm_agent(connection, "agents", "a") is None


class TestListRevisions:
    async def test_narrows_the_list_to_the_agent(self, stub, connection):
        stub.put(pod("r"))
        (revision,) = await reads.list_revisions(connection, "agents", "a")
        assert revision["metadata"]["name"] == "r"
        assert stub.requests[0].path == "/apis/apps/v1/namespaces/agents/controllerrevisions"
        assert stub.requests[0].query["labelSelector"] == "hostprocess.dev/agent=a"
