"""The fault proxy over real HTTP, with a stub in the place of the API server."""

import asyncio
import json

import aiohttp
import pytest

from faults.proxy import FaultProxy
from faults.rules import Answer, Crash, Cut, Delay, Double, Drop, Hold, Mute, Rule, Script, requests
from support.eventually import eventually
from support.stub_api_server import pod

PODS = "/api/v1/pods"
WATCH = f"{PODS}?watch=true&resourceVersion=0"
LISTS, WATCHES, WRITES = requests("list"), requests("watch"), requests("create update patch delete")


@pytest.fixture
def killed():
    return []


@pytest.fixture
async def proxy(stub, killed):
    with FaultProxy(stub.url, on_crash=lambda: killed.append(1)) as running:
        yield running


@pytest.fixture
async def client(proxy):
    async with aiohttp.ClientSession(proxy.url, headers={"User-Agent": "one/1"}) as session:
        yield session


async def names(client):
    async with client.get(PODS) as answer:
        return [item["metadata"]["name"] for item in (await answer.json())["items"]]


async def event(answer):
    async with asyncio.timeout(5):
        read = json.loads(await answer.content.readline())
    return read["type"], read["object"]["metadata"]["name"]


class TestUnharmed:
    async def test_requests_and_answers_pass_through_with_their_headers(self, stub, client):
        stub.accepts = "secret"
        async with client.get(PODS) as answer:
            assert answer.status == 401
        bearer = {"Authorization": "Bearer secret"}
        async with client.patch(f"{PODS}/a/status", json={"a": 1}, headers=bearer) as answer:
            assert (await answer.json())["got"] == {"a": 1}

    async def test_events_pass_through_as_they_come(self, stub, client):
        async with client.get(WATCH) as answer:
            stub.put(pod("a"))
            assert await event(answer) == ("ADDED", "a")
            stub.delete("a")
            assert await event(answer) == ("DELETED", "a")

    async def test_every_request_is_counted_with_its_answer(self, proxy, client):
        await names(client)
        async with client.delete("/api/v1/namespaces/agents/pods/a"):
            pass
        assert [(one.asked.verb, one.asked.name, one.status) for one in proxy.exchanges] == [
            ("list", "", 200),
            ("delete", "a", 200),
        ]
        assert len(proxy.seen(WRITES)) == 1

    async def test_a_client_that_goes_ends_its_watch_on_the_server_too(self, proxy, client):
        async with client.get(WATCH):
            await eventually(lambda: proxy.open_streams() == 1)
        await eventually(lambda: proxy.open_streams() == 0)


class TestFaultsOfRequests:
    async def test_an_answer_of_its_own_never_reaches_the_server(self, stub, proxy, client):
        proxy.add(Rule(LISTS, Answer(429, b"{}", headers=(("Retry-After", "3"),))))
        async with client.get(PODS) as answer:
            assert (answer.status, answer.headers["Retry-After"]) == (429, "3")
        assert not stub.requests

    async def test_it_spares_the_first_and_ends_after_the_last(self, proxy, client):
        proxy.add(Rule(LISTS, Answer(500), skip=1, times=1))
        statuses = []
        for _ in range(3):
            async with client.get(PODS) as answer:
                statuses.append(answer.status)
        assert statuses == [200, 500, 200]

    async def test_a_cut_before_the_request_is_not_seen_by_the_server(self, stub, proxy, client):
        proxy.add(Rule(WRITES, Cut()))
        with pytest.raises(aiohttp.ClientError):
            await client.patch(PODS, json={})
        assert not stub.requests

    async def test_a_cut_after_the_request_loses_the_answer_alone(self, stub, proxy, client):
        proxy.add(Rule(WRITES, Cut(after=True)))
        with pytest.raises(aiohttp.ClientError):
            await client.patch(PODS, json={})
        assert stub.count("write") == 1

    async def test_a_delayed_request_comes_through(self, proxy, client):
        proxy.add(Rule(LISTS, Delay(0.01)))
        assert await names(client) == []

    async def test_what_is_held_is_reset_once_the_rule_is_lifted(self, proxy, client):
        active = proxy.add(Rule(WRITES, Hold()))
        waiting = asyncio.create_task(client.patch(PODS, json={}))
        await eventually(lambda: active.struck == 1)
        assert not waiting.done()
        proxy.lift(active)
        with pytest.raises(aiohttp.ClientError):
            await waiting

    async def test_a_script_is_recited_instead_of_a_watch(self, proxy, client):
        proxy.add(Rule(WATCHES, Script((b'{"type":', b'"ADDED"'))))
        async with client.get(WATCH) as answer:
            assert await answer.read() == b'{"type":"ADDED"'

    async def test_no_connection_is_taken_until_it_listens_again(self, proxy, client):
        assert await names(client) == []
        proxy.refuse()
        with pytest.raises(aiohttp.ClientConnectionError):
            await names(client)
        proxy.listen()
        assert await names(client) == []

    async def test_frozen_nothing_passes_and_thawed_everything_does(self, stub, proxy, client):
        proxy.freeze()
        waiting = asyncio.create_task(names(client))
        await eventually(lambda: proxy.exchanges)
        assert not stub.requests
        proxy.thaw()
        assert await waiting == []


