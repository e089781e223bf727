"""The recorder: what it sends, what it gives up, and that it is in nobody's way."""

import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest

from hostprocess_operator.api.event_reasons import EventReason
from hostprocess_operator.cluster import events
from hostprocess_operator.cluster.event_ledger import About, EventLedger, Telling
from hostprocess_operator.cluster.events import NOTE_BYTES, EventRecorder, event_body
from hostprocess_operator.status import Occurrence, drift_corrected
from hostprocess_operator.status.occurrence import Related
from support.eventually import eventually
from support.stub_api_server import answers, never_answers, resets

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
ABOUT = About("agents", "inspector", "agent-uid")
DRIFT = drift_corrected("inspector", "daemonset-uid")
INVALID = Occurrence(EventReason.SPEC_INVALID, "spec.hostNetwork: must not be set.")


def telling(occurrence=DRIFT, **fields):
    return Telling("inspector.0", ABOUT, occurrence, NOW, NOW + timedelta(seconds=9), **fields)


class Clock:
    """The time as the recorder sees it; it stands still until it is moved."""

    def __init__(self):
        self.now = NOW

    def __call__(self):
        return self.now


class TestBody:
    def test_is_an_event_about_the_agent_and_its_daemonset(self):
        body = event_body(telling(), "operator-0")
        assert body == {
            "apiVersion": "events.k8s.io/v1",
            "kind": "Event",
            "metadata": {"namespace": "agents", "name": "inspector.0"},
            "eventTime": "2026-03-04T05:06:07.000000Z",
            "reportingController": "hostprocess.dev/operator",
            "reportingInstance": "operator-0",
            "type": "Warning",
            "reason": "DriftCorrected",
            "action": "RestoreDaemonSet",
            "note": DRIFT.note,
            "regarding": {
                "apiVersion": "hostprocess.dev/v1alpha1",
                "kind": "HostProcessAgent",
                "namespace": "agents",
                "name": "inspector",
                "uid": "agent-uid",
            },
            "related": {
                "apiVersion": "apps/v1",
                "kind": "DaemonSet",
                "namespace": "agents",
                "name": "inspector",
                "uid": "daemonset-uid",
            },
        }

    def test_about_a_node_names_it_without_a_namespace(self):
        body = event_body(telling(Occurrence(EventReason.NODE_INELIGIBLE, "n", Related("Node", "win-1"))), "o")
        assert body["related"] == {"apiVersion": "v1", "kind": "Node", "name": "win-1"}

    def test_about_nothing_else_has_no_related_object(self):
        assert "related" not in event_body(telling(INVALID), "o")

    def test_what_repeated_before_it_could_be_told_is_a_series_at_once(self):
        body = event_body(telling(count=3), "o")
        assert body["series"] == {"count": 3, "lastObservedTime": "2026-03-04T05:06:16.000000Z"}

    @pytest.mark.parametrize("text", ["\x1b[31mred\u202e\x00\nline ", "Ä" * 5000, "\U0001f600" * 5000])
    def test_a_hostile_note_is_one_clean_line_of_at_most_a_kibibyte(self, text):
        note = event_body(telling(Occurrence(EventReason.SPEC_INVALID, text)), "o")["note"]
        assert note
        assert note.isprintable()
        assert len(note.encode()) <= NOTE_BYTES


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def outcomes():
    return []


@pytest.fixture
def recorder(connection, clock, outcomes, monkeypatch):
    monkeypatch.setattr(events, "PAUSE_SECONDS", 0.0)
    return EventRecorder(connection, "operator-0", clock, outcomes.append)


@asynccontextmanager
async def running(recorder):
    task = asyncio.create_task(recorder.run())
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def record(recorder, occurrence=DRIFT, name="inspector"):
    recorder.record("agents", name, "agent-uid", occurrence)


