"""What people ask for with annotations and with suspend: try again, restart, wait."""

from dataclasses import replace

import pytest

from hostprocess_operator.api.reasons import Reason
from hostprocess_operator.manifests import pod_template
from hostprocess_operator.observed import template_digest
from hostprocess_operator.rollout import Phase, plan_rollout
from support import build
from support.build import HOUR, MINUTE, NOW
from support.rollouts import TARGET, A, B, a, asked, b, block, denied, record, told, world

RETRY, RESTART = "hostprocess.dev/retry", "hostprocess.dev/restarted-at"
APPROVE, MANUAL = "hostprocess.dev/approve", {"approval": "Manual", "bakeSeconds": 0}
CANARY = {"nodes": 1}
BLOCKED = record(
    target=TARGET.model_copy(update={"promoted": True}),
    blocked=(block(),),
    charged={"c": "CrashLoop"},
    canaries=("c",),
)


def retrying(value, *, canary=None):
    return asked(canary=canary, annotations={RETRY: value})


def plan(agent, *pods, noted, **changes):
    return plan_rollout(agent, world(agent, *pods, noted=noted, **changes), NOW)


class TestRetry:
    """The annotation lifts the block that it names, once per value."""

    @pytest.mark.parametrize(
        ("value", "retry", "lifted"),
        [
            pytest.param(B, "", True, id="it names the blocked revision"),
            pytest.param(f"{B}/2", B, True, id="the same one again, with a slash and anything behind it"),
            pytest.param(f"{B}/2", f"{B}/1", True, id="and again"),
            pytest.param(B, B, False, id="this value was acted on before: it may stand in Git for ever"),
            pytest.param(A, "", False, id="it names another revision"),
            pytest.param(TARGET.spec + "x", "", False, id="it names none"),
            pytest.param("", B, False, id="it was taken away"),
            pytest.param(f"{B}2", "", False, id="it names one that begins like it"),
        ],
    )
    def test_lifts(self, value, retry, lifted):
        found = plan(retrying(value), *a(*"abcd"), noted=BLOCKED.model_copy(update={"retry": retry}))
        assert (found.record.blocked == ()) is lifted
        assert (found.phase is Phase.HALTED) is not lifted
        assert found.record.retry == value

    def test_it_begins_anew_with_canaries_and_without_charges(self):
        found = plan(retrying(B, canary=CANARY), *a(*"abcd"), noted=BLOCKED)
        assert (found.phase, found.reason) == (Phase.CANARY, Reason.CANARY_STARTING)
        assert (found.record.target.started, found.record.target.promoted) == (NOW, False)
        assert (found.record.charged, found.record.canaries) == ({}, ("d",))

    def test_the_approval_that_stands_is_spent(self):
        """What it approved has failed: a person has to look at the revision again."""
        again = asked(canary=CANARY | MANUAL, annotations={RETRY: B, APPROVE: f"{B}/1"})
        noted = plan(again, *a(*"abcd"), noted=BLOCKED).record
        assert noted.spent_approval == f"{B}/1"
        waiting = noted.model_copy(update={"served": B})
        assert plan(again, *b("d"), *a(*"abc"), noted=waiting).reason is Reason.AWAITING_APPROVAL
        anew = asked(canary=CANARY | MANUAL, annotations={RETRY: B, APPROVE: f"{B}/2"})
        assert plan(anew, *b("d"), *a(*"abc"), noted=waiting).record.target.promoted

    def test_a_pod_that_failed_before_is_made_anew(self):
        lifted = TARGET.model_copy(update={"started": NOW - MINUTE, "retried": NOW - MINUTE})
        noted = record(served=B, target=lifted, out=build.out("d"))
        found = plan(retrying(B), *a("a", "b", "c"), denied("d", age=HOUR), noted=noted)
        assert (found.reason, [pod.node for pod in found.delete]) == (Reason.ROLLING, ["d"])
        assert found.record.charged == {}

    def test_it_is_noted_although_nothing_was_lifted(self):
        """Else the value would lift a block that is made later."""
        noted = record(target=TARGET.model_copy(update={"promoted": True}))
        found = plan(retrying(B), *a(*"abcd"), noted=noted)
        assert (found.record.retry, found.record.target) == (B, noted.target)

    def test_it_can_be_given_again_once_it_was_taken_away(self):
        cleared = plan(asked(), *a(*"abcd"), noted=BLOCKED.model_copy(update={"retry": B})).record
        assert plan(retrying(B), *a(*"abcd"), noted=cleared).record.blocked == ()

    def test_a_block_that_is_not_on_the_target_is_lifted_and_the_target_goes_on(self):
        other = block(rev="r", spec="s")
        noted = record(blocked=(other, block()), charged={"c": "CrashLoop"})
        found = plan(retrying("r"), *a(*"abcd"), noted=noted)
        assert (found.record.blocked, found.record.charged) == ((block(),), {"c": "CrashLoop"})
        assert found.record.target == TARGET

    def test_a_value_of_any_length_can_be_noted(self):
        assert len(plan(retrying("r" * 1000), *a(*"abcd"), noted=BLOCKED).record.retry) == 253


def restarting(value, **fields):
    return asked(annotations={RESTART: value}, **fields)


def of_token(value):
    """Return the revision of B's spec with the restart token."""
    return template_digest(pod_template(asked(), value))


