"""Verdicts on an agent that is as it should be."""

from hostprocess_operator.api.reasons import Reason
from hostprocess_operator.status import Failure
from support import build
from support.build import MINUTE, new, old
from support.verdicts import (
    ABC,
    DOWN,
    OLD_NODES,
    READY,
    RESTARTED,
    SUSPENDED,
    TAINTED,
    UNVERIFIED,
    WELL,
    drifted,
    row,
    seen,
    was,
)

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
        "nodes that are unfit do not count, and are named with the reason in short",
        seen(
            *new("a"),
            nodes=[
                *ABC[:1],
                build.node("b", taints=TAINTED),
                *build.nodes("c", "d", runtime="docker://20.10.9"),
            ],
        ),
        READY,
        Reason.ALL_VERIFIED,
        "verified on every node that counts. Unfit: c and d (RuntimeUnsupported), b (TaintNotTolerated).",
    ),
    row(
        "old versions that work are noted once, with their nodes",
        seen(
            *new("a", "b", "c"),
            nodes=[
                build.node("a", runtime="containerd://1.6.1", **OLD_NODES),
                build.node("b", runtime="containerd://1.6.2", kubelet="v1.25.0", **OLD_NODES),
                ABC[2],
            ],
        ),
        READY,
        Reason.ALL_VERIFIED,
        "verified on every node. On nodes a and b: containerd is older than 1.7: volumes and the ServiceAccount's "
        "token are found only under $env:CONTAINER_SANDBOX_MOUNT_POINT, and a local group cannot be the account. "
        "Update containerd to 1.7 or later. On node b: The kubelet is older than 1.26",
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
