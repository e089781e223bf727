"""Rollouts that are done, or go on: by themselves, with the cluster, or once somebody has acted on what is wrong."""

from dataclasses import replace

from hostprocess_operator.api.faults import Fault
from hostprocess_operator.api.reasons import Reason
from hostprocess_operator.diagnosis.overlap import claims_of
from hostprocess_operator.manifests import placement_of
from hostprocess_operator.observed import Neighbour
from hostprocess_operator.rollout import Phase
from hostprocess_operator.status import Failure
from support import build
from support.amid_rollouts import FLEET, FORMER, NEXT_TO_LAST, amid
from support.build import DAY, HOUR, MINUTE, NOW, SECOND, new, old
from support.turns import AS_CANARY, CANARY, DOWN, MANUAL, THIS, Turn, denied, fleet, row, starting, stuck

TWIN = Neighbour("agents", "twin", placement_of(build.agent()), claims_of(build.agent()))
POOL = {"rollout": {"canary": {"nodeSelector": {"pool": "canary"}}}}
TWO_MAY_FAIL = {"rollout": {"maxUnavailable": 3, "maxFailures": 2}}
NO_PROOF = {"verification": {"mode": "None"}}

REFUSED = Failure("pods are forbidden", refused=True, attempts=3)
UNTAKEN = Failure("the server is busy", refused=False, attempts=3)
CORDONED = {"age": 9 * DAY, "cordoned": True}


def waiting(name, *, sandboxed):
    """Return a pod whose container has waited for a minute, for no reason that the kubelet gives."""
    container = build.container(state="waiting", reason="ContainerCreating", run="")
    return replace(build.starting_pod(name, age=MINUTE, containers=(container,)), sandboxed=sandboxed)


def unclear(name, reason):
    return build.pod(name, ready=False, gate=build.verdict("Unknown", reason), reported=None)


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
    row("the node that was taken was cordoned before it got the new version",
        amid(*old("a", "b"), *old("c", ready=False), nodes=fleet(age=9 * DAY, cordoned=True), out=build.out("c")),
        Phase.ROLLING, Reason.WAITING_FOR_BUDGET, Reason.WAITING_FOR_BUDGET, Turn.CLUSTERS),
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

CANARIES = [
    row("a node that an earlier version broke is put right first",
        amid(*old("a", "b"), spec=CANARY, serves="proven", canaries=("a",), out=build.out("c")),
        Phase.CANARY, Reason.REPAIRING, Reason.REPAIRING, Turn.OPERATORS),
    row("it is not while the caches were just rebuilt",
        amid(*old("a", "b"), *build.pods("c", revision=NEXT_TO_LAST, ready=False), spec=CANARY, serves="proven",
             out=build.out("c"), relisted=NOW - 10 * SECOND),
        Phase.CANARY, Reason.WAITING_FOR_NODES, Reason.WAITING_FOR_NODES, Turn.OPERATORS),
    row("most nodes are down as a canary is to be taken",
        amid(*old("a", "b", "c"), spec=CANARY, nodes=(*build.nodes("a", "b", **DOWN), FLEET[2])),
        Phase.CANARY, Reason.WAITING_FOR_NODES, Reason.WAITING_FOR_NODES, Turn.CLUSTERS),
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
