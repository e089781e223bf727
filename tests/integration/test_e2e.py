"""The acceptance for real clusters, rehearsed on the local control plane as a person would start it."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from control_plane import NotFoundError
from e2e.installation import MARK, remove

TESTS = Path(__file__).parents[1]
SERVER = "jsonpath={.clusters[0].cluster.server}"
MADE = (
    "namespaces",
    "customresourcedefinitions",
    "clusterroles",
    "clusterrolebindings",
    "validatingadmissionpolicies",
    "validatingadmissionpolicybindings",
)


@pytest.fixture
def start(plane, binaries, nodes, tmp_path):
    """Return a function that starts a run on two nodes of this test, in a process group of its own."""
    names = nodes(2)
    ((key, value),) = nodes.selector.items()
    command = [sys.executable, "-m", "e2e", "--kubeconfig", str(plane.kubeconfig), "--node-selector", f"{key}={value}"]
    command += ["--report", str(tmp_path / "report.md"), "--patience", "1"]
    env = {**os.environ, "PATH": f"{binaries}:{os.environ['PATH']}", "PYTHONPATH": str(TESTS)}
    started = []

    def begin(*arguments):
        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        started.append(subprocess.Popen([*command, *arguments], env=env, text=True, process_group=0, **pipes))
        return started[-1]

    begin.names = names
    yield begin
    for process in started:
        process.kill()
        process.wait()


@pytest.fixture
def report(tmp_path):
    """Return a function that reads the report, as Markdown and JSON."""

    def read():
        return (tmp_path / "report.md").read_text(), json.loads((tmp_path / "report.json").read_text())

    return read


def marked(plane):
    """Return what of a run is in the cluster."""
    kinds = [kind for kind in MADE if plane.get(kind, label_selector=MARK)["items"]]
    return {
        kind: [item["metadata"]["name"] for item in plane.get(kind, label_selector=MARK)["items"]] for kind in kinds
    }


def role(name, **metadata):
    """Return a ClusterRole that allows nothing."""
    metadata = {"name": name, **metadata}
    return {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": metadata, "rules": []}


def finished(process):
    """Return exit status and output of a run."""
    said, _ = process.communicate(timeout=150)
    return process.returncode, said


def test_a_rehearsal_passes_leaves_nothing_and_calls_itself_one(start, report, plane):
    status, said = finished(start("--yes", "--only", "sample", "--only", "local-service"))
    assert status == 0, said
    markdown, found = report()
    assert markdown.startswith("# hostprocess-operator on simulated nodes (kwok), not Windows: 2 passed")
    assert [scenario["outcome"] for scenario in found["scenarios"]] == ["passed", "passed"]
    assert marked(plane) == {}


def test_a_failure_is_shown_with_what_the_cluster_said(start, report, plane):
    broken = ("--only", "update", "--other-image", "registry.example/agent:fail-pull", "--patience", "0.1")
    status, said = finished(start("--yes", *broken))
    assert status == 1, said
    markdown, found = report()
    (scenario,) = found["scenarios"]
    assert scenario["outcome"] == "failed"
    assert "ImagePullBackOff" in str(scenario["evidence"]["pods"])
    assert "ImagePullBackOff" in markdown
    assert marked(plane) == {}
    # the terminal is the person's own, the report is for others
    whole, server = markdown + str(found), plane.kubectl("config", "view", "-o", SERVER).stdout
    assert all(name in said and name not in whole for name in (server, *start.names))
    assert all(name not in whole for name in (server.rpartition(":")[2], "127.", "registry.example"))


def test_ctrl_c_removes_everything_even_when_it_is_pressed_again(start, report, plane):
    process = start("--yes")
    for line in process.stdout:
        if line.startswith(("[2/", "Removing")):
            os.killpg(process.pid, signal.SIGINT)
    assert process.wait(150) == 130
    markdown, found = report()
    assert "It was interrupted" in markdown
    assert [scenario["outcome"] for scenario in found["scenarios"][:2]] == ["passed", "skipped"]
    assert marked(plane) == {}


def test_without_a_yes_nothing_is_made(start, plane):
    status, said = finished(start())
    assert status == 2
    assert "It makes:\n  Namespace hostprocess-e2e-" in said
    assert "Nothing was done" in said
    assert marked(plane) == {}


def test_an_operator_that_is_not_there_cannot_be_put_on_trial(start, plane):
    status, said = finished(start("--yes", "--installed", "--only", "sample", "--patience", "0.2"))
    assert status in {1, 2}, said
    assert "No operator" in said
    assert marked(plane) == {}


@pytest.mark.parametrize(("owner", "stays"), [("mine", False), ("other", True), (None, True)])
def test_only_what_carries_the_mark_of_the_run_is_removed(plane, owner, stays):
    name = f"test-mark-{owner}".lower()
    piece = role(name, labels={MARK: owner} if owner else {})
    plane.apply(piece)
    try:
        assert remove(plane, [piece], "mine", 30) == []
        assert (name in [item["metadata"]["name"] for item in plane.get("clusterroles")["items"]]) is stays
    finally:
        plane.delete("clusterrole", name)


@pytest.fixture
def other_rules(plane):
    """Let the operator's ClusterRole differ from the checkout for one test."""
    name = "hostprocess-operator"
    try:
        before = plane.get("clusterroles", name)["rules"]
        plane.patch("clusterroles", name, {"rules": []})
        yield
        plane.patch("clusterroles", name, {"rules": before})
    except NotFoundError:
        plane.apply(role(name))
        yield
        plane.delete("clusterroles", name)


def test_what_is_there_already_and_differs_is_left_alone(start, other_rules, plane):
    status, said = finished(start("--yes", "--only", "sample"))
    assert status == 2, said
    assert "Nothing was done. ClusterRole hostprocess-operator is in the cluster already and differs" in said
    assert not plane.get("clusterroles", "hostprocess-operator")["rules"]
    assert marked(plane) == {}
