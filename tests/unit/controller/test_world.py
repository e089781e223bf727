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


def put_agent(caches):
    body = build.agent_body()
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
        assert world.rest(KEY) == pytest.approx(0.001)

    def test_of_an_agent_that_is_gone_nothing_is_remembered(self, world, caches):
        self.pods(caches, 2)
        assert world.rest(KEY) == 0
