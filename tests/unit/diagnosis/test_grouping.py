"""What is the same on several nodes is said once."""

import random

import pytest

from hostprocess_operator.api.faults import Fault
from hostprocess_operator.api.reasons import Reason
from hostprocess_operator.diagnosis import Severity, group, keeps_out
from hostprocess_operator.diagnosis.finding import found, under_way
from hostprocess_operator.observed import Taint


def crash(pod, code=1):
    return found(Fault.CRASH_LOOP, f"It ends with {code}.", f"See `kubectl logs {pod} -c agent`.", examples=(pod,))


def pulling(minutes):
    return under_way(Reason.PULLING, "It is being pulled{lasting}.", minutes)


def tainted(node):
    return keeps_out(node, [Taint("gpu", "", "NoSchedule")])


MISSING = found(Fault.IMAGE_NOT_FOUND, "There is no image.", "Correct it.")


@pytest.mark.parametrize(
    ("findings", "expected"),
    [
        pytest.param([], [], id="nothing"),
        pytest.param(
            [("win-2", True, MISSING)], ["node win-2: There is no image. Correct it."],
            id="one node",
        ),
        pytest.param(
            [("b", True, MISSING), ("a", True, MISSING)], ["2 nodes: a and b: There is no image. Correct it."],
            id="two nodes",
        ),
        pytest.param(
            [("win-9", True, crash("z")), ("win-2", True, crash("y")), ("win-5", True, crash("x"))],
            ["3 nodes: win-2, win-5 and 1 more: It ends with 1. See `kubectl logs y -c agent`."],
            id="only the pod in the command differs: that of the first node is named",
        ),
        pytest.param(
            [("a", True, tainted("a")), ("spec", True, tainted("spec")), ("win", True, tainted("win"))],
            [("3 nodes: a, spec and 1 more: The taint gpu:NoSchedule keeps the agent off the node. Add a toleration "
             "to spec.tolerations, or take it off: `kubectl taint nodes a gpu:NoSchedule-`.")],
            id="nodes with the names of words of the advice",
        ),
        pytest.param(
            [("a", True, crash("x", 1)), ("b", True, crash("y", 2))],
            [
                "node a: It ends with 1. See `kubectl logs x -c agent`.",
                "node b: It ends with 2. See `kubectl logs y -c agent`.",
            ],
            id="another text is another matter",
        ),
        pytest.param(
            [("a", True, MISSING), ("b", False, MISSING)],
            ["node a: There is no image. Correct it.", "node b, earlier version: There is no image. Correct it."],
            id="versions are told apart, the new one first",
        ),
        pytest.param(
            [("a", True, pulling(1)), ("b", True, pulling(4)), ("c", True, pulling(0))],
            ["3 nodes: a, b and 1 more: It is being pulled for 4 min."],
            id="of what lasts the longest is said",
        ),
        pytest.param(
            [("a", True, pulling(9)), ("b", True, pulling(9)), ("c", True, crash("x")), ("d", True, MISSING)],
            [
                "node d: There is no image. Correct it.",
                "node c: It ends with 1. See `kubectl logs x -c agent`.",
                "2 nodes: a and b: It is being pulled for 9 min.",
            ],
            id="the gravest first, however few",
        ),
        pytest.param(
            [("a", True, crash("x", 1)), ("b", True, crash("y", 2)), ("c", True, crash("z", 2))],
            [
                "2 nodes: b and c: It ends with 2. See `kubectl logs y -c agent`.",
                "node a: It ends with 1. See `kubectl logs x -c agent`.",
            ],
            id="of equals that of most nodes first",
        ),
        pytest.param(
            [("a", True, MISSING), ("a", True, MISSING)], ["node a: There is no image. Correct it."],
            id="a node that is told of twice",
        ),
    ],
)  # fmt: skip
def test_group(findings, expected):
    assert [each.message for each in group(findings)] == expected


def test_group_knows_its_nodes_and_version():
    (only,) = group([("b", False, MISSING), ("a", False, MISSING)])
    assert (only.nodes, only.is_target, only.finding.severity) == (("a", "b"), False, Severity.FAILURE)


def test_order_of_findings_does_not_matter():
    findings = [
        (f"n{number}", number % 3 > 0, finding)
        for number, finding in enumerate(
            [crash("x"), crash("y"), crash("z", 2), MISSING, MISSING, pulling(3), pulling(3)]
        )
    ]
    shuffled = [random.Random(seed).sample(findings, len(findings)) for seed in range(100)]
    assert {group(order) for order in shuffled} == {group(findings)}