class TestRestart:
    """The annotation makes another revision of the same spec, which goes through the same gates."""

    STABLE = record(served=B, proven=build.proven(asked()))

    def test_it_is_another_revision(self):
        found = plan(restarting("1"), *b(*"abcd"), noted=self.STABLE)
        assert (found.record.target.rev, found.record.target.token) == (of_token("1"), "1")
        assert found.record.target.spec == TARGET.spec
        assert (found.phase, found.serving.rev) == (Phase.ROLLING, of_token("1"))

    def test_it_has_canaries(self):
        assert plan(restarting("1", canary=CANARY), *b(*"abcd"), noted=self.STABLE).phase is Phase.CANARY

    def test_an_approval_of_the_revision_without_it_is_none(self):
        manual = asked(
            canary=CANARY | {"approval": "Manual", "bakeSeconds": 0},
            annotations={RESTART: "1", "hostprocess.dev/approve": B},
        )
        digest = of_token("1")
        target = TARGET.model_copy(update={"rev": digest, "token": "1", "digest": digest})
        tried = build.revision("c", digest)
        seen = world(
            manual, *b("a", "b", "c"), *build.pods("d", revision="c"), noted=self.STABLE.model_copy(
                update={"target": target}),
        )  # fmt: skip
        found = plan_rollout(manual, replace(seen, revisions=(*seen.revisions, tried)), NOW)
        assert found.reason is Reason.AWAITING_APPROVAL

    def test_taking_it_away_restarts_nothing(self):
        restarted = self.restarted("1")
        assert plan(asked(), *b(*"abcd"), noted=restarted, digest=of_token("1")).record.target == restarted.target

    def test_the_same_value_again_restarts_nothing(self):
        restarted = self.restarted("1")
        assert (
            plan(restarting("1"), *b(*"abcd"), noted=restarted, digest=of_token("1")).record.target == restarted.target
        )

    def test_another_value_restarts_again(self):
        found = plan(restarting("2"), *b(*"abcd"), noted=self.restarted("1"))
        assert found.record.target.rev == of_token("2")

    def test_a_new_spec_keeps_the_token(self):
        newer = asked(image="registry.example/agent:c")
        assert plan(newer, *b(*"abcd"), noted=self.restarted("1")).record.target.token == "1"  # noqa: S105  no secret

    def test_a_blocked_spec_stays_blocked(self):
        found = plan(restarting("1"), *a(*"abcd"), noted=BLOCKED)
        assert (found.phase, found.serving.rev, found.record.blocked) == (Phase.HALTED, A, (block(),))

    def restarted(self, value):
        target = TARGET.model_copy(update={"rev": of_token(value), "token": value, "digest": of_token(value)})
        return self.STABLE.model_copy(update={"target": target, "served": target.rev})


BUSY = {
    "rolling": record(served=B, out=build.out("d")),
    "a window that is open": record(served=B, canaries=("d",)),
    "canaries": record(canaries=("d",)),
    "halted or rolled back": BLOCKED,
    "nothing noted yet": record(target=build.target(build.agent(image="registry.example/agent:a")), served=A),
    "stable": record(served=B, proven=build.proven(asked())),
}


@pytest.mark.parametrize("noted", [pytest.param(noted, id=f"in: {phase}") for phase, noted in BUSY.items()])
class TestSuspend:
    """In every phase, nothing is written and nothing is deleted, and the record stays as it is."""

    PODS = (*a("a", "b"), *b("c"), denied("d"))

    def test_it_keeps_its_hands_off(self, noted):
        agent = asked(suspend=True, canary=CANARY, onFailure="Rollback")
        found = plan(agent, *self.PODS, noted=noted)
        assert (found.reason, found.write, found.delete, found.copy, found.discard) == (
            Reason.SUSPENDED, False, (), None, (),
        )  # fmt: skip
        assert found.record == found.situation.base

    def test_it_says_that_something_is_pending(self, noted):
        agent = asked(suspend=True)
        ready, *_ = told(agent, world(agent, *self.PODS, noted=noted))
        assert ready == "False"

    def test_what_was_edited_meanwhile_stays(self, noted):
        agent = asked(suspend=True)
        seen = world(agent, *self.PODS, noted=noted)
        edited = replace(seen, daemonset=replace(seen.daemonset, generation=9))
        assert not plan_rollout(agent, edited, NOW).write

    def test_a_retry_is_acted_on_only_afterwards(self, noted):
        agent = asked(suspend=True, annotations={RETRY: B})
        assert plan(agent, *self.PODS, noted=noted).record.blocked == noted.blocked


def test_suspended_with_all_done_is_ready():
    agent = asked(suspend=True)
    seen = world(agent, *b(*"abcd"), noted=BUSY["stable"])
    assert told(agent, seen) == ("True",)


def test_what_failed_while_suspended_is_judged_afterwards():
    pods, noted = (*a("a", "b", "c"), denied("d")), record(served=B)
    during, after = plan(asked(suspend=True), *pods, noted=noted), plan(asked(), *pods, noted=noted)
    assert (during.phase, during.situation.record.charged) == (Phase.ROLLING, {})
    assert (after.phase, after.situation.record.charged) == (Phase.HALTED, {"d": "NotAdministrator"})


def test_suspend_while_halted_says_suspended():
    assert plan(asked(suspend=True), *a(*"abcd"), noted=BLOCKED).reason is Reason.SUSPENDED
