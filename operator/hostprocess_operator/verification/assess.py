"""What to do about the rights of one pod now: judge it by what is known, read its log, or wait."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hostprocess_operator.verification.runs import Run, current_run, report_of_run
from hostprocess_operator.verification.schedule import Reads, next_step
from hostprocess_operator.verification.verdict import Verdict, judge

if TYPE_CHECKING:
    from datetime import datetime

    from hostprocess_operator.api.agent import Verification
    from hostprocess_operator.observed import Pod
    from hostprocess_operator.verification.report import NoReportFound, Report


@dataclass(frozen=True, slots=True)
class Assessment:
    """What to do about one pod.

    Attributes:
        run: the run that speaks for the pod.
        read: whether its log is to be read now.
        verdict: what the pod is to be marked with, None to leave the mark that it has.
        look_again: when time alone brings something new, None when it does not.
    """

    run: Run
    read: bool = False
    verdict: Verdict | None = None
    look_again: datetime | None = None


def assess(pod: Pod, asked: Verification, reads: Reads, now: datetime) -> Assessment | None:
    """Return what to do about the pod, None when there is nothing to say of it yet.

    Args:
        asked: how the agent wants to be verified.
        reads: what reading the log of the pod's current run gave so far.
    """
    run = current_run(pod, asked.container)
    if run is None or not run.id or (not run.probe and not run.readable):
        return None
    report = report_of_run(pod, run)
    if report is not None:
        return Assessment(run, verdict=verdict_on(report, run, asked))
    step = next_step(run, reads, timeout_seconds=asked.timeout_seconds, now=now)
    verdict = verdict_on(step.verdict_on, run, asked) if step.verdict_on else None
    return Assessment(run, read=step.read, verdict=verdict, look_again=step.look_at)


def verdict_on(found: Report | NoReportFound, run: Run, asked: Verification) -> Verdict:
    """Return the verdict on what a run reported, or did not."""
    return judge(found, account=run.account, expect=asked.expect, probe=run.probe)
