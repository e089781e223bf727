"""Which changes of a status are written at once, which later, and which not at all."""

import json
import time
from types import SimpleNamespace

import pytest

from hostprocess_operator.api.status import AgentStatus, Condition, NodeCounts, Problem, Summary
from hostprocess_operator.cluster.store import Store
from hostprocess_operator.controller import status_writer
from hostprocess_operator.controller.agents import observe_agent
from hostprocess_operator.controller.metrics import Metrics
from hostprocess_operator.controller.status_writer import COUNTS_SECONDS, OUTDATED_SECONDS, StatusWriter, is_urgent
from hostprocess_operator.errors import Invalid
from support import build
from support.stub_api_server import answers, says


def condition(kind, status="True", reason="AllVerified", message="All is well.", since="2026-03-04T00:00:00Z"):
    return Condition(type=kind, status=status, reason=reason, message=message, last_transition_time=since)


def status(*conditions, **fields):
    return AgentStatus(**({"observed_generation": 1, "conditions": conditions} | fields))


VALID = condition("Valid", reason="SpecValid")
READY = condition("Ready")
NOT_READY = condition("Ready", "False", "Rolling")
RECONCILING = condition("Reconciling", reason="Rolling")
PROBLEM = Problem(node="node-a", reason="CrashLoopBackOff", message="It ended.")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(status(READY), status(READY, observed_generation=2), id="the spec was looked at"),
        pytest.param(status(READY), status(NOT_READY), id="Ready changed"),
        pytest.param(status(NOT_READY), status(condition("Ready", "False", "Verifying")), id="Ready's reason changed"),
        pytest.param(status(READY), status(READY, RECONCILING), id="a condition was added"),
        pytest.param(status(READY, RECONCILING), status(READY), id="a condition was taken away"),
        pytest.param(
            status(NOT_READY, RECONCILING), status(NOT_READY, condition("Stalled", reason="Rolling")),
            id="one condition took another's place",
        ),
        pytest.param(status(), status(READY), id="the first of all"),
    ],
)  # fmt: skip
def test_urgent(before, after):
    assert is_urgent(before, after)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(status(READY), status(READY), id="nothing changed"),
        pytest.param(status(), status(), id="there is nothing yet"),
        pytest.param(status(READY), status(READY, nodes=NodeCounts(desired=9)), id="counts"),
        pytest.param(
            status(READY), status(READY, summary=Summary(nodes="1/2", admin_rights="1/2")), id="the columns of kubectl"
        ),
        pytest.param(status(READY), status(condition("Ready", message="Well.")), id="Ready's message"),
        pytest.param(
            status(READY, VALID), status(READY, condition("Valid", "True", "SpecValid", "Warning.")), id="a warning"
        ),
        pytest.param(status(READY), status(READY, problems=(PROBLEM,)), id="problems"),
        pytest.param(status(READY), status(READY, record="{}"), id="the record"),
    ],
)  # fmt: skip
def test_not_urgent(before, after):
    assert not is_urgent(before, after)


KEY = ("agents", "inspector")
AGENT = build.agent()
COUNTED = status(NOT_READY, nodes=NodeCounts(desired=9))
UNKNOWN_FIELD = (
    'HostProcessAgent in version "v1alpha1" cannot be handled: strict decoding error: unknown field "status.{}"'
)


def body(written=None):
    """Return the agent as the API server sends it, with that status."""
    return build.agent_body() | ({"status": written.to_dict()} if written else {})


class Desk:
    """A status writer, what it is given, and what it does."""

    def __init__(self, connection, stub):
        self.stub, self.agents, self.later, self.told = stub, Store(), [], []
        caches = SimpleNamespace(agents=self.agents)
        queue = SimpleNamespace(add_after=lambda *wish: self.later.append(wish))
        recorder = SimpleNamespace(record=lambda *told: self.told.append(told[-1].reason.value))
        self.writer = StatusWriter(connection, caches, queue, Metrics(), recorder)

    def have(self, known):
        """Let the status be the one that stands on the agent."""
        self.agents.upsert(body(known), observe_agent(body(known)))

    def accept(self, *, as_sent=True):
        """Let the API server take the next write, and answer as it stores that."""

        async def take(request):
            [_, patch] = await request.json()
            kept = {"status": patch["value"]} if as_sent else {}
            answer = json.dumps(build.agent_body() | kept).encode()
            return await says(answer, content_type="application/json")(request)

        self.stub.fail_next("write", take)

    @property
    def written(self):
        """Return the statuses that were sent."""
        return [request.body[1]["value"] for request in self.stub.requests if request.method == "PATCH"]


@pytest.fixture
def desk(connection, stub):
    made = Desk(connection, stub)
    made.have(status(NOT_READY))
    return made


async def test_a_status_that_stands_there_is_not_written(desk):
    await desk.writer.write(AGENT, status(NOT_READY))
    assert (desk.written, desk.later) == ([], [])


async def test_the_first_status_of_all_is_written(desk):
    desk.have(None)
    desk.accept()
    await desk.writer.write(AGENT, status(NOT_READY))
    assert desk.written == [status(NOT_READY).to_dict()]
    assert desk.agents.get(KEY).status == status(NOT_READY)


async def test_so_is_that_of_an_agent_that_the_cache_does_not_hold(desk):
    desk.agents.remove(KEY)
    desk.accept()
    await desk.writer.write(AGENT, status(NOT_READY))
    assert len(desk.written) == 1


