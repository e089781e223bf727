"""When a log is read, and when a run counts as Unknown."""

from datetime import UTC, datetime, timedelta

import pytest

from hostprocess_operator.verification.report import Cause, NoReportFound
from hostprocess_operator.verification.runs import Run
from hostprocess_operator.verification.schedule import GONE_READS, Reads, Step, next_step, record_read

START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
TIMEOUT = 300

NOTHING = NoReportFound(Cause.EMPTY_LOG)
BLANK = NoReportFound(Cause.BLANK_LINE)
UNREACHABLE = NoReportFound(Cause.LOG_UNREACHABLE)
GONE = NoReportFound(Cause.LOG_GONE)
HANGING = NoReportFound(Cause.PROBE_RUNNING)


def at(seconds):
    return START + timedelta(seconds=seconds)


def a_run(*, probe, started=START, ended=None):
    return Run(container="c", id="containerd://1", account="", probe=probe, started=started, ended=ended)


RUNNING_PROBE = a_run(probe=True)
ENDED_PROBE = a_run(probe=True, ended=at(2))
UNDATED_PROBE = a_run(probe=True, started=None)
AGENT = a_run(probe=False)


def answered(count, last, seconds):
    return Reads(answered=count, last=last, last_at=at(seconds))


def failed(count, last, seconds):
    return Reads(unavailable=count, last=last, last_at=at(seconds))


READ = Step(read=True)


def wait(seconds, verdict_on=None):
    return Step(read=False, look_at=at(seconds), verdict_on=verdict_on)


def settle(found):
    return Step(read=False, verdict_on=found)


@pytest.mark.parametrize(
    ("run", "reads", "now", "step"),
    [
        # probe
        pytest.param(RUNNING_PROBE, Reads(), 1, wait(300), id="a running probe is waited for until the timeout"),
        pytest.param(RUNNING_PROBE, Reads(), 300, settle(HANGING), id="a probe that runs on at the timeout is Unknown"),
        pytest.param(UNDATED_PROBE, Reads(), 9, wait(309), id="a run whose start is not told is never late"),
        pytest.param(ENDED_PROBE, Reads(), 2, READ, id="an ended probe is read at once"),
        pytest.param(ENDED_PROBE, Reads(), 9999, READ, id="an ended probe is read however late"),
        pytest.param(ENDED_PROBE, answered(1, NOTHING, 2), 2.5, wait(3), id="its log may lag: again after a second"),
        pytest.param(ENDED_PROBE, answered(1, NOTHING, 2), 3, READ, id="and then it is read"),
        pytest.param(ENDED_PROBE, answered(2, BLANK, 3), 3, wait(5), id="then after two seconds, also if unreadable"),
        pytest.param(ENDED_PROBE, answered(4, NOTHING, 9), 9, wait(17), id="the fifth read after eight seconds"),
        pytest.param(ENDED_PROBE, answered(5, BLANK, 17), 17, settle(BLANK), id="five reads of a probe are enough"),
        pytest.param(ENDED_PROBE, answered(4, NOTHING, 400), 400, wait(408), id="the timeout cuts no probe short"),
        # agent
        pytest.param(AGENT, Reads(), 0, READ, id="an agent is read at once"),
        pytest.param(AGENT, answered(1, NOTHING, 0), 0, wait(1), id="again after a second"),
        pytest.param(AGENT, answered(5, NOTHING, 15), 15, wait(31), id="after 16 seconds"),
        pytest.param(AGENT, answered(6, NOTHING, 31), 31, wait(61), id="and from then on every 30 seconds"),
        pytest.param(AGENT, answered(99, BLANK, 200), 200, wait(230), id="the pause grows no further"),
        pytest.param(AGENT, answered(12, NOTHING, 290), 290, wait(300), id="the last read is at the timeout"),
        pytest.param(AGENT, answered(12, NOTHING, 290), 300, READ, id="and it is made"),
        pytest.param(AGENT, answered(13, BLANK, 300), 300, settle(BLANK), id="then the run is Unknown"),
        pytest.param(AGENT, Reads(), 9999, READ, id="a run that is first seen late is read once"),
        pytest.param(AGENT, answered(1, NOTHING, 9999), 9999, settle(NOTHING), id="and then Unknown"),
        # a log that cannot be read
        pytest.param(ENDED_PROBE, failed(1, UNREACHABLE, 2), 2, wait(3), id="an unreachable log is tried again soon"),
        pytest.param(AGENT, failed(6, UNREACHABLE, 40), 40, wait(72), id="and ever more slowly"),
        pytest.param(AGENT, failed(6, UNREACHABLE, 40), 72, READ, id="but it is tried"),
        pytest.param(
            AGENT, failed(8, UNREACHABLE, 200), 200, wait(300), id="the timeout is looked at though no read is due"
        ),
        pytest.param(
            AGENT, failed(8, UNREACHABLE, 200), 300, wait(328, UNREACHABLE), id="at the timeout the run is Unknown"
        ),
        pytest.param(
            ENDED_PROBE,
            failed(40, UNREACHABLE, 4000),
            4000,
            wait(4300, UNREACHABLE),
            id="reading goes on without end, every five minutes",
        ),
        pytest.param(
            ENDED_PROBE,
            failed(40, UNREACHABLE, 4000),
            4300,
            Step(read=True, verdict_on=UNREACHABLE),
            id="and the verdict stands meanwhile",
        ),
        pytest.param(
            ENDED_PROBE,
            failed(10**6, UNREACHABLE, 4000),
            4000,
            wait(4300, UNREACHABLE),
            id="after a million reads as well",
        ),
        pytest.param(
            ENDED_PROBE, failed(GONE_READS - 1, GONE, 66), 66, wait(130), id="a log that is gone may come back"
        ),
        pytest.param(
            ENDED_PROBE, failed(GONE_READS, GONE, 130), 130, settle(GONE), id="after two minutes it is gone for good"
        ),
        pytest.param(
            ENDED_PROBE,
            failed(GONE_READS, UNREACHABLE, 400),
            400,
            wait(528, UNREACHABLE),
            id="a log that cannot be reached is never gone for good",
        ),
    ],
)
def test_the_next_step(run, reads, now, step):
    assert next_step(run, reads, timeout_seconds=TIMEOUT, now=at(now)) == step


