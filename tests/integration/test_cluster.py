"""The cluster package against a real API server: what it writes is taken as meant, what it caches is the truth."""

import asyncio
import contextlib
import time

import pytest

from control_plane import ControlPlane, agent_pod, wait_for
from control_plane.container_log import PROBE
from hostprocess_operator.api.names import AGENT_LABEL, GATE, REPORT_ANNOTATION
from hostprocess_operator.cluster import paths, reads, writes
from hostprocess_operator.cluster.connection import Connection
from hostprocess_operator.cluster.logs import LogReader
from hostprocess_operator.cluster.reflector import Reflector, Resource
from hostprocess_operator.cluster.store import Store
from hostprocess_operator.errors import ApiError, Conflict, Forbidden, Invalid, NotFound
from support.eventually import eventually

CRD = "crds/hostprocess.dev_hostprocessagents.yaml"
VERDICT = {"type": GATE, "status": "True", "reason": "Administrator", "message": "m", "lastProbeTime": None}


@pytest.fixture
async def connection(plane):
    async with Connection.open(plane.kubeconfig) as opened:
        yield opened


def spec(image="registry.example/agent:1.0", **template):
    containers = [{"name": "agent", "image": image}]
    return {
        "selector": {"matchLabels": {AGENT_LABEL: "a"}},
        "updateStrategy": {"type": "OnDelete"},
        "template": {"metadata": {"labels": {AGENT_LABEL: "a"}}, "spec": {"containers": containers, **template}},
    }


def make_pod(cluster, namespace, name, **metadata):
    body = {"metadata": {"name": name, **metadata}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
    return cluster.api.request("POST", paths.pods(namespace), body)


def drop_pod(cluster, namespace, name):
    cluster.delete("pod", name, namespace, grace_seconds=0, wait=0)


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


class Cache:
    """A store that follows the pods of a namespace."""

    def __init__(self, connection, namespace, **settings):
        self.store = Store()
        self.changes = []
        self.store.subscribe(lambda old, new: self.changes.append((old, new)))
        resource = Resource(paths.pods(namespace))
        self.reflector = Reflector(connection, resource, lambda body: body["metadata"]["name"], self.store, **settings)

    @contextlib.asynccontextmanager
    async def following(self):
        task = asyncio.create_task(self.reflector.run())
        try:
            async with asyncio.timeout(30):
                await self.reflector.synced.wait()
            yield self
            assert not task.done()
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def holds(self, *names):
        return lambda: self.store.values() == names


class TestReflector:
    async def test_follows_every_change(self, plane, connection, namespace):
        for name in ("a", "b", "c"):
            make_pod(plane, namespace, name)
        async with Cache(connection, namespace, page=2).following() as cache:
            assert cache.store.values() == ("a", "b", "c")
            make_pod(plane, namespace, "d")
            drop_pod(plane, namespace, "b")
            await eventually(cache.holds("a", "c", "d"))
        assert cache.reflector.relisted is None

    async def test_the_answer_to_our_own_write_and_its_event_are_one_change(self, plane, connection, namespace):
        async with Cache(connection, namespace).following() as cache:
            body = make_pod(plane, namespace, "ours")
            cache.store.upsert(body, "ours")
            make_pod(plane, namespace, "theirs")
            await eventually(cache.holds("ours", "theirs"))
        assert cache.changes == [(None, "ours"), (None, "theirs")]


@pytest.fixture(scope="module")
def fragile(binaries, tmp_path_factory):
    """Return a control plane that a test may break."""
    with ControlPlane.start(binaries, tmp_path_factory.mktemp("fragile"), leases=False) as control_plane:
        yield control_plane


class TestOutages:
    @pytest.fixture
    async def lasting(self, fragile):
        async with Connection.open(fragile.kubeconfig) as opened:
            yield opened

    @pytest.fixture
    def place(self, fragile):
        name = f"outage-{time.monotonic_ns()}"
        fragile.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
        wait_for(lambda: fragile.get("serviceaccount", "default", name), 10, "the default ServiceAccount")
        return name

    async def test_a_restarted_api_server_is_found_again(self, fragile, lasting, place):
        for name in ("a", "b"):
            make_pod(fragile, place, name)
        async with Cache(lasting, place).following() as cache:
            await asyncio.to_thread(fragile.stop_api_server)
            with pytest.raises(ApiError):
                await lasting.request("GET", paths.pods(place))
            await asyncio.to_thread(fragile.start_api_server)
            await asyncio.to_thread(drop_pod, fragile, place, "a")
            await asyncio.to_thread(make_pod, fragile, place, "c")
            await eventually(cache.holds("b", "c"), seconds=20)

    async def test_deletions_before_an_expired_version_are_found(self, fragile, lasting, place):
        for name in ("a", "b"):
            make_pod(fragile, place, name)
        cache = Cache(lasting, place)
        async with cache.following():
            pass
        drop_pod(fragile, place, "a")
        make_pod(fragile, place, "c")
        # The new API server's watch cache starts here: the version that the reflector holds is too old for it.
        await asyncio.to_thread(fragile.stop_api_server)
        await asyncio.to_thread(fragile.start_api_server)
        async with cache.following():
            await eventually(cache.holds("b", "c"), seconds=20)
        assert ("a", None) in cache.changes
        assert cache.reflector.relisted is not None

    async def test_a_frozen_api_server_is_noticed_and_found_again(self, fragile, lasting, place):
        make_pod(fragile, place, "a")
        async with Cache(lasting, place, idle_seconds=1).following() as cache:
            fragile.pause("kube-apiserver")
            try:
                await eventually(lambda: cache.reflector._complaint, seconds=20)
            finally:
                fragile.resume("kube-apiserver")
            await asyncio.to_thread(make_pod, fragile, place, "b")
            await eventually(cache.holds("a", "b"), seconds=20)
