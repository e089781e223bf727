"""Every state of a rollout, and what kstatus (Flux, Helm, `kubectl wait`) and Argo CD make of it.

The statuses are the operator's own, after it has done its part. Two promises to whoever waits for an agent: it is never
green while the spec's revision does not work on every node that counts, and never in progress for ever where a person
must act. The one exception is an approval: kstatus has no word for it, Argo CD has.
"""

from dataclasses import replace
from enum import Enum, auto

import pytest

from hostprocess_operator.api.faults import Fault
from hostprocess_operator.api.reasons import Reason
from hostprocess_operator.diagnosis.overlap import claims_of
from hostprocess_operator.manifests import placement_of
from hostprocess_operator.observed import Neighbour
from hostprocess_operator.rollout import Phase
from hostprocess_operator.status import Failure
from support import build
from support.amid_rollouts import FLEET, FORMER, NEXT_TO_LAST, World, amid, blocked
from support.argocd import argo_health
from support.build import DAY, HOUR, MINUTE, NEW, NOW, OLD, SECOND
from support.kstatus import CURRENT, FAILED, IN_PROGRESS, kstatus


class Turn(Enum):
    """Whose turn it is; the table says what kstatus and Argo CD have to answer then."""

    NOBODYS = auto()
    """It is done."""
    OPERATORS = auto()
    """It goes on by itself, and has a deadline."""
    CLUSTERS = auto()
    """It goes on when nodes, kubelets or the control plane do; nothing is wrong with the agent."""
    APPROVERS = auto()
    SUSPENDERS = auto()
    """Something is pending until somebody ends the suspension."""
    SUSPENDERS_AT_PEACE = auto()
    """It is suspended, and nothing is pending."""
    PERSONS = auto()
    """It goes on when a person acts."""


ANSWERS = {
    Turn.NOBODYS: (CURRENT, "Healthy"),
    Turn.OPERATORS: (IN_PROGRESS, "Progressing"),
    Turn.CLUSTERS: (IN_PROGRESS, "Progressing"),
    Turn.APPROVERS: (IN_PROGRESS, "Suspended"),
    Turn.SUSPENDERS: (IN_PROGRESS, "Suspended"),
    Turn.SUSPENDERS_AT_PEACE: (CURRENT, "Suspended"),
    Turn.PERSONS: (FAILED, "Degraded"),
}
GREEN = {Turn.NOBODYS, Turn.SUSPENDERS_AT_PEACE}

TWIN = Neighbour("agents", "twin", placement_of(build.agent()), claims_of(build.agent()))
THIS = build.proven(build.agent())
CANARY = {"rollout": {"canary": {"nodes": 1, "bakeSeconds": 60}}}
MANUAL = {"rollout": {"canary": {"nodes": 1, "bakeSeconds": 60, "approval": "Manual"}}}
POOL = {"rollout": {"canary": {"nodeSelector": {"pool": "canary"}}}}
ROLLBACK = {"rollout": {"onFailure": "Rollback"}}
TWO_MAY_FAIL = {"rollout": {"maxUnavailable": 3, "maxFailures": 2}}
SUSPENDED = {"suspend": True}
NO_PROOF = {"verification": {"mode": "None"}}

REFUSED = Failure("pods are forbidden", refused=True, attempts=3)
UNTAKEN = Failure("the server is busy", refused=False, attempts=3)
DOWN = {"age": 9 * DAY, "ready": False, "ready_for": MINUTE}
CORDONED = {"age": 9 * DAY, "cordoned": True}


def new(*names, **fields):
    return build.pods(*names, revision=NEW, **fields)


def old(*names, **fields):
    return build.pods(*names, revision=OLD, **fields)


def starting(*names, **fields):
    return tuple(build.starting_pod(name, **fields) for name in names)


def denied(*names):
    return tuple(build.denied_pod(name) for name in names)


def stuck(name, reason, *, age=2 * MINUTE, **fields):
    waiting = build.container(state="waiting", reason=reason, run="")
    return build.starting_pod(name, age=age, containers=(waiting,), **fields)


