"""Templates that the cluster stores: where they are found again, and how a copy of one is kept."""

import json
from dataclasses import replace

import pytest

from hostprocess_operator.controller.caches import Caches
from hostprocess_operator.controller.daemonset_writer import DaemonSetWriter
from hostprocess_operator.controller.metrics import Metrics
from hostprocess_operator.errors import Conflict, Forbidden
from hostprocess_operator.manifests import build_copy, owner_reference, placement_of, pod_template, with_placement
from hostprocess_operator.observed import observe_namespace, template_digest
from hostprocess_operator.rollout import Keep, plan_rollout
from support import build
from support.build import NOW
from support.stub_api_server import answers, says

KEY = (build.NAMESPACE, build.NAME)
COLLECTION = "/apis/apps/v1/namespaces/agents/controllerrevisions"
AGENT = build.agent(nodeSelector={"pool": "new"})
FORMER = build.agent(image="registry.example/agent:former", nodeSelector={"pool": "old"})
TEMPLATE = pod_template(FORMER)
DIGEST = template_digest(TEMPLATE)
OTHER = pod_template(AGENT)


def revision(name, template, **data):
    metadata = {
        "namespace": build.NAMESPACE, "name": name, "uid": f"uid-of-{name}", "labels": build.labelled(),
        "ownerReferences": [owner_reference(AGENT)],
    }  # fmt: skip
    return {"metadata": metadata, "data": data or {"spec": {"template": template | {"$patch": "replace"}}}}


class Desk:
    """A writer, what it is given, and what it does."""

    def __init__(self, connection, stub):
        self.stub = stub
        self.caches = Caches(None, (), lambda _: None, lambda *_: None)
        self.writer = DaemonSetWriter(connection, self.caches, Metrics(), None)

    def serve(self, served):
        """Let the DaemonSet in the cache be the one that serves that agent's template."""
        found = build.daemonset(served)
        body = {"metadata": {"namespace": found.namespace, "name": found.name, "uid": found.uid}}
        self.caches.daemonsets.upsert(body, found)

    async def keep(self):
        """Keep a copy of the template; the API server answers with it."""
        answer = revision("copy", TEMPLATE)
        self.stub.fail_next("write", says(json.dumps(answer).encode(), content_type="application/json"))
        await self.writer.keep_copy(AGENT, DIGEST)

    def requests(self, kind):
        return [request for request in self.stub.requests if request.kind == kind]


@pytest.fixture
def desk(connection, stub):
    return Desk(connection, stub)


async def test_the_template_of_the_daemonset_is_copied_without_a_read(desk):
    desk.serve(FORMER)
    await desk.keep()
    [request] = desk.stub.requests
    assert (request.method, request.path) == ("POST", COLLECTION)
    assert request.body == build_copy(AGENT, DIGEST, TEMPLATE)


async def test_the_copy_is_put_in_the_cache(desk):
    desk.serve(FORMER)
    await desk.keep()
    [found] = desk.caches.revisions.by(KEY)
    assert (found.name, found.digest, found.is_copy) == ("copy", DIGEST, True)


async def test_a_copy_that_is_there_already_is_as_good(desk):
    desk.serve(FORMER)
    desk.stub.fail_next("write", answers(409, "AlreadyExists"))
    await desk.writer.keep_copy(AGENT, DIGEST)
    assert desk.caches.revisions.by(KEY) == ()


async def test_a_copy_that_is_refused_is_an_error(desk):
    desk.serve(FORMER)
    desk.stub.fail_next("write", answers(403, "Forbidden"))
    with pytest.raises(Forbidden):
        await desk.writer.keep_copy(AGENT, DIGEST)
    assert desk.caches.revisions.by(KEY) == ()


@pytest.mark.parametrize(
    "served",
    [pytest.param(None, id="there is no DaemonSet"), pytest.param(AGENT, id="the DaemonSet serves another")],
)
class TestFromRevision:
    """The DaemonSet does not hold the template."""

    async def test_it_is_found_among_the_revisions_with_the_agents_label(self, desk, served):
        if served:
            desk.serve(served)
        desk.stub.put(revision("a", OTHER))
        desk.stub.put(revision("b", TEMPLATE))
        desk.stub.put(revision("c", OTHER))
        await desk.keep()
        [look], [write] = desk.requests("list"), desk.requests("write")
        assert (look.path, look.query["labelSelector"]) == (COLLECTION, f"hostprocess.dev/agent={build.NAME}")
        assert write.body == build_copy(AGENT, DIGEST, TEMPLATE)

    async def test_where_it_is_gone_nothing_is_copied(self, desk, served):
        if served:
            desk.serve(served)
        desk.stub.put(revision("a", OTHER))
        with pytest.raises(Conflict, match=DIGEST):
            await desk.writer.keep_copy(AGENT, DIGEST)
        assert desk.requests("write") == []


async def test_revisions_that_hold_something_else_are_passed_over(desk):
    """Anybody may make one with the agent's label."""
    for number, data in enumerate([{"else": 1}, {"spec": "text"}, {"spec": {"template": {"spec": "text"}}}]):
        desk.stub.put(revision(f"a-{number}", None, **data))
    desk.stub.put(revision("b", TEMPLATE))
    await desk.keep()
    assert len(desk.requests("write")) == 1


async def test_a_template_that_is_kept_is_served_with_the_placement_of_the_spec(desk):
    desk.stub.put(revision("b", TEMPLATE))
    namespace = {"metadata": {"name": build.NAMESPACE, "uid": "n"}}
    desk.caches.namespaces.upsert(namespace, observe_namespace(namespace))
    plan = plan_rollout(AGENT, build.scene(AGENT), NOW)
    desk.stub.fail_next("write", answers(403, "Forbidden"))
    with pytest.raises(Forbidden):
        await desk.writer.write(AGENT, plan, replace(plan.serving, source=Keep(DIGEST)))
    [request] = desk.requests("write")
    [spec] = [each["value"] for each in request.body if each["path"] == "/spec"]
    assert spec["template"] == with_placement(TEMPLATE, placement_of(AGENT))
    assert spec["template"]["spec"]["nodeSelector"]["pool"] == "new"
