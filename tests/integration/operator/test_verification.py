"""What a log says and what becomes of it: on the pod, in the status, for people."""

import pytest

from control_plane import wait_for
from support.agents import condition

GATE = "hostprocess.dev/AdminRightsVerified"


def gates(one):
    """Return status and reason of the verdict on each node."""
    found = {node: condition(pod, GATE) for node, pod in one.pods().items()}
    return {node: (gate.get("status"), gate.get("reason")) for node, gate in found.items()}


@pytest.mark.parametrize(
    ("word", "status", "reason"),
    [
        ("log-no-admin", "False", "NotAdministrator"),
        ("log-wrong-account", "False", "WrongAccount"),
        ("log-not-hostprocess", "False", "NotHostProcess"),
        ("log-blank", "Unknown", "UnreadableReport"),
        ("log-garbage", "Unknown", "UnreadableReport"),
        ("log-error", "Unknown", "ProbeError"),
    ],
)
def test_a_node_without_proof_is_named_with_reason_and_advice(one, nodes, word, status, reason):
    (bad,) = nodes(1, word=word)
    good = nodes(2)
    one.apply()
    found = one.wait(ready="False", reason=reason, verified=2, available=2, timeout=40)
    assert found["status"]["summary"] == {"nodes": "2/3", "adminRights": "2/3"}
    assert gates(one) == {bad: (status, reason)} | dict.fromkeys(good, ("True", "Administrator"))
    ready = condition(found, "Ready")
    assert bad in ready["message"]
    assert condition(found, "Stalled")["message"] == ready["message"]
    (problem,) = found["status"]["problems"]
    assert (problem["node"], problem["reason"]) == (bad, reason)
    assert str(found["status"]).isprintable()


@pytest.mark.parametrize("word", ["log-plain", "log-huge"])
def test_a_log_that_is_odd_but_says_true_is_proof(one, nodes, word):
    nodes(1)
    one.apply(tag=f"1.0-{word}")
    if word == "log-huge":  # a megabyte stands before the report: more than is ever read
        one.wait(ready="False", reason="NoReport", timeout=40)
    else:
        one.wait_verified(1)


def test_a_silent_log_is_unknown_after_a_few_reads_and_no_more(one, nodes, audit):
    nodes(1)
    one.apply(tag="1.0-log-silent")
    found = one.wait(ready="False", reason="NoReport", timeout=40)
    assert condition(found, "Stalled")["status"] == "True"
    assert audit.count("pods/log", "get") == 5


def test_a_log_that_cannot_be_read_is_tried_again_without_a_verdict(one, nodes, audit):
    nodes(1, word="log-missing")
    one.apply()
    wait_for(lambda: audit.count("pods/log", "get") >= 3, 20, "several reads")
    one.wait(ready="False", reason="Verifying")
    assert all(status is None for status, _ in gates(one).values())


def test_a_pod_that_restarts_in_place_is_proven_again(one, nodes, plane, audit):
    nodes(1)
    one.apply(rollout={"nodeImpactSeconds": 0})  # proven at once, so that one restart is nothing unusual
    one.wait_verified(1)
    (pod,) = one.pods().values()
    audit.mark()
    reboot(plane, pod)
    wait_for(lambda: audit.count("pods/log", "get") == 1, 20, "the log of the new run to be read")
    one.wait_verified(1)
    assert one.pods()[pod["spec"]["nodeName"]]["metadata"]["uid"] == pod["metadata"]["uid"]


def test_a_pod_that_restarts_in_place_without_a_log_never_turns_the_agent_green(one, nodes, plane):
    nodes(1)
    one.apply(verification={"timeoutSeconds": 10})
    one.wait_verified(1)
    (pod,) = one.pods().values()
    reboot(plane, pod, "log-missing")
    one.wait(ready="False", timeout=40, verified=0)
    # the old verdict opens the pod's gate, and still the agent is not shown as verified
    one.edit(rollout={"minReadySeconds": 1})
    found = one.wait(ready="False")
    assert found["status"]["summary"]["adminRights"] == "0/1"


def test_a_restart_that_loses_its_rights_is_denied(one, nodes, plane):
    nodes(2)
    one.apply()
    one.wait_verified(2)
    node, pod = min(one.pods().items())
    reboot(plane, pod, "log-no-admin")
    found = one.wait(ready="False", reason="NotAdministrator", denied=1, verified=1)
    assert node in condition(found, "Ready")["message"]


def test_a_changed_expectation_is_judged_again_without_a_log_read(one, nodes, audit):
    nodes(2)
    one.apply(tag="1.0-log-no-admin")
    one.wait(ready="False", reason="NotAdministrator", denied=2)
    before = one.uids()
    audit.mark()
    one.edit(verification={"expect": "Any"})
    one.wait_verified(2)
    assert audit.count("pods/log") == 0
    assert one.uids() == before


def reboot(plane, pod, word=None):
    """Let the pod's node reboot: every container of it starts again, and prints what the word says from then on."""
    marks = {"sim.hostprocess.dev/sandboxes": "1"}
    if word:
        marks["sim.hostprocess.dev/log-after-restart"] = word
    metadata = pod["metadata"]
    plane.patch("pods", metadata["name"], {"metadata": {"annotations": marks}}, metadata["namespace"])
