"""Rows of the plan: hands off, the DaemonSet not in place, nodes that are missing or down."""

from hostprocess_operator.api.reasons import Reason
from hostprocess_operator.rollout import Phase
from support import build
from support.build import NOW, OLD, SECOND, new, old
from support.plans import ABC, AGENT, COPY, DOWN, FIRST, NO_DAEMONSET, PROVEN, outs, row, seen, served

DOCKER = {"runtime": "docker://20.10.9"}

HANDS_OFF = [
    row(
        "suspended: old pods stay",
        seen(*old("a", "b"), *new("c"), asked=build.agent(suspend=True)),
        Phase.ROLLING,
        Reason.SUSPENDED,
        asked=build.agent(suspend=True),
    ),
    row(
        "suspended: a change of the spec is not even noted",
        seen(*old("a", "b", "c"), asked=build.agent(image="registry.example/agent:0")),
        Phase.ROLLING,
        Reason.SUSPENDED,
        asked=build.agent(suspend=True),
    ),
    row(
        "suspended: a drifted DaemonSet stays as it is",
        seen(*new("a", "b", "c"), **served(generation=9)),
        Phase.STABLE,
        Reason.SUSPENDED,
        asked=build.agent(suspend=True),
    ),
    row(
        "suspended: no DaemonSet is made",
        seen(**NO_DAEMONSET),
        Phase.ROLLING,
        Reason.SUSPENDED,
        asked=build.agent(suspend=True),
    ),
    row(
        "invalid: nothing is written or deleted, drifted or not",
        seen(*old("a", "b", "c"), **served(generation=9)),
        Phase.ROLLING,
        Reason.SPEC_INVALID,
        asked=build.invalid_agent(),
    ),
    row(
        "invalid and never applied",
        seen(**NO_DAEMONSET),
        Phase.STABLE,
        Reason.SPEC_INVALID,
        asked=build.invalid_agent(),
    ),
    row(
        "invalid wins over somebody else's DaemonSet",
        seen(**served(owner_uid="", foreign_owner="App/x", spec={})),
        Phase.STABLE,
        Reason.SPEC_INVALID,
        asked=build.invalid_agent(),
    ),
    row(
        "somebody else's DaemonSet is never touched",
        seen(*old("a"), **served(owner_uid="", foreign_owner="App/x", digest="", spec={})),
        Phase.ROLLING,
        Reason.NAME_CONFLICT,
    ),
    row(
        "nor is one that nobody made known to be ours",
        seen(*old("a"), **served(owner_uid="", digest="", spec={}), written=None),
        Phase.ROLLING,
        Reason.NAME_CONFLICT,
    ),
    row(
        "a DaemonSet that is being deleted is waited for",
        seen(*old("a"), **served(deleting=True)),
        Phase.ROLLING,
        Reason.APPLYING,
    ),
    row(
        "so is that of an earlier agent of the name",
        seen(*old("a"), **served(owner_uid="an-earlier-agent"), written=None),
        Phase.ROLLING,
        Reason.APPLYING,
    ),
]  # fmt: skip

APPLYING = [
    row("there is no DaemonSet: it is made", seen(**NO_DAEMONSET), Phase.ROLLING, Reason.APPLYING, write=True),
    row(
        "it was deleted: it is made, and who was out before is so no more",
        seen(status=COPY, **NO_DAEMONSET),
        Phase.ROLLING,
        Reason.APPLYING,
        write=True,
    ),
    row(
        "it was deleted and its pods are orphans: it is made, and they stay",
        seen(*old("a", "b", "c", owner_uid=""), daemonset=None),
        Phase.ROLLING,
        Reason.APPLYING,
        write=True,
    ),
    row(
        "somebody edited it: it is restored before any pod is touched",
        seen(*old("a", "b", "c"), **served(generation=4, observed_generation=4)),
        Phase.ROLLING,
        Reason.APPLYING,
        write=True,
    ),
    row(
        "the spec has changed: it is written before any pod is touched",
        seen(*old("a", "b", "c"), **served(build.agent(image="registry.example/agent:0"))),
        Phase.ROLLING,
        Reason.APPLYING,
        write=True,
    ),
    row(
        "only placement has changed: it is written",
        seen(*new("a", "b", "c"), **served(build.agent(nodeSelector={"pool": "x"}))),
        Phase.ROLLING,
        Reason.APPLYING,
        write=True,
    ),
    row("its stamp is gone", seen(*new("a", "b", "c"), **served(stamp="")), Phase.ROLLING, Reason.APPLYING, write=True),
    row(
        "its owner is gone, and we wrote it",
        seen(*new("a", "b", "c"), **served(owner_uid="", digest="", spec={})),
        Phase.ROLLING,
        Reason.APPLYING,
        write=True,
    ),
    row(
        "one of our labels is gone",
        seen(*new("a", "b", "c"), **served(labels={"hostprocess.dev/agent": "inspector"})),
        Phase.ROLLING,
        Reason.APPLYING,
        write=True,
    ),
    row(
        "labels of others are left alone",
        seen(*new("a", "b", "c"), **served(written_as=PROVEN, labels=build.daemonset(AGENT).labels | {"team": "x"})),
        Phase.STABLE,
        Reason.ROLLED_OUT,
    ),
    row(
        "it is not known what we last wrote: one write settles it",
        seen(*old("a", "b", "c"), written=None),
        Phase.ROLLING,
        Reason.APPLYING,
        write=True,
    ),
    row(
        "another DaemonSet of the name is there than the one we wrote",
        seen(*old("a", "b", "c"), **served(uid="another", generation=3)),
        Phase.ROLLING,
        Reason.APPLYING,
        write=True,
    ),
    row(
        "its controller has not acted on our write: no pod is touched",
        seen(*old("a", "b", "c"), **served(observed_generation=2)),
        Phase.ROLLING,
        Reason.APPLYING,
    ),
    row(
        "the target's ControllerRevision is not seen yet: no pod is touched",
        seen(*old("a", "b", "c"), revisions=(build.revision(OLD, build.OLD_DIGEST),)),
        Phase.ROLLING,
        Reason.APPLYING,
    ),
]  # fmt: skip

