"""The verdict on the whole agent: what Ready says, what comes next, and what GitOps tools make of it."""

from dataclasses import replace

import pytest

from hostprocess_operator.api.conditions import ConditionType, Reason
from hostprocess_operator.rollout import plan_rollout
from hostprocess_operator.status import Failure, compute_status
from support import build, rollouts
from support.build import DAY, HOUR, MINUTE, NEW, NOW, OLD, SECOND
from support.kstatus import CURRENT, FAILED, IN_PROGRESS, kstatus

AGENT = build.agent()
SUSPENDED = build.agent(suspend=True)
UNVERIFIED = build.agent(verification={"mode": "None"})
OLD_NODES = {"age": 9 * DAY}
ABC = build.nodes("a", "b", "c", **OLD_NODES)
ROLLED_OUT = build.record(AGENT, proven=build.proven(AGENT))
NEVER = build.record(AGENT)
DOWN = OLD_NODES | {"ready": False, "ready_for": MINUTE}

READY = ("True", None, CURRENT)
RECONCILING = ("False", ConditionType.RECONCILING, IN_PROGRESS)
STALLED = ("False", ConditionType.STALLED, FAILED)
WAITING = ("False", None, IN_PROGRESS)

GONE = {"ready": False, "gate": build.verdict("Unknown", "LogUnavailable", "The log cannot be read."), "reported": None}
SILENT = GONE | {"gate": build.verdict("Unknown", "NoReport", "The log is empty.")}
RESTARTED = {"reported": build.report("containerd://an-earlier-run")}
BROKEN = {"age": DAY, "ready": False, "ready_for": MINUTE}
PULL_FAILS = (build.container(state="waiting", reason="ErrImagePull", message="no such image"),)


def new(*names, **fields):
    return build.pods(*names, revision=NEW, **fields)


def old(*names, **fields):
    return build.pods(*names, revision=OLD, **fields)


def seen(*pods, asked=AGENT, nodes=ABC, noted=None, **changes):
    noted = noted or build.record(asked, proven=build.proven(asked))
    return build.scene(asked, nodes=nodes, pods=pods, written_as=noted, **changes)


def was(world, asked=AGENT, **how):
    """Return the world with the status that it was given a moment before, when all agents worked."""
    well = seen(*new("a", "b", "c", gated=asked is not UNVERIFIED), asked=asked)
    before = compute_status(asked, well, plan_rollout(asked, well, NOW - SECOND), NOW - SECOND, **how)
    assert before.condition(ConditionType.READY).status == "True"
    return replace(world, status=before)


def drifted(world, **changes):
    return replace(world, daemonset=replace(world.daemonset, **({"generation": 9} | changes)))


def row(sentence, world, outcome, reason, words, *, asked=AGENT, failure=None):
    return pytest.param(asked, world, failure, outcome, reason, words, id=sentence)


WELL = seen(*new("a", "b", "c"))

READY_ROWS = [
    row("all agents work and are verified", WELL, READY, Reason.ALL_VERIFIED, "available and verified on every node."),
    row(
        "all work, and nobody asked for more",
        seen(*new("a", "b", "c", gated=False), asked=UNVERIFIED),
        READY,
        Reason.ALL_AVAILABLE,
        "available on every node.",
        asked=UNVERIFIED,
    ),
    row(
        "one node is down: not the agent's fault, and named",
        seen(*new("a", "b", "c"), nodes=[*ABC[:2], build.node("c", **DOWN)]),
        READY,
        Reason.ALL_VERIFIED,
        "on every node that counts. Not reachable: c.",
    ),
    row(
        "one node is cordoned with an old pod",
        seen(*new("a", "b"), *old("c"), nodes=[*ABC[:2], build.node("c", cordoned=True, **OLD_NODES)]),
        READY,
        Reason.ALL_VERIFIED,
        "Cordoned: c.",
    ),
    row(
        "one node joined a while ago: autoscaling turns nothing red",
        seen(*new("a", "b"), build.starting_pod("c"), nodes=[*ABC[:2], build.node("c", age=MINUTE)]),
        READY,
        Reason.ALL_VERIFIED,
        "Starting: c.",
    ),
    row(
        "suspended with nothing pending",
        seen(*new("a", "b", "c"), asked=SUSPENDED),
        READY,
        Reason.ALL_VERIFIED,
        "Suspended: nothing is kept or replaced.",
        asked=SUSPENDED,
    ),
    row(
        "somebody edited the DaemonSet, which is restored: no reason to flip",
        was(drifted(WELL)),
        READY,
        Reason.ALL_VERIFIED,
        "on every node.",
    ),
    row(
        "its controller has not yet acted on a write that touches no pod",
        was(drifted(WELL, generation=3, observed_generation=2)),
        READY,
        Reason.ALL_VERIFIED,
        "on every node.",
    ),
    row(
        "an agent restarted, and there is time to prove it again",
        was(seen(*new("a", "b"), *new("c", containers=(build.probe(age=MINUTE),), **RESTARTED))),
        READY,
        Reason.ALL_VERIFIED,
        "on every node.",
    ),
    row(
        "a write failed once or twice: nobody needs to know",
        WELL,
        READY,
        Reason.ALL_VERIFIED,
        "on every node.",
        failure=Failure("500: try again", refused=False, attempts=2),
    ),
]

