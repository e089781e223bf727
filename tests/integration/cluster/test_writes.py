"""Writes and reads against a real API server: what is written is taken as meant, and what is wrong is said."""

import asyncio

import pytest

from control_plane import agent_pod, wait_for
from control_plane.container_log import PROBE
from hostprocess_operator.api.names import AGENT_LABEL, GATE, REPORT_ANNOTATION
from hostprocess_operator.cluster import paths, reads, writes
from hostprocess_operator.cluster.connection import Connection
from hostprocess_operator.cluster.logs import LogReader
from hostprocess_operator.errors import Conflict, Forbidden, Invalid, NotFound
from support.bare_pods import drop_pod, make_pod

CRD = "crds/hostprocess.dev_hostprocessagents.yaml"
VERDICT = {"type": GATE, "status": "True", "reason": "Administrator", "message": "m", "lastProbeTime": None}


def spec(image="registry.example/agent:1.0", **template):
    containers = [{"name": "agent", "image": image}]
    return {
        "selector": {"matchLabels": {AGENT_LABEL: "a"}},
        "updateStrategy": {"type": "OnDelete"},
        "template": {"metadata": {"labels": {AGENT_LABEL: "a"}}, "spec": {"containers": containers, **template}},
    }


def has_run(cluster, namespace, name):
    states = cluster.get("pod", name, namespace)["status"].get("initContainerStatuses") or [{"state": {}}]
    return "terminated" in states[0]["state"]


