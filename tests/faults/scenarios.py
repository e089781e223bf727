"""What users and clusters do to an agent, as a table: each row is a first version and the steps from there."""

from collections.abc import Callable
from dataclasses import dataclass, field

from control_plane import NotFoundError
from support.agents import condition, is_current

STEP_SECONDS = 60
QUICK = {"nodeImpactSeconds": 1, "maxUnavailable": 1}


@dataclass(frozen=True)
class Step:
    """What somebody does, and how one sees that the operator has dealt with it."""

    do: Callable
    until: Callable


@dataclass(frozen=True)
class Scenario:
    """A row of the table.

    Attributes:
        given: the spec beside the image that is brought up before the steps; None when there is no agent yet.
        lenient: whether the CRD must let invalid specs in.
    """

    name: str
    steps: tuple[Step, ...]
    given: dict | None = field(default_factory=lambda: {"rollout": QUICK})
    nodes: int = 3
    lenient: bool = False


def is_ready(stage, *, tag=None):
    """Return whether everything is verified on every node and proven, in that version."""
    found = stage.agent.get()
    status = found.get("status", {})
    revisions = status.get("revisions", {})
    return (
        is_current(found)
        and condition(found, "Ready").get("reason") == "AllVerified"
        and condition(found, "Ready").get("status") == "True"
        and status["nodes"]["verified"] == len(stage.nodes)
        and revisions.get("proven") == revisions.get("target")
        and (tag is None or set(stage.agent.images().values()) == {tag})
    )


def ready(tag="1.0"):
    """Return the condition that everything is verified and proven in that version."""
    return lambda stage: is_ready(stage, tag=tag)


def phase(expected, *, reason=None, **counts):
    """Return the condition that the rollout of the current spec is in that phase."""

    def look(stage):
        found = stage.agent.get()
        status = found.get("status", {})
        return (
            is_current(found)
            and status.get("rollout", {}).get("phase") == expected
            and reason in {None, condition(found, "Ready").get("reason")}
            and all(status["nodes"][key] == count for key, count in counts.items())
        )

    return look


def image(tag):
    """Return the action that asks for another version."""

    def act(stage):
        container = stage.agent.get()["spec"]["containers"][0] | {"image": f"registry.example/agent:{tag}"}
        stage.agent.edit(containers=[container])

    return act


def apply(stage):
    """Apply the first version."""
    stage.agent.apply(rollout=QUICK)


def delete(stage):
    """Delete the agent, with garbage collection in the background."""
    stage.plane.delete("hostprocessagents", stage.agent.name, stage.namespace, wait=0)


def delete_daemonset(stage):
    """Delete the DaemonSet with its pods."""
    stage.former = stage.agent.daemonset()["metadata"]["uid"]
    stage.plane.delete("daemonsets", stage.agent.name, stage.namespace, wait=0)


def daemonset_is_back(stage):
    """Return whether there is another DaemonSet and everything works."""
    return stage.agent.daemonset()["metadata"]["uid"] != stage.former and is_ready(stage, tag="1.0")


def drift(stage):
    """Change the DaemonSet behind the operator's back: its template, its strategy's neighbour and a label."""
    stage.agent.edit_daemonset(
        {"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": "rogue.example/agent:1"},
        {"op": "add", "path": "/spec/minReadySeconds", "value": 7},
        {"op": "remove", "path": "/metadata/labels/app.kubernetes.io~1managed-by"},
    )


def is_restored(stage):
    """Return whether the DaemonSet is as the operator made it."""
    daemonset = stage.agent.daemonset()
    template = daemonset["spec"]["template"]["spec"]
    return (
        template["containers"][0]["image"] == "registry.example/agent:1.0"
        and not daemonset["spec"].get("minReadySeconds")
        and "app.kubernetes.io/managed-by" in daemonset["metadata"]["labels"]
        and is_ready(stage, tag="1.0")
    )


