"""Another spec, while an earlier one is blocked or half rolled out."""

from hostprocess_operator.rollout import Phase, plan_rollout
from support import build
from support.build import NOW
from support.rollouts import A, B, a, asked, b, block, denied, record, world

ROLLBACK = asked(onFailure="Rollback")
BLOCKED = record(blocked=(block(),))


class TestAnotherSpec:
    """The spec changes while an earlier one is blocked, or half rolled out."""

    NEXT = asked(image="registry.example/agent:c", onFailure="Rollback")

    def test_another_spec_ends_the_halt(self):
        plan = plan_rollout(self.NEXT, world(self.NEXT, *a("a", "b", "c"), denied("d"), noted=BLOCKED), NOW)
        assert (plan.phase, plan.record.charged, plan.record.blocked) == (Phase.ROLLING, {}, (block(),))

    def test_back_to_what_was_blocked_is_blocked_still(self):
        noted = record(target=build.target(self.NEXT), blocked=(block(),))
        plan = plan_rollout(ROLLBACK, world(ROLLBACK, *a(*"abcd"), noted=noted), NOW)
        assert (plan.phase, plan.record.target.rev) == (Phase.ROLLED_BACK, B)

    def test_back_to_proven_when_half_rolled_out_replaces_only_the_others(self):
        back = asked(image="registry.example/agent:a", canary={"nodes": 1})
        noted = record(served=A, target=build.target(back), out=build.out("d"))
        plan = plan_rollout(back, world(back, *a("a", "b", "c"), denied("d"), noted=noted), NOW)
        assert (plan.phase, plan.serving.rev, [pod.node for pod in plan.delete]) == (Phase.ROLLING, A, ["d"])
        assert (plan.record.charged, plan.record.blocked) == ({}, ())

    def test_back_to_proven_charges_nothing_though_its_pod_fails(self):
        back = asked(image="registry.example/agent:a")
        noted = record(served=A, target=build.target(back), out=build.out("d"))
        failing = build.denied_pod("d", revision="a")
        plan = plan_rollout(back, world(back, *a("a", "b"), *b("c"), failing, noted=noted), NOW)
        assert (plan.record.charged, plan.record.blocked) == ({}, ())