def waiting(name, *, sandboxed):
    """Return a pod whose container has waited for a minute, for no reason that the kubelet gives."""
    container = build.container(state="waiting", reason="ContainerCreating", run="")
    return replace(build.starting_pod(name, age=MINUTE, containers=(container,)), sandboxed=sandboxed)


def unclear(name, reason):
    return build.pod(name, ready=False, gate=build.verdict("Unknown", reason), reported=None)


def fleet(**of_c):
    """Return a fleet whose third node is as given."""
    return (*FLEET[:2], build.node("c", **of_c))


def row(sentence, world, phase, reason, ready, turn):
    """Return a row: the plan's phase and reason, the reason of Ready, and whose turn it is."""
    return pytest.param(world, phase, reason, ready, turn, id=sentence)


STABLE = [
    row("the revision works everywhere and is proven",
        amid(*new("a", "b", "c"), proven=THIS),
        Phase.STABLE, Reason.ROLLED_OUT, Reason.ALL_VERIFIED, Turn.NOBODYS),
    row("the first version works everywhere",
        amid(*new("a", "b", "c"), proven=None),
        Phase.STABLE, Reason.ROLLED_OUT, Reason.ALL_VERIFIED, Turn.NOBODYS),
    row("a new version works everywhere, for less than nodeImpactSeconds",
        amid(*new("a", "b", "c", gated=False, containers=(build.container(age=20 * SECOND),)), spec=NO_PROOF),
        Phase.STABLE, Reason.ROLLED_OUT, Reason.ALL_AVAILABLE, Turn.NOBODYS),
    row("another agent is in the way: both are told, and nothing is blocked",
        amid(*new("a", "b", "c"), proven=THIS, neighbours=(TWIN,)),
        Phase.STABLE, Reason.ROLLED_OUT, Reason.ALL_VERIFIED, Turn.NOBODYS),
    row("nobody asks for proof",
        amid(*new("a", "b", "c", gated=False), spec=NO_PROOF),
        Phase.STABLE, Reason.ROLLED_OUT, Reason.ALL_AVAILABLE, Turn.NOBODYS),
    row("a node that is down has the former version",
        amid(*new("a", "b"), *old("c"), nodes=fleet(**DOWN)),
        Phase.STABLE, Reason.ROLLED_OUT, Reason.ALL_VERIFIED, Turn.NOBODYS),
    row("a cordoned node has the former version",
        amid(*new("a", "b"), *old("c"), nodes=fleet(**CORDONED)),
        Phase.STABLE, Reason.ROLLED_OUT, Reason.ALL_VERIFIED, Turn.NOBODYS),
    row("a node that joins later is starting",
        amid(*new("a", "b"), *starting("c"), nodes=fleet(age=MINUTE), proven=THIS),
        Phase.ROLLING, Reason.ROLLING, Reason.ALL_VERIFIED, Turn.NOBODYS),
    row("an agent that worked does not work now",
        amid(*new("a", "b"), *new("c", age=DAY, ready=False, ready_for=MINUTE), proven=THIS),
        Phase.ROLLING, Reason.ROLLING, Reason.AGENTS_NOT_READY, Turn.OPERATORS),
    row("nor does it after the deadline",
        amid(*new("a", "b"), *new("c", age=DAY, ready=False, ready_for=HOUR), proven=THIS),
        Phase.STABLE, Reason.ROLLED_OUT, Reason.DEADLINE_EXCEEDED, Turn.PERSONS),
    row("it has restarted, and what it may do now is not proven yet",
        amid(*new("a", "b"), *new("c", reported=build.report("containerd://former-run")), proven=THIS),
        Phase.STABLE, Reason.ROLLED_OUT, Reason.RECHECKING, Turn.CLUSTERS),
    row("a node where the former version did not work either",
        amid(*new("a", "b"), *new("c", ready=False), out=build.out("c", age=HOUR, taken=False)),
        Phase.STABLE, Reason.ROLLED_OUT, Reason.DEADLINE_EXCEEDED, Turn.PERSONS),
    row("an agent of the proven revision is denied rights",
        amid(*new("a", "b"), *denied("c"), proven=THIS),
        Phase.STABLE, Reason.ROLLED_OUT, Reason.NOT_ADMINISTRATOR, Turn.PERSONS),
    row("every node is down",
        amid(*new("a", "b", "c"), nodes=build.nodes("a", "b", "c", **DOWN), proven=THIS),
        Phase.ROLLING, Reason.WAITING_FOR_NODES, Reason.NODES_UNREACHABLE, Turn.CLUSTERS),
    row("every node is cordoned, with the former version",
        amid(*old("a", "b", "c"), nodes=build.nodes("a", "b", "c", **CORDONED)),
        Phase.ROLLING, Reason.WAITING_FOR_NODES, Reason.WAITING_FOR_NODES, Turn.CLUSTERS),
]  # fmt: skip

