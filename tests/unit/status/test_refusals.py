"""Pods that the API server refuses, or would refuse: said before any is tried, and nothing that works is given up."""

from dataclasses import replace

import pytest

from hostprocess_operator.api.faults import Fault
from hostprocess_operator.api.reasons import Reason
from hostprocess_operator.observed import Event, Namespace
from hostprocess_operator.rollout import plan_rollout
from hostprocess_operator.status import compute_status, unexplained
from support import build
from support.build import DAY, HOUR, MINUTE, NOW, OLD, SECOND, new, old
from support.verdicts import ABC, AGENT, NEVER, seen


def noticed(world, *, ago=MINUTE):
    """Return the world with the status that it was given when its pods were first missing."""
    then = NOW - ago
    return replace(world, status=compute_status(AGENT, world, plan_rollout(AGENT, world, then), then))


def under(world, namespace, **changes):
    """Return the world in such a namespace, which the DaemonSet was written for."""
    return replace(
        world, namespace=namespace, daemonset=replace(world.daemonset, pod_security=namespace.level), **changes
    )


BASELINE = Namespace("agents", "baseline", terminating=False)
PRIVILEGED = Namespace("agents", "privileged", terminating=False)
UNLABELLED = Namespace("agents", "", terminating=False)
CURE = "kubectl label namespace agents pod-security.kubernetes.io/enforce=privileged --overwrite"
TARGET = build.target(AGENT, age=MINUTE)
NO_PODS = noticed(seen(noted=build.record(AGENT, wanted=TARGET)))
NO_QUOTA = (
    'Error creating: pods "x" is forbidden: exceeded quota: few, requested: pods=1, used: pods=9, limited: pods=9'
)
NO_POD_SECURITY = 'Error creating: pods "x" is forbidden: violates PodSecurity "baseline:latest": hostProcess'


def said(message, *, ago=SECOND, reason="FailedCreate"):
    return {build.DAEMONSET_UID: (Event(build.DAEMONSET_UID, reason, message, 3, NOW - ago),)}


@pytest.fixture
def ready_of(status_of):
    return lambda world: status_of(AGENT, world).condition("Ready")


@pytest.mark.parametrize(
    ("world", "reason", "words"),
    [
        pytest.param(
            under(NO_PODS, BASELINE), Fault.POD_SECURITY_REJECTED, CURE,
            id="the namespace's label says it before any pod is tried",
        ),
        pytest.param(
            under(NO_PODS, PRIVILEGED, events=said(NO_QUOTA)), Fault.QUOTA_EXCEEDED, "ResourceQuota few",
            id="the DaemonSet's events say what refused the last pod",
        ),
        pytest.param(
            under(NO_PODS, UNLABELLED, events=said(NO_POD_SECURITY)), Fault.POD_SECURITY_REJECTED, CURE,
            id="a namespace without a label is under the cluster's default, of which only events tell",
        ),
        pytest.param(
            under(NO_PODS, PRIVILEGED, events=said(NO_POD_SECURITY)), Reason.ROLLING, "No pod was made",
            id="what Pod Security said before the namespace was labelled says nothing now",
        ),
        pytest.param(
            under(NO_PODS, PRIVILEGED, events=said(NO_QUOTA, ago=HOUR)), Reason.ROLLING, "No pod was made",
            id="a refusal from before the pods were missing is an old story",
        ),
        pytest.param(
            under(NO_PODS, PRIVILEGED, events=said(NO_QUOTA, ago=MINUTE + 6 * SECOND)), Reason.ROLLING,
            "No pod was made", id="also one from a few seconds before",
        ),
        pytest.param(
            under(NO_PODS, PRIVILEGED, events=said(NO_QUOTA, ago=MINUTE + 5 * SECOND)), Fault.QUOTA_EXCEEDED,
            "ResourceQuota few", id="but clocks may differ by less",
        ),
        pytest.param(
            under(NO_PODS, PRIVILEGED, events=said(NO_QUOTA, ago=MINUTE / 2),
                  nodes=(*ABC[:2], build.node("c", age=10 * SECOND))), Fault.QUOTA_EXCEEDED,
            "ResourceQuota few", id="where pods are missing since different times the earliest counts",
        ),
        pytest.param(
            under(seen(*old("a", "b", "c"), noted=NEVER), BASELINE), Fault.POD_SECURITY_REJECTED,
            "No pod is replaced on nodes a, b and c",
            id="old pods stay, since the next ones would be refused",
        ),
        pytest.param(
            under(seen(*old("a", "b"), *old("c", deleting=True), noted=NEVER), BASELINE),
            Fault.POD_SECURITY_REJECTED, "No pod is replaced on nodes a and b,", id="one that goes does not stay",
        ),
    ],
)  # fmt: skip
def test_a_refusal_stalls_and_names_its_cure(world, reason, words, ready_of, status_of):
    ready = ready_of(world)
    assert (ready.status, ready.reason) == ("False", reason)
    assert words in ready.message
    stalled = status_of(AGENT, world).condition("Stalled") is not None
    assert stalled is (reason is not Reason.ROLLING)


