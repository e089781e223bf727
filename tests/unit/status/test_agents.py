"""What the agent on one node is doing, in one word."""

from dataclasses import replace

import pytest

from hostprocess_operator.rollout import plan_rollout
from hostprocess_operator.status.agents import Stage, look_at
from hostprocess_operator.verification.runs import Standing
from support import build
from support.build import DAY, HOUR, MINUTE, NEW, NOW, OLD, SECOND

AGENT = build.agent()
ROLLED_OUT = build.record(AGENT, proven=build.proven(AGENT))
ANOTHER_PROVEN = build.record(AGENT, proven=build.proven(AGENT).model_copy(update={"rev": "another"}))
JUST_PROVEN = build.record(AGENT, proven=build.proven(AGENT, age=5 * MINUTE))
NEVER = build.record(AGENT)
OLD_NODE = {"age": 9 * DAY}
JOINED = {"age": 10 * MINUTE}
RETURNED = {"age": 9 * DAY, "ready_for": 10 * MINUTE}
JOINED_LONG_AGO = {"age": HOUR}
DOWN = {"age": 9 * DAY, "ready": False, "ready_for": MINUTE}
CORDONED = {"age": 9 * DAY, "cordoned": True}

UNKNOWN = {"ready": False, "gate": build.verdict("Unknown", "NoReport"), "reported": None}
FRESH = {"age": MINUTE, "ready": False}
BROKEN = FRESH | {"age": DAY, "ready_for": MINUTE}
RESTARTED = {"gate": build.verdict(), "reported": build.report("containerd://an-earlier-run")}


def stage(pod, node, record=ROLLED_OUT):
    """Return the stage of the agent on `node-a`, beside a node whose agent is well."""
    seen = build.scene(
        AGENT,
        nodes=[build.node(**node), build.node("well", **OLD_NODE)],
        pods=[build.pod("well"), *([pod] if pod else [])],
        written_as=record,
    )
    return look_at(plan_rollout(AGENT, seen, NOW), None, NOW)[0].stage


@pytest.mark.parametrize(
    ("pod", "node", "record", "expected"),
    [
        pytest.param(build.pod(), OLD_NODE, ROLLED_OUT, Stage.WELL, id="updated, working and verified"),
        pytest.param(build.pod(**RESTARTED), OLD_NODE, ROLLED_OUT, Stage.RECHECKING, id="working on an old verdict"),
        pytest.param(build.pod(gated=False), OLD_NODE, ROLLED_OUT, Stage.WELL, id="working, and nobody asked for more"),
        pytest.param(build.denied_pod(), OLD_NODE, ROLLED_OUT, Stage.DENIED, id="denied"),
        pytest.param(build.denied_pod(), CORDONED, ROLLED_OUT, Stage.DENIED, id="denied on a cordoned node"),
        pytest.param(build.denied_pod(), JOINED, ROLLED_OUT, Stage.DENIED, id="denied on a node that just joined"),
        pytest.param(build.denied_pod(), DOWN, ROLLED_OUT, Stage.UNREACHABLE, id="denied on a node that is down"),
        pytest.param(
            build.denied_pod(revision=OLD), OLD_NODE, ROLLED_OUT, Stage.OUTDATED, id="denied, but of another revision"
        ),
        pytest.param(build.pod(**UNKNOWN), OLD_NODE, ROLLED_OUT, Stage.UNKNOWN, id="a verdict of Unknown"),
        pytest.param(
            build.pod(**UNKNOWN, revision=OLD), OLD_NODE, ROLLED_OUT, Stage.OUTDATED, id="Unknown, of another revision"
        ),
        pytest.param(build.pod(revision=OLD), OLD_NODE, ROLLED_OUT, Stage.OUTDATED, id="well, but of another revision"),
        pytest.param(
            build.pod(revision=OLD, age=DAY), OLD_NODE, NEVER, Stage.OUTDATED, id="which is never late, but outdated"
        ),
        pytest.param(build.pod(revision=OLD), CORDONED, ROLLED_OUT, Stage.CORDONED, id="outdated on a cordoned node"),
        pytest.param(build.pod(**BROKEN), CORDONED, ROLLED_OUT, Stage.CORDONED, id="broken on a cordoned node"),
        pytest.param(build.pod(), CORDONED, ROLLED_OUT, Stage.WELL, id="well on a cordoned node"),
        pytest.param(None, CORDONED, ROLLED_OUT, Stage.CORDONED, id="without a pod on a cordoned node"),
        pytest.param(build.pod(), DOWN, ROLLED_OUT, Stage.UNREACHABLE, id="on a node that is down"),
        pytest.param(build.starting_pod(), OLD_NODE, NEVER, Stage.VERIFYING, id="not yet judged"),
        pytest.param(build.pod(**FRESH), OLD_NODE, NEVER, Stage.BROKEN, id="verified, and not ready"),
        pytest.param(build.pod(**FRESH, gated=False), OLD_NODE, NEVER, Stage.BROKEN, id="not ready, and nobody asked"),
        pytest.param(build.pod(ready=False, age=HOUR), OLD_NODE, NEVER, Stage.LATE, id="not ready in time"),
        pytest.param(
            build.starting_pod(age=HOUR), OLD_NODE, NEVER, Stage.LATE, id="not judged in time"
        ),
        pytest.param(
            build.pod(**BROKEN), OLD_NODE, ROLLED_OUT, Stage.BROKEN, id="after a day it does not work since a minute"
        ),
        pytest.param(
            build.pod(age=DAY, ready=False, ready_for=HOUR), OLD_NODE, ROLLED_OUT, Stage.LATE,
            id="after a day it does not work since an hour",
        ),
        pytest.param(None, OLD_NODE, ROLLED_OUT, Stage.OUTDATED, id="its pod was deleted just now"),
        pytest.param(None, JOINED, ROLLED_OUT, Stage.STARTING, id="the node joined a while ago"),
        pytest.param(build.starting_pod(), JOINED, ROLLED_OUT, Stage.STARTING, id="the same with a pod on its way"),
        pytest.param(build.pod(**FRESH), RETURNED, ROLLED_OUT, Stage.STARTING, id="the node came back a while ago"),
        pytest.param(build.pod(revision=OLD), RETURNED, ROLLED_OUT, Stage.OUTDATED, id="and brought an old pod"),
        pytest.param(build.pod(**BROKEN), JOINED_LONG_AGO, ROLLED_OUT, Stage.BROKEN,
                     id="the node joined after the rollout, but longer ago than the deadline"),
        pytest.param(build.pod(revision=OLD), JOINED_LONG_AGO, ROLLED_OUT, Stage.OUTDATED,
                     id="an old pod there is an old pod"),
        pytest.param(
            build.pod(**FRESH), {"age": 30 * MINUTE}, ROLLED_OUT, Stage.BROKEN, id="its time to start is just over"
        ),
        pytest.param(
            build.pod(**FRESH), {"age": 30 * MINUTE - SECOND}, ROLLED_OUT, Stage.STARTING, id="and not a second earlier"
        ),
        pytest.param(build.pod(**FRESH), JOINED, JUST_PROVEN, Stage.BROKEN, id="the node joined before it was proven"),
        pytest.param(
            build.pod(**FRESH), {"age": 5 * MINUTE}, JUST_PROVEN, Stage.BROKEN, id="or at the very moment that it was"
        ),
        pytest.param(None, JOINED, NEVER, Stage.OUTDATED, id="the node joined before anything had rolled out"),
        pytest.param(None, JOINED, ANOTHER_PROVEN, Stage.OUTDATED, id="the node joined amid a rollout"),
    ],
)  # fmt: skip
def test_stage(pod, node, record, expected):
    assert stage(pod, node, record) is expected