class TestSending:
    async def test_an_event_is_created_in_the_agent_s_namespace(self, stub, recorder, outcomes):
        async with running(recorder):
            record(recorder)
            await eventually(lambda: outcomes)
        (sent,) = stub.requests
        assert (sent.method, sent.path) == ("POST", "/apis/events.k8s.io/v1/namespaces/agents/events")
        assert sent.body["reason"] == "DriftCorrected"
        assert outcomes == ["created"]

    async def test_what_is_recorded_before_it_runs_is_sent_too(self, stub, recorder, outcomes):
        record(recorder)
        record(recorder, INVALID)
        async with running(recorder):
            await eventually(lambda: len(outcomes) == 2)
        assert {sent.body["reason"] for sent in stub.requests} == {"DriftCorrected", "SpecInvalid"}

    async def test_repetitions_are_one_merge_patch_of_the_series_a_minute_later(self, stub, recorder, clock, outcomes):
        async with running(recorder):
            record(recorder)
            await eventually(lambda: outcomes)
            for _ in range(9):
                record(recorder)
            clock.now += timedelta(seconds=61)
            record(recorder)
            await eventually(lambda: len(outcomes) == 2)
        created, patched = stub.requests
        assert outcomes == ["created", "repeated"]
        assert patched.method == "PATCH"
        assert patched.path == f"{created.path}/{created.body['metadata']['name']}"
        assert patched.headers["Content-Type"] == "application/merge-patch+json"
        assert patched.body == {"series": {"count": 11, "lastObservedTime": "2026-03-04T05:07:08.000000Z"}}

    async def test_requests_are_apart_however_much_happens(self, stub, recorder, outcomes, monkeypatch):
        monkeypatch.setattr(events, "PAUSE_SECONDS", 0.1)
        loop = asyncio.get_running_loop()
        async with running(recorder):
            began = loop.time()
            for number in range(4):
                record(recorder, name=f"agent-{number}")
            await eventually(lambda: len(outcomes) == 4)
        assert loop.time() - began > 0.25


class TestTrouble:
    async def test_an_event_that_was_there_already_is_told(self, stub, recorder, outcomes):
        stub.fail_next("write", answers(409, "AlreadyExists"))
        async with running(recorder):
            record(recorder)
            await eventually(lambda: outcomes)
        assert outcomes == ["created"]

    @pytest.mark.parametrize("fault", [answers(503), answers(429), resets], ids=["503", "429", "a reset"])
    async def test_what_failed_is_sent_again_under_its_name(self, stub, recorder, clock, outcomes, fault):
        stub.fail_next("write", fault)
        async with running(recorder):
            record(recorder)
            await eventually(lambda: outcomes)
            clock.now += timedelta(seconds=61)
            record(recorder, INVALID)
            await eventually(lambda: len(outcomes) == 3)
        first, *rest = stub.requests
        assert outcomes[0] == "failed"
        assert first.body["metadata"]["name"] in {sent.body["metadata"]["name"] for sent in rest}

    async def test_an_expired_event_is_replaced_by_another(self, stub, recorder, clock, outcomes):
        async with running(recorder):
            record(recorder)
            await eventually(lambda: outcomes)
            stub.fail_next("write", answers(404))
            clock.now += timedelta(seconds=61)
            record(recorder)
            await eventually(lambda: len(outcomes) == 2)
            clock.now += timedelta(seconds=61)
            record(recorder)
            await eventually(lambda: len(outcomes) == 3)
        assert outcomes == ["created", "gone", "created"]
        assert stub.requests[-1].body["metadata"]["name"] != stub.requests[0].body["metadata"]["name"]
        assert stub.requests[-1].body["series"]["count"] == 2

    @pytest.mark.parametrize("code", [400, 403, 404, 422])
    async def test_a_refusal_is_given_up_and_the_next_event_is_sent(self, stub, recorder, outcomes, code):
        stub.fail_next("write", answers(code))
        async with running(recorder):
            record(recorder)
            await eventually(lambda: outcomes)
            record(recorder, INVALID)
            await eventually(lambda: len(outcomes) == 2)
        assert outcomes == ["refused", "created"]

    async def test_a_server_that_does_not_answer_holds_up_nobody(self, stub, recorder):
        stub.fail_next("write", never_answers)
        async with running(recorder):
            record(recorder)
            await eventually(lambda: stub.requests)
            for number in range(100):
                record(recorder, name=f"agent-{number}")
        assert len(stub.requests) == 1

    async def test_what_there_is_no_room_for_is_counted(self, connection, clock, outcomes):
        recorder = EventRecorder(connection, "operator-0", clock, outcomes.append, EventLedger(most=1))
        record(recorder)
        record(recorder, name="another")
        assert outcomes == ["dropped"]

    async def test_an_agent_that_is_gone_is_not_told_of(self, stub, recorder, outcomes):
        record(recorder)
        record(recorder, name="another")
        recorder.forget("agents", "inspector")
        async with running(recorder):
            await eventually(lambda: outcomes)
        assert [sent.body["regarding"]["name"] for sent in stub.requests] == ["another"]

    async def test_it_ends_quietly_when_nothing_may_be_written_any_more(self, stub, recorder, connection):
        connection.gate.close()
        async with running(recorder) as task:
            record(recorder)
            async with asyncio.timeout(5):
                await task
        assert stub.requests == []
