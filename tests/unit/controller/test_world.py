"""The world of a reconcile: whether an agent is there, and how long it is left alone."""

import pytest

from hostprocess_operator.controller.agents import observe_agent
from hostprocess_operator.controller.caches import Caches
from hostprocess_operator.controller.metrics import Metrics
from hostprocess_operator.controller.queue import WorkQueue
from hostprocess_operator.controller.world import World
from hostprocess_operator.observed import observe_namespace, observe_pod
from support import build

KEY = (build.NAMESPACE, build.NAME)
GOING = {"deletionTimestamp": "2026-03-04T05:06:07Z"}


@pytest.fixture
def caches():
    return Caches(None, (), lambda _: None, lambda *_: None)


@pytest.fixture
def world(caches):
    return World(None, caches, None, WorkQueue(), Metrics(), None)


def put_agent(caches, **metadata):
    body = build.agent_body()
    body["metadata"] |= metadata
    caches.agents.upsert(body, observe_agent(body))


def put_namespace(caches, **metadata):
    body = {"metadata": {"name": build.NAMESPACE, "uid": "n", "resourceVersion": "1"} | metadata}
    caches.namespaces.upsert(body, observe_namespace(body))


class TestAgent:
    def test_an_agent_is_there_though_nothing_is_known_of_its_namespace(self, world, caches):
        put_agent(caches)
        assert world.agent(KEY).name == build.NAME

    def test_an_agent_that_is_gone_is_not(self, world):
        assert world.agent(KEY) is None

    def test_one_that_is_being_deleted_is_not_either(self, world, caches):
        put_agent(caches, **GOING)
        assert world.agent(KEY) is None

    @pytest.mark.parametrize(("metadata", "there"), [({}, True), (GOING, False)])
    def test_an_agent_goes_with_its_namespace(self, world, caches, metadata, there):
        put_agent(caches)
        put_namespace(caches, **metadata)
        assert (world.agent(KEY) is not None) is there


class TestRest:
    def pods(self, caches, count):
        for number in range(count):
            body = {
                "metadata": {
                    "name": f"p-{number}", "namespace": build.NAMESPACE, "uid": str(number), "resourceVersion": "1",
                    "labels": {"hostprocess.dev/agent": build.NAME},
                },
                "spec": {},
            }  # fmt: skip
            caches.pods.upsert(body, observe_pod(body))

    def test_an_agent_rests_the_longer_the_more_pods_it_has(self, world, caches):
        put_agent(caches)
        self.pods(caches, 2)
        assert world.rest(KEY) == pytest.approx(0.002)

    def test_but_never_longer_than_some_seconds(self, world, caches):
        put_agent(caches)
        self.pods(caches, 10_001)
        assert world.rest(KEY) == 2.5

    def test_of_an_agent_that_is_gone_nothing_is_remembered(self, world, caches):
        self.pods(caches, 2)
        assert world.rest(KEY) == 0


class Noting:
    """Stands in for something that remembers: notes what it is to forget."""

    def __init__(self):
        self.forgotten = []

    def forget(self, *key):
        self.forgotten.append(key)

    def start_anew(self):
        self.forgotten.append("all")


class TestForget:
    """The parts of a world remember each for itself."""

    @pytest.fixture
    def parts(self, world, monkeypatch):
        names = ("_daemonsets", "_status_writer", "_evidence", "_queue", "_metrics", "_recorder", "_verifier")
        made = {name: Noting() for name in names}
        for name, part in made.items():
            monkeypatch.setattr(world, name, part)
        return made

    def test_of_an_agent_that_is_gone_every_part_forgets(self, world, parts):
        world.forget(KEY)
        one, by_pod = [(KEY,)], []
        assert {name: part.forgotten for name, part in parts.items()} == {
            "_daemonsets": one, "_status_writer": one, "_evidence": one, "_queue": one, "_metrics": one,
            "_recorder": [KEY], "_verifier": by_pod,
        }  # fmt: skip

    def test_what_another_replica_may_have_changed_is_forgotten_at_the_start_of_a_term(self, world, parts):
        world.start_anew()
        assert {name for name, part in parts.items() if part.forgotten == ["all"]} == {
            "_daemonsets", "_status_writer", "_verifier",
        }  # fmt: skip