NOTHING_TO_LOOK_AT = [
    row(
        "the spec is invalid",
        seen(*new("a", "b", "c")),
        STALLED,
        Reason.SPEC_INVALID,
        "spec.containers: needs at least 1. The running DaemonSet is left as it is",
        asked=build.invalid_agent(),
    ),
    row(
        "the spec is invalid in several ways",
        seen(*new("a", "b", "c")),
        STALLED,
        Reason.SPEC_INVALID,
        "(and 1 more, see the Valid condition)",
        asked=build.invalid_agent(hostNetwork=True),
    ),
    row(
        "the name is taken by somebody's DaemonSet",
        drifted(WELL, owner_uid="", foreign_owner="Application/shop"),
        STALLED,
        Reason.NAME_CONFLICT,
        "A DaemonSet agents/inspector exists and belongs to Application/shop; it is not touched.",
    ),
    row(
        "the name is taken by a DaemonSet that nobody controls",
        replace(drifted(WELL, owner_uid=""), written=None),
        STALLED,
        Reason.NAME_CONFLICT,
        "was not made by this operator",
    ),
    row(
        "suspended before the spec's revision was everywhere",
        seen(*new("a", "b"), *old("c"), asked=SUSPENDED),
        WAITING,
        Reason.SUSPENDED,
        "Suspended with the spec's revision on node c pending.",
        asked=SUSPENDED,
    ),
    row(
        "suspended with a DaemonSet that is not as it should be",
        drifted(seen(*new("a", "b", "c"), asked=SUSPENDED)),
        WAITING,
        Reason.SUSPENDED,
        "Suspended with a write of the DaemonSet pending.",
        asked=SUSPENDED,
    ),
    row(
        "the API server keeps refusing what is written",
        WELL,
        STALLED,
        Reason.APPLY_REFUSED,
        "422 Invalid: no",
        failure=Failure("422 Invalid: no", refused=True, attempts=3),
    ),
    row(
        "writes keep failing",
        WELL,
        RECONCILING,
        Reason.APPLY_FAILED,
        "500: try again",
        failure=Failure("500: try again", refused=False, attempts=3),
    ),
    row(
        "the DaemonSet is being deleted",
        drifted(WELL, deleting=True),
        RECONCILING,
        Reason.APPLYING,
        "it is made again once it is gone",
    ),
    row("no node matches", seen(nodes=()), STALLED, Reason.NO_MATCHING_NODES, "See kubectl get nodes"),
    row(
        "every node that matches is tainted",
        seen(nodes=build.nodes("a", "b", taints=[("gpu", "", "NoSchedule")])),
        STALLED,
        Reason.NO_MATCHING_NODES,
        "Kept out by taints: a and b.",
    ),
    row(
        "every node is down",
        seen(*new("a", "b"), nodes=build.nodes("a", "b", **DOWN)),
        RECONCILING,
        Reason.NODES_UNREACHABLE,
        "Not Ready: nodes a and b;",
    ),
    row(
        "the DaemonSet is not yet written",
        seen(daemonset=None, written=None, noted=NEVER),
        RECONCILING,
        Reason.APPLYING,
        "not yet written",
    ),
    row(
        "it is not written as a new spec asks for, though all worked",
        was(WELL),
        RECONCILING,
        Reason.APPLYING,
        "not yet written",
        asked=build.agent(image="registry.example/agent:2"),
    ),
    row(
        "every node is cordoned or just joining",
        seen(
            *old("a"),
            build.starting_pod("b"),
            nodes=[build.node("a", cordoned=True, **OLD_NODES), build.node("b", age=MINUTE)],
        ),
        RECONCILING,
        Reason.WAITING_FOR_NODES,
        "nothing can be said of the fleet",
    ),
]

