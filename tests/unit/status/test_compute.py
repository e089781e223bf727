"""The status as a whole: counts, what the columns show, what is kept for the operator, and how large it gets."""

import json
from dataclasses import replace

import pytest

from hostprocess_operator.api.status import AgentStatus, NodeCounts
from hostprocess_operator.rollout import dump_record, load_record
from support import build, rollouts
from support.build import DAY, HOUR, MINUTE, NOW, OLD, SECOND

AGENT = build.agent()
ROLLED_OUT = build.record(AGENT, proven=build.proven(AGENT))
OLD_NODES = {"age": 9 * DAY}
SILENT = {"ready": False, "gate": build.verdict("Unknown", "NoReport"), "reported": None}
KIBIBYTE = 1024


def seen(*pods, asked=AGENT, nodes=None, noted=None, **changes):
    nodes = nodes or [build.node(pod.node, **OLD_NODES) for pod in pods]
    return build.scene(asked, nodes=nodes, pods=pods, written_as=noted or ROLLED_OUT, **changes)


def every_sort():
    """Return a fleet with one node of each sort."""
    pods = [
        build.pod("well"),
        build.pod("old", revision=OLD),
        build.denied_pod("denied"),
        build.denied_pod("down-and-denied"),
        build.pod("silent", **SILENT),
        build.starting_pod("joined"),
        build.pod("restarted", reported=build.report("containerd://earlier")),
    ]
    nodes = [
        *build.nodes("well", "old", "denied", "silent", "restarted", "podless", **OLD_NODES),
        build.node("down-and-denied", **OLD_NODES, ready=False),
        build.node("joined", age=MINUTE),
        build.node("tainted", taints=[("gpu", "", "NoSchedule")]),
    ]
    return seen(*pods, nodes=nodes)


def test_counts(status_of):
    assert status_of(AGENT, every_sort()).nodes == NodeCounts(
        desired=8,
        current=7,
        updated=6,
        ready=3,
        available=3,
        verified=2,
        denied=1,
        unknown=1,
        starting=1,
        unreachable=1,
        ineligible=1,
    )


def test_columns(status_of):
    summary = status_of(AGENT, every_sort()).summary
    assert (summary.nodes, summary.admin_rights) == ("3/8", "2/8")


def test_columns_of_an_agent_that_is_not_verified(status_of):
    asked = build.agent(verification={"mode": "None"})
    pods = build.pods("a", "b", gated=False)
    summary = status_of(asked, seen(*pods, asked=asked, noted=build.record(asked))).summary
    assert (summary.nodes, summary.admin_rights) == ("2/2", "-")


def test_columns_before_there_is_anything(status_of):
    summary = status_of(AGENT, replace(build.scene(AGENT), daemonset=None, written=None)).summary
    assert (summary.nodes, summary.admin_rights) == ("0/0", "0/0")


@pytest.mark.parametrize(
    ("changes", "generation"),
    [
        pytest.param({}, 3, id="as we last wrote it"),
        pytest.param({"daemonset": build.daemonset(AGENT, generation=9)}, 3, id="whatever others wrote since"),
        pytest.param({"written": None}, None, id="never written, never named"),
        pytest.param({"daemonset": None}, None, id="gone"),
        pytest.param(
            {"daemonset": build.daemonset(AGENT, owner_uid="", foreign_owner="App/x")}, None, id="somebody else's"
        ),
    ],
)
def test_the_daemonset(changes, generation, status_of):
    reference = status_of(AGENT, seen(*build.pods("a"), **changes)).daemon_set
    assert (reference and reference.generation) == generation
    if reference:
        digest = build.target(AGENT).digest
        assert (reference.name, reference.uid, reference.template_digest) == ("inspector", "daemonset-uid", digest)


