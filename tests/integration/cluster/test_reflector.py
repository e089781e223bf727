"""A reflector of a real API server, outages and all: what it caches is the truth."""

import asyncio
import contextlib
import time

import pytest

from control_plane import ControlPlane, wait_for
from hostprocess_operator.cluster import paths
from hostprocess_operator.cluster.connection import Connection
from hostprocess_operator.errors import ApiError
from support.bare_pods import drop_pod, make_pod
from support.eventually import eventually
from support.followed import Followed


class Pods(Followed):
    """The names of the pods of a namespace, as they are followed."""

    def __init__(self, connection, namespace, **settings):
        super().__init__(connection, paths.pods(namespace), lambda body: body["metadata"]["name"], **settings)

    @contextlib.asynccontextmanager
    async def following(self):
        async with self.running():
            await self.synced(30)
            yield self

    def holds(self, *names):
        return lambda: self.store.values() == names


class TestReflector:
    async def test_follows_every_change(self, plane, connection, namespace):
        for name in ("a", "b", "c"):
            make_pod(plane, namespace, name)
        async with Pods(connection, namespace, page=2).following() as cache:
            assert cache.store.values() == ("a", "b", "c")
            make_pod(plane, namespace, "d")
            drop_pod(plane, namespace, "b")
            await eventually(cache.holds("a", "c", "d"))
        assert cache.reflector.relisted is None

    async def test_the_answer_to_our_own_write_and_its_event_are_one_change(self, plane, connection, namespace):
        async with Pods(connection, namespace).following() as cache:
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
        async with Pods(lasting, place).following() as cache:
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
        cache = Pods(lasting, place)
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
        async with Pods(lasting, place, idle_seconds=1).following() as cache:
            fragile.pause("kube-apiserver")
            try:
                await eventually(lambda: cache.reflector._complaint, seconds=20)
            finally:
                fragile.resume("kube-apiserver")
            await asyncio.to_thread(make_pod, fragile, place, "b")
            await eventually(cache.holds("a", "b"), seconds=20)
