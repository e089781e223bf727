"""Carrying out a plan: what is written in which order, and where it ends when something is not taken."""

import asyncio
import json
from dataclasses import replace

import pytest

from hostprocess_operator.controller.agents import observe_agent
from hostprocess_operator.controller.caches import Caches
from hostprocess_operator.controller.metrics import Metrics
from hostprocess_operator.controller.queue import WorkQueue
from hostprocess_operator.controller.world import World
from hostprocess_operator.errors import Forbidden
from hostprocess_operator.manifests import owner_reference
from hostprocess_operator.observed import observe_namespace
from hostprocess_operator.rollout import plan_rollout
from support import build, rollouts
from support.build import NOW
from support.stub_api_server import answers, says

AGENT = rollouts.asked()
SEEN = rollouts.world(AGENT, *rollouts.a(*"abcd"), noted=rollouts.record(served=rollouts.B))
PLAN = plan_rollout(AGENT, SEEN, NOW)
FULL = replace(PLAN, copy=SEEN.daemonset.digest, discard=(build.copy(build.OLD_DIGEST),))
COPY, WRITE, DELETE, DISCARD = (
    "POST controllerrevisions", "PATCH daemonsets", "DELETE pods", "DELETE controllerrevisions",
)  # fmt: skip


def taken(request_body):
    return says(json.dumps(request_body).encode(), content_type="application/json")


def daemonset(generation):
    """Return the answer to a write of the DaemonSet."""
    metadata = {"namespace": build.NAMESPACE, "name": build.NAME, "uid": build.DAEMONSET_UID, "generation": generation}
    return taken({"metadata": metadata | {"ownerReferences": [owner_reference(AGENT)]}, "spec": SEEN.daemonset.spec})


def copy():
    """Return the answer to the creation of a copy."""
    return taken({"metadata": {"namespace": build.NAMESPACE, "name": "copy", "uid": "uid-of-copy"}})


AS_BELIEVED, CHANGED, DELETED = daemonset(SEEN.daemonset.generation), daemonset(9), taken({"metadata": {}})
REFUSED = answers(403, "Forbidden")


class Desk:
    """A world, what it is given, and what it does."""

    def __init__(self, connection, stub):
        self.stub, self.metrics = stub, Metrics()
        self.caches = Caches(None, (), lambda _: None, lambda *_: None)
        recorder = type("Recorder", (), {"record": lambda *_: None})()
        self.world = World(connection, self.caches, None, WorkQueue(), self.metrics, recorder)
        body, namespace = build.agent_body(), {"metadata": {"name": build.NAMESPACE, "uid": "n"}}
        self.caches.agents.upsert(body, observe_agent(body))
        self.caches.namespaces.upsert(namespace, observe_namespace(namespace))
        self.have(self.caches.daemonsets, SEEN.daemonset)

    def have(self, store, *values):
        """Let these be in a cache."""
        for value in values:
            body = {"metadata": {"namespace": value.namespace, "name": value.name, "uid": value.uid}}
            store.upsert(body, value)

    async def carry_out(self, plan, *answered, agent=AGENT):
        """Carry out the plan while the API server answers so to one write after the other."""
        for answer in answered:
            self.stub.fail_next("write", answer)
        await self.world.carry_out(agent, plan)

    @property
    def done(self):
        """Return the writes in their order."""
        requests = [request for request in self.stub.requests if request.kind == "write"]
        below = [request.path.partition("/namespaces/agents/")[2] for request in requests]
        return [f"{request.method} {rest.split('/')[0]}" for request, rest in zip(requests, below, strict=True)]

    @property
    def replaced(self):
        labels = {"namespace": build.NAMESPACE, "name": build.NAME}
        return self.metrics.registry.get_sample_value("hpagent_pods_replaced_total", labels)


@pytest.fixture
def desk(connection, stub):
    return Desk(connection, stub)


def test_the_plan_writes_and_deletes():
    assert (PLAN.write, len(PLAN.delete)) == (True, 1)


