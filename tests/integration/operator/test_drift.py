"""The DaemonSet stays as generated, whoever changes what; with the policy nobody else can change it at all."""

import pytest

from control_plane import ApiError, Recording, wait_for
from support.agents import condition

ROGUE = {"name": "rogue", "image": "registry.example/rogue:1.0"}
OURS = "/metadata/labels/app.kubernetes.io~1managed-by"
EDITS = {
    "an added container": {"op": "add", "path": "/spec/template/spec/containers/-", "value": ROGUE},
    "a changed image": {"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": "rogue"},
    "an added toleration": {"op": "add", "path": "/spec/template/spec/tolerations/-", "value": {"operator": "Exists"}},
    "a removed owner reference": {"op": "remove", "path": "/metadata/ownerReferences"},
    "a removed label of ours": {"op": "remove", "path": OURS},
    "a changed update strategy": {"op": "replace", "path": "/spec/updateStrategy", "value": {"type": "RollingUpdate"}},
}
WITHIN = 5
"""Seconds within which drift is mended."""


def shape(daemonset):
    """Return what of a DaemonSet has to stay as generated."""
    metadata = daemonset["metadata"]
    return daemonset["spec"], metadata["labels"], metadata["ownerReferences"]


@pytest.fixture
def running(one, nodes):
    """Return an agent that is verified on three nodes."""
    nodes(3)
    one.apply()
    one.wait_verified(3)
    return one


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_drift_is_restored_and_reaches_no_pod(running, plane, edit):
    generated, pods = shape(running.daemonset()), running.uids()
    with Recording(plane.api, plane.api.path("hostprocessagents", running.namespace)) as recording:
        running.edit_daemonset(edit)
        wait_for(lambda: shape(running.daemonset()) == generated, WITHIN, "the DaemonSet to be restored")
        running.edit(suspend=False)
        running.wait_verified(3)
    assert running.uids() == pods
    assert {condition(state, "Ready")["status"] for state in recording.states(running.name)} == {"True"}


def test_strategy_and_template_in_one_edit_run_no_container_of_the_rogue_template(running, plane):
    generated = shape(running.daemonset())
    with Recording(plane.api, plane.api.path("pods", running.namespace)) as recording:
        running.edit_daemonset(EDITS["a changed update strategy"], EDITS["a changed image"])
        wait_for(lambda: shape(running.daemonset()) == generated, WITHIN, "the DaemonSet to be restored")
        running.wait_verified(3)
    ran = {
        container["image"]
        for event in recording.events
        for container in event.object["status"].get("containerStatuses", [])
        if "running" in container["state"]
    }
    assert ran == {"registry.example/agent:1.0"}


def test_a_foreign_annotation_on_the_daemonset_stays(running):
    running.edit_daemonset({"op": "add", "path": "/metadata/annotations/note", "value": "mine"})
    running.edit_daemonset(EDITS["a changed image"])
    wait_for(lambda: "rogue" not in str(running.daemonset()["spec"]), WITHIN, "the image to be restored")
    assert running.daemonset()["metadata"]["annotations"]["note"] == "mine"


def test_a_deleted_daemonset_comes_back(running, plane):
    former = running.daemonset()["metadata"]["uid"]
    plane.kubectl("delete", "daemonset", running.name, "-n", running.namespace)
    wait_for(lambda: running.daemonset()["metadata"]["uid"] != former, WITHIN, "another DaemonSet")
    running.wait_verified(3)


def test_a_deleted_daemonset_that_left_its_pods_adopts_them(running, plane):
    former, pods = running.daemonset()["metadata"]["uid"], running.uids()
    plane.kubectl("delete", "daemonset", running.name, "-n", running.namespace, "--cascade=orphan")
    wait_for(lambda: running.daemonset()["metadata"]["uid"] != former, WITHIN, "another DaemonSet")
    wait_for(lambda: adopted(running), 10, "the pods to be adopted")
    running.wait_verified(3)
    assert running.uids() == pods


def adopted(one):
    uid = one.daemonset()["metadata"]["uid"]
    return all(pod["metadata"]["ownerReferences"][0]["uid"] == uid for pod in one.pods().values())


@pytest.mark.parametrize("edit", [EDITS["an added container"], EDITS["a changed update strategy"]])
def test_with_the_policy_nobody_else_changes_the_spec(running, policies, edit):
    # a policy takes effect a moment after it was made
    def refused():
        try:
            running.edit_daemonset({"op": "test", "path": "/metadata/name", "value": running.name}, edit)
        except ApiError as error:
            return "hostprocess-daemonsets" in str(error)
        return None

    wait_for(refused, 30, "the policy to refuse an edit")


def test_with_the_policy_the_operator_still_works(running, policies):
    pods = running.uids()
    running.edit(tolerations=[{"key": "more", "operator": "Exists"}])
    wait_for(lambda: "more" in str(running.daemonset()["spec"]), 10, "the operator to write the DaemonSet")
    running.edit(containers=[{"name": "agent", "image": "registry.example/agent:2.0"}])
    running.wait_verified(3, timeout=40)
    assert not set(running.uids().values()) & set(pods.values())
