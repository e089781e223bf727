"""The survey: who should have a pod, who has which, whose agent works, and who is late."""

from dataclasses import replace

import pytest

from hostprocess_operator.api.faults import Fault
from hostprocess_operator.manifests import placement_of
from hostprocess_operator.rollout import survey
from hostprocess_operator.rollout.fleet import Expectations
from support import build
from support.build import DAY, HOUR, MINUTE, NOW, SECOND

AGENT = build.agent()
DEADLINE = 30 * MINUTE
EXPECTED = Expectations(
    placement=placement_of(AGENT),
    digest=build.target(AGENT).digest,
    owner_uid=build.DAEMONSET_UID,
    min_ready=10 * SECOND,
    deadline=DEADLINE,
    since=NOW - 10 * DAY,
    out={},
    unready_since=NOW - 20 * DAY,
)


def surveyed(*pods, nodes=None, **expected):
    seen = build.scene(AGENT, nodes=nodes or [build.node()], pods=pods)
    return survey(replace(EXPECTED, **expected), seen, NOW)


def state(*pods, node=None, **expected):
    [found] = surveyed(*pods, nodes=[node or build.node(age=9 * DAY)], **expected).wanted
    return found


def test_nodes_are_wanted_ineligible_or_of_no_concern():
    asked = build.agent(nodeSelector={"pool": "a"})
    inside = {"labels": {"pool": "a"}}
    fleet = surveyed(
        nodes=[
            build.node("wanted", **inside),
            build.node("down", ready=False, **inside),
            build.node("cordoned", cordoned=True, **inside),
            build.node("tainted", taints=[("gpu", "", "NoSchedule")], **inside),
            build.node("of-docker", runtime="docker://20.10.9", **inside),
            build.node("of-docker-and-tainted", runtime="docker://1", taints=[("gpu", "", "NoSchedule")], **inside),
            build.node("too-old", kubelet="v1.22.0", **inside),
            build.node("old-and-fit", kubelet="v1.23.0", runtime="containerd://1.6.0", **inside),
            build.node("elsewhere", taints=[("gpu", "", "NoSchedule")]),
            build.node("of-docker-elsewhere", runtime="docker://20.10.9"),
        ],
        placement=placement_of(asked),
    )
    assert [state.name for state in fleet.wanted] == ["cordoned", "down", "old-and-fit", "wanted"]
    assert [state.name for state in fleet.eligible] == ["old-and-fit", "wanted"]
    assert {unfit.name: unfit.finding.reason for unfit in fleet.ineligible} == {
        "tainted": Fault.TAINT_NOT_TOLERATED,
        "of-docker": Fault.RUNTIME_UNSUPPORTED,
        "of-docker-and-tainted": Fault.RUNTIME_UNSUPPORTED,  # which no toleration mends
        "too-old": Fault.KUBELET_TOO_OLD,
    }


@pytest.mark.parametrize(
    ("pods", "expected"),
    [
        pytest.param([], None, id="no pod"),
        pytest.param([build.pod("node-b")], None, id="a pod elsewhere"),
        pytest.param([build.pod(deleting=True)], None, id="a pod that is going"),
        pytest.param([build.pod(name="one")], "one", id="one pod"),
        pytest.param([build.pod(name="old", age=2 * HOUR), build.pod(name="young")], "young", id="the newest of two"),
        pytest.param([build.pod(name="a"), build.pod(name="b")], "b", id="the last by name of two that are as old"),
        pytest.param(
            [build.pod(name="stays", age=DAY), build.pod(name="goes", deleting=True)], "stays", id="the one that stays"
        ),
        pytest.param(
            [build.pod(name="ours", age=DAY), build.pod(name="stray", owner_uid="somebody")], "ours", id="ours"
        ),
        pytest.param([build.pod(name="orphan", owner_uid="")], "orphan", id="an orphan: it is about to be adopted"),
        pytest.param(
            [build.pod(name="dated", age=DAY), replace(build.pod(name="undated"), created=None)], "dated",
            id="one without a date is the oldest",
        ),
    ],
)  # fmt: skip
def test_the_pod_of_a_node(pods, expected):
    pod = state(*pods).pod
    assert (pod and pod.name) == expected


@pytest.mark.parametrize(
    ("pods", "expected", "updated"),
    [
        pytest.param([build.pod()], {}, True, id="its revision holds the target's template"),
        pytest.param([build.pod(revision=build.OLD)], {}, False, id="its revision holds another"),
        pytest.param([build.pod(revision="unheard-of")], {}, False, id="its revision is not known"),
        pytest.param([build.pod()], {"digest": None}, False, id="it is not known how the target's template is stored"),
        pytest.param([], {}, False, id="there is no pod"),
        pytest.param(
            [build.pod(revision="unheard-of")],
            {"digest": None},
            False,
            id="neither is known, and so they are not equal",
        ),
    ],
)
def test_updated(pods, expected, updated):
    assert state(*pods, **expected).updated is updated


@pytest.mark.parametrize(
    ("pods", "node", "working", "works_in"),
    [
        pytest.param([build.pod()], build.node(), True, 10 * SECOND - HOUR, id="ready for long"),
        pytest.param([build.pod(ready_for=10 * SECOND)], build.node(), True, 0 * SECOND, id="ready for long enough"),
        pytest.param([build.pod(ready_for=9 * SECOND)], build.node(), False, SECOND, id="ready, but not for so long"),
        pytest.param([build.pod(ready=False)], build.node(), False, None, id="not ready"),
        pytest.param([build.pod()], build.node(ready=False), False, None, id="ready on a node that is down"),
        pytest.param([build.pod(deleting=True)], build.node(), False, None, id="ready and going"),
        pytest.param([], build.node(), False, None, id="no pod"),
        pytest.param(
            [replace(build.pod(), ready_since=None)], build.node(), False, 10 * SECOND, id="ready since unknown"
        ),
        pytest.param([build.pod(revision=build.OLD)], build.node(), True, 10 * SECOND - HOUR, id="of any revision"),
    ],
)  # fmt: skip
def test_working(pods, node, working, works_in):
    found = state(*pods, node=node)
    assert found.working is working
    assert found.works_from == (None if works_in is None else NOW + works_in)


