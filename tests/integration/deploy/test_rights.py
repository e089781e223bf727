"""RBAC as the API server understands it: what the operator may do, and who may make an agent."""

from pathlib import Path

import pytest
import yaml

from control_plane.waiting import wait_for

DEPLOY = Path(__file__).parents[3] / "deploy"
OPERATOR = "system:serviceaccount:hostprocess-system:operator"
MAY = [
    ("list", "hostprocess.dev", "hostprocessagents"),
    ("watch", "hostprocess.dev", "hostprocessagents"),
    ("patch", "hostprocess.dev", "hostprocessagents/status"),
    ("update", "hostprocess.dev", "hostprocessagents/finalizers"),
    ("list", "apps", "daemonsets"),
    ("watch", "apps", "daemonsets"),
    ("create", "apps", "daemonsets"),
    ("patch", "apps", "daemonsets"),
    ("list", "apps", "controllerrevisions"),
    ("watch", "apps", "controllerrevisions"),
    ("create", "apps", "controllerrevisions"),
    ("delete", "apps", "controllerrevisions"),
    ("list", "", "pods"),
    ("watch", "", "pods"),
    ("delete", "", "pods"),
    ("patch", "", "pods/status"),
    ("get", "", "pods/log"),
    ("list", "", "events"),
    ("create", "events.k8s.io", "events"),
    ("patch", "events.k8s.io", "events"),
    ("list", "", "nodes"),
    ("watch", "", "nodes"),
    ("list", "", "namespaces"),
    ("watch", "", "namespaces"),
]
MAY_NOT = [
    ("get", "", "secrets"),
    ("list", "", "secrets"),
    ("get", "", "configmaps"),
    ("create", "", "pods"),
    ("update", "", "pods"),
    ("patch", "", "pods"),
    ("deletecollection", "", "pods"),
    ("update", "", "pods/status"),
    ("create", "", "pods/exec"),
    ("create", "", "pods/eviction"),
    ("create", "", "pods/ephemeralcontainers"),
    ("get", "", "nodes/proxy"),
    ("patch", "", "nodes"),
    ("get", "", "events"),
    ("watch", "", "events"),
    ("get", "", "namespaces"),
    ("patch", "", "namespaces"),
    ("create", "", "serviceaccounts/token"),
    ("get", "apps", "daemonsets"),
    ("update", "apps", "daemonsets"),
    ("delete", "apps", "daemonsets"),
    ("patch", "apps", "daemonsets/status"),
    ("create", "apps", "deployments"),
    ("patch", "apps", "controllerrevisions"),
    ("create", "hostprocess.dev", "hostprocessagents"),
    ("patch", "hostprocess.dev", "hostprocessagents"),
    ("delete", "hostprocess.dev", "hostprocessagents"),
    ("list", "apiextensions.k8s.io", "customresourcedefinitions"),
    ("patch", "admissionregistration.k8s.io", "validatingadmissionpolicies"),
    ("create", "rbac.authorization.k8s.io", "clusterrolebindings"),
    ("impersonate", "", "users"),
]


def allowed(cluster, user, verb, group, resource, namespace):
    resource, _, subresource = resource.partition("/")
    asked = {"verb": verb, "group": group, "resource": resource, "subresource": subresource, "namespace": namespace}
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SubjectAccessReview",
        "spec": {"user": user, "resourceAttributes": asked},
    }
    return cluster.api.request("POST", cluster.api.path("subjectaccessreviews"), review)["status"]["allowed"]


@pytest.mark.parametrize(("verb", "group", "resource"), MAY)
def test_the_operator_may(installed, verb, group, resource):
    wait_for(lambda: allowed(installed, OPERATOR, verb, group, resource, "any"), 10, f"{verb} {resource}")


@pytest.mark.parametrize(("verb", "group", "resource"), MAY_NOT)
def test_the_operator_may_not(installed, verb, group, resource):
    assert not allowed(installed, OPERATOR, verb, group, resource, "hostprocess-system")


def test_the_roles_hold_no_more_than_these_rows(installed):
    roles = [installed.get("clusterrole", name) for name in ("hostprocess-operator", "hostprocess-operator-nodes")]
    rules = [rule for role in roles for rule in role["rules"]]
    granted = {(v, g, r) for rule in rules for v in rule["verbs"] for g in rule["apiGroups"] for r in rule["resources"]}
    assert granted == set(MAY)


def test_the_one_namespace_overlay_grants_the_same_there_and_little_everywhere(installed):
    installed.kubectl("apply", "-f", str(DEPLOY / "samples" / "00-namespace.yaml"))
    # the overlay's bindings beside the installed ones, for an account of their own
    for item in yaml.safe_load_all(installed.kubectl("kustomize", str(DEPLOY / "namespaced")).stdout):
        if item["kind"] in {"RoleBinding", "ClusterRoleBinding"}:
            item["metadata"]["name"] += "-of-one-namespace"
            item["subjects"][0]["name"] += "-of-one-namespace"
            installed.apply(item)
    user = f"{OPERATOR}-of-one-namespace"
    wait_for(lambda: all(allowed(installed, user, *row, "agents") for row in MAY), 10, "RBAC to be in force")
    assert {row[2] for row in MAY if allowed(installed, user, *row, "other")} == {"namespaces", "nodes"}


@pytest.mark.parametrize("role", ["view", "edit", "admin"])
def test_whoever_sees_a_namespace_sees_its_agents_and_makes_none(installed, role):
    def verbs():
        rules = installed.get("clusterrole", role)["rules"] or ()  # null until they are merged for the first time
        return {verb for rule in rules if "hostprocessagents" in rule.get("resources", []) for verb in rule["verbs"]}

    # the controller manager merges aggregated roles, one after the other
    wait_for(lambda: verbs() == {"get", "list", "watch"}, 20, f"the role {role} to see agents and to make none")