class TestRevisions:
    """Which revision the spec asks for, which has proven itself, and which failed."""

    def test_target_and_proven(self, status_of):
        revisions = status_of(AGENT, seen(*build.pods("a"))).revisions
        assert (revisions.target, revisions.proven) == (build.target(AGENT).rev, build.target(AGENT).rev)

    def test_nothing_is_proven_yet(self, status_of):
        assert status_of(AGENT, seen(build.starting_pod("a"), noted=build.record(AGENT))).revisions.proven is None

    def test_a_spec_that_was_never_valid_asks_for_none(self, status_of):
        world = replace(build.scene(AGENT), daemonset=None, written=None)
        status = status_of(build.invalid_agent(), world)
        assert (status.revisions.target, status.rollout.started_at) == (None, None)

    def test_at_most_five_blocks_the_youngest_last(self, status_of):
        blocks = tuple(rollouts.block(rev=f"r{number}", spec=f"s{number}") for number in range(7))
        status = status_of(rollouts.asked(), rollouts.world(rollouts.asked(), noted=rollouts.record(blocked=blocks)))
        assert [block.revision for block in status.revisions.blocked] == ["r2", "r3", "r4", "r5", "r6"]
        last = status.revisions.blocked[-1]
        assert (last.reason, last.nodes, last.at) == ("NotAdministrator", ("c",), "2026-03-04T05:06:07Z")


class TestRollout:
    """Where the rollout is."""

    def test_done(self, status_of):
        rollout = status_of(AGENT, seen(*build.pods("a"))).rollout
        assert (rollout.phase, rollout.canary_nodes, rollout.deadline_at) == ("Stable", (), None)
        assert rollout.started_at == "2026-03-03T05:06:07Z"

    def test_the_first_of_the_nodes_under_way_gives_the_deadline(self, status_of):
        pods = [build.starting_pod("a", age=MINUTE), build.starting_pod("b"), build.pod("c", revision=OLD, ready=False)]
        assert status_of(AGENT, seen(*pods)).rollout.deadline_at == "2026-03-04T05:35:07Z"

    def test_canaries(self, status_of):
        asked = rollouts.asked(canary={})
        world = rollouts.world(
            asked, *rollouts.a("a", "b", "c"), rollouts.starting("d"), noted=rollouts.record(canaries=("d",))
        )
        rollout = status_of(asked, world).rollout
        assert (rollout.phase, rollout.canary_nodes) == ("Canary", ("d",))

    def test_twenty_canaries_are_named(self, status_of):
        names = [f"node-{number:02}" for number in range(21)]
        asked = rollouts.asked(canary={"nodes": 21})
        noted = rollouts.record(canaries=tuple(names))
        world = rollouts.world(asked, *(rollouts.starting(name) for name in names), nodes=names, noted=noted)
        assert status_of(asked, world).rollout.canary_nodes == tuple(names[:20])

    def test_a_revision_that_is_held_back_has_not_started(self, status_of):
        asked = build.agent(image="registry.example/agent:2", suspend=True)
        assert status_of(asked, seen(*build.pods("a"))).rollout.started_at is None


class TestRecord:
    """The copy of the rollout record, which restores the DaemonSet's."""

    def test_it_is_the_plans_but_for_who_is_out(self, status_of):
        noted = build.record(AGENT, seq=7, out=build.out("b"))
        status = status_of(AGENT, seen(*build.pods("a"), build.starting_pod("b"), noted=noted))
        assert status.record == dump_record(noted.model_copy(update={"out": {}, "served": noted.target.rev}))

    def test_it_learns_what_the_daemonset_does_not_know(self, status_of):
        noted = build.record(AGENT, wanted=build.target(AGENT, digest=None))
        assert load_record(status_of(AGENT, seen(*build.pods("a"), noted=noted)).record).target.digest


def test_the_generation_is_the_agents(status_of):
    assert status_of(build.agent(generation=7), seen(*build.pods("a"))).observed_generation == 7


def test_the_same_world_and_time_give_the_same_status(status_of):
    assert status_of(AGENT, every_sort()) == status_of(AGENT, every_sort())


def test_an_hour_later_nothing_moved(status_of):
    """No message and no count has a time in it: what nobody changed is not written again."""
    first = status_of(AGENT, seen(*build.pods("a", "b")))
    again = status_of(AGENT, seen(*build.pods("a", "b"), status=first))
    assert status_of(AGENT, seen(*build.pods("a", "b"), status=again), now=NOW + HOUR) == again


def test_it_survives_the_way_to_the_api_server_and_back(status_of):
    status = status_of(AGENT, every_sort())
    assert AgentStatus.from_dict(json.loads(json.dumps(status.to_dict()))) == status


RESTARTED = {"reported": build.report("containerd://earlier")}