class TestFaultsOfWatches:
    async def test_dropped_events_are_missing_and_the_next_ones_come(self, stub, proxy, client):
        proxy.add(Rule(WATCHES, Drop(), skip=1, times=1))
        async with client.get(WATCH) as answer:
            for name in ("a", "b", "c"):
                stub.put(pod(name))
            assert [await event(answer), await event(answer)] == [("ADDED", "a"), ("ADDED", "c")]

    async def test_doubled_events_come_twice(self, stub, proxy, client):
        proxy.add(Rule(WATCHES, Double(), times=1))
        async with client.get(WATCH) as answer:
            stub.put(pod("a"))
            stub.put(pod("b"))
            assert [(await event(answer))[1] for _ in range(3)] == ["a", "a", "b"]

    async def test_a_muted_watch_tells_what_happened_once_the_rule_is_lifted(self, stub, proxy, client):
        active = proxy.add(Rule(WATCHES, Mute()))
        async with client.get(WATCH) as answer:
            stub.put(pod("a"))
            await eventually(lambda: active.struck == 1)
            assert not stub.count("watch")
            proxy.lift(active)
            assert await event(answer) == ("ADDED", "a")

    async def test_open_watches_are_told_anything_and_ended(self, proxy, client):
        async with client.get(WATCH) as answer:
            await eventually(lambda: proxy.open_streams() == 1)
            proxy.say(WATCHES, b"half a li")
            proxy.end_streams()
            assert await answer.read() == b"half a li"

    async def test_open_watches_are_cut(self, proxy, client):
        async with client.get(WATCH) as answer:
            await eventually(lambda: proxy.open_streams() == 1)
            proxy.cut_streams(requests("watch", "pods"))
            with pytest.raises(aiohttp.ClientError):
                await answer.read()


class TestCrash:
    @pytest.mark.parametrize(("after", "arrived"), [(False, 1), (True, 2)])
    async def test_the_client_is_killed_at_its_second_write(self, stub, proxy, client, killed, after, arrived):
        proxy.add(Rule(WRITES, Crash(after), skip=1, times=1))
        await client.patch(PODS, json={})
        with pytest.raises(aiohttp.ClientError):
            await client.patch(PODS, json={})
        assert killed == [1]
        assert proxy.crashed.is_set()
        assert stub.count("write") == arrived

    async def test_nothing_more_of_it_comes_through_until_another_is_let_in(self, stub, proxy, client):
        proxy.add(Rule(WRITES, Crash(), times=1))
        for _ in range(2):
            with pytest.raises(aiohttp.ClientError):
                await client.patch(PODS, json={})
        proxy.admit()
        await client.patch(PODS, json={})
        assert stub.count("write") == 1
