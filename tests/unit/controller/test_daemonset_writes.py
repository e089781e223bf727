"""Writing a DaemonSet: what is sent, what is remembered of the answer, and what is told of it."""

import json
from dataclasses import replace
from types import SimpleNamespace

import pytest
from structlog.testing import capture_logs

from hostprocess_operator.controller.caches import Caches
from hostprocess_operator.controller.daemonset_writer import DaemonSetWriter
from hostprocess_operator.controller.metrics import Metrics
from hostprocess_operator.errors import Forbidden, ServerError
from hostprocess_operator.manifests import (
    build_daemonset,
    daemonset_annotations,
    daemonset_labels,
    daemonset_spec,
    owner_reference,
    pod_template,
)
from hostprocess_operator.observed import Seen, Written, observe_daemonset, observe_namespace
from hostprocess_operator.rollout import Render, dump_record, plan_rollout
from hostprocess_operator.status import drift_corrected
from support import build
from support.build import NOW
from support.stub_api_server import answers, says

KEY = (build.NAMESPACE, build.NAME)
LABELS = {"namespace": build.NAMESPACE, "name": build.NAME}
COLLECTION = "/apis/apps/v1/namespaces/agents/daemonsets"
LEVEL = "hostprocess.dev/pod-security"
AGENT = build.agent()
SPEC = daemonset_spec(AGENT, pod_template(AGENT))
SEEN = build.scene(AGENT, nodes=build.nodes("node-a"))


def stored(generation):
    """Return the DaemonSet as the API server stores it."""
    metadata = {
        "namespace": build.NAMESPACE, "name": build.NAME, "uid": build.DAEMONSET_UID, "generation": generation,
        "resourceVersion": "8", "ownerReferences": [owner_reference(AGENT)],
    }  # fmt: skip
    return {"metadata": metadata, "spec": SPEC}


def namespace(level=None):
    labels = {"pod-security.kubernetes.io/enforce": level} if level else {}
    return {"metadata": {"name": build.NAMESPACE, "uid": "n", "resourceVersion": "1", "labels": labels}}


class Desk:
    """A writer of DaemonSets, what it is given, and what it does."""

    def __init__(self, connection, stub):
        self.stub, self.told, self.metrics = stub, [], Metrics()
        self.caches = Caches(None, (), lambda _: None, lambda *_: None)
        recorder = SimpleNamespace(record=lambda *told: self.told.append(told))
        self.writer = DaemonSetWriter(connection, self.caches, self.metrics, recorder)

    def know(self, body):
        """Let the namespace be what the cache holds."""
        self.caches.namespaces.upsert(body, observe_namespace(body))

    async def write(self, seen=SEEN, *, generation=3, **serving):
        """Write what a plan serves; the API server answers with that generation."""
        self.stub.fail_next("write", says(json.dumps(stored(generation)).encode(), content_type="application/json"))
        plan = plan_rollout(AGENT, seen, NOW)
        self.plan = replace(plan, serving=replace(plan.serving, **serving))
        return await self.writer.write(AGENT, self.plan, self.plan.serving)

    @property
    def sent(self):
        """Return the one request that writes."""
        [request] = [request for request in self.stub.requests if request.kind == "write"]
        return request

    @property
    def annotations(self):
        """Return the annotations of the DaemonSet that was created."""
        return self.sent.body["metadata"]["annotations"]

    @property
    def corrections(self):
        return self.metrics.registry.get_sample_value("hpagent_drift_corrections_total", LABELS)


@pytest.fixture
def desk(connection, stub):
    made = Desk(connection, stub)
    made.know(namespace("privileged"))
    return made


class TestCreate:
    """The cluster holds none."""

    async def test_the_whole_daemonset_is_sent(self, desk):
        assert await desk.write(Seen(), generation=1) is True
        expected = daemonset_annotations(desk.plan.serving.stamp, dump_record(desk.plan.record), "privileged")
        assert (desk.sent.method, desk.sent.path) == ("POST", COLLECTION)
        assert desk.sent.body == build_daemonset(AGENT, SPEC, expected)

    async def test_its_spec_is_another_whatever_its_generation(self, desk):
        assert await desk.write(Seen(), generation=0) is True

    async def test_it_is_rendered_with_the_token_of_a_restart(self, desk):
        await desk.write(Seen(), source=Render("again"))
        assert desk.sent.body["spec"]["template"] == pod_template(AGENT, "again")

    async def test_one_that_was_deleted_by_somebody_is_drift_and_told(self, desk):
        await desk.write(replace(SEEN, daemonset=None), generation=1)
        assert desk.corrections == 1
        (told,) = [what.note for *_, what in desk.told]
        assert told.startswith(f"Somebody else had deleted the DaemonSet {build.NAME}; it is made again.")