ROLLING = [
    row("the DaemonSet is written, and its controller has not acted on it",
        amid(*new("a", "b", "c"), proven=THIS, daemonset=build.daemonset(build.agent(), observed_generation=2)),
        Phase.ROLLING, Reason.APPLYING, Reason.APPLYING, Turn.CLUSTERS),
    row("the DaemonSet of an earlier agent of the name is going",
        amid(*old("a"), daemonset=build.daemonset(build.agent(), deleting=True)),
        Phase.ROLLING, Reason.APPLYING, Reason.APPLYING, Turn.CLUSTERS),
    row("the API server takes no write for the moment",
        amid(*new("a", "b", "c"), proven=THIS, failure=UNTAKEN),
        Phase.STABLE, Reason.ROLLED_OUT, Reason.APPLY_FAILED, Turn.CLUSTERS),
    row("the API server refuses what is written",
        amid(*new("a", "b", "c"), proven=THIS, failure=REFUSED),
        Phase.STABLE, Reason.ROLLED_OUT, Reason.APPLY_REFUSED, Turn.PERSONS),
    row("pods are replaced one after the other",
        amid(*new("c"), *old("a", "b")),
        Phase.ROLLING, Reason.ROLLING, Reason.ROLLING, Turn.OPERATORS),
    row("the former version comes back before the new one was everywhere",
        amid(*new("a", "b"), *old("c"), proven=THIS),
        Phase.ROLLING, Reason.ROLLING, Reason.ROLLING, Turn.OPERATORS),
    row("the first version is starting",
        amid(*starting("a", "b", "c"), proven=None),
        Phase.ROLLING, Reason.ROLLING, Reason.VERIFYING, Turn.OPERATORS),
    row("the last agents are verified",
        amid(*new("a", "b"), *starting("c"), out=build.out("c")),
        Phase.ROLLING, Reason.ROLLING, Reason.VERIFYING, Turn.OPERATORS),
    row("an image is being pulled, of which only the age of the wait tells",
        amid(*new("a", "b"), waiting("c", sandboxed=True)),
        Phase.ROLLING, Reason.ROLLING, Reason.PULLING, Turn.OPERATORS),
    row("a pod is being prepared on the node",
        amid(*new("a", "b"), waiting("c", sandboxed=False)),
        Phase.ROLLING, Reason.ROLLING, Reason.STARTING, Turn.OPERATORS),
    row("an image cannot be pulled, for less than a minute",
        amid(stuck("c", "ErrImagePull", age=30 * SECOND), *old("a", "b"), out=build.out("c")),
        Phase.ROLLING, Reason.WAITING_FOR_BUDGET, Fault.IMAGE_PULL_FAILED, Turn.OPERATORS),
    row("the caches were just rebuilt",
        amid(*old("a", "b", "c"), relisted=NOW - 10 * SECOND),
        Phase.ROLLING, Reason.WAITING_FOR_NODES, Reason.WAITING_FOR_NODES, Turn.OPERATORS),
    row("most nodes are down",
        amid(*old("a", "b", "c"), nodes=(FLEET[0], *build.nodes("b", "c", **DOWN))),
        Phase.ROLLING, Reason.WAITING_FOR_NODES, Reason.WAITING_FOR_NODES, Turn.CLUSTERS),
    row("there is no Windows node",
        amid(nodes=()),
        Phase.ROLLING, Reason.NO_MATCHING_NODES, Reason.NO_WINDOWS_NODES, Turn.PERSONS),
    row("no node matches",
        amid(spec={"nodeSelector": {"pool": "none"}}),
        Phase.ROLLING, Reason.NO_MATCHING_NODES, Reason.NO_MATCHING_NODES, Turn.PERSONS),
    row("every node that matches is unfit",
        amid(nodes=build.nodes("a", "b", runtime="docker://20.10.9")),
        Phase.ROLLING, Reason.NO_MATCHING_NODES, Reason.NO_ELIGIBLE_NODES, Turn.PERSONS),
    row("the first version is denied rights: nothing to go back to",
        amid(*denied("a"), *new("b", "c"), proven=None),
        Phase.STABLE, Reason.ROLLED_OUT, Reason.NOT_ADMINISTRATOR, Turn.PERSONS),
    row("the first version cannot be pulled, and its time is over",
        amid(stuck("a", "ImagePullBackOff", age=HOUR), *new("b", "c"), proven=None),
        Phase.STABLE, Reason.ROLLED_OUT, Fault.IMAGE_PULL_FAILED, Turn.PERSONS),
    row("no pod is made on a node, and its time is over",
        amid(*new("a", "b"), out=build.out("c", age=HOUR)).settled(NOW - HOUR),
        Phase.ROLLING, Reason.ROLLING, Reason.DEADLINE_EXCEEDED, Turn.PERSONS),
    row("one has failed, and as many may",
        amid(*denied("c"), *old("a", "b"), spec=TWO_MAY_FAIL, out=build.out("c")),
        Phase.ROLLING, Reason.ROLLING, Reason.NOT_ADMINISTRATOR, Turn.PERSONS),
    row("the canaries have passed, and the others follow",
        amid(*new("c"), *starting("b"), *old("a"), spec=CANARY, promoted=True, canaries=("c",), out=build.out("b")),
        Phase.ROLLING, Reason.ROLLING, Reason.ROLLING, Turn.OPERATORS),
    *(
        row(f"the log of a new agent ends in {reason}",
            amid(*new("a", "b"), unclear("c", reason), proven=None),
            Phase.STABLE, Reason.ROLLED_OUT, reason, turn)
        for reason, turn in (
            (Reason.NO_REPORT, Turn.PERSONS),
            (Reason.UNREADABLE_REPORT, Turn.PERSONS),
            (Reason.PROBE_ERROR, Turn.PERSONS),
            (Reason.LOG_UNAVAILABLE, Turn.PERSONS),  # it is tried again, and past its deadline all the same
        )
    ),
]  # fmt: skip

