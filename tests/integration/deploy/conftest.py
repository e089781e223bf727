"""deploy/default, installed once for the tests of this folder as the manual says."""

import contextlib
import secrets
from pathlib import Path

import pytest

from control_plane.api import ApiError
from control_plane.cluster import PATCH_TYPES, Cluster
from control_plane.waiting import wait_for
from support.operator import warnings_in

DEPLOY = Path(__file__).parents[3] / "deploy"
NAMESPACE = "deploy-test"


@pytest.fixture(scope="module")
def installed(plane):
    """Install deploy/default; take its policies away again, for the tests of life without them."""
    done = plane.kubectl("apply", "--server-side", "-k", str(DEPLOY / "default"))
    assert not warnings_in(done)
    wait_for(lambda: plane.api.resource("hostprocessagents"), 30, "the kind HostProcessAgent")
    _wait_for_policies(plane)
    yield plane
    plane.kubectl("delete", "-k", str(DEPLOY / "policies"))


def _wait_for_policies(plane):
    """Wait until the API server knows of every policy that was applied or deleted before.

    It learns of them late but in order: what another module had installed can still be in force, and then for a moment
    not be. So the last one applied is looked for.
    """
    name = f"marker-{secrets.token_hex(4)}"
    kind = {"apiVersion": "admissionregistration.k8s.io/v1", "metadata": {"name": name}}
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "resources": ["configmaps"], "operations": ["CREATE"]}
    policy = {
        "matchConstraints": {"resourceRules": [rule]},
        "validations": [{"expression": f"object.metadata.name != '{name}'"}],
    }
    binding = {"policyName": name, "validationActions": ["Deny"]}
    plane.apply({**kind, "kind": "ValidatingAdmissionPolicy", "spec": policy})
    plane.apply({**kind, "kind": "ValidatingAdmissionPolicyBinding", "spec": binding})
    marker = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}}

    def refused():
        try:
            plane.api.request("POST", plane.api.path("configmaps", "default", dryRun="All"), marker)
        except ApiError as error:
            return name in str(error)
        return False

    with contextlib.ExitStack() as made:
        for each in ("validatingadmissionpolicy", "validatingadmissionpolicybinding"):
            made.callback(plane.delete, each, name)
        wait_for(refused, 30, "the policies to be in force")


@pytest.fixture(scope="module")
def operator(installed, binaries):
    """Return the cluster as the operator's ServiceAccount sees it."""
    kubeconfig = installed.service_account_kubeconfig("hostprocess-system", "operator")
    with Cluster.from_kubeconfig(kubeconfig, installed.directory, binaries) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def namespace(plane):
    """Return the name of a namespace for all tests of a module: none keeps what it tries."""
    plane.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
    wait_for(lambda: plane.get("serviceaccount", "default", NAMESPACE), 20, "the default ServiceAccount")
    yield NAMESPACE
    plane.delete("namespace", NAMESPACE, wait=60)


@pytest.fixture(scope="module")
def refusal(namespace):
    """Return a function that tries an edit as whoever the cluster is, keeps nothing, and returns what refused it."""

    def try_edit(cluster, kind, name, body, *, subresource=None, patch_type="strategic"):
        path = cluster.api.path(kind, namespace, name, subresource, dryRun="All")
        try:
            cluster.api.request("PATCH", path, body, content_type=PATCH_TYPES[patch_type])
        except ApiError as error:
            return str(error)
        return None

    return try_edit
