"""The operator changes nothing on pods but its condition and its annotation."""

import pytest

from control_plane.waiting import wait_for

GATE = "hostprocess.dev/AdminRightsVerified"
REPORT = "hostprocess.dev/report"
POLICY = "'hostprocess-operator-pods'"


def metadata(**fields):
    return {"metadata": fields}


def status(**fields):
    return {"status": fields}


def condition(kind, value="True", **more):
    return status(conditions=[{"type": kind, "status": value, **more}])


def container(**fields):
    return {"spec": {"containers": [{"name": "agent", **fields}]}}


VERDICT = {
    "verdict and report": {
        **metadata(annotations={REPORT: '{"admin":true}'}),
        **condition(GATE, reason="Administrator"),
    },
    "the condition alone": condition(GATE, "False", reason="NotAdministrator", message="no"),
    "the report alone": metadata(annotations={REPORT: "other"}),
    "the report taken away": metadata(annotations={REPORT: None}),
    "the condition taken away": status(conditions=[{"type": GATE, "$patch": "delete"}]),
}
REFUSED = {
    "another label value": metadata(labels={"app": "y"}),
    "a label more": metadata(labels={"more": "y"}),
    "a label less": metadata(labels={"app": None}),
    "another annotation's value": metadata(annotations={"note": "y"}),
    "an annotation more": metadata(annotations={"more": "y"}),
    "an annotation less": metadata(annotations={"note": None}),
    "no finalizer": metadata(**{"$deleteFromPrimitiveList/finalizers": ["example.com/hold"]}),
    "another phase": status(phase="Failed"),
    "a reason": status(reason="Evicted"),
    "another pod IP": status(podIP="10.0.0.9"),
    "another host IP": status(hostIP="10.0.0.9"),
    "another start time": status(startTime="2026-02-02T00:00:00Z"),
    "no start time": status(startTime=None),
    "a nominated node": status(nominatedNodeName="n"),
    "a resize": status(resize="Deferred"),
    "another container ID": status(containerStatuses=[{"name": "agent", "containerID": "x://1"}]),
    "an init container's status": status(initContainerStatuses=[{"name": "i"}]),
    "Ready": condition("Ready"),
    "a condition of its own making": condition("example.com/other"),
    "Ready taken away": status(conditions=[{"type": "Ready", "$patch": "delete"}]),
    "the verdict, and a label with it": {**metadata(labels={"app": "y"}), **condition(GATE)},
}
REFUSED_WITH_MORE_RIGHTS = {
    "image": (None, container(image="rogue")),
    "owner": (None, metadata(ownerReferences=[{"apiVersion": "v1", "kind": "Pod", "name": "x", "uid": "x"}])),
    "label": (None, metadata(labels={"app": "y"})),
    "ephemeral container": ("ephemeralcontainers", {"spec": {"ephemeralContainers": [{"name": "x", "image": "x"}]}}),
    "resources": ("resize", container(resources={"requests": {"cpu": "2m"}})),
}


@pytest.fixture(scope="module")
def pod(installed, operator, namespace, refusal):
    """Make a pod that nobody else writes to, and let the operator do more than its RBAC grants."""
    kept = {"labels": {"app": "x"}, "annotations": {"note": "x", REPORT: "{}"}, "finalizers": ["example.com/hold"]}
    agent = {"name": "agent", "image": "agent:1", "resources": {"requests": {"cpu": "1m"}}}
    spec = {"schedulerName": "nobody", "containers": [agent]}
    installed.apply(
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "pod", **kept}, "spec": spec},
        *too_much_rbac(),
        namespace=namespace,
    )
    running = {"name": "agent", "image": "agent:1", "imageID": "", "ready": True, "restartCount": 0}
    before = status(
        phase="Running",
        hostIP="10.0.0.1",
        podIP="10.0.0.1",
        startTime="2026-01-01T00:00:00Z",
        conditions=[{"type": "Ready", "status": "False"}, {"type": GATE, "status": "Unknown"}],
        containerStatuses=[running],
    )
    installed.patch("pod", "pod", before, namespace, subresource="status")
    try:
        wait_for(
            lambda: POLICY in str(refusal(operator, "pod", "pod", metadata(labels={"app": "y"}))),
            20,
            "RBAC and the policy to be in force",
        )
        yield
    finally:
        installed.patch("pod", "pod", metadata(finalizers=None), namespace)


def too_much_rbac():
    api, name = "rbac.authorization.k8s.io", "too-much"
    common = {"apiVersion": f"{api}/v1", "metadata": {"name": name}}
    rule = {"apiGroups": [""], "resources": ["pods", "pods/ephemeralcontainers", "pods/resize"], "verbs": ["patch"]}
    subject = {"kind": "ServiceAccount", "name": "operator", "namespace": "hostprocess-system"}
    role = {"apiGroup": api, "kind": "Role", "name": name}
    return {**common, "kind": "Role", "rules": [rule]}, {
        **common,
        "kind": "RoleBinding",
        "roleRef": role,
        "subjects": [subject],
    }


@pytest.mark.parametrize("edit", VERDICT.values(), ids=VERDICT)
def test_the_operator_writes_its_verdict(pod, operator, refusal, edit):
    assert refusal(operator, "pod", "pod", edit, subresource="status") is None


@pytest.mark.parametrize("edit", REFUSED.values(), ids=REFUSED)
def test_it_writes_nothing_else_of_metadata_and_status(pod, operator, refusal, edit):
    assert POLICY in refusal(operator, "pod", "pod", edit, subresource="status")


def test_a_merge_patch_that_would_wipe_the_other_conditions_is_refused(pod, operator, refusal):
    assert POLICY in refusal(operator, "pod", "pod", condition(GATE), subresource="status", patch_type="merge")


@pytest.mark.parametrize(("subresource", "edit"), REFUSED_WITH_MORE_RIGHTS.values(), ids=REFUSED_WITH_MORE_RIGHTS)
def test_not_even_with_rights_on_the_pod_itself(pod, operator, refusal, subresource, edit):
    assert POLICY in refusal(operator, "pod", "pod", edit, subresource=subresource)


def test_everybody_else_writes_pods_as_before(pod, installed, refusal):
    edit = {**metadata(labels={"app": "y"}), **condition("Ready")}
    assert refusal(installed, "pod", "pod", edit, subresource="status") is None