AS_CANARY = {"canaries": ("c",), "out": build.out("c")}
CANARIES = [
    row("a node that an earlier version broke is put right first",
        amid(*old("a", "b"), *build.pods("c", revision=NEXT_TO_LAST, ready=False), spec=CANARY, serves="proven",
             out=build.out("c"), relisted=NOW - 10 * SECOND),
        Phase.CANARY, Reason.REPAIRING, Reason.REPAIRING, Turn.OPERATORS),
    row("the pod of a canary node is being replaced",
        amid(*old("a", "b"), spec=CANARY, **AS_CANARY),
        Phase.CANARY, Reason.CANARY_STARTING, Reason.CANARY_STARTING, Turn.OPERATORS),
    row("no pod is made on a canary node, and its time is over",
        amid(*old("a", "b"), spec=CANARY, canaries=("c",), out=build.out("c", age=HOUR)).settled(NOW - HOUR),
        Phase.CANARY, Reason.CANARY_STARTING, Reason.CANARY_STARTING, Turn.PERSONS),
    row("a canary is verified",
        amid(*old("a", "b"), *starting("c"), spec=CANARY, serves="proven", **AS_CANARY),
        Phase.CANARY, Reason.CANARY_VERIFYING, Reason.CANARY_VERIFYING, Turn.OPERATORS),
    row("a canary has gone down long after it started, and does not come back",
        amid(*old("a", "b"), *new("c", age=2 * HOUR), spec=CANARY, serves="proven",
             nodes=fleet(age=9 * DAY, ready=False, ready_for=HOUR), **AS_CANARY),
        Phase.CANARY, Reason.CANARY_VERIFYING, Reason.CANARY_VERIFYING, Turn.PERSONS),
    row("a canary works and bakes",
        amid(*old("a", "b"), *new("c", ready_for=30 * SECOND), spec=CANARY, serves="proven", canaries=("c",)),
        Phase.CANARY, Reason.CANARY_BAKING, Reason.CANARY_BAKING, Turn.OPERATORS),
    row("a person has to approve",
        amid(*old("a", "b"), *new("c"), spec=MANUAL, serves="proven", canaries=("c",)),
        Phase.CANARY, Reason.AWAITING_APPROVAL, Reason.AWAITING_APPROVAL, Turn.APPROVERS),
    row("an earlier revision was approved",
        amid(*old("a", "b"), *new("c"), spec=MANUAL | {"annotations": {"hostprocess.dev/approve": FORMER.rev}},
             serves="proven", canaries=("c",)),
        Phase.CANARY, Reason.AWAITING_APPROVAL, Reason.AWAITING_APPROVAL, Turn.APPROVERS),
    row("no node can be a canary",
        amid(*old("a", "b", "c"), spec=POOL, serves="proven"),
        Phase.CANARY, Reason.NO_CANARY_NODE, Reason.NO_CANARY_NODE, Turn.PERSONS),
]  # fmt: skip