class TestPatch:
    """The cluster holds one."""

    async def test_spec_owner_and_our_metadata_are_sent_for_that_very_object(self, desk):
        await desk.write()
        assert (desk.sent.method, desk.sent.path) == ("PATCH", f"{COLLECTION}/{build.NAME}")
        operations = {each["path"].replace("~1", "/"): (each["op"], each["value"]) for each in desk.sent.body}
        serving = desk.plan.serving
        annotations = daemonset_annotations(serving.stamp, dump_record(desk.plan.record), "privileged")
        assert operations == {
            "/metadata/uid": ("test", build.DAEMONSET_UID),
            "/spec": ("replace", SPEC),
            "/metadata/ownerReferences": ("add", [owner_reference(AGENT)]),
            **{f"/metadata/labels/{key}": ("add", value) for key, value in daemonset_labels(build.NAME).items()},
            **{f"/metadata/annotations/{key}": ("add", value) for key, value in annotations.items()},
        }

    async def test_where_it_has_no_labels_they_are_begun(self, desk):
        bare = replace(SEEN.daemonset, labels={})
        await desk.write(replace(SEEN, daemonset=bare))
        assert {"op": "add", "path": "/metadata/labels", "value": {}} in desk.sent.body

    @pytest.mark.parametrize(("generation", "is_another"), [(3, False), (4, True)])
    async def test_its_spec_is_another_where_the_generation_is(self, desk, generation, is_another):
        assert await desk.write(generation=generation) is is_another


class TestAnswer:
    async def test_it_is_remembered_as_our_last_write(self, desk):
        await desk.write(generation=4)
        digest = observe_daemonset(stored(4)).digest
        assert desk.writer.last_write(KEY, AGENT.uid, None) == Written(build.DAEMONSET_UID, 4, digest)

    async def test_it_is_put_in_the_cache(self, desk):
        await desk.write(generation=4)
        assert desk.caches.daemonsets.get(KEY) == observe_daemonset(stored(4))

    async def test_of_a_refusal_nothing_is_remembered_or_told(self, desk, stub):
        stub.fail_next("write", answers(403, "Forbidden"))
        with pytest.raises(Forbidden):
            await desk.write(replace(SEEN, daemonset=None))
        assert desk.writer.last_write(KEY, AGENT.uid, None) is None
        assert (desk.caches.daemonsets.get(KEY), desk.told) == (None, [])


@pytest.mark.parametrize(
    ("seen_generation", "answered", "in_place", "word"),
    [
        pytest.param(4, 5, False, "Restored", id="somebody had changed it"),
        pytest.param(3, 5, True, "Restored", id="somebody changed it a moment ago"),
        pytest.param(3, 4, False, "Wrote", id="what is served is new"),
        pytest.param(3, 3, True, "Wrote", id="only the record is"),
        pytest.param(4, 4, False, "Wrote", id="nothing was undone"),
    ],
)
async def test_an_event_tells_of_what_was_undone_and_of_nothing_else(desk, seen_generation, answered, in_place, word):
    found = replace(SEEN.daemonset, generation=seen_generation)
    with capture_logs() as logs:
        await desk.write(replace(SEEN, daemonset=found), generation=answered, in_place=in_place)
    event = (build.NAMESPACE, build.NAME, AGENT.uid, drift_corrected(build.NAME, build.DAEMONSET_UID))
    expected = ([event], 1) if word == "Restored" else ([], None)
    assert (desk.told, desk.corrections) == expected
    assert [line["event"] for line in logs] == [f"{word} the DaemonSet"]


async def test_the_log_says_what_was_created_and_who_is_out(desk):
    out = build.record(AGENT, out=build.out("node-b", "node-a"))
    with capture_logs() as logs:
        plan = replace(plan_rollout(AGENT, Seen(), NOW), record=out)
        desk.stub.fail_next("write", says(json.dumps(stored(1)).encode(), content_type="application/json"))
        await desk.writer.write(AGENT, plan, plan.serving)
    [line] = logs
    assert (line["event"], line["generation"]) == ("Created the DaemonSet", 1)
    assert (line["revision"], line["out"]) == (out.target.rev, ["node-a", "node-b"])


class TestPodSecurity:
    """The level that the namespace has when the DaemonSet is written stands on it."""

    @pytest.fixture
    def desk(self, connection, stub):
        return Desk(connection, stub)

    @pytest.mark.parametrize(("level", "noted"), [("baseline", "baseline"), (None, "unlabelled")])
    async def test_one_that_is_known_is_not_looked_up(self, desk, level, noted):
        desk.know(namespace(level))
        await desk.write(Seen())
        assert desk.annotations[LEVEL] == noted
        assert desk.stub.count("list") == 0

    async def test_one_that_is_unknown_is_looked_up_once(self, desk):
        desk.stub.put(namespace("restricted"))
        await desk.write(Seen())
        assert desk.annotations[LEVEL] == "restricted"
        [look] = [request for request in desk.stub.requests if request.kind == "list"]
        assert (look.path, look.query) == ("/api/v1/namespaces", {"fieldSelector": "metadata.name=agents"})
        assert desk.caches.namespaces.get(("", build.NAMESPACE)).level == "restricted"

    @pytest.mark.parametrize(
        "refusal",
        [
            pytest.param(answers(403, "Forbidden"), id="it may not be looked up"),
            pytest.param(answers(404, "NotFound"), id="it is not found"),
            pytest.param(None, id="there is none"),
        ],
    )
    async def test_one_that_cannot_be_told_is_left_out(self, desk, refusal):
        if refusal:
            desk.stub.fail_next("list", refusal)
        assert await desk.write(Seen()) is True
        assert LEVEL not in desk.annotations

    async def test_while_the_api_server_fails_nothing_is_written(self, desk):
        desk.stub.fail_next("list", answers(500, "InternalError"))
        with pytest.raises(ServerError):
            await desk.write(Seen())
        assert desk.stub.count("write") == 0
