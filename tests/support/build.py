"""Builders of values that the pure packages work on: a test names what matters to it, the rest is an agent at peace.

Times are spoken of as ages, counted back from ``NOW``.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hostprocess_operator.api.agent import HostProcessAgent
from hostprocess_operator.api.names import AGENT_LABEL, PROBE_CONTAINER
from hostprocess_operator.api.parse import InvalidAgent, parse_agent
from hostprocess_operator.manifests import daemonset_labels, daemonset_spec, pod_template, shape_hash, spec_stamp
from hostprocess_operator.observed import (
    Container,
    DaemonSet,
    GateCondition,
    Node,
    Pod,
    Revision,
    Seen,
    Taint,
    Written,
    template_digest,
)
from hostprocess_operator.rollout import Out, Proven, Record, Target, dump_record
from hostprocess_operator.verification.report import Report, StoredReport, dump_report

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
SECOND, MINUTE, HOUR, DAY = (timedelta(**{unit: 1}) for unit in ("seconds", "minutes", "hours", "days"))

NAMESPACE, NAME, AGENT_UID, DAEMONSET_UID = "agents", "inspector", "agent-uid", "daemonset-uid"
SYSTEM = r"NT AUTHORITY\SYSTEM"
NEW, OLD = "new", "old"  # controller-revision-hashes: of the spec's revision, and of any other
OLD_DIGEST = "0" * 16


def agent_body(*, name=NAME, uid=AGENT_UID, generation=1, image="registry.example/agent:1", annotations=None, **spec):
    """Return a HostProcessAgent as the API server sends it; `spec` is in API spelling."""
    metadata = {"name": name, "namespace": NAMESPACE, "uid": uid, "generation": generation}
    containers = [{"name": "agent", "image": image}]
    return {"metadata": metadata | {"annotations": annotations or {}}, "spec": {"containers": containers} | spec}


def agent(**fields):
    """Return a valid agent."""
    parsed = parse_agent(agent_body(**fields))
    if not isinstance(parsed, HostProcessAgent):
        raise TypeError(f"not a valid agent: {parsed.errors}")
    return parsed


def invalid_agent(**fields):
    """Return an agent that breaks a rule: by default, it has no container."""
    parsed = parse_agent(agent_body(**({"containers": []} | fields)))
    if not isinstance(parsed, InvalidAgent):
        raise TypeError("a valid agent")
    return parsed


def node(name="node-a", *, age=DAY, ready=True, ready_for=None, cordoned=False, labels=None, taints=(), **versions):
    """Return a Windows node; `ready_for` is since when its readiness is as it is, `versions` what it reports."""
    return Node(
        name=name,
        uid=f"uid-of-{name}",
        created=NOW - age,
        labels={"kubernetes.io/os": "windows"} | (labels or {}),
        taints=tuple(Taint(*taint) for taint in taints),
        unschedulable=cordoned,
        ready=ready,
        ready_since=NOW - (age if ready_for is None else ready_for),
        **versions,
    )


def nodes(*names, **fields):
    """Return nodes that differ in nothing but their names."""
    return tuple(node(name, **fields) for name in names)


def container(
    name="agent",
    *,
    init=False,
    account="",
    run="containerd://agent-run",
    restarts=0,
    state="running",
    reason="",
    message="",
    exit_code=None,
    age=HOUR,
    ended=None,
):
    """Return a container; `ended` is how long ago its run ended."""
    return Container(
        name=name,
        init=init,
        account=account,
        run=run,
        restarts=restarts,
        state=state,
        reason=reason,
        message=message,
        exit_code=exit_code,
        started=NOW - age if run else None,
        finished=None if ended is None else NOW - ended,
    )


def probe(*, run="containerd://probe-run", age=HOUR):
    """Return the probe after it has ended."""
    return container(
        PROBE_CONTAINER, init=True, run=run, state="terminated", reason="Completed", exit_code=0, age=age, ended=age
    )


def verdict(status="True", reason="Administrator", message="The pod has administrator rights."):
    """Return the verdict on a pod."""
    return GateCondition(status, reason, message, NOW - HOUR)


def report(run="containerd://probe-run", *, admin=True):
    """Return the report of a run as it stands on a pod."""
    return dump_report(StoredReport(run, Report(admin=admin, sid="S-1-5-18")))


def pod(
    on="node-a",
    *,
    name=None,
    revision=NEW,
    owner_uid=DAEMONSET_UID,
    age=HOUR,
    deleting=False,
    ready=True,
    ready_for=None,
    gated=True,
    gate=verdict(),  # noqa: B008  it is frozen
    reported=report(),  # noqa: B008  it is a text
    containers=None,
    phase="Running",
    reason="",
    message="",
):
    """Return the agent's pod on a node; `ready_for` is since when its readiness is as it is."""
    name = name or f"{NAME}-{revision}-{on}"
    return Pod(
        namespace=NAMESPACE,
        name=name,
        uid=f"uid-of-{name}",
        agent=NAME,
        node=on,
        owner_uid=owner_uid,
        revision=revision,
        created=NOW - age,
        deleting=deleting,
        phase=phase,
        reason=reason,
        message=message,
        ready=ready,
        ready_since=NOW - (age if ready_for is None else ready_for),
        gated=gated,
        gate=gate if gated else None,
        report=reported if gated else None,
        account=SYSTEM,
        containers=(probe(age=age), container(age=age)) if containers is None else containers,
    )