FAILED_VERSIONS = [
    row("a canary is denied rights",
        amid(*old("a", "b"), *denied("c"), spec=CANARY, serves="proven", **AS_CANARY),
        Phase.HALTED, Reason.HALTED, Reason.HALTED, Turn.PERSONS),
    row("an image cannot be pulled for a minute",
        amid(*old("a", "b"), stuck("c", "ErrImagePull"), out=build.out("c")),
        Phase.HALTED, Reason.HALTED, Reason.HALTED, Turn.PERSONS),
    row("an agent crash-loops",
        amid(*old("a", "b"), *new("c", ready=False, containers=(build.container(restarts=3),)), out=build.out("c")),
        Phase.HALTED, Reason.HALTED, Reason.HALTED, Turn.PERSONS),
    row("a node goes down with the new agent",
        amid(*old("a", "b"), *new("c", containers=(build.container(age=2 * MINUTE),)), nodes=fleet(**DOWN),
             spec={"rollout": {"nodeImpactSeconds": 90}}, out=build.out("c")),
        Phase.HALTED, Reason.HALTED, Reason.HALTED, Turn.PERSONS),
    row("a version that failed is everywhere but on one node",
        amid(*new("a", "b"), *old("c"), serves="proven", blocked=blocked()),
        Phase.HALTED, Reason.HALTED, Reason.HALTED, Turn.PERSONS),
    row("it is halted, and the proven version is gone from the cluster",
        amid(*old("a", "b"), *denied("c"), blocked=blocked(), kept=False, out=build.out("c")),
        Phase.HALTED, Reason.HISTORY_GONE, Reason.HISTORY_GONE, Turn.PERSONS),
    row("it is rolled back, and a node waits for its turn",
        amid(*new("a", "b"), *old("c", ready=False), spec=ROLLBACK, serves="proven", blocked=blocked(ROLLBACK),
             out=build.out("c")),
        Phase.ROLLED_BACK, Reason.ROLLED_BACK, Reason.ROLLED_BACK, Turn.PERSONS),
    row("it is rolled back, and every node works on the proven version",
        amid(*old("a", "b", "c"), spec=ROLLBACK, serves="proven", blocked=blocked(ROLLBACK)),
        Phase.ROLLED_BACK, Reason.ROLLED_BACK, Reason.ROLLED_BACK, Turn.PERSONS),
]  # fmt: skip

