"""Rollouts that cannot take the fleet down: canaries, failures that are charged or excused, halt and rollback."""

import os
import time

import pytest

from control_plane import Recording, wait_for
from support.agents import condition, is_current

FLEET, CANARIES = int(os.environ.get("FLEET", "16")), 2
"""Nodes of the larger fleets; `FLEET=50` is what was accepted, fewer show the same sooner."""


def proven(one, nodes, *, timeout=60, **rollout):
    """Bring up the first version on so many nodes and wait until it is what a rollback would return to."""
    one.apply(rollout={"nodeImpactSeconds": 2, "maxUnavailable": "10%"} | rollout)
    one.wait_verified(nodes, timeout=timeout)

    def is_proven():
        revisions = one.get()["status"]["revisions"]
        return revisions["target"] if revisions.get("proven") == revisions["target"] else None

    return wait_for(is_proven, timeout, "the first version to be proven")


def update(one, tag):
    """Ask for another version of the agent; return its generation."""
    container = one.get()["spec"]["containers"][0] | {"image": f"registry.example/agent:{tag}"}
    return one.edit(containers=[container])["metadata"]["generation"]


def deleted(audit):
    """Return the names of the pods that the operator deleted, in order."""
    return [event.name for event in audit.events("pods", "delete")]


def phase(one, expected, *, timeout=60):
    """Return the agent once its rollout is in that phase for its current spec."""

    def look():
        found = one.get()
        assert is_current(found)
        assert found["status"]["rollout"]["phase"] == expected, condition(found, "Ready")
        return found

    return wait_for(look, timeout, f"the phase {expected}")


def test_a_good_version_is_tried_on_the_canaries_baked_and_rolled_out(one, nodes, audit):
    nodes(FLEET)
    proven(one, FLEET, canary={"nodes": CANARIES, "bakeSeconds": 3})
    before = {pod["metadata"]["name"]: node for node, pod in one.pods().items()}
    audit.mark()
    update(one, "2.0")
    found = one.wait(reason="CanaryBaking", timeout=30)
    canaries = found["status"]["rollout"]["canaryNodes"]
    assert len(canaries) == CANARIES
    assert sorted(before[name] for name in deleted(audit)) == canaries
    assert found["status"]["nodes"]["verified"] == FLEET
    baking = time.monotonic()
    wait_for(lambda: len(deleted(audit)) > CANARIES, 30, "the rollout to go on")
    assert time.monotonic() - baking > 1
    one.wait(ready="True", reason="AllVerified", updated=FLEET, timeout=120)
    assert len(deleted(audit)) == FLEET
    assert set(one.images().values()) == {"2.0"}


@pytest.mark.parametrize(
    ("tag", "reason"),
    [
        pytest.param("2.0-log-no-admin", "NotAdministrator", id="its process is denied rights"),
        pytest.param("2.0-fail-crash", "CrashLoop", id="it crash-loops"),
    ],
)
def test_a_bad_version_halts_on_the_canaries_and_the_others_are_never_touched(one, nodes, audit, tag, reason):
    nodes(FLEET)
    first = proven(one, FLEET, canary={"nodes": CANARIES, "bakeSeconds": 3})
    before = one.uids()
    audit.mark()
    update(one, tag)
    found = phase(one, "Halted", timeout=90)
    assert condition(found, "Ready")["reason"] == "Halted"
    assert reason in condition(found, "Stalled")["message"]
    assert found["status"]["revisions"]["blocked"][0]["reason"] == reason
    assert found["status"]["revisions"]["proven"] == first
    after = one.uids()
    assert sum(before[node] == after[node] for node in before) >= FLEET - CANARIES
    assert len(deleted(audit)) <= CANARIES
    assert one.daemonset()["spec"]["template"]["spec"]["containers"][0]["image"].endswith(":1.0")


