"""A developer's control plane is started in the background, found again, and ended."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def cluster(binaries, tmp_path_factory):
    """Run the command line against a folder of its own; whatever is up there in the end is stopped."""
    directory = tmp_path_factory.mktemp("developer") / "cluster"
    env = {**os.environ, "PYTHONPATH": str(TESTS), "HOSTPROCESS_CONTROL_PLANE_BINARIES": str(binaries)}

    def run(command, *arguments):
        line = [sys.executable, "-m", "control_plane", command, f"--directory={directory}", *arguments]
        return subprocess.run(line, env=env, capture_output=True, text=True, check=False, timeout=90)

    run.directory, run.binaries = directory, binaries
    yield run
    run("down")


def kubectl(cluster, kubeconfig, *arguments):
    command = [cluster.binaries / "kubectl", f"--kubeconfig={kubeconfig}", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.fixture
def kubeconfig(cluster):
    """Start the cluster unless it is up, and return the one line that ``up`` writes to stdout."""
    done = cluster("up", "--nodes=3")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("export KUBECONFIG=")
    return shlex.split(done.stdout)[1].partition("=")[2]


def test_up_gives_a_kubeconfig_of_a_cluster_with_windows_nodes(cluster, kubeconfig):
    assert kubectl(cluster, kubeconfig, "get", "nodes", "-o", "name").split() == [f"node/win-{n}" for n in (1, 2, 3)]


def test_up_again_says_that_it_is_up(cluster, kubeconfig):
    done = cluster("up", "--nodes=7")
    assert "already up" in done.stderr
    assert done.stdout == f"export KUBECONFIG={kubeconfig}\n"


def test_the_operator_logs_in_as_its_service_account(cluster, kubeconfig):
    assert "not found" in cluster("run-operator-env").stderr
    kubectl(cluster, kubeconfig, "create", "namespace", "hostprocess-system")
    kubectl(cluster, kubeconfig, "-n", "hostprocess-system", "create", "serviceaccount", "operator")
    own = shlex.split(cluster("run-operator-env").stdout)[1].partition("=")[2]
    assert "hostprocess-system:operator" in kubectl(cluster, own, "auth", "whoami")
    kubectl(cluster, kubeconfig, "delete", "namespace", "hostprocess-system")


def test_down_stops_it_and_says_so_once(cluster, kubeconfig):
    assert "stopped" in cluster("down").stderr
    assert "no control plane is up" in cluster("down").stderr
    assert "no control plane is up" in cluster("run-operator-env").stderr
    assert (cluster.directory / "kube-apiserver.log").exists()


def test_a_folder_with_something_else_in_it_is_left_alone(cluster, tmp_path):
    (tmp_path / "thesis.txt").touch()
    done = cluster("up", f"--directory={tmp_path}")
    assert (done.returncode, done.stdout) == (1, "")
    assert "something else" in done.stderr
    assert (tmp_path / "thesis.txt").exists()