FOREIGN = {"owner_uid": "", "foreign_owner": "App/x", "spec": {}}
HANDS_OFF = [
    row("a rule of the spec is broken",
        World(build.agent_body(containers=[]), amid(*new("a", "b", "c"), proven=THIS).seen),
        Phase.STABLE, Reason.SPEC_INVALID, Reason.SPEC_INVALID, Turn.PERSONS),
    row("the name is taken",
        amid(*old("a"), daemonset=build.daemonset(build.agent(), **FOREIGN)),
        Phase.ROLLING, Reason.NAME_CONFLICT, Reason.NAME_CONFLICT, Turn.PERSONS),
    row("suspended with nothing pending",
        amid(*new("a", "b", "c"), spec=SUSPENDED, proven=THIS),
        Phase.STABLE, Reason.SUSPENDED, Reason.ALL_VERIFIED, Turn.SUSPENDERS_AT_PEACE),
    row("suspended, and an agent is denied rights",
        amid(*new("a", "b"), *denied("c"), spec=SUSPENDED, proven=THIS),
        Phase.STABLE, Reason.SUSPENDED, Reason.NOT_ADMINISTRATOR, Turn.PERSONS),
    row("suspended while pods are replaced",
        amid(*new("a", "b"), *old("c"), spec=SUSPENDED),
        Phase.ROLLING, Reason.SUSPENDED, Reason.SUSPENDED, Turn.SUSPENDERS),
    row("suspended while canaries start",
        amid(*old("a", "b"), spec=SUSPENDED | CANARY, **AS_CANARY),
        Phase.CANARY, Reason.SUSPENDED, Reason.SUSPENDED, Turn.SUSPENDERS),
    row("suspended while canaries bake",
        amid(*old("a", "b"), *new("c"), spec=SUSPENDED | CANARY, serves="proven", canaries=("c",)),
        Phase.ROLLING, Reason.SUSPENDED, Reason.SUSPENDED, Turn.SUSPENDERS),
    row("suspended while a person is to approve",
        amid(*old("a", "b"), *new("c"), spec=SUSPENDED | MANUAL, serves="proven", canaries=("c",)),
        Phase.CANARY, Reason.SUSPENDED, Reason.SUSPENDED, Turn.SUSPENDERS),
    row("suspended after a halt",
        amid(*old("a", "b"), *denied("c"), spec=SUSPENDED, serves="proven", blocked=blocked()),
        Phase.HALTED, Reason.SUSPENDED, Reason.HALTED, Turn.PERSONS),
    row("suspended after a rollback",
        amid(*old("a", "b", "c"), spec=SUSPENDED | ROLLBACK, serves="proven", blocked=blocked(ROLLBACK)),
        Phase.ROLLED_BACK, Reason.SUSPENDED, Reason.ROLLED_BACK, Turn.PERSONS),
]  # fmt: skip

TABLE = [*STABLE, *ROLLING, *CANARIES, *FAILED_VERSIONS, *HANDS_OFF]
ROLLOUT = pytest.mark.parametrize(("world", "phase", "reason", "ready", "turn"), TABLE)
GREEN_WORLDS = pytest.mark.parametrize(
    "world", [pytest.param(each.values[0].settled(), id=each.id) for each in TABLE if each.values[-1] in GREEN]
)
WORLDS_ON_THEIR_WAY = pytest.mark.parametrize(
    "world", [pytest.param(each.values[0], id=each.id) for each in TABLE if each.values[-1] is Turn.OPERATORS]
)

# What can be the matter with a node on which all was well.
FLAWS = {
    "it has no pod": lambda _: (),
    "its pod is of the former version": old,
    "its pod is on its way": starting,
    "its pod is going": lambda name: new(name, deleting=True),
    "its pod is not Ready": lambda name: new(name, ready=False, ready_for=SECOND),
    "its pod is denied rights": denied,
    "its pod is of a revision that nobody knows": lambda name: build.pods(name, revision="unheard-of"),
}


def answers(world):
    """Return what kstatus and Argo CD say."""
    resource = world.resource
    return kstatus(resource["metadata"]["generation"], resource["status"]), argo_health(resource)[0]


