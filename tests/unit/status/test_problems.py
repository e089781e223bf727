"""Why single nodes do not run the agent: worst first, bounded, in clean words."""

from dataclasses import replace

import pytest

from hostprocess_operator.api.status import MAX_PROBLEMS
from hostprocess_operator.observed import Ended
from support import build
from support.build import DAY, HOUR, MINUTE, NOW, OLD, SECOND

AGENT = build.agent()
OLD_NODES = {"age": 9 * DAY}
ROLLED_OUT = build.record(AGENT, proven=build.proven(AGENT))
FRESH = {"age": MINUTE, "ready": False}
HOSTILE = "\x1b[31mred\x1b[0m \u202eevil\u202c\n\tand so on\x00"


def waiting(reason, message="", name="agent"):
    return build.container(name, state="waiting", reason=reason, message=message)


def ended(exit_code, reason="Error", message=""):
    return build.container(state="terminated", reason=reason, message=message, exit_code=exit_code)


@pytest.fixture
def problems_of(status_of):
    """Return a function to the problems of an agent with these pods, on these nodes or one for each pod."""

    def problems_of(*pods, nodes=None):
        nodes = nodes or [build.node(pod.node, **OLD_NODES) for pod in pods]
        status = status_of(AGENT, build.scene(AGENT, nodes=nodes, pods=pods, written_as=ROLLED_OUT))
        return [(each.node, each.reason, each.message) for each in status.problems]

    return problems_of


@pytest.mark.parametrize(
    ("pod", "node", "reason", "message"),
    [
        pytest.param(
            build.denied_pod(gate=build.verdict("False", "WrongAccount", "Another account.")), {},
            "WrongAccount", "Another account.", id="the verdict, for a run without the rights",
        ),
        pytest.param(
            build.denied_pod(revision=OLD), {}, "NotAdministrator",
            "Of an earlier revision: The pod has no administrator rights. Look for a policy.",
            id="of an older revision too, told apart",
        ),
        pytest.param(
            build.pod(ready=False, gate=build.verdict("Unknown", "NoReport", "Empty."), reported=None), {},
            "NoReport", "Empty.", id="the verdict, for a run that reported nothing",
        ),
        pytest.param(
            build.pod(), {"ready": False}, "NodesUnreachable",
            "The node is not Ready; nothing is known of the agent there.", id="a node that is down",
        ),
        pytest.param(
            build.denied_pod(), {"ready": False}, "NodesUnreachable",
            "The node is not Ready; nothing is known of the agent there.", id="whatever was known before",
        ),
        pytest.param(
            build.pod(**FRESH, containers=(waiting("ErrImagePull", "no such host"),)), {},
            "ImagePullFailed",
            "The image cannot be pulled: no such host. Make sure that the node reaches the registry and trusts it; "
            "it is tried again.",
            id="the diagnosis of a pod that does not start",
        ),
        pytest.param(
            build.pod(**FRESH, phase="Failed", reason="Evicted", message="The node was low on resource: memory."), {},
            "Evicted",
            "The node gave the pod up: The node was low on resource: memory. Make room on the node; "
            "`kubectl describe node node-a` shows what it lacks.",
            id="of one that the node gave up",
        ),
        pytest.param(
            build.pod(revision=OLD), {"cordoned": True}, "NodeCordoned",
            "The node is cordoned, so no pod is replaced there. `kubectl uncordon node-a` ends it.",
            id="a cordoned node with an old pod",
        ),
        pytest.param(
            build.pod(ready=False), {}, "DeadlineExceeded",
            "The agent does not work. spec.rollout.progressDeadlineSeconds have passed.", id="late without any reason",
        ),
        pytest.param(
            build.pod(**FRESH, containers=(waiting(HOSTILE, HOSTILE),)), {},
            "StartFailed",
            "Container agent cannot be started: red evil and so on. See what the node says: "
            "`kubectl describe pod inspector-new-node-a -n agents`.",
            id="hostile words are cleaned",
        ),
    ],
)  # fmt: skip
def test_problem(pod, node, reason, message, problems_of):
    assert problems_of(pod, nodes=[build.node(**OLD_NODES | node)]) == [("node-a", reason, message)]


