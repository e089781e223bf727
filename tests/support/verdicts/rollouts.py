"""Verdicts amid a rollout: on canaries, halted, rolled back."""

from hostprocess_operator.api.reasons import Reason
from support import build, rollouts
from support.build import HOUR, MINUTE, NOW
from support.verdicts import RECONCILING, STALLED, row

TRYING = rollouts.record(canaries=("d",))
CANARY = rollouts.asked(canary={})
BAKED = rollouts.asked(canary={"bakeSeconds": 600})
MANUAL = rollouts.asked(canary={"bakeSeconds": 0, "approval": "Manual"})
BLOCKED = rollouts.record(blocked=(rollouts.block(),), charged={"c": "NotAdministrator"})
A_FLEET = rollouts.a("a", "b", "c")

ROLLOUTS = [
    row(
        "a canary gets the new revision",
        rollouts.world(CANARY, *A_FLEET, rollouts.starting("d"), noted=TRYING),
        RECONCILING,
        Reason.CANARY_VERIFYING,
        f"Revision {rollouts.B} is tried on node d; all other nodes keep the proven one.",
        asked=CANARY,
    ),
    row(
        "a canary is watched for a while",
        rollouts.world(CANARY, *A_FLEET, *rollouts.b("d", age=MINUTE / 2), noted=TRYING),
        RECONCILING,
        Reason.CANARY_BAKING,
        f"Revision {rollouts.B} works on node d and is watched there for 60 s (spec.rollout.nodeImpactSeconds).",
        asked=CANARY,
    ),
    row(
        "a canary is watched for as long as it is asked",
        rollouts.world(BAKED, *A_FLEET, *rollouts.b("d", age=MINUTE / 2), noted=TRYING),
        RECONCILING,
        Reason.CANARY_BAKING,
        "is watched there for 600 s (spec.rollout.canary.bakeSeconds).",
        asked=BAKED,
    ),
    row(
        "a person has to approve",
        rollouts.world(MANUAL, *A_FLEET, *rollouts.b("d"), noted=TRYING),
        RECONCILING,
        Reason.AWAITING_APPROVAL,
        f"hostprocess.dev/approve={rollouts.B} --overwrite`.",
        asked=MANUAL,
    ),
    row(
        "no node can be a canary",
        rollouts.world(rollouts.asked(canary={"nodeSelector": {"pool": "none"}}), *rollouts.a("a", "b", "c", "d")),
        STALLED,
        Reason.NO_CANARY_NODE,
        "No node can try the new version",
        asked=rollouts.asked(canary={"nodeSelector": {"pool": "none"}}),
    ),
    row(
        "the new revision failed and is halted",
        rollouts.world(rollouts.asked(), *rollouts.a("a", "b", "d"), rollouts.denied("c"), noted=BLOCKED),
        STALLED,
        Reason.HALTED,
        f"Revision {rollouts.B} failed: NotAdministrator. On node c: The pod has no administrator rights.",
        asked=rollouts.asked(),
    ),
    row(
        "the new revision failed and is rolled back",
        rollouts.world(
            rollouts.asked(onFailure="Rollback"), *rollouts.a("a", "b", "d"), rollouts.denied("c"), noted=BLOCKED
        ),
        STALLED,
        Reason.ROLLED_BACK,
        f"Every node runs or gets revision {rollouts.A} again.",
        asked=rollouts.asked(onFailure="Rollback"),
    ),
]

STALE = rollouts.asked(
    canary={"bakeSeconds": 0, "approval": "Manual"}, annotations={"hostprocess.dev/approve": "another"}
)
APPROVED = rollouts.asked(
    canary={"bakeSeconds": 0, "approval": "Manual"}, annotations={"hostprocess.dev/approve": rollouts.B}
)
SPENT = TRYING.model_copy(update={"spent_approval": rollouts.B})
RETRIED = rollouts.asked(annotations={"hostprocess.dev/retry": "another"})
HELD_BACK = rollouts.asked(suspend=True)
FIRST = rollouts.record(proven=None, served=rollouts.B)
REMEMBERED = BLOCKED.model_copy(update={"blocked": (rollouts.block(detail="Container agent ended with 7."),)})
LOST = [each for each in rollouts.REVISIONS if each.digest != rollouts.PROVEN.digest]


def failed_again(retry):
    return row(
        f"it failed again after the retry {retry}",
        rollouts.world(
            rollouts.asked(annotations={"hostprocess.dev/retry": retry}),
            *rollouts.a("a", "b", "d"),
            rollouts.denied("c"),
            noted=BLOCKED.model_copy(update={"retry": retry}),
        ),
        STALLED,
        Reason.HALTED,
        f"hostprocess.dev/retry={rollouts.B}/{'3' if retry.endswith('/2') else '2'} --overwrite`. "
        "The hostprocess.dev/retry that is set is from before it failed again.",
        asked=rollouts.asked(annotations={"hostprocess.dev/retry": retry}),
    )


