"""Worlds in the middle of a rollout: A is proven, the spec asks for B, and X is of neither.

Pods are told by their revision: `a`, `b` and `x` make pods of each. By the hash of their names, nodes come in the
order d, c, b, a.
"""

from dataclasses import replace

from hostprocess_operator.api.conditions import ConditionType
from hostprocess_operator.manifests import spec_stamp
from hostprocess_operator.rollout import Block, Record, plan_rollout
from hostprocess_operator.status import compute_status
from support import build
from support.build import DAY, HOUR, NOW, SECOND

FORMER = build.agent(image="registry.example/agent:a")
IMAGE_B = "registry.example/agent:b"
TARGET = build.target(build.agent(image=IMAGE_B), age=HOUR)
PROVEN = build.proven(FORMER)
A, B = PROVEN.rev, TARGET.rev
X_DIGEST = build.OLD_DIGEST
REVISIONS = (
    build.revision("a", PROVEN.digest),
    build.revision("b", TARGET.digest),
    build.revision("x", X_DIGEST),
    build.copy(PROVEN.digest),
)


def asked(*, canary=None, annotations=None, image=IMAGE_B, suspend=False, **rollout):
    """Return the agent that asks for B; `rollout` is in API spelling."""
    if canary is not None:
        rollout["canary"] = canary
    return build.agent(image=image, annotations=annotations, rollout=rollout, **({"suspend": True} if suspend else {}))


def record(**changes):
    """Return the record of that rollout, with A served."""
    return Record(**({"seq": 1, "served": A, "target": TARGET, "proven": PROVEN} | changes))


def block(rev=B, spec=TARGET.spec, **changes):
    """Return a block on B."""
    return Block(**({"rev": rev, "spec": spec, "reason": "NotAdministrator", "nodes": ("c",), "at": NOW} | changes))


def a(*on, **fields):
    """Return pods of the proven revision."""
    return build.pods(*on, **({"revision": "a", "age": DAY} | fields))


def b(*on, **fields):
    """Return pods of the target, that started after it became the target."""
    return build.pods(*on, **({"revision": "b", "age": HOUR / 2} | fields))


def x(*on, **fields):
    """Return pods of neither."""
    return build.pods(*on, **({"revision": "x", "age": DAY} | fields))


def starting(on, **fields):
    """Return the pod of the target that was just made."""
    return build.starting_pod(on, **({"revision": "b"} | fields))


def denied(on, **fields):
    """Return the pod of the target that has no administrator rights."""
    return build.denied_pod(on, **({"revision": "b", "age": 30 * SECOND} | fields))


def world(agent, *pods, nodes="abcd", noted=None, digest=None, **changes):
    """Return the snapshot in which the DaemonSet serves what the record says, in place and acted on.

    Args:
        nodes: names of nodes that are as old as the proven revision, or nodes.
    """
    noted = noted or record()
    digest = digest or {A: PROVEN.digest, B: TARGET.digest}.get(noted.served, X_DIGEST)
    stamp = spec_stamp(agent, noted.served)
    served = build.daemonset(agent, written_as=noted, stamp=stamp, digest=digest)
    seen = build.scene(
        agent,
        nodes=[build.node(each) if isinstance(each, str) else each for each in nodes],
        pods=pods,
        daemonset=served,
        revisions=REVISIONS,
        written=build.Written(served.uid, served.generation, digest),
    )
    return replace(seen, **changes)


def told(agent, seen, plan=None):
    """Return Ready, and which of Reconciling and Stalled is True."""
    status = compute_status(agent, seen, plan or plan_rollout(agent, seen, NOW), NOW)
    outlook = (ConditionType.RECONCILING, ConditionType.STALLED)
    return (
        status.condition(ConditionType.READY).status,
        *(kind.value for kind in outlook if (found := status.condition(kind)) and found.status == "True"),
    )