def test_a_node_without_a_pod_is_a_problem_once_it_is_late(status_of):
    seen = build.scene(AGENT, nodes=[build.node(**OLD_NODES)], written_as=ROLLED_OUT)
    before = status_of(AGENT, seen, now=build.NOW - HOUR)
    [problem] = status_of(
        AGENT, build.scene(AGENT, nodes=[build.node(**OLD_NODES)], written_as=ROLLED_OUT, status=before)
    ).problems
    assert (problem.pod, problem.reason) == ("", "DeadlineExceeded")
    assert problem.message.startswith("No pod was made on the node.")


def test_a_pod_that_does_not_go_is_a_problem_of_its_node(status_of):
    stuck = replace(build.pod(deleting=True), gone_by=NOW - HOUR)
    world = build.scene(AGENT, nodes=[build.node(**OLD_NODES)], pods=[stuck], written_as=ROLLED_OUT)
    assert [(each.node, each.reason) for each in status_of(AGENT, world).problems] == [("node-a", "StuckTerminating")]


def test_an_old_pod_that_works_and_waits_for_its_turn_is_no_problem_though_it_has_just_restarted(problems_of):
    last = Ended(1, "Error", "", NOW)
    restarted = replace(build.container(restarts=1, age=SECOND), last=last)
    assert problems_of(build.pod(revision=OLD, containers=(restarted,))) == []


class TestWrongWindows:
    """The tag of an image names another Windows than the node's."""

    ASKED = build.agent(image="mcr.microsoft.com/windows/nanoserver:ltsc2019")

    def problems(self, status_of, *pods, **node):
        nodes = [build.node(**{**OLD_NODES, "build": "10.0.26100.1"} | node)]
        world = build.scene(self.ASKED, nodes=nodes, pods=pods, written_as=build.record(self.ASKED))
        return [problem.reason for problem in status_of(self.ASKED, world).problems]

    @pytest.mark.parametrize(
        "pods",
        [
            pytest.param([build.starting_pod()], id="while its pod starts"),
            pytest.param([], id="before there is a pod"),
            pytest.param([build.pod(revision=OLD)], id="while the former version runs"),
            pytest.param([build.pod(ready=False)], id="when its time is over"),
        ],
    )
    def test_it_is_told(self, pods, status_of):
        assert self.problems(status_of, *pods) == ["ImageOSMismatch"]

    @pytest.mark.parametrize(
        ("pods", "node", "told"),
        [
            pytest.param([build.pod()], {}, [], id="the agent works all the same"),
            pytest.param([build.starting_pod()], {"build": "10.0.17763"}, [], id="it is the node's Windows"),
            pytest.param(
                [build.pod(**FRESH, containers=(waiting("ErrImagePull"),))], {}, ["ImagePullFailed"],
                id="the kubelet has its own word for it",
            ),
        ],
    )  # fmt: skip
    def test_it_is_not_told_where(self, pods, node, told, status_of):
        assert self.problems(status_of, *pods, **node) == told


def test_nodes_that_cannot_have_the_agent_are_named_last_with_reason_and_cure(problems_of):
    found = problems_of(
        build.denied_pod("f"),
        build.pod("g"),
        nodes=[
            build.node("a", runtime="docker://20.10.9"),
            build.node("b", taints=[("gpu", "yes", "NoSchedule")]),
            *build.nodes("f", **OLD_NODES),
            build.node("g", **OLD_NODES, ready=False),
        ],
    )
    assert [(name, reason) for name, reason, _ in found] == [
        ("f", "NotAdministrator"), ("g", "NodesUnreachable"), ("a", "RuntimeUnsupported"), ("b", "TaintNotTolerated"),
    ]  # fmt: skip
    assert found[2][2].endswith("only containerd runs host processes. Move the node to containerd 1.7 or later.")
    assert found[3][2].startswith("The taint gpu=yes:NoSchedule keeps the agent off the node.")


