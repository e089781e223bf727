"""Whether the template that is to be served is served: in place, and acted on."""

from dataclasses import replace

import pytest

from hostprocess_operator.observed import Namespace, Written
from hostprocess_operator.rollout import plan_rollout
from support import build
from support.build import NOW

AGENT = build.agent()
SUSPENDED = build.agent(suspend=True)
PRIVILEGED = Namespace(build.NAMESPACE, "privileged", terminating=False)
SEEN = build.scene(AGENT, nodes=build.nodes("a"), pods=build.pods("a"))


def served(agent=AGENT, *, daemonset=None, **changes):
    """Return how far the template is served in a world where all is well but for what is said."""
    seen = replace(SEEN, daemonset=replace(SEEN.daemonset, **(daemonset or {})), **changes)
    serving = plan_rollout(agent, seen, NOW).serving
    return serving.in_place, serving.settled


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        pytest.param({}, (True, True), id="all is well"),
        pytest.param({"written": None}, (False, False), id="it is not known what we wrote last"),
        pytest.param({"daemonset": {"generation": 4}}, (False, False), id="somebody has written it since"),
        pytest.param(
            {"written": Written("another", 3, SEEN.written.digest)}, (False, False), id="we wrote another one"
        ),
        pytest.param({"daemonset": {"stamp": "another"}}, (False, False), id="it is of another spec"),
        pytest.param({"daemonset": {"owner_uid": ""}}, (False, False), id="somebody took its owner off"),
        pytest.param({"daemonset": {"labels": {}}}, (False, False), id="somebody took its labels off"),
        pytest.param(
            {"daemonset": {"labels": SEEN.daemonset.labels | {"team": "x"}}}, (True, True), id="a label of somebody's"
        ),
        pytest.param(
            {"daemonset": {"pod_security": "baseline"}, "namespace": PRIVILEGED}, (False, False),
            id="the namespace had another level when it was written",
        ),
        pytest.param(
            {"daemonset": {"pod_security": "privileged"}, "namespace": PRIVILEGED}, (True, True), id="it has it still"
        ),
        pytest.param({"daemonset": {"pod_security": "baseline"}}, (True, True), id="the level is not known"),
        pytest.param(
            {"agent": SUSPENDED, "daemonset": {"deleting": True}}, (False, False), id="it is being deleted"
        ),
        pytest.param({"daemonset": {"observed_generation": 2}}, (True, False), id="its controller has not seen it"),
        pytest.param({"daemonset": {"observed_generation": 4}}, (True, True), id="its controller has seen a later one"),
        pytest.param({"revisions": ()}, (True, False), id="its pods cannot be told from others"),
    ],
)  # fmt: skip
def test_served(fields, expected):
    assert served(**fields) == expected
