"""The end of a rollout: from when on a revision is proven, and which copies are kept."""

from dataclasses import replace

import pytest

from hostprocess_operator.api.reasons import Reason
from hostprocess_operator.rollout import Phase, Record, plan_rollout
from support import build
from support.build import DAY, HOUR, MINUTE, NOW, SECOND
from support.rollouts import PROVEN, REVISIONS, TARGET, A, B, a, asked, b, denied, record, starting, told, world, x

AGENT = asked()
ROLLING = record(served=B)
COPIED = (*REVISIONS, build.copy(TARGET.digest))
DEADLINE = 30 * MINUTE


def plan(*pods, agent=AGENT, noted=ROLLING, revisions=COPIED, **changes):
    return plan_rollout(agent, world(agent, *pods, noted=noted, revisions=revisions, **changes), NOW)


def started(*on, ago):
    """Return pods of the target whose agents started that long ago."""
    return b(*on, age=HOUR, containers=(build.probe(), build.container(age=ago)))


class TestCopy:
    """What is proven is copied first, so that it can be served though everything else is lost."""

    def test_the_copy_comes_first_and_the_record_afterwards(self):
        before = plan(*b(*"abcd"), revisions=REVISIONS)
        assert (before.copy, before.record.proven.rev) == (TARGET.digest, A)
        after = plan(*b(*"abcd"))
        assert (after.copy, after.record.proven.rev, after.record.proven.at) == (None, B, NOW)

    def test_the_revision_of_the_daemonset_is_no_copy(self):
        theirs = build.revision("b2", TARGET.digest)
        assert plan(*b(*"abcd"), revisions=(*REVISIONS, theirs)).record.proven.rev == A

    def test_nothing_is_copied_before_it_is_proven(self):
        assert plan(*b("a", "b", "c"), *a("d"), revisions=REVISIONS).copy is None

    def test_nothing_is_copied_twice(self):
        noted = record(served=B, proven=build.proven(AGENT))
        assert plan(*b(*"abcd"), noted=noted).copy is None

    @pytest.mark.parametrize(
        ("noted", "revisions", "kept"),
        [
            pytest.param(
                record(served=B, proven=build.proven(AGENT)), COPIED, {TARGET.digest}, id="that of the proven revision"
            ),
            pytest.param(
                record(served=B), (*COPIED, build.copy("older")), {PROVEN.digest, TARGET.digest},
                id="those of the proven revision and of the target",
            ),
            pytest.param(
                record(served=B), (*COPIED[1:3], build.copy("older")), {"older"},
                id="every one while that of the proven revision is missing",
            ),
            pytest.param(record(served=B, proven=None), COPIED, {PROVEN.digest, TARGET.digest}, id="all at first"),
            pytest.param(
                record(served=None, target=None), COPIED, {PROVEN.digest},
                id="that of the proven revision while the digest of the target is not known",
            ),
        ],
    )  # fmt: skip
    def test_copies_that_are_kept(self, noted, revisions, kept):
        copies = {revision.digest for revision in revisions if revision.is_copy}
        found = plan(*a(*"abcd"), noted=noted, revisions=revisions)
        assert copies - {revision.digest for revision in found.discard} == kept

    def test_only_copies_are_discarded(self):
        found = plan(*b(*"abcd"), noted=record(served=B, proven=build.proven(AGENT)))
        assert [revision.name for revision in found.discard] == [build.copy(PROVEN.digest).name]


class TestProven:
    """The target works on every node that counts, and has for as long as it could kill one."""

    def is_proven(self, *pods, **fields):
        return plan(*pods, **fields).record.proven.rev == B

    def test_every_agent_is_past_node_impact_seconds(self):
        assert self.is_proven(*started(*"abcd", ago=60 * SECOND))

    def test_one_is_not(self):
        pods = (*started("a", "b", "c", ago=HOUR), *started("d", ago=59 * SECOND))
        assert not self.is_proven(*pods)
        assert plan(*pods).look_again == NOW + SECOND

    def test_an_agent_of_another_revision_is_not_watched(self):
        young = a("d", containers=(build.probe(), build.container(age=59 * SECOND)))
        assert plan(*started("a", "b", "c", ago=HOUR), *young).look_again is None

    def test_until_then_it_is_stable_all_the_same(self):
        found = plan(*started(*"abcd", ago=59 * SECOND))
        assert (found.phase, found.reason, found.delete) == (Phase.STABLE, Reason.ROLLED_OUT, ())

    def test_until_then_failures_count(self):
        found = plan(*started("a", "b", "c", ago=HOUR / 2), denied("d"))
        assert (found.phase, found.record.blocked[-1].rev) == (Phase.HALTED, B)

    def test_a_node_that_joined_since_is_not_waited_for(self):
        nodes = ["a", "b", "c", build.node("d", age=MINUTE)]
        assert self.is_proven(*started("a", "b", "c", ago=HOUR), *started("d", ago=SECOND), nodes=nodes)

    @pytest.mark.parametrize(
        "created",
        [pytest.param(TARGET.started, id="in the moment of its start"), pytest.param(None, id="nobody knows when")],
    )
    def test_a_node_that_was_made_at_another_time_is_waited_for(self, created):
        nodes = ["a", "b", "c", replace(build.node("d"), created=created)]
        assert not self.is_proven(*started("a", "b", "c", ago=HOUR), *started("d", ago=SECOND), nodes=nodes)

    def test_a_node_that_went_down_is_not_waited_for(self):
        nodes = ["a", "b", "c", build.node("d", ready=False, ready_for=DAY)]
        assert self.is_proven(*started("a", "b", "c", ago=HOUR), *a("d"), nodes=nodes)

    def test_another_node_impact_seconds_counts(self):
        agent = asked(nodeImpactSeconds=10)
        assert self.is_proven(*started(*"abcd", ago=59 * SECOND), agent=agent)

    def test_one_that_was_broken_before_and_still_is_had_its_time(self):
        late = b("d", ready=False, age=DEADLINE + MINUTE)
        noted = record(served=B, out=build.out("d", age=DEADLINE + MINUTE, taken=False))
        assert self.is_proven(*started("a", "b", "c", ago=HOUR), *late, noted=noted)

    def test_what_was_charged_is_forgotten_then(self):
        lenient = asked(maxFailures=1)
        noted = record(served=B, canaries=("c",), charged={"gone": "NodeLost"})
        found = plan(*started(*"abcd", ago=HOUR), agent=lenient, noted=noted)
        assert (found.record.proven.rev, found.record.charged, found.record.canaries) == (B, {}, ())

    def test_while_proven_is_served_the_target_is_not_proven(self):
        agent = asked(canary={"nodes": 2, "approval": "Manual"})
        found = plan(*b(*"abcd"), agent=agent, noted=record(canaries=("c", "d")))
        assert (found.reason, found.record.proven.rev) == (Reason.AWAITING_APPROVAL, A)

    def test_without_the_answer_to_its_write_it_is_not_proven(self):
        undigested = record(served=B, target=TARGET.model_copy(update={"digest": None}))
        assert not self.is_proven(*b(*"abcd"), noted=undigested, written=None)


