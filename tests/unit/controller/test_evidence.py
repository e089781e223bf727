"""Events about objects that do not explain themselves: asked for seldom, few at a time, and never to anybody's harm."""

import pytest

from hostprocess_operator.controller.evidence import FIRST_WAIT, LONGEST_WAIT, Evidence
from support.stub_api_server import answers

KEY = ("agents", "inspector")


def event(name, reason="FailedMount", message="it failed", about="pod-uid"):
    return {
        "metadata": {"namespace": "agents", "name": name, "uid": f"uid-of-{name}"},
        "involvedObject": {"uid": about},
        "reason": reason,
        "message": message,
        "count": 3,
        "lastTimestamp": "2026-03-04T05:06:07Z",
    }


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def evidence(connection, clock):
    return Evidence(connection, clock)


async def test_what_is_said_about_an_object_is_returned_under_its_uid(stub, evidence):
    stub.put(event("a"))
    found = await evidence.about(KEY, ["pod-uid"])
    assert [(each.reason, each.message, each.count) for each in found["pod-uid"]] == [("FailedMount", "it failed", 3)]


async def test_it_is_asked_for_in_the_agents_namespace_by_the_uid_and_never_without_a_bound(stub, evidence):
    await evidence.about(KEY, ["pod-uid"])
    [request] = stub.requests
    assert request.path == "/api/v1/namespaces/agents/events"
    assert request.query == {"fieldSelector": "involvedObject.uid=pod-uid", "limit": "100"}


async def test_nothing_is_asked_where_nothing_is_wrong(stub, evidence):
    assert await evidence.about(KEY, []) == {}
    assert stub.requests == []
    assert evidence.due_in(KEY) is None


async def test_within_a_few_seconds_it_is_not_asked_again(stub, evidence, clock):
    await evidence.about(KEY, ["pod-uid"])
    clock.now += FIRST_WAIT - 0.1
    await evidence.about(KEY, ["pod-uid"])
    assert len(stub.requests) == 1
    assert evidence.due_in(KEY) == pytest.approx(0.1)


async def test_the_longer_it_lasts_the_more_seldom_it_is_asked(stub, evidence, clock):
    waits = []
    for _ in range(8):
        await evidence.about(KEY, ["pod-uid"])
        waits.append(evidence.due_in(KEY))
        clock.now += waits[-1]
    assert waits[:3] == [FIRST_WAIT, 2 * FIRST_WAIT, 4 * FIRST_WAIT]
    assert waits[-1] == LONGEST_WAIT
    assert len(stub.requests) == 8


async def test_of_several_objects_the_one_that_is_due_first_counts(evidence, clock):
    await evidence.about(KEY, ["pod-uid"])
    clock.now += 1
    await evidence.about(KEY, ["pod-uid", "other-uid"])
    assert evidence.due_in(KEY) == FIRST_WAIT - 1


async def test_an_object_that_explains_itself_by_now_is_forgotten(stub, evidence, clock):
    await evidence.about(KEY, ["pod-uid", "other-uid"])
    found = await evidence.about(KEY, ["other-uid"])
    assert set(found) == {"other-uid"}
    await evidence.about(KEY, ["pod-uid"])
    assert len(stub.requests) == 3


async def test_a_refusal_leaves_what_was_known(stub, evidence, clock):
    stub.put(event("a"))
    before = await evidence.about(KEY, ["pod-uid"])
    clock.now += FIRST_WAIT
    stub.fail_next("list", answers(403, "Forbidden"))
    assert await evidence.about(KEY, ["pod-uid"]) == before


async def test_of_an_agent_that_is_gone_nothing_is_kept(evidence):
    await evidence.about(KEY, ["pod-uid"])
    evidence.forget(KEY)
    assert evidence.due_in(KEY) is None
