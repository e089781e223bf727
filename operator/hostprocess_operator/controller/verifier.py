"""Proving rights: reads logs in the background and marks pods with report and verdict.

A reconcile only starts what is due, so that a kubelet that answers slowly holds up nobody. What is remembered here
(how often which log was read in vain) may be lost: then it is read again.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import structlog

from hostprocess_operator.api.names import GATE
from hostprocess_operator.cluster import writes
from hostprocess_operator.controller.trouble import Trouble
from hostprocess_operator.errors import ApiError, Conflict, MissingRight, NotFound, WritesClosed
from hostprocess_operator.observed import observe_pod
from hostprocess_operator.verification.assess import assess, verdict_on
from hostprocess_operator.verification.parser import parse_log
from hostprocess_operator.verification.report import Cause, NoReportFound, Report, StoredReport, dump_report
from hostprocess_operator.verification.runs import current_run
from hostprocess_operator.verification.schedule import GONE_READS, Reads, record_read

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable
    from datetime import datetime
    from typing import Any

    from hostprocess_operator.api.agent import Verification
    from hostprocess_operator.cluster.connection import Connection
    from hostprocess_operator.cluster.logs import LogReader
    from hostprocess_operator.cluster.store import Store
    from hostprocess_operator.controller.metrics import Metrics
    from hostprocess_operator.controller.queue import Key
    from hostprocess_operator.observed import Pod
    from hostprocess_operator.verification.runs import Run
    from hostprocess_operator.verification.verdict import Verdict

MARKS_AT_ONCE: Final = 16
"""A changed spec.verification may concern thousands of pods, and every request under way has a connection."""

_log = structlog.get_logger(__name__)


class Verifier:
    """Judges pods.

    Args:
        wake: has an agent looked at again after so many seconds.
        clock: returns the time, aware.
    """

    def __init__(
        self,
        connection: Connection,
        reader: LogReader,
        pods: Store[Pod],
        metrics: Metrics,
        wake: Callable[[Key, float], None],
        clock: Callable[[], datetime],
    ) -> None:
        self._connection = connection
        self._reader = reader
        self._pods = pods
        self._metrics = metrics
        self._wake = wake
        self._clock = clock
        self._reads: dict[str, tuple[str, Reads]] = {}
        self._troubles: dict[str, Trouble] = {}
        # Pods of which nothing is due, as they were asked about: of thousands, all but a few at every look.
        self._settled: dict[str, tuple[Pod, Verification]] = {}
        self._busy: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._marks = asyncio.Semaphore(MARKS_AT_ONCE)
        pods.subscribe(self._forget_pod)

    def verify(self, key: Key, asked: Verification, pods: Iterable[Pod], now: datetime) -> datetime | None:
        """Start what is due for the pods; return when to look again though nothing else changes."""
        moments = [self._advance(key, asked, pod, now) for pod in pods if not pod.deleting]
        return min((moment for moment in moments if moment is not None), default=None)

    def lost_logs(self, pods: Iterable[Pod], container: str | None) -> frozenset[str]:
        """Return the UIDs of pods whose current run can never be judged: its log is gone from the node."""
        return frozenset(pod.uid for pod in pods if pod.uid in self._reads and self._is_lost(pod, container))

    def start_anew(self) -> None:
        """Forget which logs were read in vain, and what was refused: it is all tried again."""
        self._reads.clear()
        self._settled.clear()
        self._troubles.clear()

    def trouble(self, pods: Iterable[Pod]) -> Trouble | None:
        """Return the trouble of the pod that has had it most often in a row, None when there is none.

        Of pods that are going nothing is tried any more, so nothing fails.
        """
        troubles = [trouble for pod in pods if not pod.deleting and (trouble := self._troubles.get(pod.uid))]
        return max(troubles, key=lambda trouble: trouble.times, default=None)

    async def stop(self) -> None:
        """Cancel what is under way."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _advance(self, key: Key, asked: Verification, pod: Pod, now: datetime) -> datetime | None:
        if pod.uid in self._busy or self._settled.get(pod.uid) == (pod, asked):
            return None
        due = assess(pod, asked, self._reads_of(pod, asked.container), now)
        if due is None or not (due.read or (due.verdict is not None and not _is_marked(pod, due.verdict))):
            self._troubles.pop(pod.uid, None)
            if due is None or due.look_again is None:
                self._settled[pod.uid] = (pod, asked)
            return due.look_again if due else None
        trouble = self._troubles.get(pod.uid)
        if trouble is not None and now < trouble.until:
            return trouble.until
        if due.read:
            self._start(key, pod, self._read(key, asked, pod, due.run))
        elif due.verdict is not None:
            self._start(key, pod, self._mark(pod, due.verdict, None))
        return due.look_again

    def _start(self, key: Key, pod: Pod, work: Coroutine[Any, Any, None]) -> None:
        self._busy.add(pod.uid)
        task = asyncio.create_task(self._finish(key, pod, work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _finish(self, key: Key, pod: Pod, work: Coroutine[Any, Any, None]) -> None:
        """Await the work; whatever comes of it, the agent is looked at again."""
        pause = 0.0
        try:
            await work
        except WritesClosed:
            return
        except ApiError as error:
            pause = self._note(pod, error)
        else:
            self._troubles.pop(pod.uid, None)
        finally:
            self._busy.discard(pod.uid)
        self._wake(key, pause)

    def _note(self, pod: Pod, error: ApiError) -> float:
        """Remember what went wrong with a pod and return the seconds until it is tried again."""
        trouble = Trouble.after(self._troubles.get(pod.uid), error, self._clock())
        held = self._pods.get((pod.namespace, pod.name))
        if held is not None and held.uid == pod.uid:  # else nobody would ever forget it
            self._troubles[pod.uid] = trouble
        if trouble.is_new:
            # of a pod that is gone or another one the cache is about to say so
            level = _log.debug if isinstance(error, NotFound | Conflict) else _log.warning
            level("Failed to judge a pod", namespace=pod.namespace, pod=pod.name, error=str(error))
        return trouble.wait

    async def _read(self, key: Key, asked: Verification, pod: Pod, run: Run) -> None:
        try:
            data = await self._reader.read(key, pod.namespace, pod.name, run.container)
            found = parse_log(data)
        except MissingRight:
            raise  # no word about the pod, but about the operator
        except ApiError as error:
            found = parse_log(error.message.encode())
            if not (isinstance(found, NoReportFound) and found.cause is Cause.LOG_GONE):
                found = NoReportFound(Cause.LOG_UNREACHABLE)
        current = self._pods.get((pod.namespace, pod.name))
        if current is None or current.uid != pod.uid or not _speaks(current, asked, run):
            return
        self._metrics.log_reads.labels("report" if isinstance(found, Report) else found.cause.value).inc()
        if isinstance(found, Report):
            self._reads.pop(pod.uid, None)
            await self._mark(current, verdict_on(found, run, asked), dump_report(StoredReport(run.id, found)))
        else:
            reads = record_read(self._reads_of(current, asked.container), found, self._clock())
            self._reads[pod.uid] = (run.id, reads)

    async def _mark(self, pod: Pod, verdict: Verdict, report: str | None) -> None:
        since = pod.gate.since if pod.gate and pod.gate.status == verdict.status else None
        condition = {
            "type": GATE,
            "status": verdict.status,
            "reason": verdict.reason.value,
            "message": verdict.message,
            "lastProbeTime": None,
            "lastTransitionTime": (since or self._clock()).strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
        async with self._marks:
            answer = await writes.patch_pod_verdict(
                self._connection, pod.namespace, pod.name, pod.uid, report=report, condition=condition
            )
        self._pods.upsert(answer, observe_pod(answer))
        _log.info(
            "Marked a pod",
            namespace=pod.namespace,
            pod=pod.name,
            node=pod.node,
            verdict=verdict.status,
            reason=verdict.reason.value,
        )

    def _reads_of(self, pod: Pod, container: str | None) -> Reads:
        if pod.uid not in self._reads:
            return Reads()
        run_id, reads = self._reads[pod.uid]
        run = current_run(pod, container)
        return reads if run is not None and run.id == run_id else Reads()

    def _is_lost(self, pod: Pod, container: str | None) -> bool:
        reads = self._reads_of(pod, container)
        return reads.unavailable >= GONE_READS and reads.last is not None and reads.last.cause is Cause.LOG_GONE

    def _forget_pod(self, old: Pod | None, new: Pod | None) -> None:
        if old is not None and (new is None or new.uid != old.uid):
            self._reads.pop(old.uid, None)
            self._troubles.pop(old.uid, None)
            self._settled.pop(old.uid, None)


def _is_marked(pod: Pod, verdict: Verdict) -> bool:
    gate = pod.gate
    return gate is not None and (gate.status, gate.reason, gate.message) == (
        verdict.status,
        verdict.reason.value,
        verdict.message,
    )


def _speaks(pod: Pod, asked: Verification, run: Run) -> bool:
    """Return whether that run still speaks for the pod."""
    now = current_run(pod, asked.container)
    return now is not None and now.id == run.id
