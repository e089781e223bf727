"""What one reconcile sees of an agent, what it says of errors, and when it looks again."""

from dataclasses import replace
from datetime import timedelta

import pytest

from hostprocess_operator.api.status import AgentStatus, Condition, DaemonSetReference
from hostprocess_operator.controller.agents import observe_agent
from hostprocess_operator.controller.caches import Caches
from hostprocess_operator.controller.evidence import FIRST_WAIT
from hostprocess_operator.controller.metrics import Metrics
from hostprocess_operator.controller.trouble import Trouble
from hostprocess_operator.controller.verifier import Verifier
from hostprocess_operator.controller.world import World
from hostprocess_operator.errors import Conflict, Forbidden, Invalid, MissingRight, ServerError
from hostprocess_operator.observed import Seen, Written, observe_namespace
from hostprocess_operator.status import Failure
from hostprocess_operator.verification.report import Cause, NoReportFound
from hostprocess_operator.verification.schedule import GONE_READS, Reads
from support import build
from support.build import MINUTE, NOW, SECOND

KEY = (build.NAMESPACE, build.NAME)
AGENT = build.agent()
CONTAINERS = [{"name": name, "image": "registry.example/agent:1"} for name in ("agent", "second")]
FIRST_SPEAKS, SECOND_SPEAKS = ({"mode": "AgentLog", "container": each["name"]} for each in CONTAINERS)
STATUS = AgentStatus(
    observed_generation=1,
    conditions=(
        Condition(type="Ready", status="True", reason="R", message="M.", last_transition_time="2026-03-04T00:00:00Z"),
    ),
    daemon_set=DaemonSetReference(name=build.NAME, uid="ds", generation=2, template_digest="0" * 16),
)


class Queue:
    """Stands in for the queue: notes when an agent is to be looked at, and says how often it failed."""

    def __init__(self):
        self.wishes, self.failed = [], {}

    def add_after(self, key, seconds):
        self.wishes.append((key, seconds))

    def failures(self, key):
        return self.failed.get(key, 0)


class Desk:
    """A world and what it sees."""

    def __init__(self, connection):
        self.caches, self.queue = Caches(None, (), lambda _: None, lambda *_: None), Queue()
        self.verifier = Verifier(None, None, self.caches.pods, Metrics(), lambda *_: None, lambda: NOW)
        self.world = World(connection, self.caches, self.verifier, self.queue, Metrics(), None)

    def have(self, store, *values):
        """Let these be in a cache."""
        for value in values:
            name, namespace = value.name, getattr(value, "namespace", "")
            store.upsert({"metadata": {"namespace": namespace, "name": name, "uid": value.uid}}, value)

    def have_agent(self, body, status=None):
        body = body | ({"status": status.to_dict()} if status else {})
        self.caches.agents.upsert(body, observe_agent(body))

    def trouble(self, pod, error, times=1):
        found = None
        for _ in range(times):
            found = Trouble.after(found, error, NOW)
        self.verifier._troubles[pod.uid] = found


@pytest.fixture
def desk(connection):
    return Desk(connection)


class TestObserve:
    def test_of_an_agent_that_is_new_nothing_is_there(self, desk):
        assert desk.world.observe(AGENT) == Seen()

    def test_all_that_the_caches_hold_of_an_agent_is_seen(self, desk):
        served, (pod, node) = build.daemonset(AGENT), (build.pod("node-a"), build.node("node-a"))
        kept, caches = build.copy(served.digest), desk.caches
        desk.have_agent(build.agent_body(), STATUS)
        stores = (caches.daemonsets, caches.pods, caches.nodes, caches.revisions)
        for store, value in zip(stores, (served, pod, node, kept), strict=True):
            desk.have(store, value)
        namespace = {"metadata": {"name": build.NAMESPACE, "uid": "n"}}
        caches.namespaces.upsert(namespace, observe_namespace(namespace))
        caches.reflectors["nodes"].relisted = NOW
        assert desk.world.observe(AGENT) == Seen(
            daemonset=served, pods=(pod,), nodes=(node,), revisions=(kept,), written=Written("ds", 2, "0" * 16),
            status=STATUS, namespace=observe_namespace(namespace), relisted=NOW,
        )  # fmt: skip

    def test_what_is_anothers_is_not_seen(self, desk):
        other = {"agent": "other", "name": "other"}
        desk.have(desk.caches.pods, replace(build.pod("node-a"), **other))
        desk.have(desk.caches.revisions, replace(build.copy("d"), **other))
        desk.have(desk.caches.daemonsets, build.daemonset(build.agent(name="other")))
        assert desk.world.observe(AGENT) == Seen()

    def test_an_agent_that_claims_the_same_is_a_neighbour(self, desk):
        ports = [{"name": "agent", "image": "i:1", "ports": [{"containerPort": 9100}]}]
        for name in (build.NAME, "other"):
            desk.have_agent(build.agent_body(name=name, uid=f"uid-of-{name}", containers=ports))
        assert [each.name for each in desk.world.observe(AGENT).neighbours] == ["other"]

    def test_a_pod_that_we_deleted_is_seen_as_terminating_before_the_cache_shows_it(self, desk):
        pods = build.pods("node-a", "node-b")
        desk.have(desk.caches.pods, *pods)
        desk.caches.pods.mark_deleted(pods[0].uid)
        assert desk.world.observe(AGENT).pods == (replace(pods[0], deleting=True), pods[1])

    @pytest.mark.parametrize(
        ("agent", "lost"),
        [
            pytest.param(build.agent(verification=SECOND_SPEAKS, containers=CONTAINERS), True, id="that speaks for it"),
            pytest.param(build.agent(verification=FIRST_SPEAKS, containers=CONTAINERS), False, id="that does not"),
            pytest.param(build.invalid_agent(verification=SECOND_SPEAKS), True, id="though the agent is invalid"),
        ],
    )
    def test_the_log_of_a_container_is_lost(self, desk, agent, lost):
        both = (build.container("agent", run="run-1"), build.container("second", run="run-2"))
        pod = build.pod("node-a", containers=both)
        desk.have(desk.caches.pods, pod)
        gone = Reads(unavailable=GONE_READS, last=NoReportFound(Cause.LOG_GONE), last_at=NOW)
        desk.verifier._reads[pod.uid] = ("run-2", gone)
        assert desk.world.observe(agent).lost_logs == ({pod.uid} if lost else set())