ROLLOUTS += [
    row(
        "it failed, is gone from every node, and why it failed is still said",
        rollouts.world(rollouts.asked(onFailure="Rollback"), *rollouts.a("a", "b", "c", "d"), noted=REMEMBERED),
        STALLED,
        Reason.ROLLED_BACK,
        f"Revision {rollouts.B} failed on node c: NotAdministrator. Container agent ended with 7. Every node",
        asked=rollouts.asked(onFailure="Rollback"),
    ),
    row(
        "it failed, and what is seen of it now comes before what was seen then",
        rollouts.world(rollouts.asked(), *rollouts.a("a", "b", "d"), rollouts.denied("c"), noted=REMEMBERED),
        STALLED,
        Reason.HALTED,
        "failed: NotAdministrator. On node c: The pod has no administrator rights. Look for a policy. No fur",
        asked=rollouts.asked(),
    ),
    row(
        "a canary is asked for, and nothing is proven that it could go back to",
        rollouts.world(CANARY, *rollouts.x("a", "b", "c", "d"), noted=FIRST),
        RECONCILING,
        Reason.ROLLING,
        "It goes to every node without a canary: no version is proven yet",
        asked=CANARY,
    ),
    row(
        "it failed, and the proven one is lost",
        rollouts.world(
            rollouts.asked(),
            *rollouts.b("a", "b", "d"),
            rollouts.denied("c"),
            noted=BLOCKED.model_copy(update={"served": rollouts.B}),
            revisions=tuple(LOST),
        ),
        STALLED,
        Reason.HISTORY_GONE,
        "The copy of the proven revision is gone, so nothing is changed.",
        asked=rollouts.asked(),
    ),
    row(
        "a canary had its time, and is a failure",
        rollouts.world(
            CANARY, *A_FLEET, *rollouts.b("d", ready=False, age=HOUR, gate=None, reported=None),
            noted=rollouts.record(canaries=("d",), target=rollouts.TARGET.model_copy(update={"started": NOW - HOUR})),
        ),
        STALLED,
        Reason.HALTED,
        "Revision",
        asked=CANARY,
    ),
    row(
        "the canaries wait for a place that a node holds which is late",
        rollouts.world(
            CANARY, *rollouts.a("a", "b", "d"), *rollouts.a("c", ready=False),
            noted=rollouts.record(canaries=("d",), out=build.out("c", age=HOUR)),
        ),
        STALLED,
        Reason.CANARY_VERIFYING,
        "all other nodes keep the proven one. Late: node c.",
        asked=CANARY,
    ),
    row(
        "a node that the canaries do not wait for is late",
        rollouts.world(
            CANARY, *rollouts.a("a", "b"), *rollouts.a("c", ready=False), rollouts.starting("d"),
            noted=rollouts.record(canaries=("d",)),
        ),
        RECONCILING,
        Reason.CANARY_VERIFYING,
        "is tried on node d;",
        asked=CANARY,
    ),
    row(
        "nodes that an earlier revision broke come first",
        rollouts.world(
            CANARY, *rollouts.a("a", "b", "d"), *rollouts.x("c", ready=False),
            noted=rollouts.record(out=build.out("c")),
        ),
        RECONCILING,
        Reason.REPAIRING,
        "get the proven revision back first",
        asked=CANARY,
    ),
    row(
        "the approval is about another revision",
        rollouts.world(STALE, *A_FLEET, *rollouts.b("d"), noted=TRYING),
        RECONCILING,
        Reason.AWAITING_APPROVAL,
        "hostprocess.dev/approve names another revision. Approve it: `kubectl annotate",
        asked=STALE,
    ),
    row(
        "the approval was given before the revision failed",
        rollouts.world(APPROVED, *A_FLEET, *rollouts.b("d"), noted=SPENT),
        RECONCILING,
        Reason.AWAITING_APPROVAL,
        f"hostprocess.dev/approve is from before the revision failed. Approve it: `kubectl annotate hostprocessagent "
        f"inspector -n agents hostprocess.dev/approve={rollouts.B}/2 --overwrite`.",
        asked=APPROVED,
    ),
    row(
        "a retry of another revision is in the way of nothing",
        rollouts.world(
            RETRIED, *rollouts.a("a", "b", "d"), rollouts.denied("c"),
            noted=BLOCKED.model_copy(update={"retry": "another"}),
        ),
        STALLED,
        Reason.HALTED,
        f"hostprocess.dev/retry={rollouts.B} --overwrite`. "
        "The hostprocess.dev/retry that is set names another revision.",
        asked=RETRIED,
    ),
    row(
        "it failed, which is said also while the agent is suspended",
        rollouts.world(HELD_BACK, *rollouts.a("a", "b", "d"), rollouts.denied("c"), noted=BLOCKED),
        STALLED,
        Reason.HALTED,
        "No further node gets it;",
        asked=HELD_BACK,
    ),
    failed_again(rollouts.B),
    failed_again(f"{rollouts.B}/2"),
    failed_again(f"{rollouts.B}/now"),
]  # fmt: skip