def test_a_version_that_cannot_be_pulled_is_rolled_back_without_a_word_in_the_spec(one, nodes, audit):
    nodes(FLEET)
    proven(one, FLEET, canary={"nodes": CANARIES, "bakeSeconds": 3}, onFailure="Rollback", progressDeadlineSeconds=20)
    before, spec = one.uids(), None
    audit.mark()
    update(one, "2.0-fail-pull")
    spec = one.get()["spec"]
    found = phase(one, "RolledBack", timeout=120)
    one.wait(ready="False", reason="RolledBack", verified=FLEET, available=FLEET, timeout=60)
    assert set(one.images().values()) == {"1.0"}
    assert one.get()["spec"] == spec
    after = one.uids()
    assert sum(before[node] == after[node] for node in before) >= FLEET - CANARIES
    assert condition(found, "Stalled")["status"] == "True"
    assert found["status"]["revisions"]["blocked"][0]["reason"] in {"ImagePullFailed", "DeadlineExceeded"}


def test_retry_lifts_the_block_once_and_starts_again_at_the_canaries(one, nodes, plane):
    nodes(4)
    proven(one, 4, canary={"nodes": 1, "bakeSeconds": 1}, onFailure="Rollback")
    update(one, "2.0-log-no-admin")
    found = phase(one, "RolledBack")
    one.wait(reason="RolledBack", verified=4)
    blocked = found["status"]["revisions"]["blocked"][0]["revision"]
    mark = {"metadata": {"annotations": {"hostprocess.dev/retry": blocked}}}
    with Recording(plane.api, plane.api.path("hostprocessagents", one.namespace)) as recording:
        plane.patch("hostprocessagents", one.name, mark, one.namespace)
        wait_for(lambda: "Canary" in phases(recording, one.name), 20, "the canaries to try again")
        phase(one, "RolledBack")
        one.wait(reason="RolledBack", verified=4)
    assert phases(recording, one.name).count("Canary") == 1


def test_retry_after_a_halt_makes_what_failed_anew(one, nodes, plane, audit):
    nodes(4)
    proven(one, 4, canary={"nodes": 1, "bakeSeconds": 1})
    update(one, "2.0-log-no-admin")
    found = phase(one, "Halted")
    (failed,) = [pod for pod in one.pods().values() if "2.0" in pod["spec"]["containers"][0]["image"]]
    audit.mark()
    blocked = found["status"]["revisions"]["blocked"][0]["revision"]
    mark = {"metadata": {"annotations": {"hostprocess.dev/retry": blocked}}}
    plane.patch("hostprocessagents", one.name, mark, one.namespace)
    wait_for(lambda: failed["metadata"]["name"] in deleted(audit), 20, "the failed pod to be made anew")
    phase(one, "Halted")
    assert deleted(audit)[0] == failed["metadata"]["name"]
    assert f"retry={blocked}/2" in condition(one.get(), "Ready")["message"]


def phases(recording, name):
    """Return the phases that a recording shows, without repetition."""
    shown = []
    for state in recording.states(name):
        now = state.get("status", {}).get("rollout", {}).get("phase")
        if now and shown[-1:] != [now]:
            shown.append(now)
    return shown


def test_manual_approval_waits_for_the_revision_to_be_named(one, nodes, plane, audit):
    nodes(4)
    first = proven(one, 4, canary={"nodes": 1, "bakeSeconds": 0, "approval": "Manual"})
    audit.mark()
    update(one, "2.0")
    found = one.wait(reason="AwaitingApproval", timeout=30)
    target = found["status"]["revisions"]["target"]
    assert target in condition(found, "Ready")["message"]
    stale = {"metadata": {"annotations": {"hostprocess.dev/approve": first}}}
    plane.patch("hostprocessagents", one.name, stale, one.namespace)
    wait_for(lambda: "another revision" in condition(one.get(), "Ready")["message"], 20, "it to be called stale")
    assert len(deleted(audit)) == 1
    right = {"metadata": {"annotations": {"hostprocess.dev/approve": target}}}
    plane.patch("hostprocessagents", one.name, right, one.namespace)
    one.wait(ready="True", reason="AllVerified", updated=4, timeout=60)
    assert len(deleted(audit)) == 4


