"""Two replicas, one Lease: one of them writes at any time, and the other goes on where it stopped."""

import os
import signal
import time
from datetime import UTC, datetime

import pytest

from control_plane import Recording, wait_for
from support.agents import OneAgent
from support.link import Link
from support.operator import DEPLOY, NAMESPACE, Operator, install
from support.outage import most_out

LEASE = "hostprocess-operator"
NODES = 6
LOST = "Lost the leadership; going on as standby"
UNREACHED = "Failed to reach the Lease and will try again"
NEW = [{"name": "agent", "image": "registry.example/agent:2.0"}]
SKEW = """
import datetime
import hostprocess_operator.cluster.lease as lease
class Skewed(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return datetime.datetime.now(tz) + datetime.timedelta(minutes={minutes})
lease.datetime = Skewed
"""


@pytest.fixture(scope="module")
def kubeconfig(plane):
    path = install(plane, policies=False)
    plane.kubectl("apply", "-f", str(DEPLOY / "ha" / "lease-role.yaml"))
    return path


@pytest.fixture
def replica(kubeconfig, tmp_path, stack):
    """Return a function that starts a replica and returns it once its caches are complete."""

    def start(name, *, lease_seconds=3, through=kubeconfig, **settings):
        election = ("--leader-elect", "--leader-elect-lease", f"{NAMESPACE}/{LEASE}")
        timing = ("--leader-elect-seconds", str(lease_seconds))
        return stack.enter_context(Operator(through, tmp_path / name, arguments=(*election, *timing), **settings))

    return start


@pytest.fixture
def one(plane, namespace, nodes):
    return OneAgent(plane, namespace, nodes.selector)


def leads(replica):
    """Return whether a replica says that it is the one that works."""
    answer = replica.fetch("/metrics")
    return answer is not None and "\nhpagent_leader 1.0\n" in answer[1]


def wait_leading(replica, timeout=20):
    wait_for(lambda: leads(replica), timeout, "a replica to lead")


def identity(replica):
    """Return the name under which a replica stands for election."""
    return wait_for(lambda: said(replica, "Standing for election")[0]["identity"], 10, "a replica to stand")


def said(replica, event):
    return [line for line in replica.lines() if line.get("msg") == event]


class Writes:
    """What replicas wrote since its start, Leases apart, by the identity in the User-Agent."""

    def __init__(self, plane):
        self._plane, self._since = plane, plane.audit_mark()

    def of(self, name, after=None):
        return [
            event
            for event in self._plane.audit(self._since)
            if event.user_agent.endswith(f"/{name}")
            and event.verb not in {"get", "list", "watch"}
            and event.resource != "leases"
            and (after is None or event.time > after)
        ]

    def deletes(self):
        return [e for e in self._plane.audit(self._since) if (e.resource, e.verb) == ("pods", "delete")]


@pytest.mark.parametrize("minutes", [10, -10])
def test_one_of_two_writes_whatever_their_clocks_say(plane, nodes, one, replica, minutes):
    first = replica("first", lease_seconds=15)
    wait_leading(first)
    second = replica("second", lease_seconds=15, prelude=SKEW.format(minutes=minutes))
    names = [identity(first), identity(second)]
    writes = Writes(plane)
    nodes(2)
    one.apply()
    one.wait_verified(2)
    one.edit(containers=NEW)
    one.wait_verified(2)
    assert writes.of(names[0])
    assert not writes.of(names[1])
    assert (leads(first), leads(second)) == (True, False)
    assert second.status("/readyz") == 200
    assert not said(first, LOST)


def hand_over(plane, nodes, one, replica, leave):
    """Let a leader leave as it is told; return it, and the seconds until the standby writes."""
    nodes(1)
    first = replica("first", lease_seconds=15)
    wait_leading(first, timeout=30)
    second = replica("second", lease_seconds=15)
    name = identity(second)
    one.apply()
    one.wait_verified(1)
    writes = Writes(plane)
    leave(first)
    gone = datetime.now(UTC)
    one.edit(containers=NEW)
    wait_for(lambda: writes.of(name) or None, 40, "the standby to write")
    return first, (writes.of(name)[0].time - gone).total_seconds()


def test_a_leader_that_is_killed_is_followed_within_twenty_seconds(plane, nodes, one, replica):
    _, seconds = hand_over(plane, nodes, one, replica, leave=Operator.kill)
    assert seconds <= 20
    one.wait_verified(1)


def test_a_leader_that_is_asked_to_stop_is_followed_within_three_seconds(plane, nodes, one, replica):
    first, seconds = hand_over(plane, nodes, one, replica, leave=lambda leader: os.kill(leader.pid, signal.SIGTERM))
    assert seconds <= 5  # 3 on a machine that does nothing else
    assert first.stop() == 0
    one.wait_verified(1)