async def test_copy_write_deletes_and_discards_come_in_this_order(desk):
    await desk.carry_out(FULL, copy(), AS_BELIEVED, DELETED, DELETED)
    assert desk.done == [COPY, WRITE, DELETE, DISCARD]


@pytest.mark.parametrize(
    ("answered", "done"),
    [
        pytest.param((REFUSED,), [COPY], id="the copy"),
        pytest.param((copy(), REFUSED), [COPY, WRITE], id="the write"),
        pytest.param((copy(), AS_BELIEVED, REFUSED), [COPY, WRITE, DELETE], id="a delete"),
        pytest.param((copy(), AS_BELIEVED, DELETED, REFUSED), [COPY, WRITE, DELETE, DISCARD], id="a discard"),
    ],
)
async def test_what_comes_after_a_write_that_is_refused_is_not_tried(desk, answered, done):
    with pytest.raises(Forbidden):
        await desk.carry_out(FULL, *answered)
    assert desk.done == done


@pytest.mark.parametrize(
    ("delete", "answer", "done"),
    [
        pytest.param(PLAN.delete, AS_BELIEVED, [WRITE, DELETE, DISCARD], id="the spec was as believed"),
        pytest.param(PLAN.delete, CHANGED, [WRITE], id="somebody had changed it, and that may have been acted on"),
        pytest.param((), CHANGED, [WRITE, DISCARD], id="somebody had, and no pod is to be deleted"),
    ],
)
async def test_pods_are_deleted_only_if_the_spec_was_as_believed(desk, delete, answer, done):
    await desk.carry_out(replace(FULL, copy=None, delete=delete), answer, DELETED, DELETED)
    assert desk.done == done


async def test_a_daemonset_that_needs_no_write_is_not_written(desk):
    await desk.carry_out(replace(FULL, copy=None, write=False), DELETED, DELETED)
    assert desk.done == [DELETE, DISCARD]


async def test_of_an_agent_that_is_invalid_nothing_is_copied_or_written(desk):
    await desk.carry_out(FULL, DELETED, DELETED, agent=build.invalid_agent())
    assert desk.done == [DELETE, DISCARD]


async def test_what_is_deleted_is_meant_by_its_uid(desk):
    await desk.carry_out(replace(FULL, copy=None, write=False), DELETED, DELETED)
    [pod], [copied] = FULL.delete, FULL.discard
    found = [(request.path.split("/")[-1], request.body["preconditions"]["uid"]) for request in desk.stub.requests]
    assert found == [(pod.name, pod.uid), (copied.name, copied.uid)]


class TestDeletes:
    """Twelve pods are to be deleted."""

    PODS = build.pods(*(f"node-{number:02}" for number in range(12)))
    ALL = replace(PLAN, write=False, delete=PODS)

    @pytest.fixture
    def desk(self, connection, stub):
        made = Desk(connection, stub)
        made.have(made.caches.pods, *self.PODS)
        return made

    def marked(self, desk):
        return {pod.node for pod in self.PODS if desk.caches.pods.is_marked(pod.uid)}

    async def test_each_is_marked_and_counted(self, desk):
        await desk.carry_out(self.ALL)
        assert (len(desk.done), desk.replaced) == (12, 12)
        assert self.marked(desk) == {pod.node for pod in self.PODS}

    async def test_ten_go_at_once_and_an_error_ends_it_after_these(self, desk):
        """None is answered before ten have come; an eleventh would be seen. The refusal comes first."""
        ten = asyncio.Barrier(10)

        async def answer(request):
            await ten.wait()
            if request.path.endswith(self.PODS[0].name):
                return await REFUSED(request)
            for _ in range(100):
                await asyncio.sleep(0)
            return await DELETED(request)

        with pytest.raises(Forbidden):
            await desk.carry_out(self.ALL, *[answer] * 10)
        assert (len(desk.done), desk.replaced) == (10, 9)
        assert self.marked(desk) == {pod.node for pod in self.PODS[1:10]}