@pytest.mark.parametrize(
    ("pods", "node", "expected", "clock"),
    [
        pytest.param([build.pod(age=HOUR, ready=False)], {}, {}, NOW - HOUR, id="the creation of the pod"),
        pytest.param(
            [build.pod(age=DAY, ready=False, ready_for=MINUTE)], {}, {}, NOW - MINUTE,
            id="the moment that an agent stopped working",
        ),
        pytest.param(
            [build.pod(age=DAY, ready_for=SECOND)], {}, {}, NOW - SECOND, id="the moment that it became ready again"
        ),
        pytest.param(
            [build.pod(age=DAY, ready=False)], {"ready_for": HOUR}, {}, NOW - HOUR, id="the return of the node"
        ),
        pytest.param(
            [build.pod(age=DAY, ready=False)], {"ready": False, "ready_for": HOUR}, {}, NOW - DAY,
            id="not the loss of the node",
        ),
        pytest.param([build.pod(age=DAY, ready=False)], {}, {"since": NOW - HOUR}, NOW - HOUR, id="the target's start"),
        pytest.param([], {"age": HOUR}, {}, NOW - HOUR, id="without a pod, the node's joining"),
        pytest.param([], {}, {"out": build.out("node-a")}, NOW - MINUTE, id="without a pod, when we took it"),
        pytest.param([], {}, {"unready_since": NOW - HOUR}, NOW - HOUR, id="without a pod, when Ready turned False"),
        pytest.param(
            [], {"age": DEADLINE - SECOND}, {"unready_since": NOW}, NOW - DEADLINE + SECOND,
            id="without a pod on a node that has joined lately, its joining",
        ),
        pytest.param(
            [], {"age": DEADLINE}, {"unready_since": NOW}, NOW, id="not on one that has had its time: it lost its pod"
        ),
        pytest.param(
            [build.pod(age=DAY, ready=False)], {}, {"out": build.out("node-a"), "unready_since": NOW}, NOW - DAY,
            id="both of which do not matter once there is a pod",
        ),
    ],
)  # fmt: skip
def test_an_agent_is_due_when_the_deadline_has_passed_since(pods, node, expected, clock):
    assert state(*pods, node=build.node(**({"age": 9 * DAY} | node)), **expected).due == clock + DEADLINE


@pytest.mark.parametrize(
    ("node", "joined"),
    [
        pytest.param(build.node(age=HOUR), NOW - HOUR, id="when it was made"),
        pytest.param(build.node(age=DAY, ready_for=HOUR), NOW - HOUR, id="or when it came back"),
        pytest.param(build.node(age=DAY, ready=False, ready_for=HOUR), NOW - DAY, id="not when it went down"),
        pytest.param(replace(build.node(ready=False), created=None), None, id="not known"),
    ],
)
def test_when_a_node_joined(node, joined):
    assert state(node=node).joined == joined


@pytest.mark.parametrize(
    ("restarts", "up", "proven", "works"),
    [
        pytest.param(0, SECOND, False, True, id="an agent that never ended works once it is Ready"),
        pytest.param(1, SECOND, False, False, id="one end of an unproven version is a doubt"),
        pytest.param(1, 30 * SECOND, False, True, id="until it has stayed up for a while"),
        pytest.param(1, SECOND, True, True, id="of a proven version it is nothing unusual"),
        pytest.param(3, SECOND, True, False, id="three ends are, of any version"),
        pytest.param(3, 30 * SECOND, True, True, id="until that one has stayed up for a while"),
    ],
)
def test_an_agent_that_has_ended_has_to_stay_up(restarts, up, proven, works):
    agent = build.container(restarts=restarts, age=up)
    seen = build.pod(ready_for=MINUTE, containers=(build.probe(), agent))
    assert state(seen, is_proven=proven).working is works


def test_a_crash_loop_does_not_put_its_deadline_off_with_every_run():
    looping = build.pod(age=HOUR, ready_for=SECOND, containers=(build.container(restarts=3, age=SECOND),))
    blinked = build.pod(age=HOUR, ready_for=SECOND, containers=(build.container(restarts=1, age=SECOND),))
    assert state(looping).due == NOW - HOUR + DEADLINE
    assert state(blinked).due == NOW - SECOND + DEADLINE


def test_a_pod_that_failed_before_the_retry_is_stale():
    failed = build.denied_pod(age=MINUTE)
    assert state(failed, retried=NOW).stale
    assert not state(failed, retried=NOW - HOUR).stale
    assert not state(build.pod(age=MINUTE), retried=NOW).stale
    assert not state(failed).stale


def test_so_is_one_that_was_made_in_the_second_of_the_retry():
    """Times are whole seconds on the API server; no pod is made anew before the next one."""
    assert state(build.denied_pod(age=0 * SECOND), retried=NOW).stale


def test_a_pod_of_another_revision_or_without_a_date_is_not_stale():
    assert not state(build.denied_pod(age=MINUTE, revision=build.OLD), retried=NOW).stale
    assert not state(replace(build.denied_pod(), created=None), retried=NOW).stale