def is_green(world):
    """Return whether anybody would take the rollout for done."""
    return answers(world)[0] == CURRENT or answers(world)[1] == "Healthy"


def counting(world):
    """Return the names of the nodes that are up, not cordoned, and were there before the revision was proven."""
    return [
        node.name
        for node in world.seen.nodes
        if node.ready and not node.unschedulable and node.created < NOW - 30 * MINUTE
    ]


@ROLLOUT
def test_what_the_operator_says(world, phase, reason, ready, turn):
    settled = world.settled()
    plan = settled.plan()
    assert (plan.phase, plan.reason) == (phase, reason)
    assert settled.seen.status.condition("Ready").reason == ready


@ROLLOUT
def test_what_is_made_of_it(world, phase, reason, ready, turn):
    assert answers(world.settled()) == ANSWERS[turn]


@ROLLOUT
def test_argo_cd_shows_the_message_of_ready(world, phase, reason, ready, turn):
    settled = world.settled()
    assert argo_health(settled.resource)[1] == settled.seen.status.condition("Ready").message


@ROLLOUT
def test_it_is_green_only_where_the_revision_works_on_every_node_that_counts(world, phase, reason, ready, turn):
    well = {pod.node for pod in world.seen.pods if pod.revision == NEW and pod.ready and not pod.deleting}
    assert not is_green(world.settled()) or well.issuperset(counting(world))


@pytest.mark.parametrize("flaw", [pytest.param(flaw, id=sentence) for sentence, flaw in FLAWS.items()])
@GREEN_WORLDS
def test_one_flaw_on_one_node_is_enough_for_green_to_go(world, flaw):
    for node in counting(world):
        others = tuple(pod for pod in world.seen.pods if pod.node != node)
        flawed = replace(world, seen=replace(world.seen, pods=(*others, *flaw(node))))
        assert not is_green(flawed.settled()), node


@GREEN_WORLDS
def test_green_goes_with_the_next_spec_before_the_operator_sees_it_and_after(world):
    container = world.body["spec"]["containers"][0] | {"image": "registry.example/agent:next"}
    spec = world.body["spec"] | {"containers": [container]}
    edited = replace(world, body=world.body | {"metadata": world.body["metadata"] | {"generation": 2}, "spec": spec})
    assert answers(edited) == (IN_PROGRESS, "Progressing")
    assert not is_green(edited.settled())


@WORLDS_ON_THEIR_WAY
def test_nothing_that_stands_still_is_in_progress_for_ever(world):
    """The nodes are up, the control plane works, and no agent makes a step."""
    later = world.after(DAY, step=10 * MINUTE)
    assert answers(later) == ANSWERS[Turn.PERSONS]


@ROLLOUT
def test_a_status_about_an_earlier_spec_says_nothing_about_this_one(world, phase, reason, ready, turn):
    status = world.settled().seen.status
    edited = replace(world, seen=replace(world.seen, status=status.model_copy(update={"observed_generation": 0})))
    assert answers(edited) == (IN_PROGRESS, "Progressing")


def test_before_the_operator_has_ever_looked_the_default_of_the_crd_says_so():
    resource = build.agent_body() | {"status": {"observedGeneration": -1}}
    assert (kstatus(1, resource["status"]), argo_health(resource)[0]) == (IN_PROGRESS, "Progressing")


def test_every_phase_is_in_the_table():
    assert {each.values[1] for each in TABLE} == set(Phase)


def test_every_reason_that_ready_can_have_is_in_the_table():
    never_of_ready = {
        *(Reason.PENDING, Reason.SPEC_VALID, Reason.ROLLED_OUT, Reason.VERIFICATION_OFF),
        *(Reason.NODE_LOST, Reason.WAITING_FOR_BUDGET),
        *(Reason.ADMINISTRATOR, Reason.ACCOUNT_ACCEPTED, Reason.NOT_HOST_PROCESS, Reason.WRONG_ACCOUNT),
    }
    assert {each.values[3] for each in TABLE} - set(Fault) == set(Reason) - never_of_ready