NODES = [
    row("no node matches", seen(nodes=()), Phase.ROLLING, Reason.NO_MATCHING_NODES),
    row("no node matches, and there is no DaemonSet", seen(nodes=(), **NO_DAEMONSET), Phase.ROLLING,
        Reason.NO_MATCHING_NODES, write=True),
    row(
        "every node that matches is tainted",
        seen(nodes=[build.node("a", taints=[("gpu", "", "NoSchedule")])]),
        Phase.ROLLING,
        Reason.NO_MATCHING_NODES,
    ),
    row(
        "every node that matches is of Docker",
        seen(*old("a"), nodes=[build.node("a", **DOCKER)]),
        Phase.ROLLING,
        Reason.NO_MATCHING_NODES,
    ),
    row(
        "a node of Docker does not hold the rollout: neither its place nor its failure counts",
        seen(*new("a", "b"), *new("c", ready=False), nodes=[*ABC[:2], build.node("c", **DOCKER)], written_as=PROVEN),
        Phase.STABLE,
        Reason.ROLLED_OUT,
    ),
    row(
        "its old pod stays as it is, and the rest is rolled",
        seen(*old("a", "c"), *new("b"), nodes=[*ABC[:2], build.node("c", **DOCKER)], written_as=outs("c")),
        Phase.ROLLING,
        Reason.ROLLING,
        write=True,
        delete=["a"],
        out=["a"],
    ),
    row(
        "it is moved to containerd and gets its turn",
        seen(*new("a", "b"), *old("c"), nodes=[*ABC[:2], build.node("c", runtime="containerd://1.7.0")],
             written_as=PROVEN),
        Phase.ROLLING,
        Reason.ROLLING,
        write=True,
        delete=["c"],
        out=["c"],
    ),
    row(
        "every node is cordoned",
        seen(*old("a", "b"), nodes=build.nodes("a", "b", cordoned=True)),
        Phase.ROLLING,
        Reason.WAITING_FOR_NODES,
    ),
    row(
        "most nodes are down: an outage, not a rollout",
        seen(*old("a", "b", "c"), nodes=[*build.nodes("a", "b", **DOWN), build.node("c")]),
        Phase.ROLLING,
        Reason.WAITING_FOR_NODES,
    ),
    row(
        "half of the nodes are down: the others are rolled",
        seen(*old("a", "b"), nodes=[build.node("a", **DOWN), build.node("b")]),
        Phase.ROLLING,
        Reason.ROLLING,
        write=True,
        delete=["b"],
        out=["b"],
    ),
    row(
        "a cache was rebuilt just now: what it shows of nodes may be old",
        seen(*old("a", "b", "c"), relisted=NOW - 29 * SECOND),
        Phase.ROLLING,
        Reason.WAITING_FOR_NODES,
    ),
    row(
        "a cache was rebuilt a while ago",
        seen(*old("a", "b", "c"), relisted=NOW - 30 * SECOND),
        Phase.ROLLING,
        Reason.ROLLING,
        write=True,
        delete=[FIRST],
        out=[FIRST],
    ),
]  # fmt: skip
