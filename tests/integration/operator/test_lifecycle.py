"""Bad edits, foreign DaemonSets, deletion: what must not be disturbed is not, and what must go goes."""

import json
import subprocess

import pytest

from control_plane import NotFoundError, wait_for
from support.agents import agent, condition, is_current

FOREIGN = {
    "selector": {"matchLabels": {"app": "mine"}},
    "template": {
        "metadata": {"labels": {"app": "mine"}},
        "spec": {"nodeSelector": {"none": "such"}, "containers": [{"name": "mine", "image": "mine:1"}]},
    },
}


def gone(plane, kind, namespace):
    return not plane.get(kind, namespace=namespace)["items"]


@pytest.mark.parametrize(
    ("edit", "path"),
    [
        pytest.param({"runAsUserName": "SYSTEM"}, "spec.runAsUserName", id="an account without its authority"),
        pytest.param({"nodeSelector": {"kubernetes.io/os": "linux"}}, "spec.nodeSelector", id="a Linux node"),
        pytest.param({"hostNetwork": False}, "spec.hostNetwork", id="a field that the operator sets"),
        pytest.param({"rollout": {"maxUnavailable": 0}}, "spec.rollout.maxUnavailable", id="a budget of nothing"),
        pytest.param(
            {"initContainers": [{"name": "verify-admin-rights", "image": "mine:1"}]},
            "spec.initContainers[0].name",
            id="the name of the probe",
        ),
    ],
)
def test_an_invalid_edit_is_refused_at_apply_and_disturbs_nothing(one, nodes, plane, edit, path):
    nodes(1)
    one.apply()
    one.wait_verified(1)
    generation, pods = one.daemonset()["metadata"]["generation"], one.uids()
    bad = json.dumps(agent(one.name, one.namespace, one.selector, **edit))
    with pytest.raises(subprocess.CalledProcessError) as refused:
        plane.kubectl("apply", "--server-side", "--force-conflicts", "-f", "-", stdin=bad)
    assert path in refused.value.stderr
    assert (one.daemonset()["metadata"]["generation"], one.uids()) == (generation, pods)


def test_an_invalid_spec_that_got_in_shows_every_error_and_leaves_the_daemonset_alone(one, nodes, plane, lenient_crd):
    nodes(1)
    one.apply()
    one.wait_verified(1)
    generation = one.daemonset()["metadata"]["generation"]
    one.edit(runAsUserName="SYSTEM", rollout={"maxUnavailable": 0}, terminationGracePeriodSeconds=5)
    found = one.wait(ready="False", reason="SpecInvalid")
    valid = condition(found, "Valid")
    assert valid["status"] == "False"
    assert "spec.runAsUserName: " in valid["message"]
    assert "spec.rollout.maxUnavailable: " in valid["message"]
    assert condition(found, "Stalled")["status"] == "True"
    assert one.daemonset()["metadata"]["generation"] == generation
    # a node that joins meanwhile is served and verified: running agents are not disturbed
    nodes(1)
    wait_for(lambda: len(one.pods()) == 2, 10, "a pod on the new node")
    one.wait(ready="False", reason="SpecInvalid", verified=2)
    one.edit(runAsUserName=None, rollout={"maxUnavailable": 1})
    one.wait_verified(2, timeout=40)


def test_a_daemonset_of_somebody_else_is_never_touched(one, nodes, plane, audit):
    nodes(1)
    metadata = {"name": one.name, "namespace": one.namespace}
    plane.apply({"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": metadata, "spec": FOREIGN})
    before = one.daemonset()["metadata"]["generation"]
    one.apply()
    found = one.wait(ready="False", reason="NameConflict")
    assert condition(found, "Stalled")["status"] == "True"
    assert audit.count("daemonsets", "patch") == 0
    assert one.daemonset()["metadata"]["generation"] == before
    plane.delete("daemonset", one.name, one.namespace)
    one.wait_verified(1)


def test_deleting_the_agent_removes_everything(one, nodes, plane):
    nodes(2)
    one.apply()
    one.wait_verified(2)
    plane.kubectl("delete", "hostprocessagent", one.name, "-n", one.namespace)
    for kind in ("daemonsets", "pods", "controllerrevisions"):
        wait_for(lambda kind=kind: gone(plane, kind, one.namespace), 60, f"{kind} to be collected")


def test_deleting_the_agent_while_the_operator_is_down_removes_everything(one, nodes, plane, operator):
    nodes(1)
    one.apply()
    one.wait_verified(1)
    operator.kill()
    try:
        plane.kubectl("delete", "hostprocessagent", one.name, "-n", one.namespace)
        wait_for(lambda: gone(plane, "daemonsets", one.namespace), 60, "the DaemonSet to be collected")
        wait_for(lambda: gone(plane, "pods", one.namespace), 60, "the pods to be collected")
    finally:
        operator.start()


def test_an_agent_made_again_under_its_name_works(one, nodes, plane):
    nodes(1)
    one.apply()
    one.wait_verified(1)
    plane.kubectl("delete", "hostprocessagent", one.name, "-n", one.namespace)
    one.apply()
    one.wait_verified(1, timeout=40)
    assert one.daemonset()["metadata"]["ownerReferences"][0]["uid"] == one.get()["metadata"]["uid"]


def test_deleting_the_namespace_ends_quietly(one, nodes, plane, operator):
    nodes(1)
    one.apply()
    one.wait_verified(1)
    plane.kubectl("delete", "namespace", one.namespace, "--wait=false")

    def namespace_gone():
        try:
            plane.get("namespaces", one.namespace)
        except NotFoundError:
            return True
        return False

    wait_for(namespace_gone, 60, "the namespace to go")
    loud = [line for line in operator.lines() if line.get("namespace") == one.namespace]
    assert not [line for line in loud if line.get("level") in {"error", "critical"}]


def test_sigterm_ends_the_operator_within_ten_seconds_and_without_a_write(one, nodes, operator, audit):
    nodes(2)
    one.apply()
    one.wait_verified(2)
    one.edit(containers=[{"name": "agent", "image": "registry.example/agent:2.0"}])
    try:
        audit.mark()
        assert operator.stop(timeout=10) == 0
        stopped = audit.count()
        one.edit(suspend=True)
        assert not is_current(one.get())
        assert audit.count() == stopped
    finally:
        operator.start()
    one.wait(ready="False", reason="Suspended")