@pytest.mark.parametrize(
    ("before", "found", "after"),
    [
        pytest.param(Reads(), NOTHING, answered(1, NOTHING, 7), id="the first read"),
        pytest.param(answered(3, NOTHING, 1), BLANK, answered(4, BLANK, 7), id="another log"),
        pytest.param(
            answered(3, NOTHING, 1),
            UNREACHABLE,
            Reads(answered=3, unavailable=1, last=UNREACHABLE, last_at=at(7)),
            id="a failure leaves the logs counted",
        ),
        pytest.param(failed(3, UNREACHABLE, 1), GONE, failed(4, GONE, 7), id="failures in a row add up"),
        pytest.param(
            Reads(answered=1, unavailable=3, last=GONE, last_at=START),
            NOTHING,
            answered(2, NOTHING, 7),
            id="a log ends the failures and is counted with the earlier ones",
        ),
    ],
)
def test_a_read_is_recorded(before, found, after):
    assert record_read(before, found, at(7)) == after


def reads_until_settled(run, found):
    """Return when a log that never changes is read, in seconds from the start of the run."""
    reads, now, moments = Reads(), run.ended or run.started, []
    while True:
        step = next_step(run, reads, timeout_seconds=TIMEOUT, now=now)
        if step.read:
            moments.append((now - START).total_seconds())
            reads = record_read(reads, found, now)
        elif step.look_at is None:
            return moments
        else:
            now = step.look_at


def test_a_silent_probe_is_read_five_times_in_fifteen_seconds():
    assert reads_until_settled(ENDED_PROBE, NOTHING) == [2, 3, 5, 9, 17]


def test_a_silent_agent_is_polled_until_the_timeout():
    assert reads_until_settled(AGENT, NOTHING) == [0, 1, 3, 7, 15, 31, 61, 91, 121, 151, 181, 211, 241, 271, 300]


def test_a_log_that_is_gone_is_asked_for_during_two_minutes():
    assert reads_until_settled(ENDED_PROBE, GONE) == [2, 3, 5, 9, 17, 33, 65, 129]
