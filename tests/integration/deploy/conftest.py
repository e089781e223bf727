"""deploy/default, installed once for the tests of this folder as the manual says."""

from pathlib import Path

import pytest

from control_plane.api import ApiError
from control_plane.cluster import PATCH_TYPES, Cluster
from control_plane.waiting import wait_for

DEPLOY = Path(__file__).parents[3] / "deploy"
NAMESPACE = "deploy-test"


@pytest.fixture(scope="module")
def installed(plane):
    """Install deploy/default; take its policies away again, for the tests of life without them."""
    done = plane.kubectl("apply", "--server-side", "-k", str(DEPLOY / "default"))
    assert "Warning" not in done.stderr
    wait_for(lambda: plane.api.resource("hostprocessagents"), 30, "the kind HostProcessAgent")
    yield plane
    plane.kubectl("delete", "-k", str(DEPLOY / "policies"))


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