def row(sentence, seen, phase, reason, delete="", expected=("False", "Reconciling")):
    return pytest.param(seen, phase, reason, list(delete), expected, id=sentence)


def rolling(*pods, **fields):
    return world(AGENT, *pods, **({"noted": ROLLING} | fields))


ROWS = [
    row("pods of others are replaced", rolling(*a(*"abcd")), Phase.ROLLING, Reason.ROLLING, "d"),
    row("also where they are of neither", rolling(*b(*"abc"), *x("d")), Phase.ROLLING, Reason.ROLLING, "d"),
    row("the new agent is on its way", rolling(*a(*"abc"), starting("d"), noted=record(served=B, out=build.out("d"))),
        Phase.ROLLING, Reason.ROLLING),
    row("every node has a pod of the target and one is on its way", rolling(*b(*"abc"), starting("d")), Phase.ROLLING,
        Reason.ROLLING),
    row("no node is wanted", rolling(nodes=()), Phase.ROLLING, Reason.NO_MATCHING_NODES, expected=("False", "Stalled")),
    row("finished and not proven yet", rolling(*started(*"abcd", ago=SECOND)), Phase.STABLE, Reason.ROLLED_OUT,
        expected=("True",)),
    row("finished and proven", rolling(*b(*"abcd"), noted=record(served=B, proven=build.proven(AGENT))), Phase.STABLE,
        Reason.ROLLED_OUT, expected=("True",)),
    row("proven, and one was denied since",
        rolling(*b(*"abc"), denied("d", age=HOUR), noted=record(served=B, proven=build.proven(AGENT))), Phase.STABLE,
        Reason.ROLLED_OUT, expected=("False", "Stalled")),
    row("proven, and one stopped working a moment ago",
        rolling(*b(*"abc"), *b("d", ready=False, ready_for=SECOND), noted=record(
            served=B, proven=build.proven(AGENT))), Phase.ROLLING, Reason.ROLLING),
    row("proven, and one does not work for longer than the deadline",
        rolling(*b(*"abc"), *b("d", ready=False), noted=record(served=B, proven=build.proven(AGENT))), Phase.STABLE,
        Reason.ROLLED_OUT, expected=("False", "Stalled")),
]  # fmt: skip


@pytest.mark.parametrize(("seen", "phase", "reason", "delete", "expected"), ROWS)
def test_rolling(seen, phase, reason, delete, expected):
    found = plan_rollout(AGENT, seen, NOW)
    assert (found.phase, found.reason, found.serving.rev) == (phase, reason, B)
    assert [pod.node for pod in found.delete] == delete
    assert told(AGENT, seen, found) == expected
    assert found.record.blocked == ()


def test_a_node_that_does_not_say_since_when_it_is_there_stops_nothing():
    undated = replace(build.node("d", ready=False), created=None, ready_since=None)
    found = plan(*b("a", "b", "c"), nodes=["a", "b", "c", undated])
    assert (found.phase, found.record.proven.rev) == (Phase.STABLE, B)


def test_nothing_proven_and_no_node_lets_specs_replace_each_other():
    found = plan(nodes=(), agent=asked(canary={"nodes": 1}), noted=Record(seq=1, served=A, target=TARGET))
    assert (found.phase, found.reason, found.record.proven) == (Phase.ROLLING, Reason.NO_MATCHING_NODES, None)


def test_that_the_last_node_works_again_is_noted_at_the_end_and_not_before():
    noted = record(served=B, out=build.out("d"))
    found = plan(*b("a", "b", "d"), starting("c"), noted=noted)
    assert (found.phase, found.record.out, found.write) == (Phase.ROLLING, {}, False)


def test_that_one_is_out_still_is_noted_once():
    noted = record(served=B, proven=build.proven(AGENT), out=build.out("d"))
    found = plan(*b("a", "b", "c"), *b("d", ready=False), noted=noted)
    assert (found.phase, set(found.record.out), found.write) == (Phase.STABLE, {"d"}, False)


def test_what_is_due_now_was_looked_at_now():
    """Else one look would follow the other without a pause."""
    assert plan(*started(*"abcd", ago=60 * SECOND), revisions=REVISIONS).look_again is None
