"""The world of a reconcile: what it shows of an agent, and in which order it writes."""

import pytest

from hostprocess_operator.controller import world as world_module
from hostprocess_operator.controller.agents import observe_agent
from hostprocess_operator.controller.caches import Caches
from hostprocess_operator.controller.metrics import Metrics
from hostprocess_operator.controller.queue import WorkQueue
from hostprocess_operator.controller.world import World
from hostprocess_operator.observed import observe_namespace, observe_pod
from hostprocess_operator.rollout import plan_rollout
from support import build, rollouts
from support.build import NOW

KEY = (build.NAMESPACE, build.NAME)
GOING = {"deletionTimestamp": "2026-03-04T05:06:07Z"}


class Wrote:
    """Stands in for the writer of DaemonSets: notes the writes and says whether the spec is another now."""

    def __init__(self, *, is_another):
        self.plans, self.is_another = [], is_another

    async def write(self, _agent, plan, _serving):
        self.plans.append(plan)
        return self.is_another


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


class TestCarryOut:
    """A plan that notes who is out and then deletes a pod."""

    @pytest.fixture
    def deleted(self, monkeypatch):
        found = []

        async def delete(_connection, _namespace, name, _uid):
            found.append(name)

        monkeypatch.setattr(world_module.writes, "delete_pod", delete)
        return found

    @pytest.mark.parametrize(
        ("is_another", "deletes"),
        [
            pytest.param(False, 1, id="the spec was as believed"),
            pytest.param(True, 0, id="somebody had changed the spec, and that may have been acted on"),
        ],
    )
    async def test_pods_are_deleted_only_if_the_spec_was_as_believed(
        self, world, caches, deleted, monkeypatch, is_another, deletes
    ):
        put_agent(caches)
        agent = rollouts.asked()
        seen = rollouts.world(agent, *rollouts.a(*"abcd"), noted=rollouts.record(served=rollouts.B))
        plan = plan_rollout(agent, seen, NOW)
        assert (plan.write, len(plan.delete)) == (True, 1)
        writer = Wrote(is_another=is_another)
        monkeypatch.setattr(world, "_daemonsets", writer)
        await world.carry_out(agent, plan)
        assert writer.plans == [plan]
        assert len(deleted) == deletes
