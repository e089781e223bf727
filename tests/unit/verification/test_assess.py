"""What is done about one pod: judged by what is known, its log read, or waited for."""

from dataclasses import replace
from datetime import timedelta

import pytest

from hostprocess_operator.api.agent import Verification
from hostprocess_operator.verification.assess import assess
from hostprocess_operator.verification.report import Cause, NoReportFound
from hostprocess_operator.verification.schedule import PROBE_READS, Reads
from support.build import NOW, SECOND, container, pod, probe, report, starting_pod

PROBE, AGENT_LOG = Verification(), Verification(mode="AgentLog", timeoutSeconds=60)
NOTHING_YET = Reads()
SILENT = Reads(answered=PROBE_READS, last=NoReportFound(Cause.EMPTY_LOG), last_at=NOW - SECOND)


def look(seen, asked=PROBE, reads=NOTHING_YET):
    return assess(seen, asked, reads, NOW)


@pytest.mark.parametrize(
    ("seen", "asked"),
    [
        pytest.param(pod(gated=False), PROBE, id="a pod that nobody asked about"),
        pytest.param(pod(containers=(probe(run=""),)), PROBE, id="a pod whose probe has not started"),
        pytest.param(pod(containers=(container(run=""),)), AGENT_LOG, id="a pod whose agent has not started"),
        pytest.param(
            pod(containers=(replace(container(), state="waiting", started=None),)), AGENT_LOG,
            id="a pod whose agent waits for its next start",
        ),
    ],
)  # fmt: skip
def test_there_is_nothing_to_say_of(seen, asked):
    assert look(seen, asked) is None


def test_a_stored_report_is_judged_without_a_read():
    found = look(pod())
    assert (found.read, found.verdict.status, found.verdict.reason) == (False, "True", "Administrator")


def test_a_stored_report_is_judged_by_what_is_expected_now():
    seen = pod(reported=report(admin=False))
    assert look(seen).verdict.status == "False"
    assert look(seen, Verification(expect="Any")).verdict.status == "True"


def test_the_log_of_an_ended_probe_is_read():
    found = look(starting_pod(containers=(probe(age=SECOND), container(age=SECOND))))
    assert (found.read, found.verdict) == (True, None)


def test_the_log_of_an_agent_that_runs_is_read():
    found = look(starting_pod(containers=(container(age=SECOND),)), AGENT_LOG)
    assert (found.read, found.verdict) == (True, None)


def test_a_report_about_an_earlier_run_is_not_judged_again():
    found = look(pod(reported=report("containerd://earlier"), containers=(probe(age=SECOND), container())))
    assert (found.read, found.verdict) == (True, None)


def test_a_probe_that_runs_is_waited_for_until_the_timeout():
    running = container("verify-admin-rights", init=True, age=SECOND)
    found = look(starting_pod(containers=(running, container(run=""))))
    assert (found.read, found.verdict) == (False, None)
    assert found.look_again == NOW - SECOND + timedelta(seconds=PROBE.timeout_seconds)


def test_a_log_that_stays_silent_makes_the_rights_unknown():
    found = look(starting_pod(containers=(probe(age=SECOND), container(age=SECOND))), reads=SILENT)
    assert (found.read, found.verdict.status, found.verdict.reason) == (False, "Unknown", "NoReport")
