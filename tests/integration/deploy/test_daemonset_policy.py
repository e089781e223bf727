"""Only the operator changes the spec of a DaemonSet that a HostProcessAgent controls."""

import pytest

from control_plane.waiting import wait_for

RECORD = {"hostprocess.dev/rollout": "{}"}


def template(**fields):
    return {"spec": {"template": {"spec": fields}}}


def daemonset(name, namespace, *owners):
    labels = {"hostprocess.dev/agent": name}
    pod = {
        "nodeSelector": {"kubernetes.io/os": "windows", "no": "node"},
        "os": {"name": "windows"},
        "initContainers": [{"name": "first", "image": "one"}, {"name": "second", "image": "two"}],
        "containers": [{"name": "agent", "image": "agent:1"}],
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {
            "name": name,
            "namespace": namespace,
            "annotations": RECORD | {"hostprocess.dev/stamp": "s", "hostprocess.dev/pod-security": "privileged"},
            "ownerReferences": list(owners),
        },
        "spec": {
            "selector": {"matchLabels": labels},
            "updateStrategy": {"type": "OnDelete"},
            "template": {"metadata": {"labels": labels}, "spec": pod},
        },
    }


def owner(cluster, name, namespace):
    """Make an agent and return a reference to it."""
    agent = {"apiVersion": "hostprocess.dev/v1alpha1", "kind": "HostProcessAgent"}
    spec = {"containers": [{"name": "agent", "image": "agent:1"}]}
    [made] = cluster.apply({**agent, "metadata": {"name": name, "namespace": namespace}, "spec": spec})
    return {**agent, "name": name, "uid": made["metadata"]["uid"]}


@pytest.fixture(scope="module")
def guarded(installed, namespace, refusal):
    """Make three DaemonSets: one that an agent controls, one that it only owns, one that nobody does."""
    agent = owner(installed, "guarded", namespace)
    installed.apply(daemonset("guarded", namespace, {**agent, "controller": True, "blockOwnerDeletion": True}))
    installed.apply(daemonset("owned", namespace, agent), daemonset("free", namespace))
    wait_for(lambda: refusal(installed, "daemonset", "guarded", ANOTHER_IMAGE), 20, "the policy to be in force")
    return installed


ANOTHER_IMAGE = template(containers=[{"name": "agent", "image": "rogue"}])
ANOTHER_OWNER = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "other", "uid": "another"}
REORDERED = [
    {"op": "replace", "path": "/spec/template/spec/initContainers/0", "value": {"name": "second", "image": "two"}},
    {"op": "replace", "path": "/spec/template/spec/initContainers/1", "value": {"name": "first", "image": "one"}},
]
RESTART = {"spec": {"template": {"metadata": {"annotations": {"kubectl.kubernetes.io/restartedAt": "now"}}}}}
REFUSED = {
    "another image": (ANOTHER_IMAGE, "strategic"),
    "one more container": (template(containers=[{"name": "rogue", "image": "rogue"}]), "strategic"),
    "init containers in another order": (REORDERED, "json"),
    "one more toleration": (template(tolerations=[{"operator": "Exists"}]), "merge"),
    "another account": (template(securityContext={"windowsOptions": {"runAsUserName": "x"}}), "merge"),
    "a restart of all pods": (RESTART, "merge"),
    "an update strategy of one's own": ({"spec": {"updateStrategy": {"type": "RollingUpdate"}}}, "merge"),
    "minReadySeconds": ({"spec": {"minReadySeconds": 5}}, "merge"),
    "an image, the owner taken away with it": ({"metadata": {"ownerReferences": None}, **ANOTHER_IMAGE}, "merge"),
}
FREE = {
    "an annotation": ({"metadata": {"annotations": {"note": "x"}}}, None),
    "its annotations as they are": ({"metadata": {"annotations": RECORD}}, None),
    "a label": ({"metadata": {"labels": {"team": "x"}}}, None),
    "a finalizer": ({"metadata": {"finalizers": ["example.com/hold"]}}, None),
    "the owner reference taken away": ({"metadata": {"ownerReferences": None}}, None),
    "an owner that does not control it": ({"metadata": {"ownerReferences": [ANOTHER_OWNER]}}, None),
    "the spec as it is": ({"spec": {"updateStrategy": {"type": "OnDelete"}}}, None),
    "the status": ({"status": {"numberReady": 7}}, "status"),
}


@pytest.mark.parametrize(("edit", "patch_type"), REFUSED.values(), ids=REFUSED)
def test_an_administrator_is_sent_to_the_agent(guarded, refusal, edit, patch_type):
    message = refusal(guarded, "daemonset", "guarded", edit, patch_type=patch_type)
    assert message.startswith("403 Forbidden")
    assert "kubectl edit hostprocessagent guarded -n deploy-test" in message


@pytest.mark.parametrize(("edit", "subresource"), FREE.values(), ids=FREE)
def test_other_metadata_and_the_status_are_free(guarded, refusal, edit, subresource):
    assert refusal(guarded, "daemonset", "guarded", edit, subresource=subresource, patch_type="merge") is None


def test_nobody_gives_it_to_another_controller(guarded, refusal):
    edit = {"metadata": {"ownerReferences": [{**ANOTHER_OWNER, "controller": True}]}}
    assert "--cascade=orphan" in refusal(guarded, "daemonset", "guarded", edit, patch_type="merge")


@pytest.mark.parametrize("value", ['{"blocked":[]}', None], ids=["edited", "taken away"])
@pytest.mark.parametrize("key", ["rollout", "stamp", "pod-security"])
def test_nobody_edits_the_record_of_the_rollout(guarded, refusal, key, value):
    edit = {"metadata": {"annotations": {f"hostprocess.dev/{key}": value}}}
    assert "are the record of the rollout" in refusal(guarded, "daemonset", "guarded", edit, patch_type="merge")


@pytest.mark.parametrize("name", ["owned", "free"])
def test_a_daemonset_that_no_agent_controls_is_nobodys_business(guarded, refusal, name):
    assert refusal(guarded, "daemonset", name, ANOTHER_IMAGE) is None


def test_the_operator_changes_the_spec(guarded, operator, refusal):
    wait_for(lambda: refusal(operator, "daemonset", "guarded", ANOTHER_IMAGE) is None, 10, "RBAC to be in force")


def test_the_daemonset_controller_reports_its_status(guarded, namespace):
    def observed():
        found = guarded.get("daemonset", "guarded", namespace)
        return found["status"]["observedGeneration"] == found["metadata"]["generation"]

    wait_for(observed, 20, "the DaemonSet controller to have written the status")


def test_the_garbage_collector_orphans_the_daemonset_of_a_deleted_agent(guarded, namespace):
    guarded.apply(daemonset("orphan", namespace, {**owner(guarded, "orphan", namespace), "controller": True}))
    # the garbage collector looks for new kinds every 30 s
    guarded.delete("hostprocessagent", "orphan", namespace, propagation="Orphan", wait=60)
    assert "ownerReferences" not in guarded.get("daemonset", "orphan", namespace)["metadata"]
