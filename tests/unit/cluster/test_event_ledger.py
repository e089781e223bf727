"""What is told when: at most once a minute for each agent and reason, repetitions counted."""

from datetime import UTC, datetime, timedelta

import pytest

from hostprocess_operator.api.event_reasons import EventReason
from hostprocess_operator.cluster.event_ledger import MOST_ATTEMPTS, SERIES, SPACING, About, EventLedger
from hostprocess_operator.status import Occurrence

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
SECOND = timedelta(seconds=1)
AGENT, OTHER = About("agents", "inspector", "uid-1"), About("agents", "other", "uid-2")
DRIFT = Occurrence(EventReason.DRIFT_CORRECTED, "Somebody changed it.")
DENIED = Occurrence(EventReason.ADMIN_RIGHTS_DENIED, "On node a.")
DENIED_ELSEWHERE = Occurrence(EventReason.ADMIN_RIGHTS_DENIED, "On node b.")


@pytest.fixture
def ledger():
    return EventLedger()


def told(ledger, now, answer="accepted"):
    """Tell everything that may be told now; return notes with how often they happened."""
    every = []
    while (telling := ledger.take(now)) is not None:
        ledger.settle(telling, answer)
        every.append((telling.occurrence.note, telling.count))
    return every


class TestSpacing:
    def test_what_happens_first_is_told_at_once(self, ledger):
        assert ledger.next_due() is None
        assert ledger.note(AGENT, DRIFT, NOW) == "new"
        assert ledger.next_due() <= NOW
        assert told(ledger, NOW) == [("Somebody changed it.", 1)]
        assert ledger.next_due() is None

    def test_repetitions_are_counted_and_told_together_a_minute_later(self, ledger):
        for second in range(10):
            ledger.note(AGENT, DRIFT, NOW + second * SECOND)
            told(ledger, NOW + second * SECOND)
        assert ledger.next_due() == NOW + SPACING
        assert told(ledger, NOW + SPACING - SECOND) == []
        assert told(ledger, NOW + SPACING) == [("Somebody changed it.", 10)]

    def test_an_hour_of_drift_every_second_takes_one_request_a_minute(self, ledger):
        requests = []
        for second in range(3600):
            ledger.note(AGENT, DRIFT, NOW + second * SECOND)
            requests += told(ledger, NOW + second * SECOND)
        assert len(requests) == 60

    def test_something_else_of_the_same_reason_waits_for_its_minute(self, ledger):
        ledger.note(AGENT, DENIED, NOW)
        told(ledger, NOW)
        assert ledger.note(AGENT, DENIED_ELSEWHERE, NOW + SECOND) == "new"
        assert told(ledger, NOW + SECOND) == []
        assert told(ledger, NOW + SPACING) == [("On node b.", 1)]

    def test_of_two_that_wait_the_last_is_told(self, ledger):
        ledger.note(AGENT, DENIED, NOW)
        assert ledger.note(AGENT, DENIED_ELSEWHERE, NOW) == "superseded"
        assert told(ledger, NOW) == [("On node b.", 1)]

    @pytest.mark.parametrize(
        ("about", "occurrence"),
        [pytest.param(AGENT, DENIED, id="another reason"), pytest.param(OTHER, DRIFT, id="another agent")],
    )
    def test_does_not_wait(self, ledger, about, occurrence):
        ledger.note(AGENT, DRIFT, NOW)
        told(ledger, NOW)
        ledger.note(about, occurrence, NOW)
        assert told(ledger, NOW) == [(occurrence.note, 1)]

    def test_what_has_waited_longest_comes_first(self, ledger):
        ledger.note(AGENT, DENIED, NOW)
        ledger.note(OTHER, DRIFT, NOW - SECOND)
        assert [note for note, _ in told(ledger, NOW)] == ["Somebody changed it.", "On node a."]


