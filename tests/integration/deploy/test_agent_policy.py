"""Only the operator changes what an agent's pod reported, its verdict, and the label that makes it an agent's pod."""

import pytest

from control_plane.cluster import Cluster
from control_plane.waiting import wait_for

GATE = "hostprocess.dev/AdminRightsVerified"
REPORT = "hostprocess.dev/report"
LABEL = "hostprocess.dev/agent"
GARBAGE_COLLECTOR = "system:serviceaccount:kube-system:generic-garbage-collector"
OTHER = {"type": "Ready", "status": "False"}
VERDICT = {"type": GATE, "status": "False", "reason": "NotAdministrator"}


def metadata(**fields):
    return {"metadata": fields}


def conditions(*every):
    return {"status": {"conditions": list(every)}}


REPORT_EDITS = {
    "another report": metadata(annotations={REPORT: '{"admin":true}'}),
    "the report taken away": metadata(annotations={REPORT: None}),
}
LABEL_EDITS = {
    "another agent's": metadata(labels={LABEL: "another"}),
    "taken away": metadata(labels={LABEL: None}),
    "taken away with the report": metadata(labels={LABEL: None}, annotations={REPORT: None}),
}
VERDICT_EDITS = {
    "another status": conditions({"type": GATE, "status": "True"}),
    "another reason": conditions({"type": GATE, "status": "False", "reason": "Administrator"}),
    "another time": conditions({"type": GATE, "lastTransitionTime": "2026-02-02T00:00:00Z"}),
    "taken away": conditions({"type": GATE, "$patch": "delete"}),
}
FREE = {
    "another label": metadata(labels={"app": "y"}),
    "another annotation": metadata(annotations={"note": "y"}),
    "an owner": metadata(ownerReferences=[{"apiVersion": "v1", "kind": "Node", "name": "x", "uid": "x"}]),
    "the report as it is": metadata(annotations={REPORT: "{}"}),
    "the label as it is": metadata(labels={LABEL: "demo"}),
}
BY_KUBELETS = {
    "a condition of its own": conditions({"type": "Ready", "status": "True"}),
    "conditions in another order": {
        "status": {
            "$setElementOrder/conditions": [{"type": GATE}, {"type": "Ready"}],
            "conditions": [{"type": "Ready", "status": "True"}],
        }
    },
    "the verdict as it is": conditions(VERDICT),
    "a container's status": {"status": {"containerStatuses": [{"name": "agent", "containerID": "x://1"}]}},
    "the end": {"status": {"phase": "Failed", "reason": "Evicted"}},
}


def of_both(edits):
    """Return a case for each edit of the pod that was judged, and of the new one those that keep nothing of that."""
    return [
        pytest.param(pod, edit, id=f"{pod}: {what}")
        for pod in ("judged", "new")
        for what, edit in edits.items()
        if pod == "judged" or not (REPORT in str(edit) or GATE in str(edit))
    ]


def bare(name, namespace, *, label, annotations):
    labels = {"app": "x"} | ({LABEL: label} if label else {})
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, "labels": labels, "annotations": annotations},
        "spec": {"schedulerName": "nobody", "containers": [{"name": "agent", "image": "agent:1"}]},
    }


@pytest.fixture(scope="module")
def pods(installed, operator, namespace, refusal):
    """Make an agent's pod with report and verdict, one with neither, and a foreign one with both; return the first."""
    installed.apply(
        bare("judged", namespace, label="demo", annotations={REPORT: "{}", "note": "x"}),
        bare("new", namespace, label="demo", annotations={}),
        bare("foreign", namespace, label=None, annotations={REPORT: "{}"}),
    )
    installed.patch("pod", "judged", conditions(OTHER), namespace, subresource="status")
    installed.patch("pod", "foreign", conditions(OTHER, VERDICT), namespace, subresource="status")
    verdict = conditions(VERDICT)
    wait_for(
        lambda: refusal(operator, "pod", "judged", verdict, subresource="status") is None, 20, "RBAC to be in force"
    )
    operator.patch("pod", "judged", verdict, namespace, subresource="status", patch_type="strategic")
    wait_for(
        lambda: refusal(installed, "pod", "judged", REPORT_EDITS["another report"]), 20, "the policy to be in force"
    )
    return "judged"


@pytest.fixture(scope="module")
def editor(installed, binaries, namespace):
    """Return the cluster as somebody sees it who has the built-in role `edit` in the namespace."""
    installed.kubectl("create", "serviceaccount", "editor", "-n", namespace)
    installed.kubectl(
        *("create", "rolebinding", "editor", "-n", namespace, "--clusterrole=edit"),
        f"--serviceaccount={namespace}:editor",
    )
    kubeconfig = installed.service_account_kubeconfig(namespace, "editor")
    with Cluster.from_kubeconfig(kubeconfig, installed.directory, binaries) as cluster:
        yield cluster