NODE_BY_NODE = [
    row(
        "the spec's revision is denied",
        seen(*new("a", "b"), build.denied_pod("c")),
        STALLED,
        Reason.NOT_ADMINISTRATOR,
        "On node c: The pod has no administrator rights. Look for a policy.",
    ),
    row(
        "it is denied for different reasons: the most frequent gives the word, and each its sentence",
        seen(
            build.denied_pod("a", gate=build.verdict("False", "WrongAccount", "Another account.")),
            *(build.denied_pod(name) for name in "bc"),
        ),
        STALLED,
        Reason.NOT_ADMINISTRATOR,
        "On nodes b and c: The pod has no administrator rights. Look for a policy. On node a: Another account.",
    ),
    row(
        "an older revision was denied, and the fix is on its way",
        seen(*new("a"), *(build.denied_pod(name, revision=OLD) for name in "bc"), noted=NEVER),
        RECONCILING,
        Reason.ROLLING,
        "The spec's revision is not yet running on nodes b and c.",
    ),
    row(
        "a verdict that nobody knows the reason of",
        seen(*new("a", "b"), build.denied_pod("c", gate=build.verdict("False", "MadeUp", "\x1b[31mRun!\x1b[0m"))),
        STALLED,
        Reason.UNREADABLE_REPORT,
        "On node c: Run!",
    ),
    row(
        "an agent does not work though it had the time",
        seen(*new("a", "b"), *new("c", ready=False)),
        STALLED,
        Reason.DEADLINE_EXCEEDED,
        "Not working within spec.rollout.progressDeadlineSeconds on node c.",
    ),
    row(
        "a run reported nothing",
        seen(*new("a", "b"), *new("c", **SILENT)),
        STALLED,
        Reason.NO_REPORT,
        "On node c: The log is empty.",
    ),
    row(
        "a log cannot be read for now",
        seen(*new("a", "b"), *new("c", age=MINUTE, **GONE)),
        RECONCILING,
        Reason.LOG_UNAVAILABLE,
        "On node c: The log cannot be read.",
    ),
    row(
        "a log cannot be read for longer than the deadline",
        seen(*new("a", "b"), *new("c", age=HOUR, **GONE)),
        STALLED,
        Reason.LOG_UNAVAILABLE,
        "On node c: The log cannot be read.",
    ),
    row(
        "one log cannot be read, and another holds nothing",
        seen(*new("a"), *new("b", age=MINUTE, **GONE), *new("c", age=MINUTE, **SILENT)),
        STALLED,
        Reason.LOG_UNAVAILABLE,
        "On node b: The log cannot be read. On node c: The log is empty.",
    ),
    row(
        "denied comes before late, and late before unknown",
        seen(build.denied_pod("a"), *new("b", ready=False), *new("c", **SILENT)),
        STALLED,
        Reason.NOT_ADMINISTRATOR,
        "On node a:",
    ),
    row(
        "late comes before unknown",
        seen(*new("a"), *new("b", ready=False), *new("c", **SILENT)),
        STALLED,
        Reason.DEADLINE_EXCEEDED,
        "on node b.",
    ),
    row(
        "old pods have yet to be replaced",
        seen(*new("a"), *old("b", "c"), noted=NEVER),
        RECONCILING,
        Reason.ROLLING,
        "The spec's revision is not yet running on nodes b and c.",
    ),
    row(
        "old pods wait, since the new agent cannot start",
        seen(
            build.starting_pod("a", age=MINUTE / 2, containers=PULL_FAILS),
            *old("b", "c"),
            noted=build.record(AGENT, out=build.out("a")),
        ),
        RECONCILING,
        Reason.WAITING_FOR_BUDGET,
        "Next: nodes b and c, as soon as the new agent works on node a. On node a: ErrImagePull:",
    ),
    row(
        "old pods wait for nodes that are down",
        seen(*old("a"), nodes=[ABC[0], *build.nodes("b", "c", **DOWN)], noted=NEVER),
        RECONCILING,
        Reason.WAITING_FOR_NODES,
        "Next: node a, once it is certain that most nodes are up.",
    ),
    row(
        "no pod was made for a while: perhaps the namespace refuses them",
        seen(noted=build.record(AGENT, wanted=build.target(AGENT, age=MINUTE))),
        RECONCILING,
        Reason.ROLLING,
        "No pod was made on nodes a, b and c: kubectl describe daemonset inspector -n agents says why.",
    ),
    row(
        "no pod was ever made",
        seen(noted=build.record(AGENT, wanted=build.target(AGENT, age=SECOND))),
        RECONCILING,
        Reason.ROLLING,
        "The spec's revision is not yet running on nodes a, b and c.",
    ),
    row(
        "new agents start",
        seen(*new("a"), *(build.starting_pod(name) for name in "bc"), noted=NEVER),
        RECONCILING,
        Reason.VERIFYING,
        "Waiting for the agent to start and to be verified on nodes b and c.",
    ),
    row(
        "a new agent cannot start",
        seen(*new("a", "b"), build.starting_pod("c", containers=PULL_FAILS), noted=NEVER),
        RECONCILING,
        Reason.ROLLING,
        "Waiting for the agent to work on node c. On node c: ErrImagePull: Container agent: no such image",
    ),
    row(
        "new agents start, and nobody asked for their rights",
        seen(
            *new("a", "b", gated=False),
            build.starting_pod("c", gated=False),
            asked=UNVERIFIED,
            noted=build.record(UNVERIFIED),
        ),
        RECONCILING,
        Reason.ROLLING,
        "Waiting for the agent to work on node c.",
        asked=UNVERIFIED,
    ),
    row(
        "an agent that had worked does not work now",
        seen(*new("a", "b"), *new("c", **BROKEN)),
        RECONCILING,
        Reason.AGENTS_NOT_READY,
        "Not working now on node c.",
    ),
    row(
        "an agent restarted, and Ready was not shown before",
        seen(*new("a", "b"), *new("c", **RESTARTED)),
        RECONCILING,
        Reason.RECHECKING,
        "Restarted and not yet proven again on node c;",
    ),
    row(
        "an agent restarted, and proving it takes longer than it may",
        was(seen(*new("a", "b"), *new("c", containers=(build.probe(age=6 * MINUTE),), **RESTARTED))),
        RECONCILING,
        Reason.RECHECKING,
        "Restarted and not yet proven again on node c;",
    ),
    row(
        "the DaemonSet controller has not yet acted on the first write",
        drifted(WELL, generation=3, observed_generation=2),
        RECONCILING,
        Reason.APPLYING,
        "its controller has not acted on it yet",
    ),
]