def test_a_restart_goes_through_the_same_gates_and_is_not_undone(one, nodes, plane, audit):
    nodes(4)
    proven(one, 4, canary={"nodes": 1, "bakeSeconds": 1})
    before = one.uids()
    mark = {"metadata": {"annotations": {"hostprocess.dev/restarted-at": "2026-01-01T00:00:00Z"}}}
    plane.patch("hostprocessagents", one.name, mark, one.namespace)
    wait_for(lambda: not set(before.values()) & set(one.uids().values()), 60, "every pod to be another one")
    one.wait(ready="True", reason="AllVerified", updated=4, timeout=60)
    after = one.uids()
    audit.mark()
    mark["metadata"]["annotations"]["hostprocess.dev/restarted-at"] = None
    plane.patch("hostprocessagents", one.name, mark, one.namespace)
    one.edit(rollout={"maxFailures": 1})
    wait_for(lambda: is_current(one.get()), 10, "the edit to be seen")
    assert one.uids() == after
    assert audit.count("pods", "delete") == 0


@pytest.mark.parametrize(("allowed", "halts"), [(0, True), (3, False)])
def test_one_crash_looping_node_of_the_fleet_halts_unless_so_many_may_fail(one, nodes, allowed, halts):
    nodes(FLEET - 1)
    (bad,) = nodes(1, labels={"bad": "yes"})
    proven(one, FLEET, maxUnavailable=5, maxFailures=allowed, progressDeadlineSeconds=20)
    spoil = one.cluster
    with Recording(spoil.api, spoil.api.path("pods", one.namespace)) as pods:
        update(one, "2.0")
        wait_for(lambda: new_pod(pods, bad), 90, f"a pod of the new version on {bad}")
        crash(spoil, one, new_pod(pods, bad))
    if halts:
        found = phase(one, "Halted", timeout=60)
        assert bad in condition(found, "Ready")["message"]
    else:
        one.wait(ready="False", updated=FLEET, available=FLEET - 1, timeout=120)
        assert not one.get()["status"]["revisions"].get("blocked")


def new_pod(recording, node):
    """Return the name of the first pod of the second version on the node, None before it is there."""
    for event in recording.events:
        spec = event.object["spec"]
        if spec.get("nodeName") == node and spec["containers"][0]["image"].endswith(":2.0"):
            return event.object["metadata"]["name"]
    return None


def crash(plane, one, pod):
    """Let the agent of a live pod crash-loop."""
    plane.patch("pods", pod, {"metadata": {"annotations": {"sim.hostprocess.dev/fault": "fail-crash"}}}, one.namespace)


def test_a_version_that_takes_its_node_down_is_charged_and_halted(one, nodes, plane):
    nodes(8)
    proven(one, 8, maxUnavailable=1, nodeImpactSeconds=5)
    with Recording(plane.api, plane.api.path("pods", one.namespace)) as pods:
        update(one, "2.0")
        victim = wait_for(lambda: first_started(pods), 60, "the new version to start on a node")
        plane.patch("nodes", victim, {"metadata": {"annotations": {"sim.hostprocess.dev/ready": "false"}}})
        found = phase(one, "Halted", timeout=60)
    assert "NodeLost" in condition(found, "Ready")["message"]
    assert list(one.images().values()).count("2.0") <= 3


def first_started(recording):
    """Return the node on which the second version runs first, None before it runs anywhere."""
    for event in recording.events:
        statuses = event.object["status"].get("containerStatuses", [])
        running = any("running" in status["state"] for status in statuses)
        if running and event.object["spec"]["containers"][0]["image"].endswith(":2.0"):
            return event.object["spec"]["nodeName"]
    return None


def test_a_deleted_daemonset_of_a_rolled_back_agent_comes_back_with_the_proven_version(one, nodes, plane):
    nodes(3)
    proven(one, 3, onFailure="Rollback")
    update(one, "2.0-log-no-admin")
    phase(one, "RolledBack")
    one.wait(reason="RolledBack", verified=3)
    former = one.daemonset()["metadata"]["uid"]
    plane.kubectl("delete", "daemonset", one.name, "-n", one.namespace)
    wait_for(lambda: one.daemonset()["metadata"]["uid"] != former, 10, "another DaemonSet")
    one.wait(ready="False", reason="RolledBack", verified=3, timeout=30)
    assert set(one.images().values()) == {"1.0"}