async def test_counts_are_written_at_once_when_nothing_was_for_long(desk):
    desk.accept()
    await desk.writer.write(AGENT, COUNTED)
    assert (len(desk.written), desk.later) == (1, [])


async def test_counts_wait_where_something_was_written_a_moment_ago(desk):
    desk.accept()
    await desk.writer.write(AGENT, COUNTED)
    await desk.writer.write(AGENT, status(NOT_READY, nodes=NodeCounts(desired=8)))
    [(key, seconds)] = desk.later
    assert (key, len(desk.written)) == (KEY, 1)
    assert 0 < seconds <= COUNTS_SECONDS


async def test_what_people_wait_for_does_not_wait(desk):
    desk.accept()
    await desk.writer.write(AGENT, COUNTED)
    desk.accept()
    await desk.writer.write(AGENT, status(READY))
    assert (len(desk.written), desk.later) == (2, [])


async def test_a_reason_that_comes_back_waits_like_a_count(desk):
    """Of a fleet that fails in two ways on about as many nodes, now the one leads and now the other."""
    reasons = ["CrashLoop", "MemoryLimit", "CrashLoop", "MemoryLimit", "ImageNotFound"]
    for reason in reasons:
        desk.accept()
        await desk.writer.write(AGENT, status(condition("Ready", "False", reason)))
    assert [conditions[0]["reason"] for conditions in (each["conditions"] for each in desk.written)] == [
        "CrashLoop", "MemoryLimit", "ImageNotFound",
    ]  # fmt: skip


async def test_a_reason_that_was_shown_long_ago_is_news(desk, monkeypatch):
    for reason in ("CrashLoop", "MemoryLimit"):
        desk.accept()
        await desk.writer.write(AGENT, status(condition("Ready", "False", reason)))
    monkeypatch.setattr(status_writer, "LATELY_SECONDS", 0.0)
    desk.accept()
    await desk.writer.write(AGENT, status(condition("Ready", "False", "CrashLoop")))
    assert (len(desk.written), desk.later) == (3, [])


async def test_of_an_agent_that_came_back_nothing_waits(desk):
    for forget in (lambda: desk.writer.forget(KEY), desk.writer.start_anew):
        desk.have(status(NOT_READY))
        desk.accept()
        await desk.writer.write(AGENT, COUNTED)
        forget()
    assert (len(desk.written), desk.later) == (2, [])


async def test_what_has_happened_between_two_statuses_is_recorded(desk):
    desk.have(status(VALID))
    desk.accept()
    await desk.writer.write(AGENT, status(condition("Valid", "False", "SpecInvalid")))
    assert desk.told == ["SpecInvalid"]


async def test_so_it_is_where_the_answer_shows_no_status(desk):
    desk.have(status(VALID))
    desk.accept(as_sent=False)
    await desk.writer.write(AGENT, status(condition("Valid", "False", "SpecInvalid")))
    assert desk.told == ["SpecInvalid"]


@pytest.mark.parametrize("refusal", [answers(404, "NotFound"), answers(409, "Conflict")])
async def test_an_agent_that_is_gone_or_another_is_no_error(refusal, desk):
    desk.stub.fail_next("write", refusal)
    await desk.writer.write(AGENT, status(READY))
    assert desk.told == []
    assert desk.agents.get(KEY).status == status(NOT_READY)
    assert desk.later == [(KEY, COUNTS_SECONDS)], "it is looked at again: the API server may be wrong"


class TestOlderCrd:
    """The CRD that is installed does not know every field of the status."""

    def refuse(self, desk, field):
        desk.stub.fail_next("write", answers(400, "BadRequest", UNKNOWN_FIELD.format(field)))
        desk.stub.put(body())

    async def written_without(self, desk):
        self.refuse(desk, "nodes")
        desk.accept()
        await desk.writer.write(AGENT, COUNTED)
        desk.writer.start_anew()

    async def test_it_is_written_again_without_what_is_unknown(self, desk):
        await self.written_without(desk)
        whole = COUNTED.to_dict()
        assert desk.written == [whole, {key: value for key, value in whole.items() if key != "nodes"}]

    async def test_what_is_left_out_makes_no_difference(self, desk):
        await self.written_without(desk)
        await desk.writer.write(AGENT, COUNTED)
        assert len(desk.written) == 2

    async def test_what_is_known_does(self, desk):
        await self.written_without(desk)
        desk.accept()
        await desk.writer.write(AGENT, status(READY, nodes=NodeCounts(desired=9)))
        assert len(desk.written) == 3
        assert "nodes" not in desk.written[-1]

    async def test_after_a_while_all_is_tried_again(self, desk):
        await self.written_without(desk)
        desk.writer._unknown_until -= OUTDATED_SECONDS
        desk.accept()
        await desk.writer.write(AGENT, COUNTED)
        assert desk.written[-1] == COUNTED.to_dict()

    async def test_for_so_long_it_is_not(self, desk):
        await self.written_without(desk)
        assert OUTDATED_SECONDS - 60 < desk.writer._unknown_until - time.monotonic() <= OUTDATED_SECONDS

    async def test_a_refusal_for_another_reason_is_an_error(self, desk):
        desk.stub.fail_next("write", answers(400, "BadRequest", "no"))
        desk.stub.put(body())
        with pytest.raises(Invalid):
            await desk.writer.write(AGENT, COUNTED)
        assert len(desk.written) == 1
