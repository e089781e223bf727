"""Make a namespace refuse the pods of a DaemonSet, one context manager for each way.

Each is called with a cluster and the name of a namespace, yields the fields that the pod's spec needs for it (most need
none), and cures the namespace when it ends. What the DaemonSet controller then says stands in
``tests/data/refusals.yaml``, under the same name.
"""

import contextlib

from control_plane import wait_for
from control_plane.api import ApiError
from support.webhook import denying_webhook

ENFORCE = "pod-security.kubernetes.io/enforce"
POLICY = "no-host-processes"
WEBHOOK = "pods.guard.example.com"
PODS = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}


@contextlib.contextmanager
def pod_security(cluster, namespace, *, level="baseline"):
    """Enforce a Pod Security level that does not know host processes."""
    before = cluster.get("namespace", namespace)["metadata"].get("labels", {}).get(ENFORCE)
    _label(cluster, namespace, level)
    yield {}
    _label(cluster, namespace, before)


@contextlib.contextmanager
def quota(cluster, namespace):
    """Allow no pod."""
    with _quota(cluster, namespace, {"pods": "0"}):
        yield {}


@contextlib.contextmanager
def compute_quota(cluster, namespace):
    """Count requests for CPU, which makes them compulsory."""
    with _quota(cluster, namespace, {"requests.cpu": "100"}):
        yield {}


@contextlib.contextmanager
def priority_class(cluster, namespace):
    """Ask for a priority class that does not exist; cured, it does."""
    name = f"{namespace}-class"
    yield {"priorityClassName": name}
    cluster.apply(
        {"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": name}, "value": 1000}
    )


@contextlib.contextmanager
def service_account(cluster, namespace):
    """Ask for a ServiceAccount that does not exist; cured, it does."""
    yield {"serviceAccountName": "nobody"}
    cluster.apply({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "nobody"}}, namespace=namespace)


@contextlib.contextmanager
def validating_policy(cluster, namespace):
    """Forbid pods with a ValidatingAdmissionPolicy."""
    name = f"{POLICY}-{namespace}"
    policy = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": name},
        "spec": {
            "failurePolicy": "Fail",
            "matchConstraints": {"resourceRules": [PODS]},
            "validations": [{"expression": "false", "message": "HostProcess pods are not allowed here."}],
        },
    }
    binding = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": {"name": name},
        "spec": {
            "policyName": name,
            "validationActions": ["Deny"],
            "matchResources": {"namespaceSelector": _only(namespace)},
        },
    }
    cluster.apply(policy, binding)
    try:
        _wait_in_force(cluster, namespace)
        yield {}
    finally:
        cluster.delete("validatingadmissionpolicybinding", name)
        cluster.delete("validatingadmissionpolicy", name)


@contextlib.contextmanager
def webhook_denies(cluster, namespace):
    """Ask a webhook that denies every pod."""
    message = "privileged pods need a ticket"
    with denying_webhook(message) as client, _webhook(cluster, namespace, client):
        yield {}


@contextlib.contextmanager
def webhook_unreachable(cluster, namespace):
    """Ask a webhook that nobody serves, and that has to be asked."""
    with _webhook(cluster, namespace, {"url": "https://127.0.0.1:1/"}):
        yield {}


REFUSALS = {
    maker.__name__: maker
    for maker in (
        pod_security,
        quota,
        compute_quota,
        priority_class,
        service_account,
        validating_policy,
        webhook_denies,
        webhook_unreachable,
    )
}


def _wait_in_force(cluster, namespace):
    """Wait until the API server refuses a pod: it hears of policies, webhooks and quotas a moment later."""
    pod = {"metadata": {"name": "tried"}, "spec": {"containers": [{"name": "c", "image": "i"}]}}

    def is_refused():
        try:
            cluster.api.request("POST", f"/api/v1/namespaces/{namespace}/pods?dryRun=All", pod)
        except ApiError as error:
            return "default service account" not in str(error) and "serviceaccount" not in str(error)
        return False

    wait_for(is_refused, 20, "the refusal to be in force")


def _label(cluster, namespace, level):
    cluster.patch("namespace", namespace, {"metadata": {"labels": {ENFORCE: level}}})


@contextlib.contextmanager
def _quota(cluster, namespace, hard):
    cluster.apply(
        {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "few"}, "spec": {"hard": hard}},
        namespace=namespace,
    )
    try:
        _wait_in_force(cluster, namespace)
        yield
    finally:
        cluster.delete("resourcequota", "few", namespace)


@contextlib.contextmanager
def _webhook(cluster, namespace, client):
    name = f"guard-{namespace}"
    webhook = {
        "name": WEBHOOK,
        "clientConfig": client,
        "rules": [PODS],
        "namespaceSelector": _only(namespace),
        "failurePolicy": "Fail",
        "timeoutSeconds": 5,
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
    }
    cluster.apply(
        {
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": "ValidatingWebhookConfiguration",
            "metadata": {"name": name},
            "webhooks": [webhook],
        }
    )
    try:
        _wait_in_force(cluster, namespace)
        yield
    finally:
        cluster.delete("validatingwebhookconfiguration", name)


def _only(namespace):
    return {"matchLabels": {"kubernetes.io/metadata.name": namespace}}