def test_unfit_nodes_are_among_the_twenty(status_of):
    names = [f"node-{number:02}" for number in range(30)]
    world = build.scene(AGENT, nodes=build.nodes(*names, kubelet="v1.20.0"))
    status = status_of(AGENT, world)
    assert (len(status.problems), status.problems_omitted, status.nodes.ineligible) == (MAX_PROBLEMS, 10, 30)


@pytest.mark.parametrize(
    "pod",
    [
        pytest.param(build.pod(), id="it works"),
        pytest.param(build.starting_pod(), id="it starts"),
        pytest.param(build.pod(revision=OLD), id="it waits for its turn"),
        pytest.param(build.pod(reported=build.report("containerd://earlier")), id="it is being proven again"),
        pytest.param(build.pod(age=DAY, ready=False, ready_for=MINUTE), id="it stopped working a moment ago"),
    ],
)
def test_no_problem(pod, problems_of):
    assert problems_of(pod) == []


def test_the_worst_come_first_and_then_by_name(problems_of):
    stuck = {"containers": (waiting("ErrImagePull"),)}
    silent = {"ready": False, "gate": build.verdict("Unknown", "NoReport"), "reported": None}
    found = problems_of(
        build.pod("a-is-down"),
        build.starting_pod("b-starts-again", **stuck),
        build.pod("c-is-outdated", revision=OLD, ready=False, **stuck),
        build.pod("d-is-broken", age=DAY, ready=False, ready_for=MINUTE, **stuck),
        build.pod("e-is-unknown", **silent),
        build.pod("f-is-late", ready=False),
        build.denied_pod("h-is-denied"),
        build.denied_pod("g-is-denied"),
        nodes=[
            build.node("a-is-down", **OLD_NODES, ready=False),
            build.node("b-starts-again", age=MINUTE),
            *build.nodes("c-is-outdated", "d-is-broken", "e-is-unknown", "f-is-late", **OLD_NODES),
            *build.nodes("g-is-denied", "h-is-denied", **OLD_NODES),
        ],
    )
    assert [name for name, _, _ in found] == [
        "g-is-denied", "h-is-denied", "f-is-late", "e-is-unknown", "d-is-broken", "c-is-outdated", "b-starts-again",
        "a-is-down",
    ]  # fmt: skip


@pytest.mark.parametrize(("count", "omitted"), [(MAX_PROBLEMS, 0), (MAX_PROBLEMS + 1, 1), (50, 50 - MAX_PROBLEMS)])
def test_no_more_than_twenty_and_how_many_more_there_are(count, omitted, status_of):
    names = [f"node-{number:02}" for number in range(count)]
    pods = [build.denied_pod(name) for name in names]
    status = status_of(AGENT, build.scene(AGENT, nodes=build.nodes(*names, **OLD_NODES), pods=pods))
    assert [problem.node for problem in status.problems] == names[:MAX_PROBLEMS]
    assert status.problems_omitted == omitted


def test_a_long_message_is_cut(problems_of):
    words = build.verdict("False", "NotAdministrator", "é" * 5000)
    [(_, _, message)] = problems_of(build.denied_pod(gate=words))
    assert len(message.encode()) <= 640
    assert message.endswith("…")


def test_what_many_nodes_have_in_common_leaves_room_for_the_others(status_of):
    many = [build.denied_pod(f"node-{number:02}") for number in range(30)]
    few = [build.pod(f"other-{number}", ready=False) for number in range(2)]
    pods = [*many, *few]
    nodes = [build.node(pod.node, **OLD_NODES) for pod in pods]
    status = status_of(AGENT, build.scene(AGENT, nodes=nodes, pods=pods, written_as=ROLLED_OUT))
    listed = [problem.node for problem in status.problems]
    assert listed[:5] == ["node-00", "node-01", "node-02", "other-0", "other-1"]
    assert len(listed) == MAX_PROBLEMS
    assert status.problems_omitted == 12


def test_the_pod_is_named(status_of):
    pod = build.denied_pod(name="inspector-x7")
    status = status_of(AGENT, build.scene(AGENT, nodes=[build.node(**OLD_NODES)], pods=[pod]))
    assert [problem.pod for problem in status.problems] == ["inspector-x7"]