TRYING = rollouts.record(canaries=("d",))
CANARY = rollouts.asked(canary={})
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
        f"Revision {rollouts.B} works on node d and is watched for a while.",
        asked=CANARY,
    ),
    row(
        "a person has to approve",
        rollouts.world(MANUAL, *A_FLEET, *rollouts.b("d"), noted=TRYING),
        RECONCILING,
        Reason.AWAITING_APPROVAL,
        f"hostprocess.dev/approve={rollouts.B} --overwrite.",
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
        f"Revision {rollouts.B} failed on node c: NotAdministrator. No further node gets it;",
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
        f"hostprocess.dev/retry={rollouts.B}/{'3' if retry.endswith('/2') else '2'} --overwrite.",
        asked=rollouts.asked(annotations={"hostprocess.dev/retry": retry}),
    )


ROLLOUTS += [
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
    failed_again(rollouts.B),
    failed_again(f"{rollouts.B}/2"),
    failed_again(f"{rollouts.B}/now"),
]  # fmt: skip

ROWS = [*READY_ROWS, *NOTHING_TO_LOOK_AT, *NODE_BY_NODE, *ROLLOUTS]


@pytest.mark.parametrize(("asked", "world", "failure", "outcome", "reason", "words"), ROWS)
def test_ready(asked, world, failure, outcome, reason, words, status_of):
    status = status_of(asked, world, failure=failure)
    ready = status.condition(ConditionType.READY)
    beside = [kind for kind in (ConditionType.RECONCILING, ConditionType.STALLED) if status.condition(kind)]
    assert (ready.status, ready.reason) == (outcome[0], reason)
    assert words in ready.message
    assert beside == ([outcome[1]] if outcome[1] else [])
    assert kstatus(asked.generation, status.to_dict()) == outcome[2]


@pytest.mark.parametrize(("asked", "world", "failure", "outcome", "reason", "words"), ROWS)
def test_what_comes_next_has_readys_words(asked, world, failure, outcome, reason, words, status_of):
    status = status_of(asked, world, failure=failure)
    ready = status.condition(ConditionType.READY)
    for kind in (ConditionType.RECONCILING, ConditionType.STALLED):
        if (beside := status.condition(kind)) is not None:
            assert (beside.status, beside.reason, beside.message) == ("True", ready.reason, ready.message)


@pytest.mark.parametrize(("asked", "world", "failure", "outcome", "reason", "words"), ROWS)
def test_nothing_is_said_but_documented_reasons_in_clean_words(
    asked, world, failure, outcome, reason, words, status_of
):
    for condition in status_of(asked, world, failure=failure).conditions:
        assert condition.reason in set(Reason)
        assert condition.message.isprintable()
        assert condition.observed_generation == asked.generation


@pytest.mark.parametrize(("asked", "world", "failure", "outcome", "reason", "words"), ROWS)
def test_a_second_look_finds_nothing_to_write(asked, world, failure, outcome, reason, words, status_of):
    first = status_of(asked, world, failure=failure)
    again = status_of(asked, replace(world, status=first), failure=failure)
    assert status_of(asked, replace(world, status=again), now=NOW + SECOND, failure=failure) == again