def make_invalid(stage):
    """Edit the spec into one that no operator can follow."""
    stage.agent.edit(runAsUserName="SYSTEM", terminationGracePeriodSeconds=5)


def is_refused(stage):
    """Return whether the status says that the spec is invalid."""
    found = stage.agent.get()
    return is_current(found) and condition(found, "Ready").get("reason") == "SpecInvalid"


def correct(stage):
    """Make the spec valid again, with another version."""
    image("2.0")(stage)
    stage.agent.edit(runAsUserName=None, terminationGracePeriodSeconds=None)


def churn(stage):
    """Take a node away, make it again under its name, and add another."""
    first = stage.nodes[0]
    stage.plane.remove_nodes(first)
    stage.add_nodes(2, names=[first, f"{first}-more"])


def wipe_status(stage):
    """Remove the whole status of the agent."""
    path = stage.plane.api.path("hostprocessagents", stage.namespace, stage.agent.name)
    body = stage.plane.api.request("GET", path)
    stage.plane.api.request("PUT", f"{path}/status", body | {"status": {}})


def wipe_records(stage):
    """Remove the status and the rollout record on the DaemonSet: the operator starts from what it sees.

    It must see neither without the other: each restores the other.
    """
    stage.proxy.freeze()
    try:
        wipe_status(stage)
        stage.agent.edit_daemonset({"op": "remove", "path": "/metadata/annotations/hostprocess.dev~1rollout"})
    finally:
        stage.proxy.thaw()


def restart(stage):
    """Ask for a restart of every agent."""
    stage.former = set(stage.agent.uids().values())
    mark = {"metadata": {"annotations": {"hostprocess.dev/restarted-at": "2026-01-01T00:00:00Z"}}}
    stage.plane.patch("hostprocessagents", stage.agent.name, mark, stage.namespace)


def is_restarted(stage):
    """Return whether every pod is another one and everything works."""
    return not stage.former & set(stage.agent.uids().values()) and is_ready(stage, tag="1.0")


def gone(stage):
    """Return whether nothing is left of the agent."""
    try:
        return stage.gone()
    except NotFoundError:
        return True


CANARY = {"canary": {"nodes": 1, "bakeSeconds": 1}} | QUICK
SCENARIOS = (
    Scenario("install", (Step(apply, ready()),), given=None),
    Scenario("update", (Step(image("2.0"), ready("2.0")),)),
    Scenario("canary", (Step(image("2.0"), ready("2.0")),), given={"rollout": CANARY}),
    Scenario(
        "canary halts",
        (Step(image("2.0-log-no-admin"), phase("Halted", denied=1)),),
        given={"rollout": CANARY},
    ),
    Scenario(
        "rollback",
        (Step(image("2.0-log-no-admin"), phase("RolledBack", reason="RolledBack", verified=3)),),
        given={"rollout": QUICK | {"onFailure": "Rollback"}},
    ),
    Scenario(
        "rollback, then a corrected version",
        (
            Step(image("2.0-log-no-admin"), phase("RolledBack", reason="RolledBack", verified=3)),
            Step(image("3.0"), ready("3.0")),
        ),
        given={"rollout": QUICK | {"onFailure": "Rollback"}},
    ),
    Scenario("drift", (Step(drift, is_restored),)),
    Scenario("delete and make again", (Step(delete, gone), Step(apply, ready()))),
    Scenario("deleted DaemonSet", (Step(delete_daemonset, daemonset_is_back),)),
    Scenario("invalid edit", (Step(make_invalid, is_refused), Step(correct, ready("2.0"))), lenient=True),
    Scenario("node churn", (Step(churn, ready()),)),
    Scenario("status wiped", (Step(wipe_status, ready()),)),
    Scenario("status and record wiped", (Step(wipe_records, ready()),)),
    Scenario("restart", (Step(restart, is_restarted),)),
)


def scenario(name):
    """Return the scenario of that name."""
    return next(row for row in SCENARIOS if row.name == name)
