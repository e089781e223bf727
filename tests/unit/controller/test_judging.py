"""Judging pods in the background: which logs are read, what is marked, and what is not tried again at once."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from hostprocess_operator.api.agent import Verification
from hostprocess_operator.cluster.store import Store
from hostprocess_operator.controller.metrics import Metrics
from hostprocess_operator.controller.verifier import Verifier
from hostprocess_operator.errors import ApiError, MissingRight, WritesClosed
from hostprocess_operator.verification.report import Report
from hostprocess_operator.verification.schedule import GONE_READS
from hostprocess_operator.verification.verdict import judge
from support import build
from support.build import MINUTE, NOW, SECOND
from support.stub_api_server import answers, says

KEY = ("agents", "inspector")
ASKED = Verification()
ADMIN = b'hostprocess.dev/admin-rights {"version":1,"admin":true,"sid":"S-1-5-18"}\n'
GONE = ApiError("unable to retrieve container logs for containerd://probe-run")
PROBED = (build.probe(age=SECOND), build.container(age=SECOND))
NEW = build.starting_pod(containers=PROBED)
MARKED = build.pod(
    containers=PROBED,
    gate=build.verdict(message=judge(Report(admin=True, sid="S-1-5-18"), account=build.SYSTEM, expect=None).message),
)
GATE = "hostprocess.dev/AdminRightsVerified"


def body(pod):
    """Return what of a pod the store identifies it by."""
    return {"metadata": {"namespace": pod.namespace, "name": pod.name, "uid": pod.uid}}


class Reader:
    """Answers with a log, or fails, as it is told; may be kept waiting."""

    def __init__(self):
        self.says, self.asked, self.go_on, self.meanwhile = ADMIN, [], asyncio.Event(), lambda: None
        self.go_on.set()

    async def read(self, key, namespace, name, container):
        self.asked.append((key, namespace, name, container))
        await self.go_on.wait()
        self.meanwhile()
        if isinstance(self.says, Exception):
            raise self.says
        return self.says


class Bench:
    """A verifier, what it is given, and what it does."""

    def __init__(self, connection, stub):
        self.stub, self.reader, self.pods, self.woken, self.now = stub, Reader(), Store(), [], NOW
        self.metrics = Metrics()
        self.verifier = Verifier(
            connection, self.reader, self.pods, self.metrics, lambda *woken: self.woken.append(woken), lambda: self.now
        )

    def have(self, *pods):
        """Let these pods be what the cache holds."""
        for pod in pods:
            self.pods.upsert(body(pod), pod)

    def begin(self, *pods, asked=ASKED):
        """Look at the pods; return when to look again."""
        return self.verifier.verify(KEY, asked, pods, self.now)

    async def look(self, *pods, asked=ASKED, after=timedelta()):
        """Look at the pods and wait for what was begun."""
        self.now += after
        due = self.begin(*pods, asked=asked)
        await asyncio.gather(*self.verifier._tasks)
        return due

    @property
    def marks(self):
        """Return the conditions that were written, with the reports."""
        return [
            (request.body["status"]["conditions"][0], request.body["metadata"].get("annotations"))
            for request in self.stub.requests
            if request.method == "PATCH"
        ]


@pytest.fixture
def bench(connection, stub):
    async def pod(request):
        return await says(ANSWER, content_type="application/json")(request)

    stub.fail_next("write", pod, times=9)
    made = Bench(connection, stub)
    made.have(NEW)
    return made


ANSWER = (
    b'{"metadata":{"namespace":"agents","name":"inspector-new-node-a","uid":"uid-of-inspector-new-node-a",'
    b'"creationTimestamp":"2026-03-04T05:06:02Z"}}'
)


async def test_a_report_is_read_and_marked_on_the_pod(bench):
    assert await bench.look(NEW) is None
    [(condition, annotations)] = bench.marks
    assert bench.reader.asked == [(KEY, "agents", NEW.name, "verify-admin-rights")]
    assert (condition["type"], condition["status"], condition["reason"]) == (GATE, "True", "Administrator")
    assert condition["lastTransitionTime"] == "2026-03-04T05:06:07Z"
    assert "containerd://probe-run" in next(iter(annotations.values()))
    assert bench.woken == [(KEY, 0.0)]
    assert bench.verifier.trouble([NEW]) is None


async def test_a_pod_that_is_marked_by_its_report_is_left_alone(bench):
    assert await bench.look(MARKED) is None
    assert (bench.reader.asked, bench.marks) == ([], [])


async def test_so_is_one_that_is_going_away(bench):
    assert await bench.look(replace(NEW, deleting=True)) is None
    assert (bench.reader.asked, bench.marks) == ([], [])


async def test_a_verdict_that_changed_is_marked_without_a_read_and_since_when_it_is_so_stays(bench):
    other_words = replace(MARKED, gate=build.verdict(message="Other words."))
    await bench.look(other_words)
    [(condition, annotations)] = bench.marks
    assert (bench.reader.asked, annotations, condition["lastTransitionTime"]) == ([], None, "2026-03-04T04:06:07Z")


async def test_another_verdict_begins_now(bench):
    denied = replace(MARKED, gate=build.verdict("False", "NotAdministrator", "It was denied."))
    await bench.look(denied)
    [(condition, _)] = bench.marks
    assert (condition["status"], condition["lastTransitionTime"]) == ("True", "2026-03-04T05:06:07Z")


async def test_while_a_log_is_read_it_is_not_read_again(bench):
    bench.reader.go_on.clear()
    bench.begin(NEW)
    await asyncio.sleep(0)
    assert bench.begin(NEW) is None
    bench.reader.go_on.set()
    await asyncio.gather(*bench.verifier._tasks)
    assert len(bench.reader.asked) == 1


@pytest.mark.parametrize(
    "meanwhile",
    [
        pytest.param(lambda pods: pods.remove(("agents", NEW.name)), id="gone"),
        pytest.param(
            lambda pods: pods.upsert(body(replace(NEW, uid="another")), replace(NEW, uid="another")), id="another"
        ),
        pytest.param(
            lambda pods: pods.upsert(body(NEW), replace(NEW, containers=(build.probe(run="containerd://next"),))),
            id="at its next run",
        ),
    ],
)
async def test_what_is_read_of_a_pod_that_meanwhile_is(meanwhile, bench):
    """It says nothing: the log may have been of either."""
    bench.reader.meanwhile = lambda: meanwhile(bench.pods)
    await bench.look(NEW)
    assert (len(bench.reader.asked), bench.marks) == (1, [])


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        pytest.param(b"", "EmptyLog", id="an empty log"),
        pytest.param(ApiError("timed out"), "LogUnreachable", id="a kubelet that does not answer"),
        pytest.param(ApiError(ADMIN.decode()), "LogUnreachable", id="one that answers with an error like a report"),
        pytest.param(GONE, "LogGone", id="a kubelet that has no such log"),
    ],
)
async def test_a_read_in_vain_is_repeated_a_second_later(said, outcome, bench):
    bench.reader.says = said
    await bench.look(NEW)
    assert bench.metrics.registry.get_sample_value("hpagent_log_reads_total", {"outcome": outcome}) == 1
    assert await bench.look(NEW) == NOW + SECOND
    assert len(bench.reader.asked) == 1
    await bench.look(NEW, after=SECOND)
    assert (len(bench.reader.asked), bench.marks) == (2, [])


async def test_of_several_pods_the_one_that_is_due_first_counts(bench):
    other = build.starting_pod("node-b", containers=PROBED)
    bench.have(other)
    bench.reader.says = b""
    await bench.look(NEW)
    await bench.look(NEW, after=SECOND)
    await bench.look(other)
    assert bench.begin(NEW, other) == bench.begin(other, NEW) == bench.now + SECOND


async def test_the_log_of_a_run_is_lost_once_it_was_gone_often_enough(bench):
    bench.reader.says = GONE
    for reads in range(GONE_READS):
        assert bench.verifier.lost_logs([NEW], None) == frozenset(), reads
        await bench.look(NEW, after=5 * MINUTE)
    next_run = replace(NEW, containers=(build.probe(run="containerd://next"),))
    assert bench.verifier.lost_logs([NEW], None) == {NEW.uid}
    assert bench.verifier.lost_logs([next_run], None) == frozenset()
    bench.verifier.start_anew()
    assert bench.verifier.lost_logs([NEW], None) == frozenset()


async def test_a_log_that_only_cannot_be_reached_is_not_lost(bench):
    bench.reader.says = ApiError("timed out")
    for _ in range(GONE_READS + 1):
        await bench.look(NEW, after=5 * MINUTE)
    assert bench.verifier.lost_logs([NEW], None) == frozenset()


@pytest.mark.parametrize(
    "go",
    [
        pytest.param(lambda pods: pods.remove(("agents", NEW.name)), id="gone"),
        pytest.param(
            lambda pods: pods.upsert(body(replace(NEW, uid="another")), replace(NEW, uid="another")),
            id="another by now",
        ),
    ],
)
async def test_nothing_is_remembered_of_a_pod_that_is(go, bench):
    bench.reader.says = GONE
    for _ in range(GONE_READS):
        await bench.look(NEW, after=5 * MINUTE)
    bench.have(replace(NEW, ready=True))
    assert bench.verifier.lost_logs([NEW], None) == {NEW.uid}
    go(bench.pods)
    assert bench.verifier.lost_logs([NEW], None) == frozenset()


async def test_what_is_refused_is_tried_again_ever_more_slowly_and_told(bench):
    bench.reader.says = MissingRight("no rule allows to read logs", status=403)
    await bench.look(NEW)
    assert (bench.woken, bench.verifier.trouble([NEW]).times) == ([(KEY, 1.0)], 1)
    assert await bench.look(NEW) == NOW + SECOND
    assert len(bench.reader.asked) == 1
    await bench.look(NEW, after=SECOND)
    assert (bench.woken[-1], bench.verifier.trouble([NEW]).times) == ((KEY, 2.0), 2)
    bench.reader.says = ADMIN
    await bench.look(NEW, after=2 * SECOND)
    assert (len(bench.marks), bench.verifier.trouble([NEW])) == (1, None)


async def test_of_several_troubles_the_one_that_lasts_longest_is_told(bench):
    other = build.starting_pod("node-b", containers=PROBED)
    bench.have(other)
    bench.reader.says = MissingRight("no rule", status=403)
    await bench.look(NEW)
    await bench.look(NEW, other, after=SECOND)
    assert [bench.verifier.trouble(pods).times for pods in ([NEW, other], [other, NEW], [other])] == [2, 2, 1]


@pytest.mark.parametrize(("code", "reason"), [(404, "NotFound"), (409, "Conflict")])
async def test_a_pod_that_is_gone_when_it_is_marked_is_tried_again_no_sooner_than_another(bench, code, reason):
    bench.stub._faults.clear()
    bench.stub.fail_next("write", answers(code, reason))
    await bench.look(NEW)
    assert (bench.verifier.trouble([NEW]).times, bench.woken) == (1, [(KEY, 1.0)])


async def test_of_a_pod_that_the_cache_holds_no_more_no_trouble_is_remembered(bench):
    bench.reader.says = MissingRight("no rule allows to read logs", status=403)
    bench.reader.meanwhile = lambda: bench.pods.remove(("agents", NEW.name))
    await bench.look(NEW)
    assert (bench.verifier.trouble([NEW]), bench.woken) == (None, [(KEY, 1.0)])


async def test_once_no_more_may_be_written_nobody_is_woken(bench):
    bench.reader.says = WritesClosed("stopping")
    await bench.look(NEW)
    assert (bench.woken, bench.verifier.trouble([NEW])) == ([], None)