def test_a_node_that_does_not_say_when_it_joined_did_not_just_join():
    node = replace(build.node("node-a"), created=None, ready_since=None)
    seen = build.scene(AGENT, nodes=[node], pods=[build.pod(**FRESH)], written_as=ROLLED_OUT)
    assert look_at(plan_rollout(AGENT, seen, NOW), None, NOW)[0].stage is Stage.BROKEN


def test_a_rollout_that_lasts_longer_than_the_deadline_is_not_late_where_a_pod_was_just_taken():
    taken = build.record(AGENT, out=build.out("node-a", age=SECOND))
    assert stage(None, OLD_NODE, taken) is Stage.OUTDATED


@pytest.mark.parametrize(
    ("unready_for", "expected"),
    [
        pytest.param(29 * MINUTE, Stage.OUTDATED, id="for less than the deadline"),
        pytest.param(30 * MINUTE, Stage.LATE, id="for as long as the deadline"),
    ],
)
def test_a_pod_that_is_missing_while_the_agent_is_not_ready(unready_for, expected, status_of):
    seen = build.scene(AGENT, nodes=[build.node(**OLD_NODE)], written_as=ROLLED_OUT)
    before = status_of(AGENT, seen, now=NOW - unready_for)
    again = build.scene(AGENT, nodes=[build.node(**OLD_NODE)], written_as=ROLLED_OUT, status=before)
    assert look_at(plan_rollout(AGENT, again, NOW), None, NOW)[0].stage is expected


@pytest.mark.parametrize("stage", Stage)
def test_which_stages_count_against_the_agent(stage):
    [agent] = look_at(
        plan_rollout(AGENT, build.scene(AGENT, nodes=build.nodes("a"), pods=build.pods("a")), NOW), None, NOW
    )
    excused = {Stage.UNREACHABLE, Stage.CORDONED, Stage.STARTING}
    assert type(agent)(agent.state, stage, Standing.VERIFIED).counts is (stage not in excused)


def test_an_agent_knows_its_node_and_pod():
    pods = build.pods("b")
    seen = build.scene(AGENT, nodes=build.nodes("a", "b"), pods=pods)
    agents = look_at(plan_rollout(AGENT, seen, NOW), None, NOW)
    assert [(agent.node, agent.pod, agent.standing) for agent in agents] == [
        ("a", None, None),
        ("b", pods[0], Standing.VERIFIED),
    ]


def test_agentlog_reads_the_container_that_is_asked_for():
    asked = build.agent(
        containers=[{"name": name, "image": "i:1"} for name in ("proxy", "agent")],
        verification={"mode": "AgentLog", "container": "agent"},
    )
    containers = (
        build.container("proxy", run="containerd://proxy"),
        build.container("agent", run="containerd://agent"),
    )
    pod = build.pod(containers=containers, reported=build.report("containerd://agent"))
    seen = build.scene(asked, nodes=[build.node()], pods=[pod])
    plan = plan_rollout(asked, seen, NOW)
    assert [look_at(plan, name, NOW)[0].standing for name in ("agent", "proxy", None)] == [
        Standing.VERIFIED,
        Standing.RECHECKING,
        Standing.RECHECKING,
    ]


def test_the_newest_of_two_pods_is_looked_at():
    seen = build.scene(AGENT, nodes=[build.node()], pods=[build.pod(revision=OLD, age=DAY), build.pod(revision=NEW)])
    [agent] = look_at(plan_rollout(AGENT, seen, NOW), None, NOW)
    assert agent.pod.revision == NEW
