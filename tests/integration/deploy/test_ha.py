"""deploy/ha beside the installation that it is added to: two replicas, and rights on one Lease."""

import os
from pathlib import Path

import pytest
import yaml

from control_plane.waiting import wait_for
from hostprocess_operator.config import load_settings
from support.operator import warnings_in

DEPLOY = Path(__file__).parents[3] / "deploy"
OPERATOR = "system:serviceaccount:hostprocess-system:operator"


@pytest.fixture
def overlay(tmp_path):
    """Return a function that writes a user's kustomization of an installation with the component."""

    def write(installation):
        places = {"resources": [DEPLOY / installation], "components": [DEPLOY / "ha"]}
        relative = {key: [os.path.relpath(place, tmp_path) for place in value] for key, value in places.items()}
        (tmp_path / "kustomization.yaml").write_text(yaml.safe_dump(relative))
        return str(tmp_path)

    return write


@pytest.mark.parametrize("installation", ["base", "default", "namespaced"])
def test_it_can_be_added_to(installed, overlay, installation):
    installed.kubectl("apply", "-f", str(DEPLOY / "samples" / "00-namespace.yaml"))
    done = installed.kubectl("apply", "--server-side", "--dry-run=server", "-k", overlay(installation))
    assert not warnings_in(done)
    rendered = list(yaml.safe_load_all(installed.kubectl("kustomize", overlay(installation)).stdout))
    [deployment] = [item for item in rendered if item["kind"] == "Deployment"]
    [container] = deployment["spec"]["template"]["spec"]["containers"]
    assert load_settings(container["args"], {}).leader_elect
    assert deployment["spec"]["replicas"] == 2


@pytest.mark.parametrize(
    ("verb", "name", "namespace", "granted"),
    [
        pytest.param("create", "", "hostprocess-system", True, id="it may make a lease"),
        pytest.param("get", "hostprocess-operator", "hostprocess-system", True, id="it may look at its own"),
        pytest.param("update", "hostprocess-operator", "hostprocess-system", True, id="it may renew its own"),
        pytest.param("delete", "hostprocess-operator", "hostprocess-system", False, id="it may not delete it"),
        pytest.param("list", "", "hostprocess-system", False, id="it may not see others"),
        pytest.param("update", "another", "hostprocess-system", False, id="it may not take another"),
        pytest.param("update", "node-a", "kube-node-lease", False, id="it may not touch a node's"),
    ],
)
def test_the_operator_and_leases(installed, verb, name, namespace, granted):
    installed.kubectl("apply", "-f", str(DEPLOY / "ha" / "lease-role.yaml"))

    def allowed():
        asked = {"verb": verb, "group": "coordination.k8s.io", "resource": "leases", "name": name}
        review = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SubjectAccessReview",
            "spec": {"user": OPERATOR, "resourceAttributes": asked | {"namespace": namespace}},
        }
        return installed.api.request("POST", installed.api.path("subjectaccessreviews"), review)["status"]["allowed"]

    if granted:
        wait_for(allowed, 10, "RBAC to be in force")
    else:
        assert not allowed()
