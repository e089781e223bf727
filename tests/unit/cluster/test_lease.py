"""Several candidates for one Lease, in a second of what takes fifteen in production."""

import asyncio
import contextlib

import pytest

from hostprocess_operator.cluster.election import Timing
from hostprocess_operator.cluster.lease import Elector, new_identity
from support.eventually import eventually
from support.lease_server import LeaseServer

LEASE_SECONDS = 1.0


class Replica:
    """A candidate that notes who leads while it does."""

    def __init__(self, server, identity, leading):
        self.identity = identity
        self.elector = Elector(server.connection(identity), "operators", "ours", identity, Timing(LEASE_SECONDS))
        self.terms = 0
        self._leading = leading
        self._task = asyncio.create_task(self.elector.run(self._lead))

    async def _lead(self):
        self.terms += 1
        self._leading.add(self.identity)
        assert len(self._leading) == 1
        try:
            await asyncio.Event().wait()
        finally:
            self._leading.discard(self.identity)

    @property
    def result(self):
        return self._task

    async def stop(self):
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task


@pytest.fixture
def server():
    return LeaseServer()


@pytest.fixture
async def replica(server):
    """Return a function that starts one; two that lead at once fail in `Replica._lead`."""
    leading, started = set(), []

    def start(identity):
        started.append(Replica(server, identity, leading))
        return started[-1]

    yield start
    for each in started:
        await each.stop()


async def test_one_of_several_leads(server, replica):
    replicas = [replica(name) for name in ("a", "b", "c")]
    await eventually(lambda: any(each.elector.leads for each in replicas))
    await asyncio.sleep(2 * LEASE_SECONDS)  # long enough for every wrong takeover
    assert sorted(each.terms for each in replicas) == [0, 0, 1]
    assert set(server.writes) == {server.holder}


async def test_a_standby_takes_over_when_the_leader_dies(server, replica):
    first = replica("a")
    await eventually(lambda: first.elector.leads)
    second = replica("b")
    await first.stop()
    assert not second.elector.leads
    await eventually(lambda: second.elector.leads)
    assert server.lease["spec"]["leaseTransitions"] == 1


async def test_a_standby_takes_over_at_once_when_the_leader_gives_the_lease_back(server, replica):
    first = replica("a")
    await eventually(lambda: first.elector.leads)
    await first.stop()
    await first.elector.release()
    assert server.holder == ""
    assert not first.elector.leads
    second = replica("b")
    await eventually(lambda: second.elector.leads, LEASE_SECONDS / 2)


async def test_a_lease_of_somebody_else_is_not_given_back(server, replica):
    server.put("them", seconds=60)
    standby = replica("a")
    await asyncio.sleep(LEASE_SECONDS / 2)
    await standby.stop()
    await standby.elector.release()
    assert server.writes == ["them"]


async def test_a_renewal_that_was_cut_off_does_not_keep_the_lease_from_being_given_back(server, replica):
    first = replica("a")
    await eventually(lambda: first.elector.leads)
    await first.stop()
    server.put("a")  # the renewal arrived, its answer did not
    await first.elector.release()
    assert server.holder == ""


@pytest.mark.parametrize("hang", [pytest.param(False, id="is told so"), pytest.param(True, id="hears nothing")])
async def test_a_leader_that_is_cut_off_and(server, replica, hang):
    first = replica("a")
    await eventually(lambda: first.elector.leads)
    second = replica("b")
    server.cut_off("a", hang=hang)
    await eventually(lambda: second.elector.leads)
    assert not first.elector.leads
    server.reconnect("a")
    await asyncio.sleep(LEASE_SECONDS)
    assert (first.terms, second.terms) == (1, 1)


async def test_a_leader_alone_comes_back_after_an_outage(server, replica):
    first = replica("a")
    await eventually(lambda: first.elector.leads)
    server.cut_off("a")
    await eventually(lambda: not first.elector.leads)
    server.reconnect("a")
    await eventually(lambda: first.elector.leads)
    assert first.terms == 2


async def test_a_leader_makes_a_lease_again_that_was_deleted(server, replica):
    first = replica("a")
    await eventually(lambda: first.elector.leads)
    server.lease = None
    await eventually(lambda: server.holder == "a")
    assert first.terms == 1


async def test_a_leader_bows_to_whoever_took_the_lease_by_force(server, replica):
    first = replica("a")
    await eventually(lambda: first.elector.leads)
    server.put("them", seconds=60)
    await eventually(lambda: not first.elector.leads)
    assert server.holder == "them"


async def test_what_the_lease_holds_beside_our_words_is_kept(server, replica):
    server.put("")
    server.lease["metadata"]["labels"] = {"of": "somebody"}
    first = replica("a")
    await eventually(lambda: first.elector.leads)
    assert server.lease["metadata"]["labels"] == {"of": "somebody"}


async def test_nobody_holds_the_lease_and_does_nothing(server):
    async def fail():
        raise ValueError("broken")

    elector = Elector(server.connection("a"), "operators", "ours", "a", Timing(LEASE_SECONDS))
    with pytest.raises(ValueError, match="broken"):
        await elector.run(fail)


def test_a_process_has_another_name_after_a_restart():
    assert new_identity() != new_identity()