def starting_pod(on="node-a", **fields):
    """Return a pod that was just made and has no verdict yet."""
    fresh = {"age": 5 * SECOND, "ready": False, "gate": None, "reported": None}
    return pod(on, **(fresh | fields))


def denied_pod(on="node-a", **fields):
    """Return a pod whose current run has no administrator rights."""
    no_rights = verdict("False", "NotAdministrator", "The pod has no administrator rights. Look for a policy.")
    return pod(on, **({"ready": False, "gate": no_rights, "reported": report(admin=False)} | fields))


def silent_pod(on="node-a", **fields):
    """Return a pod whose current run reported nothing that can be understood."""
    blank = verdict("Unknown", "UnreadableReport", "The answer is blank.")
    return pod(on, **({"ready": False, "gate": blank, "reported": None} | fields))


def pods(*on, **fields):
    """Return pods that differ in nothing but their nodes."""
    return tuple(pod(each, **fields) for each in on)


def new(*on, **fields):
    """Return pods of the spec's revision."""
    return pods(*on, revision=NEW, **fields)


def old(*on, **fields):
    """Return pods of another revision."""
    return pods(*on, revision=OLD, **fields)


def revision(revision_hash, digest, *, owner_uid=DAEMONSET_UID):
    """Return a ControllerRevision of the agent's DaemonSet."""
    name = f"{NAME}-{revision_hash}"
    return Revision(NAMESPACE, name, f"uid-of-{name}", NAME, owner_uid, revision_hash, digest)


def copy(digest):
    """Return the operator's own copy of a template."""
    return replace(revision("", digest, owner_uid=AGENT_UID), name=f"{NAME}-proven-{digest}", is_copy=True)


def target(asked, *, age=DAY, **changes):
    """Return the target that an agent's spec has once it is served."""
    template = template_digest(pod_template(asked))
    return Target(rev=template, spec=shape_hash(asked), digest=template, started=NOW - age).model_copy(update=changes)


def proven(asked, *, age=DAY):
    """Return the revision of an agent's spec as proven."""
    wanted = target(asked)
    return Proven(rev=wanted.rev, spec=wanted.spec, digest=wanted.digest, at=NOW - age)


def out(*names, age=MINUTE, taken=True):
    """Return nodes that are out because of us."""
    return {name: Out(since=NOW - age, taken=taken) for name in names}


def record(asked, *, seq=1, wanted=None, **fields):
    """Return the rollout record of an agent whose spec is served."""
    wanted = wanted or target(asked)
    return Record(**({"seq": seq, "served": wanted.rev, "target": wanted} | fields))


def daemonset(asked, *, written_as=None, **changes):
    """Return the agent's DaemonSet, in place and acted on, with the record `written_as`."""
    template = pod_template(asked)
    made = DaemonSet(
        namespace=NAMESPACE,
        name=asked.name,
        uid=DAEMONSET_UID,
        generation=3,
        observed_generation=3,
        deleting=False,
        owner_uid=asked.uid,
        foreign_owner="",
        labels=daemonset_labels(asked.name),
        stamp=spec_stamp(asked, template_digest(template)),
        pod_security=None,
        record=dump_record(written_as or record(asked)),
        digest=template_digest(template),
        spec=daemonset_spec(asked, template),
        resource_version="7",
    )
    return replace(made, **changes)


def scene(asked, *, nodes=(), pods=(), written_as=None, **changes):
    """Return the snapshot of an agent whose DaemonSet is in place and acted on; `changes` are fields of `Seen`."""
    served = daemonset(asked, written_as=written_as)
    made = Seen(
        daemonset=served,
        pods=tuple(sorted(pods, key=lambda each: each.name)),
        nodes=tuple(sorted(nodes, key=lambda each: each.name)),
        revisions=(revision(NEW, served.digest), revision(OLD, OLD_DIGEST), copy(served.digest)),
        written=Written(served.uid, served.generation, served.digest),
    )
    return replace(made, **changes)


def labelled(name=NAME, **labels):
    """Return the labels of an agent's pods."""
    return {AGENT_LABEL: name} | labels
