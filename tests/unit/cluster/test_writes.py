"""The body of every write, and what its refusals are taken for."""

import pytest

from hostprocess_operator.api.names import MANAGER, REPORT_ANNOTATION
from hostprocess_operator.cluster import writes
from hostprocess_operator.errors import Conflict, Forbidden, Invalid, NotFound
from support.stub_api_server import answers, pod

STRICT = {"fieldManager": MANAGER, "fieldValidation": "Strict"}
OWNER = {"apiVersion": "v1", "kind": "Thing", "name": "o", "uid": "u", "controller": True}
COPY = {"metadata": {"namespace": "agents", "name": "a-proven"}, "revision": 1, "data": {}}
# What the API server says to a failed test of a JSON patch: nothing.
REFUSED_PATCH = answers(422, "Invalid", "the server rejected our request due to an error in our request")


def replace(connection, **changes):
    parts = {"spec": {"selector": {}}, "labels": {}, "annotations": {}, "owners": [OWNER], "has_labels": True}
    return writes.replace_daemonset_spec(connection, "agents", "a", "uid-of-a", **parts | changes)


def verdict(connection, **changes):
    parts = {"report": None, "condition": {"type": "T", "status": "True"}}
    return writes.patch_pod_verdict(connection, "agents", "a", "uid-of-a", **parts | changes)


def status(connection):
    return writes.replace_agent_status(connection, "agents", "a", "uid-of-a", {"observedGeneration": 1})


class TestCreateDaemonset:
    async def test_posts_the_object_strictly(self, stub, connection):
        body = {"metadata": {"namespace": "agents", "name": "a"}}
        answer = await writes.create_daemonset(connection, body)
        (sent,) = stub.requests
        assert (sent.method, sent.path) == ("POST", "/apis/apps/v1/namespaces/agents/daemonsets")
        assert (sent.query, sent.body) == (STRICT, body)
        assert answer["got"] == body


class TestReplaceDaemonsetSpec:
    async def test_is_one_json_patch_guarded_by_the_uid(self, stub, connection):
        await replace(connection, labels={"x.dev/a~b": "1"}, annotations={"hostprocess.dev/stamp": "2"})
        (sent,) = stub.requests
        assert (sent.method, sent.path) == ("PATCH", "/apis/apps/v1/namespaces/agents/daemonsets/a")
        assert sent.headers["Content-Type"] == "application/json-patch+json"
        assert sent.query == STRICT
        assert sent.body == [
            {"op": "test", "path": "/metadata/uid", "value": "uid-of-a"},
            {"op": "replace", "path": "/spec", "value": {"selector": {}}},
            {"op": "add", "path": "/metadata/ownerReferences", "value": [OWNER]},
            {"op": "add", "path": "/metadata/labels/x.dev~1a~0b", "value": "1"},
            {"op": "add", "path": "/metadata/annotations/hostprocess.dev~1stamp", "value": "2"},
        ]

    async def test_makes_the_map_of_labels_where_there_is_none(self, stub, connection):
        await replace(connection, labels={"a": "1"}, has_labels=False)
        paths = [operation["path"] for operation in stub.requests[0].body]
        assert paths.index("/metadata/labels") < paths.index("/metadata/labels/a")

    async def test_a_refusal_although_the_labels_are_gone_means_to_look_again(self, stub, connection):
        stub.put(pod("a"))
        stub.fail_next("write", REFUSED_PATCH)
        with pytest.raises(Conflict):
            await replace(connection, labels={"a": "1"})

    async def test_a_refusal_where_no_label_was_to_be_set_stays_one(self, stub, connection):
        stub.put(pod("a"))
        stub.fail_next("write", REFUSED_PATCH)
        with pytest.raises(Invalid):
            await replace(connection, labels={})


class TestDeletePod:
    async def test_names_the_pod_s_uid(self, stub, connection):
        assert await writes.delete_pod(connection, "agents", "a", "uid-of-a")
        (sent,) = stub.requests
        assert (sent.method, sent.path) == ("DELETE", "/api/v1/namespaces/agents/pods/a")
        assert sent.body["preconditions"] == {"uid": "uid-of-a"}

    async def test_is_done_when_it_is_gone(self, stub, connection):
        stub.fail_next("write", answers(404))
        assert await writes.delete_pod(connection, "agents", "a", "uid-of-a") is None

    @pytest.mark.parametrize("uid", [None, "another"], ids=["it has gone meanwhile", "another one has its name"])
    async def test_is_done_when_after_a_conflict(self, stub, connection, uid):
        stub.fail_next("write", answers(409))
        if uid:
            stub.put({"metadata": {"name": "a", "namespace": "agents", "uid": uid}})
        assert await writes.delete_pod(connection, "agents", "a", "uid-of-a") is None

    async def test_a_conflict_about_that_very_pod_is_a_refusal(self, stub, connection):
        """Such as a webhook's that protects it."""
        stub.fail_next("write", answers(409))
        stub.put({"metadata": {"name": "a", "namespace": "agents", "uid": "uid-of-a"}})
        with pytest.raises(Conflict):
            await writes.delete_pod(connection, "agents", "a", "uid-of-a")

    async def test_a_refusal_is_raised(self, stub, connection):
        stub.fail_next("write", answers(403))
        with pytest.raises(Forbidden):
            await writes.delete_pod(connection, "agents", "a", "uid-of-a")


