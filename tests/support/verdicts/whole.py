"""Verdicts on the agent as a whole, where nothing can be said node by node."""

from dataclasses import replace

from hostprocess_operator.api.reasons import Reason
from hostprocess_operator.status import Failure
from support import build
from support.build import MINUTE, new, old
from support.verdicts import (
    ABC,
    DOWN,
    NEVER,
    OLD_NODES,
    RECONCILING,
    STALLED,
    SUSPENDED,
    TAINTED,
    WAITING,
    WELL,
    drifted,
    row,
    seen,
    was,
)

ELSEWHERE = build.agent(nodeSelector={"pool": "none"})

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
        "suspended with both",
        drifted(seen(*new("a", "b"), *old("c"), asked=SUSPENDED)),
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
    row(
        "there is no Windows node",
        seen(nodes=()),
        STALLED,
        Reason.NO_WINDOWS_NODES,
        "The cluster has no Windows node, so no agent runs. Add one;",
    ),
    row(
        "no node matches",
        seen(nodes=ABC, asked=ELSEWHERE),
        STALLED,
        Reason.NO_MATCHING_NODES,
        "No Windows node matches spec.nodeSelector and spec.affinity, so no agent runs. Correct them, or label nodes:",
        asked=ELSEWHERE,
    ),
    row(
        "no node matches, and one that does not is tainted",
        seen(nodes=build.nodes("a", "b", taints=TAINTED), asked=ELSEWHERE),
        STALLED,
        Reason.NO_MATCHING_NODES,
        "No Windows node matches",
        asked=ELSEWHERE,
    ),
    row(
        "every node that matches is tainted",
        seen(nodes=build.nodes("a", "b", taints=TAINTED)),
        STALLED,
        Reason.NO_ELIGIBLE_NODES,
        "Every Windows node that matches is unfit, so no agent runs. On nodes a and b: The taint gpu=yes:NoSchedule "
        "keeps the agent off the node. Add a toleration to spec.tolerations, or take it off: `kubectl taint nodes a "
        "gpu:NoSchedule-`.",
    ),
    row(
        "every node that matches is unfit, each in its own way: the most frequent comes first",
        seen(
            nodes=[
                build.node("a", runtime="docker://20.10.9"),
                build.node("b", runtime="containerd://1.5.0"),
                *build.nodes("c", "d", kubelet="v1.22.0"),
                build.node("e", taints=TAINTED),
            ]
        ),
        STALLED,
        Reason.NO_ELIGIBLE_NODES,
        "On nodes c and d: The kubelet is v1.22.0; host processes take 1.23 or later. Update the node. On node b: The "
        "container runtime is containerd://1.5.0; host processes take containerd 1.6 or later. Update containerd on "
        "the node to 1.7 or later. On node a: The container runtime is docker://20.10.9; only containerd runs host "
        "processes. Move the node to containerd 1.7 or later. Another reason is in status.problems.",
    ),
    row(
        "every node is down",
        seen(*new("a", "b"), nodes=build.nodes("a", "b", **DOWN)),
        RECONCILING,
        Reason.NODES_UNREACHABLE,
        "Not Ready: nodes a and b; nothing is known of the agents there.",
    ),
    row(
        "every node is down but one, which is tainted",
        seen(*new("a"), nodes=[build.node("a", **DOWN), build.node("b", taints=TAINTED)]),
        RECONCILING,
        Reason.NODES_UNREACHABLE,
        "Not Ready: node a; nothing is known of the agents there. `kubectl describe node` says since when. Unfit: b "
        "(TaintNotTolerated).",
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