@pytest.mark.parametrize("edit", REPORT_EDITS.values(), ids=REPORT_EDITS)
def test_an_editor_forges_no_report(pods, editor, refusal, edit):
    wait_for(lambda: refusal(editor, "pod", pods, FREE["another label"]) is None, 20, "RBAC to be in force")
    message = refusal(editor, "pod", pods, edit)
    assert message.startswith("403 Forbidden")
    assert "kubectl delete pod judged -n deploy-test" in message


@pytest.mark.parametrize("subresource", [None, "status"])
@pytest.mark.parametrize("edit", REPORT_EDITS.values(), ids=REPORT_EDITS)
def test_nor_does_an_administrator_by_either_way(pods, installed, refusal, edit, subresource):
    assert "is what its run reported" in refusal(installed, "pod", pods, edit, subresource=subresource)


@pytest.mark.parametrize("subresource", [None, "status"])
@pytest.mark.parametrize("edit", LABEL_EDITS.values(), ids=LABEL_EDITS)
def test_nobody_takes_a_pod_from_its_agent(pods, installed, refusal, edit, subresource):
    message = refusal(installed, "pod", pods, edit, subresource=subresource)
    assert "'hostprocess-agent-pods'" in message
    assert "kubectl delete pod judged -n deploy-test" in message


def test_nobody_gives_a_pod_to_an_agent(pods, installed, refusal):
    assert "'hostprocess-agent-pods'" in refusal(installed, "pod", "foreign", metadata(labels={LABEL: "demo"}))


@pytest.mark.parametrize("edit", VERDICT_EDITS.values(), ids=VERDICT_EDITS)
def test_nobody_changes_the_verdict(pods, installed, refusal, edit):
    message = refusal(installed, "pod", pods, edit, subresource="status")
    assert GATE in message
    assert "kubectl delete pod judged -n deploy-test" in message


def test_nobody_gives_the_first_verdict(pods, installed, refusal):
    assert GATE in refusal(installed, "pod", "new", VERDICT_EDITS["another status"], subresource="status")


def test_nobody_wipes_the_verdict_with_the_other_conditions(pods, installed, refusal):
    assert GATE in refusal(installed, "pod", pods, conditions(OTHER), subresource="status", patch_type="merge")


@pytest.mark.parametrize(("pod", "edit"), of_both(FREE))
def test_other_metadata_is_free(pods, installed, refusal, pod, edit):
    assert refusal(installed, "pod", pod, edit) is None


@pytest.mark.parametrize(("pod", "edit"), of_both(BY_KUBELETS))
def test_a_kubelet_writes_the_rest_of_the_status(pods, installed, refusal, pod, edit):
    assert refusal(installed, "pod", pod, edit, subresource="status") is None


@pytest.mark.parametrize("edit", [*REPORT_EDITS.values(), *VERDICT_EDITS.values()], ids=[*REPORT_EDITS, *VERDICT_EDITS])
def test_other_pods_are_nobodys_business(pods, installed, refusal, edit):
    assert refusal(installed, "pod", "foreign", edit, subresource="status") is None


def test_the_operator_writes_both(pods, operator, refusal):
    edit = REPORT_EDITS["another report"] | VERDICT_EDITS["another status"]
    assert refusal(operator, "pod", pods, edit, subresource="status") is None


def test_the_daemonset_controller_adopts_a_pod_and_the_garbage_collector_may_orphan_it(pods, installed, namespace):
    def owners():
        return installed.get("pod", "stray", namespace)["metadata"].get("ownerReferences", [])

    stray = bare("stray", namespace, label="adopter", annotations={REPORT: "{}"})
    # the DaemonSet controller deletes what it adopts on no node of its own; the finalizer keeps that to be looked at
    stray["metadata"]["finalizers"] = ["example.com/hold"]
    installed.apply(stray)
    labels, metadata = {LABEL: "adopter"}, {"name": "adopter", "namespace": namespace}
    pod = {"nodeSelector": {"no": "node"}, "containers": [{"name": "agent", "image": "agent:1"}]}
    spec = {"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": pod}}
    try:
        installed.apply({"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": metadata, "spec": spec})
        wait_for(owners, 20, "the DaemonSet controller to adopt the pod")
        # in its name: the real one overlooks what was adopted a moment ago
        orphan = ("--type=merge", "--patch", '{"metadata":{"ownerReferences":null}}')
        installed.kubectl(
            *("patch", "pod", "stray", "-n", namespace, "--dry-run=server", f"--as={GARBAGE_COLLECTOR}"), *orphan
        )
    finally:
        installed.delete("daemonset", "adopter", namespace)
        installed.patch("pod", "stray", {"metadata": {"finalizers": None}}, namespace)
