"""An installation whose kustomization names another namespace: the policies know the operator there, and only there."""

import os
from pathlib import Path

import pytest
import yaml

from control_plane.cluster import Cluster
from control_plane.waiting import wait_for

DEPLOY = Path(__file__).parents[3] / "deploy"
ELSEWHERE = "platform-windows"
SPEC = {"spec": {"minReadySeconds": 5}}
LABEL = {"metadata": {"labels": {"more": "x"}}}


@pytest.fixture(scope="module")
def kustomization(tmp_path_factory):
    """Write a user's kustomization that moves everything, and return its folder."""
    folder = tmp_path_factory.mktemp("moved")
    moved = {"namespace": ELSEWHERE, "resources": [os.path.relpath(DEPLOY / "default", folder)]}
    (folder / "kustomization.yaml").write_text(yaml.safe_dump(moved))
    return str(folder)


@pytest.fixture(scope="module")
def moved(installed, kustomization, binaries, namespace):
    """Move the installation, and return the cluster as the operator sees it that is there now."""
    installed.kubectl("apply", "--server-side", "-k", kustomization)
    agent = {"apiVersion": "hostprocess.dev/v1alpha1", "kind": "HostProcessAgent"}
    spec = {"containers": [{"name": "agent", "image": "agent:1"}]}
    [made] = installed.apply({**agent, "metadata": {"name": "moved", "namespace": namespace}, "spec": spec})
    owner = {**agent, "name": "moved", "uid": made["metadata"]["uid"], "controller": True}
    selector = {"nodeSelector": {"kubernetes.io/os": "windows", "no": "node"}, "os": {"name": "windows"}}
    template = {"metadata": {"labels": {"hostprocess.dev/agent": "moved"}}, "spec": {**spec, **selector}}
    metadata = {"name": "moved", "namespace": namespace}
    installed.apply(
        {
            "apiVersion": "apps/v1",
            "kind": "DaemonSet",
            "metadata": {**metadata, "ownerReferences": [owner]},
            "spec": {"selector": {"matchLabels": template["metadata"]["labels"]}, "template": template},
        },
        {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"schedulerName": "nobody", **spec}},
    )
    kubeconfig = installed.service_account_kubeconfig(ELSEWHERE, "operator")
    with Cluster.from_kubeconfig(kubeconfig, installed.directory, binaries) as cluster:
        yield cluster
    installed.kubectl("apply", "--server-side", "-k", str(DEPLOY / "default"))
    installed.delete("namespace", ELSEWHERE, wait=0)


def test_nothing_names_the_namespace_of_before(installed, kustomization):
    assert "hostprocess-system" not in installed.kubectl("kustomize", kustomization).stdout


def test_the_operator_there_changes_the_spec(moved, refusal):
    wait_for(lambda: refusal(moved, "daemonset", "moved", SPEC) is None, 20, "RBAC and the policies to be in force")


def test_the_operator_there_is_held_to_its_mark(moved, refusal):
    def refused():
        return "'hostprocess-operator-pods'" in str(refusal(moved, "pod", "moved", LABEL, subresource="status"))

    wait_for(refused, 20, "RBAC and the policies to be in force")


def test_everybody_else_is_sent_to_the_agent(moved, installed, refusal):
    wait_for(lambda: "kubectl edit" in str(refusal(installed, "daemonset", "moved", SPEC)), 20, "the policy to refuse")


def test_who_has_the_name_of_before_is_somebody_else(moved, installed, operator, refusal):
    installed.kubectl(
        *("create", "clusterrolebinding", "before", "--clusterrole=hostprocess-operator"),
        "--serviceaccount=hostprocess-system:operator",
    )
    try:
        wait_for(
            lambda: "kubectl edit" in str(refusal(operator, "daemonset", "moved", SPEC)), 20, "the policy to refuse"
        )
    finally:
        installed.delete("clusterrolebinding", "before")