class TestCreateRevision:
    async def test_posts_the_object_strictly(self, stub, connection):
        await writes.create_revision(connection, COPY)
        (sent,) = stub.requests
        assert (sent.method, sent.path) == ("POST", "/apis/apps/v1/namespaces/agents/controllerrevisions")
        assert (sent.query, sent.body) == (STRICT, COPY)

    async def test_one_that_exists_already_is_a_conflict(self, stub, connection):
        stub.fail_next("write", answers(409, "AlreadyExists"))
        with pytest.raises(Conflict):
            await writes.create_revision(connection, COPY)


class TestDeleteRevision:
    async def test_names_the_revision_s_uid(self, stub, connection):
        await writes.delete_revision(connection, "agents", "a-proven", "uid-of-it")
        (sent,) = stub.requests
        assert (sent.method, sent.path) == ("DELETE", "/apis/apps/v1/namespaces/agents/controllerrevisions/a-proven")
        assert sent.body["preconditions"] == {"uid": "uid-of-it"}

    async def test_is_done_when_it_is_gone(self, stub, connection):
        stub.fail_next("write", answers(404))
        await writes.delete_revision(connection, "agents", "a-proven", "uid-of-it")
        assert len(stub.requests) == 1

    async def test_a_refusal_is_raised(self, stub, connection):
        stub.fail_next("write", answers(403))
        with pytest.raises(Forbidden):
            await writes.delete_revision(connection, "agents", "a-proven", "uid-of-it")


class TestPatchPodVerdict:
    async def test_is_one_strategic_merge_with_uid_report_and_condition(self, stub, connection):
        await verdict(connection, report="{}")
        (sent,) = stub.requests
        assert (sent.method, sent.path) == ("PATCH", "/api/v1/namespaces/agents/pods/a/status")
        assert sent.headers["Content-Type"] == "application/strategic-merge-patch+json"
        assert sent.body == {
            "metadata": {"uid": "uid-of-a", "annotations": {REPORT_ANNOTATION: "{}"}},
            "status": {"conditions": [{"type": "T", "status": "True"}]},
        }

    async def test_without_a_report_the_annotation_is_left_alone(self, stub, connection):
        await verdict(connection)
        assert stub.requests[0].body["metadata"] == {"uid": "uid-of-a"}


class TestReplaceAgentStatus:
    async def test_is_one_json_patch_guarded_by_the_uid(self, stub, connection):
        await status(connection)
        (sent,) = stub.requests
        assert sent.path == "/apis/hostprocess.dev/v1alpha1/namespaces/agents/hostprocessagents/a/status"
        assert sent.body == [
            {"op": "test", "path": "/metadata/uid", "value": "uid-of-a"},
            {"op": "add", "path": "/status", "value": {"observedGeneration": 1}},
        ]


class TestEvents:
    async def test_creating_one_posts_it_strictly(self, stub, connection):
        body = {"metadata": {"namespace": "agents", "name": "a.0"}, "reason": "R"}
        await writes.create_event(connection, body)
        (sent,) = stub.requests
        assert (sent.method, sent.path) == ("POST", "/apis/events.k8s.io/v1/namespaces/agents/events")
        assert (sent.query, sent.body) == (STRICT, body)

    async def test_a_series_is_one_merge_patch(self, stub, connection):
        await writes.patch_event_series(connection, "agents", "a.0", {"count": 2})
        (sent,) = stub.requests
        assert (sent.method, sent.path) == ("PATCH", "/apis/events.k8s.io/v1/namespaces/agents/events/a.0")
        assert sent.headers["Content-Type"] == "application/merge-patch+json"
        assert (sent.query, sent.body) == (STRICT, {"series": {"count": 2}})


@pytest.mark.parametrize("write", [replace, verdict, status])
class TestRefusals:
    async def test_a_patch_of_an_object_that_was_made_anew_is_a_conflict(self, stub, connection, write):
        stub.put(pod("a", uid="another"))
        stub.fail_next("write", REFUSED_PATCH)
        with pytest.raises(Conflict):
            await write(connection)
        assert stub.requests[-1].query == {"fieldSelector": "metadata.name=a"}

    async def test_a_patch_of_an_object_that_has_gone_since_is_not_found(self, stub, connection, write):
        stub.fail_next("write", REFUSED_PATCH)
        with pytest.raises(NotFound):
            await write(connection)

    async def test_a_patch_that_is_wrong_is_invalid_in_the_words_of_the_server(self, stub, connection, write):
        stub.put(pod("a", labels={"a": "1"}))
        stub.fail_next("write", answers(422, "Invalid", 'unknown field "spec.bogus"'))
        with pytest.raises(Invalid, match=r"spec\.bogus"):
            await write(connection)

    async def test_a_patch_of_a_missing_object_is_not_found(self, stub, connection, write):
        stub.fail_next("write", answers(404))
        with pytest.raises(NotFound):
            await write(connection)