class TestSeries:
    def taken(self, ledger, now):
        telling = ledger.take(now)
        ledger.settle(telling, "accepted")
        return telling

    def test_a_repetition_belongs_to_the_same_event(self, ledger):
        ledger.note(AGENT, DRIFT, NOW)
        first = self.taken(ledger, NOW)
        assert ledger.note(AGENT, DRIFT, NOW + SERIES) == "repeated"
        again = self.taken(ledger, NOW + SERIES)
        assert (again.event, again.count, again.told) == (first.event, 2, 1)
        assert (again.first, again.last) == (NOW, NOW + SERIES)

    def test_after_a_long_silence_it_is_another_event(self, ledger):
        ledger.note(AGENT, DRIFT, NOW)
        first = self.taken(ledger, NOW)
        later = NOW + SERIES + SECOND
        assert ledger.note(AGENT, DRIFT, later) == "new"
        again = self.taken(ledger, later)
        assert again.event != first.event
        assert (again.count, again.told) == (1, 0)

    def test_an_agent_that_was_made_again_has_events_of_its_own(self, ledger):
        ledger.note(AGENT, DRIFT, NOW)
        first = self.taken(ledger, NOW)
        ledger.note(About("agents", "inspector", "uid-3"), DRIFT, NOW)
        assert self.taken(ledger, NOW + SPACING).event != first.event

    def test_what_repeats_while_it_is_sent_is_told_next_time(self, ledger):
        ledger.note(AGENT, DRIFT, NOW)
        sent = ledger.take(NOW)
        ledger.note(AGENT, DRIFT, NOW)
        ledger.settle(sent, "accepted")
        assert told(ledger, NOW + SPACING) == [("Somebody changed it.", 2)]

    def test_an_expired_event_is_followed_by_another_one_with_what_was_not_told(self, ledger):
        ledger.note(AGENT, DRIFT, NOW)
        first = self.taken(ledger, NOW)
        for _ in range(3):
            ledger.note(AGENT, DRIFT, NOW + SPACING)
        ledger.settle(ledger.take(NOW + SPACING), "gone")
        assert told(ledger, NOW + SPACING) == []
        again = self.taken(ledger, NOW + 2 * SPACING)
        assert again.event != first.event
        assert (again.count, again.told) == (3, 0)


class TestFailures:
    def test_what_failed_is_sent_again_as_it_was_a_minute_later(self, ledger):
        ledger.note(AGENT, DRIFT, NOW)
        sent = ledger.take(NOW)
        ledger.settle(sent, "failed")
        assert ledger.take(NOW + SPACING - SECOND) is None
        assert ledger.take(NOW + SPACING) == sent

    def test_what_fails_again_and_again_is_given_up(self, ledger):
        ledger.note(AGENT, DRIFT, NOW)
        tries = sum(len(told(ledger, NOW + minute * SPACING, "failed")) for minute in range(20))
        assert tries == MOST_ATTEMPTS

    def test_what_is_refused_is_given_up_and_the_next_one_still_waits_its_minute(self, ledger):
        ledger.note(AGENT, DRIFT, NOW)
        told(ledger, NOW, "refused")
        assert ledger.next_due() is None
        ledger.note(AGENT, DRIFT, NOW + SECOND)
        assert told(ledger, NOW + SECOND) == []
        assert told(ledger, NOW + SPACING) == [("Somebody changed it.", 1)]

    def test_an_answer_to_what_was_displaced_meanwhile_is_ignored(self, ledger):
        ledger.note(AGENT, DENIED, NOW)
        sent = ledger.take(NOW)
        ledger.note(AGENT, DENIED_ELSEWHERE, NOW)
        ledger.settle(sent, "accepted")
        assert told(ledger, NOW + SPACING) == [("On node b.", 1)]


class TestBounds:
    def fill(self, ledger, count, now=NOW):
        return [ledger.note(About("agents", f"agent-{number}", "u"), DRIFT, now) for number in range(count)]

    def test_what_there_is_no_room_for_is_dropped(self):
        assert self.fill(EventLedger(most=3), 5) == ["new", "new", "new", "dropped", "dropped"]

    def test_a_topic_that_is_remembered_is_counted_although_there_is_no_room(self):
        ledger = EventLedger(most=1)
        assert self.fill(ledger, 1) == ["new"]
        assert self.fill(ledger, 1) == ["repeated"]

    def test_what_was_told_long_ago_makes_room(self):
        ledger = EventLedger(most=3)
        self.fill(ledger, 3)
        told(ledger, NOW)
        assert ledger.note(OTHER, DRIFT, NOW + SERIES) == "dropped"
        assert ledger.note(OTHER, DRIFT, NOW + SERIES + SECOND) == "new"
        assert len(ledger) == 1

    def test_an_agent_that_is_gone_is_forgotten(self, ledger):
        ledger.note(AGENT, DRIFT, NOW)
        ledger.note(OTHER, DRIFT, NOW)
        sent = ledger.take(NOW)
        ledger.forget(sent.about.namespace, sent.about.name)
        ledger.settle(sent, "accepted")
        assert len(ledger) == 1