def roll_out(one, nodes, tag):
    """Begin to update a fleet of which one node may be out."""
    one.edit(containers=[{"name": "agent", "image": f"registry.example/agent:{tag}"}])
    wait_for(lambda: tag in one.images().values(), 30, "the first node to be updated")


def test_a_rollout_keeps_its_budget_while_its_leaders_are_killed(plane, nodes, one, replica):
    nodes(NODES)
    one.apply(rollout={"maxUnavailable": 1, "minReadySeconds": 1})
    leader = replica("a")
    one.wait_verified(NODES, timeout=60)
    writes = Writes(plane)
    with Recording(plane.api, plane.api.path("pods", one.namespace)) as pods:
        roll_out(one, nodes, "2.0")
        for name in ("b", "c"):
            standby = replica(name)
            before = len(writes.deletes())
            leader.kill()
            wait_leading(standby)
            wait_for(lambda before=before: len(writes.deletes()) > before or not left(one), 30, "the rollout to go on")
            leader = standby
        one.wait_verified(NODES, timeout=60)
    assert set(one.images().values()) == {"2.0"}
    assert len(writes.deletes()) == NODES
    assert most_out(pods, NODES) <= 1


def left(one):
    return [tag for tag in one.images().values() if tag != "2.0"]


def test_a_leader_that_was_frozen_writes_nothing_when_it_wakes(plane, nodes, one, replica):
    seconds = float(os.environ.get("FROZEN_SECONDS", "0"))
    lease = {"lease_seconds": 15 if seconds else 3}
    nodes(NODES)
    one.apply(rollout={"maxUnavailable": 1, "minReadySeconds": 1})
    first = replica("first", **lease)
    one.wait_verified(NODES, timeout=60)
    second = replica("second", **lease)
    name = identity(first)
    writes = Writes(plane)
    with Recording(plane.api, plane.api.path("pods", one.namespace)) as pods:
        roll_out(one, nodes, "2.0")
        os.kill(first.pid, signal.SIGSTOP)
        frozen = datetime.now(UTC)
        try:
            wait_for(lambda: writes.of(identity(second)) or None, 40, "the standby to write")
            time.sleep(seconds)
        finally:
            os.kill(first.pid, signal.SIGCONT)
        one.edit(containers=[{"name": "agent", "image": "registry.example/agent:3.0"}])
        wait_for(lambda: said(first, LOST) or None, 20, "the woken replica to know")
        one.wait_verified(NODES, timeout=90)
    assert writes.of(name, after=frozen) == []
    assert (leads(first), leads(second)) == (False, True)
    assert first.status("/readyz") == 200
    assert set(one.images().values()) == {"3.0"}
    assert most_out(pods, NODES) <= 1


def test_a_leader_without_the_api_server_gives_up_before_another_begins(plane, nodes, one, replica, kubeconfig, stack):
    link = stack.enter_context(Link(kubeconfig, kubeconfig.with_name("through-a-link.kubeconfig")))
    nodes(NODES)
    one.apply(rollout={"maxUnavailable": 1, "minReadySeconds": 1})
    first = replica("first", through=link.kubeconfig)
    one.wait_verified(NODES, timeout=60)
    second = replica("second")
    name = identity(first)
    writes = Writes(plane)
    with Recording(plane.api, plane.api.path("pods", one.namespace)) as pods:
        roll_out(one, nodes, "2.0")
        link.take_down()
        down = datetime.now(UTC)
        wait_for(lambda: said(first, LOST) or None, 20, "the leader to give up")
        given_up = time.monotonic()
        wait_leading(second)
        assert time.monotonic() >= given_up
        link.restore()
        one.wait_verified(NODES, timeout=90)
    assert writes.of(name, after=down) == []
    wait_for(lambda: first.status("/readyz") == 200, 30, "the first replica to see again")
    assert (leads(first), leads(second)) == (False, True)
    assert most_out(pods, NODES) <= 1


def test_a_replica_that_may_not_touch_the_lease_says_so_and_writes_nothing(plane, nodes, one, replica):
    plane.kubectl("delete", "-f", str(DEPLOY / "ha" / "lease-role.yaml"))
    try:
        alone = replica("alone")
        nodes(1)
        one.apply()
        found = wait_for(lambda: said(alone, UNREACHED) or None, 20, "its complaint")
        assert "leases" in found[0]["error"]
        assert "status" not in one.get() or one.get()["status"].get("conditions") is None
    finally:
        plane.kubectl("apply", "-f", str(DEPLOY / "ha" / "lease-role.yaml"))
    one.wait_verified(1)