def test_a_refusal_on_a_node_that_joins_is_told_though_the_fleet_was_ready(ready_of):
    nodes = (*ABC[:2], build.node("c", age=10 * SECOND))
    noted = build.record(AGENT, wanted=build.target(AGENT, age=DAY), proven=build.proven(AGENT))
    joined = noticed(seen(*new("a", "b"), nodes=nodes, noted=noted), ago=5 * SECOND)
    assert unexplained(plan_rollout(AGENT, joined, NOW), NOW) == (build.DAEMONSET_UID,)
    assert joined.status.condition("Ready").status == "True"
    ready = ready_of(under(joined, PRIVILEGED, events=said(NO_QUOTA)))
    assert (ready.status, ready.reason) == ("False", Fault.QUOTA_EXCEEDED)
    assert "No pod can be made on node c." in ready.message


def test_a_fleet_that_works_is_ready_and_says_what_would_become_of_its_next_pod(ready_of):
    ready = ready_of(under(seen(*new("a", "b", "c")), BASELINE))
    assert (ready.status, ready.reason) == ("True", "AllVerified")
    assert CURE in ready.message


def test_nothing_is_deleted_while_the_next_pod_would_be_refused():
    world = seen(*old("a", "b", "c"), noted=NEVER)
    assert plan_rollout(AGENT, under(world, PRIVILEGED), NOW).delete
    assert not plan_rollout(AGENT, under(world, BASELINE), NOW).delete


def test_when_the_namespace_changes_its_level_the_daemonset_is_written_so_that_its_controller_tries_again():
    world = seen(*new("a", "b", "c"))
    noted = replace(world, daemonset=replace(world.daemonset, pod_security="baseline"))
    assert plan_rollout(AGENT, replace(noted, namespace=PRIVILEGED), NOW).write
    assert not plan_rollout(AGENT, replace(noted, namespace=BASELINE), NOW).write
    assert not plan_rollout(AGENT, noted, NOW).write


def test_each_node_without_a_pod_is_a_problem_with_the_cure(status_of):
    status = status_of(AGENT, under(NO_PODS, BASELINE))
    assert [(problem.node, problem.reason) for problem in status.problems] == [
        (node.name, "PodSecurityRejected") for node in ABC
    ]
    assert all(CURE in problem.message for problem in status.problems)


@pytest.mark.parametrize(
    "world",
    [
        pytest.param(noticed(seen(*new("a", "b")), ago=10 * SECOND), id="others have theirs"),
        pytest.param(
            noticed(seen(*new("a", "b", deleting=True), nodes=(*ABC[:2], build.node("c", age=10 * SECOND)))),
            id="theirs are going",
        ),
    ],
)
def test_what_was_said_before_the_first_pod_was_missing_is_not_why(world, status_of):
    told = [
        status_of(AGENT, under(world, PRIVILEGED, events=said(NO_QUOTA, ago=ago))).problems
        for ago in (SECOND, MINUTE / 2)
    ]
    assert [[problem.reason for problem in problems] for problems in told] == [["QuotaExceeded"], []]


def test_an_old_pod_that_goes_is_no_missing_one(ready_of):
    leaving = [build.pod(name, revision=OLD, deleting=True, age=DAY) for name in "abc"]
    world = under(noticed(seen(*leaving, noted=build.record(AGENT, wanted=TARGET))), PRIVILEGED)
    assert ready_of(replace(world, events=said(NO_QUOTA))).reason == Reason.ROLLING