class TestReplaceDaemonsetSpec:
    @pytest.fixture
    async def daemonset(self, connection, namespace):
        body = {"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"namespace": namespace, "name": "a"}}
        return await writes.create_daemonset(connection, {**body, "spec": spec()})

    @pytest.fixture
    def replace(self, connection, namespace, daemonset):
        async def send(uid=daemonset["metadata"]["uid"], *, name="a", has_labels=True, **changes):
            parts = {"spec": spec(), "labels": {}, "annotations": {}, "owners": []}
            return await writes.replace_daemonset_spec(
                connection, namespace, name, uid, has_labels=has_labels, **parts | changes
            )

        return send

    async def test_the_same_again_changes_nothing(self, plane, namespace, replace):
        first = await replace(labels={"x.dev/y": "1"}, annotations={"x.dev/z": "2"}, has_labels=False)
        generation = first["metadata"]["generation"]

        def acted_on():  # the DaemonSet controller writes its status once more, at whatever moment
            stored = plane.get("daemonset", "a", namespace)
            return stored if (stored.get("status") or {}).get("observedGeneration") == generation else None

        before = wait_for(acted_on, 10, "the DaemonSet controller to act on it")
        again = await replace(labels={"x.dev/y": "1"}, annotations={"x.dev/z": "2"})
        assert again["metadata"]["resourceVersion"] == before["metadata"]["resourceVersion"]
        assert again["metadata"]["labels"] == {"x.dev/y": "1"}

    async def test_a_foreign_container_goes_and_a_foreign_annotation_stays(self, plane, namespace, replace):
        await replace(labels={"ours": "1"}, has_labels=False)
        rogue = {"spec": {"template": {"spec": {"containers": [{"name": "rogue", "image": "r"}]}}}}
        plane.patch("daemonset", "a", rogue, namespace, patch_type="strategic")
        plane.patch("daemonset", "a", {"metadata": {"annotations": {"their/own": "x"}}}, namespace)
        restored = await replace(labels={"ours": "1"})
        assert [c["name"] for c in restored["spec"]["template"]["spec"]["containers"]] == ["agent"]
        assert restored["metadata"]["annotations"]["their/own"] == "x"
        assert restored["metadata"]["generation"] == 3

    async def test_another_daemonset_of_that_name_is_left_alone(self, replace):
        with pytest.raises(Conflict):
            await replace(uid="made-before", spec=spec("other"))

    async def test_labels_that_are_missing_against_expectation_mean_to_look_again(self, replace):
        with pytest.raises(Conflict):
            await replace(labels={"ours": "1"}, has_labels=True)

    async def test_a_refusal_says_what_is_wrong(self, replace):
        with pytest.raises(Invalid, match=r'^422 Invalid: \u2026strict decoding error: unknown field "spec\.bogus"$'):
            await replace(spec={**spec(), "bogus": 1})

    async def test_a_missing_daemonset_is_not_found(self, replace):
        with pytest.raises(NotFound):
            await replace(name="nowhere")

    async def test_a_second_create_is_a_conflict(self, connection, namespace, daemonset):
        with pytest.raises(Conflict, match="AlreadyExists"):
            await writes.create_daemonset(
                connection, {"metadata": {"namespace": namespace, "name": "a"}, "spec": spec()}
            )


class TestPods:
    async def test_a_verdict_stands_beside_the_conditions_of_others(self, plane, connection, namespace):
        pod = make_pod(plane, namespace, "p")
        theirs = {"type": "PodScheduled", "status": "True"}
        plane.patch("pod", "p", {"status": {"conditions": [theirs]}}, namespace, subresource="status")
        uid = pod["metadata"]["uid"]
        answer = await writes.patch_pod_verdict(connection, namespace, "p", uid, report="{}", condition=VERDICT)
        assert {"PodScheduled", GATE} <= {c["type"] for c in answer["status"]["conditions"]}
        assert answer["metadata"]["annotations"][REPORT_ANNOTATION] == "{}"

    async def test_a_verdict_on_another_pod_of_that_name_is_a_conflict(self, plane, connection, namespace):
        make_pod(plane, namespace, "p")
        with pytest.raises(Conflict):
            await writes.patch_pod_verdict(connection, namespace, "p", "made-before", report=None, condition=VERDICT)

    async def test_only_the_very_pod_is_deleted(self, plane, connection, namespace):
        uid = make_pod(plane, namespace, "p")["metadata"]["uid"]
        assert await writes.delete_pod(connection, namespace, "p", "made-before") is None
        assert plane.get("pod", "p", namespace)["metadata"]["uid"] == uid
        answer = await writes.delete_pod(connection, namespace, "p", uid)
        assert answer["metadata"]["uid"] == uid
        drop_pod(plane, namespace, "p")

    async def test_a_log_is_read_from_its_start(self, plane, connection, namespace, nodes):
        (node,) = nodes(1)
        plane.api.request("POST", paths.pods(namespace), agent_pod("p", node))
        reader = LogReader(connection)
        await asyncio.to_thread(wait_for, lambda: has_run(plane, namespace, "p"), 20, "the probe to end")
        content = await reader.read("key", namespace, "p", PROBE)
        assert content.startswith(b"Process has admin rights: True\r\n")
        assert await reader.read("key", namespace, "p", PROBE, limit_bytes=7) == b"Process"

    async def test_the_log_of_a_pod_that_is_gone_is_not_found(self, connection, namespace):
        with pytest.raises(NotFound):
            await LogReader(connection).read("key", namespace, "nowhere", PROBE)


class TestAgents:
    @pytest.fixture
    def agent(self, plane, namespace, request):
        plane.apply((request.config.rootpath / CRD).read_text())
        body = {
            "apiVersion": "hostprocess.dev/v1alpha1",
            "kind": "HostProcessAgent",
            "metadata": {"namespace": namespace, "name": "a"},
            "spec": {"containers": [{"name": "agent", "image": "registry.example/agent:1.0"}]},
        }
        return plane.apply(body)[0]

    async def test_the_status_is_replaced_as_a_whole(self, connection, namespace, agent):
        uid = agent["metadata"]["uid"]
        first = {"observedGeneration": 1, "summary": {"nodes": "0/1", "adminRights": "0/1"}}
        await writes.replace_agent_status(connection, namespace, "a", uid, first)
        answer = await writes.replace_agent_status(connection, namespace, "a", uid, {"observedGeneration": 1})
        assert answer["status"] == {"observedGeneration": 1}
        assert answer["metadata"]["generation"] == agent["metadata"]["generation"]

    async def test_the_status_of_another_agent_of_that_name_is_left_alone(self, connection, namespace, agent):
        with pytest.raises(Conflict):
            await writes.replace_agent_status(connection, namespace, "a", "made-before", {"observedGeneration": 1})

    async def test_a_status_that_the_schema_refuses_is_invalid(self, connection, namespace, agent):
        with pytest.raises(Invalid, match="observedGeneration"):
            await writes.replace_agent_status(
                connection, namespace, "a", agent["metadata"]["uid"], {"observedGeneration": "one"}
            )

    async def test_an_agent_that_is_gone_is_not_found(self, plane, connection, namespace, agent):
        plane.delete("hostprocessagent", "a", namespace)
        with pytest.raises(NotFound):
            await writes.replace_agent_status(connection, namespace, "a", agent["metadata"]["uid"], {})
        assert await reads.confirm_agent(connection, namespace, "a") is None

    async def test_an_agent_is_confirmed_and_listed(self, connection, namespace, agent):
        found = await reads.confirm_agent(connection, namespace, "a")
        listed = await reads.list_agents(connection, namespace)
        assert [item["metadata"]["uid"] for item in (found, *listed.items)] == [agent["metadata"]["uid"]] * 2
        assert int(listed.version) > 0


async def test_what_rbac_forbids_is_said_to_be_forbidden(plane, namespace):
    wait_for(lambda: plane.get("serviceaccount", "default", namespace), 10, "the default ServiceAccount")
    kubeconfig = plane.service_account_kubeconfig(namespace, "default")
    async with Connection.open(kubeconfig) as connection:
        with pytest.raises(Forbidden, match="may not list pods"):
            await connection.request("GET", paths.pods(namespace))