class TestStickyReady:
    """Ready is not taken away for what touches no agent; it is never given without proof."""

    def before(self, status_of, asked=AGENT):
        noted = build.record(asked, proven=build.proven(asked))
        return status_of(asked, seen(*build.pods("a", "b"), asked=asked, noted=noted), now=NOW - SECOND)

    def ready(self, status_of, world, asked=AGENT):
        return status_of(asked, world).condition("Ready").status

    @pytest.mark.parametrize(
        ("age", "ready"),
        [
            pytest.param(299 * SECOND, "True", id="while the new run may still report"),
            pytest.param(300 * SECOND, "False", id="until the timeout of the verification"),
        ],
    )
    def test_a_restarted_run_keeps_it(self, age, ready, status_of):
        restarted = build.pod("b", containers=(build.probe(age=age), build.container(age=age)), **RESTARTED)
        world = seen(build.pod("a"), restarted, status=self.before(status_of))
        assert self.ready(status_of, world) == ready

    def test_a_restarted_run_whose_start_is_not_known_keeps_it(self, status_of):
        agent = replace(build.container(), started=None)
        world = seen(build.pod("a"), build.pod("b", containers=(agent,), **RESTARTED), status=self.before(status_of))
        assert self.ready(status_of, world) == "True"

    def test_a_restarted_run_never_gives_it(self, status_of):
        world = seen(build.pod("a"), build.pod("b", **RESTARTED))
        assert self.ready(status_of, world) == "False"

    def test_nor_does_it_after_ready_was_lost(self, status_of):
        lost = status_of(AGENT, seen(build.pod("a"), build.denied_pod("b")), now=NOW - SECOND)
        world = seen(build.pod("a"), build.pod("b", containers=(build.probe(age=MINUTE),), **RESTARTED), status=lost)
        assert self.ready(status_of, world) == "False"

    def test_another_revision_starts_without_it(self, status_of):
        former = build.agent(image="registry.example/agent:0")
        world = seen(*build.pods("a", "b"), daemonset=None, status=self.before(status_of, former))
        assert self.ready(status_of, world) == "False"

    def test_a_deleted_daemonset_whose_pods_run_on_keeps_it(self, status_of):
        orphans = build.pods("a", "b", owner_uid="")
        assert self.ready(status_of, seen(*orphans, daemonset=None, status=self.before(status_of))) == "True"

    def test_a_deleted_daemonset_whose_pods_are_gone_does_not(self, status_of):
        nodes = build.nodes("a", "b", **OLD_NODES)
        assert self.ready(status_of, seen(nodes=nodes, daemonset=None, status=self.before(status_of))) == "False"


NAMES = [f"{'n' * 57}-{number:05}" for number in range(5000)]


def failing_fleet(asked, noted, words, names=NAMES):
    """Return a fleet with the longest names that nodes and pods can have, and endless messages."""
    pods = [
        build.pod(
            name,
            name=f"{'p' * 63}-{name[-5:]}",
            age=MINUTE,
            ready=False,
            gate=build.verdict("False", "W" * 200, f"{number % 7}{words}"),
        )
        for number, name in enumerate(names)
    ]
    return seen(*pods, asked=asked, nodes=build.nodes(*names, **OLD_NODES), noted=noted)


def size(status):
    return len(json.dumps(status.to_dict(), ensure_ascii=False, separators=(",", ":")).encode())


def test_a_status_is_no_larger_than_32_kib_at_any_size_of_the_fleet(status_of):
    asked = build.agent(terminationGracePeriodSeconds=0)
    noted = build.record(asked, proven=build.proven(asked), out=build.out(*NAMES))
    status = status_of(asked, failing_fleet(asked, noted, "words and " * 500))
    assert (len(status.problems), status.problems_omitted) == (20, 4980)
    assert size(status) <= 32 * KIBIBYTE


def test_nor_is_it_with_words_that_need_escapes_and_a_long_record(status_of):
    asked = build.agent()
    blocked = tuple(rollouts.block(rev=f"r{number}", nodes=tuple(NAMES[:3])) for number in range(20))
    noted = build.record(asked, proven=build.proven(asked), blocked=blocked)
    status = status_of(asked, failing_fleet(asked, noted, '"' * 5000, NAMES[:100]))
    assert len(status.problems) + status.problems_omitted == 100
    assert status.problems[0].node == NAMES[0]
    assert status.record is not None
    assert size(status) <= 32 * KIBIBYTE