async def test_a_snapshot_is_explained_with_the_events_about_its_objects(desk, stub):
    stub.put({"metadata": {"namespace": build.NAMESPACE, "name": "e", "uid": "e"}, "reason": "FailedMount"})
    seen = build.scene(AGENT)
    explained = await desk.world.explain(AGENT, seen, ["pod-uid"])
    assert [event.reason for event in explained.events["pod-uid"]] == ["FailedMount"]
    assert replace(explained, events=seen.events) == seen


class TestFailure:
    @pytest.mark.parametrize(
        ("error", "refused"),
        [
            (Invalid("no", status=422), True),
            (Forbidden("no", status=403), True),
            (MissingRight("no", status=403), True),
            (Conflict("no", status=409), False),
            (ServerError("no", status=500), False),
        ],
    )
    def test_an_error_is_told_with_the_attempts_in_a_row(self, desk, error, refused):
        desk.queue.failed[KEY] = 2
        assert desk.world.failure(KEY, error) == Failure(str(error), refused=refused, attempts=3)

    def test_where_nothing_failed_there_is_none(self, desk):
        desk.queue.failed[KEY] = 2
        desk.have(desk.caches.pods, build.pod("node-a"))
        assert desk.world.failure(KEY, None) is None

    @pytest.mark.parametrize(("error", "refused"), [(Forbidden("no"), True), (ServerError("no"), False)])
    def test_else_what_keeps_a_pod_from_being_judged_is_told(self, desk, error, refused):
        pod = build.pod("node-a")
        desk.have(desk.caches.pods, pod)
        desk.trouble(pod, error, times=4)
        assert desk.world.failure(KEY, None) == Failure("no", refused=refused, attempts=4)

    def test_the_error_of_a_look_comes_before_the_trouble_of_a_pod(self, desk):
        pod = build.pod("node-a")
        desk.have(desk.caches.pods, pod)
        desk.trouble(pod, Forbidden("of a pod"), times=4)
        assert desk.world.failure(KEY, ServerError("of the look")) == Failure("of the look", refused=False, attempts=1)

    def test_the_trouble_of_another_agents_pod_is_not_told(self, desk):
        pod = replace(build.pod("node-a"), agent="other")
        desk.have(desk.caches.pods, pod)
        desk.trouble(pod, Forbidden("no"))
        assert desk.world.failure(KEY, None) is None


class TestLookAgain:
    @pytest.mark.parametrize(
        ("moments", "wishes"),
        [
            pytest.param([NOW + MINUTE, None, NOW + 20 * SECOND], [(KEY, 20.0)], id="at the earliest moment"),
            pytest.param([NOW - timedelta(seconds=2)], [(KEY, -2.0)], id="at once where that is past"),
            pytest.param([None, None], [], id="never by time alone"),
            pytest.param([], [], id="never where nothing is asked"),
        ],
    )
    async def test_an_agent_is_looked_at_again(self, desk, moments, wishes):
        desk.world.look_again(KEY, moments, NOW)
        assert desk.queue.wishes == wishes

    async def test_so_it_is_where_events_are_to_be_asked_for_again(self, desk):
        await desk.world.explain(AGENT, Seen(), ["pod-uid"])
        desk.world.look_again(KEY, [NOW + MINUTE], NOW)
        [planned, (key, seconds)] = desk.queue.wishes
        assert (planned, key) == ((KEY, 60.0), KEY)
        assert 0 < seconds <= FIRST_WAIT
