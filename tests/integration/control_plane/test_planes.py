"""Control planes start quickly, live side by side, tell what happened, and leave nothing behind."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from control_plane import ApiError, ChildExitedError, ControlPlane, agent_pod, wait_for, windows_node
from control_plane.api import ApiClient

TESTS = Path(__file__).parents[2]
COMPONENTS = {"etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok", "kubelet"}
PARENT = """
import sys, time
from pathlib import Path
from control_plane import ControlPlane
with ControlPlane.start(Path(sys.argv[1])) as plane:
    print(plane.directory, *(child.process.pid for child in plane._children.values()), flush=True)
    time.sleep(600)
"""


def run_pod(plane, name, namespace="default"):
    """Run a pod on a node of its own; return when it is Ready."""
    plane.add_nodes(windows_node(name))
    wait_for(lambda: plane.get("serviceaccount", "default", namespace), 10, "the default ServiceAccount")
    plane.apply(agent_pod(name, name, gate=False), namespace=namespace)
    wait_for(lambda: plane.get("pod", name, namespace)["status"]["phase"] == "Running", 20, f"{name} to run")


def log_of(plane, name):
    return plane.api.request("GET", plane.api.path("pod", "default", name, "log", container="agent"))


@pytest.fixture(scope="module")
def own(binaries, tmp_path_factory):
    """A control plane of this module, beside the session's; its first pod runs."""
    begin = time.monotonic()
    with ControlPlane.start(binaries, tmp_path_factory.mktemp("own"), audited_users=("operator", "admin")) as plane:
        run_pod(plane, "first")
        plane.seconds_to_first_pod = time.monotonic() - begin
        yield plane


def test_the_first_pod_runs_within_seconds(own, record_property):
    record_property("seconds_to_first_pod", round(own.seconds_to_first_pod, 1))
    assert own.seconds_to_first_pod < 30  # 5 s on two idle cores; the bound leaves room for busy ones


def test_two_planes_live_side_by_side(plane, own, nodes):
    (name,) = nodes()
    assert name not in {node["metadata"]["name"] for node in own.get("nodes")["items"]}
    assert "first" not in {node["metadata"]["name"] for node in plane.get("nodes")["items"]}
    assert log_of(own, "first") == "agent started, run 1\r\n"


def test_every_component_has_a_log_in_the_planes_folder(own):
    assert {path.stem for path in own.directory.glob("*.log")} == COMPONENTS | {"audit"}


def test_the_server_calls_itself_by_its_version(own):
    assert own.api.request("GET", "/version")["gitVersion"].startswith("v1.37.")


def test_kubectl_of_the_plane_reads_and_fails_with_its_own_words(own):
    assert "first" in own.kubectl("get", "nodes").stdout
    with pytest.raises(subprocess.CalledProcessError) as failure:
        own.kubectl("apply", "-f", "-", stdin="kind: Nonsense")
    assert "apiVersion not set" in str(failure.value.__notes__)


def test_an_api_server_comes_back_at_its_address(own):
    own.stop_api_server()
    with pytest.raises(OSError, match="refused"):
        own.get("nodes")
    own.start_api_server()
    run_pod(own, "after-the-restart")


def test_a_paused_api_server_answers_nothing_until_it_goes_on(own):
    own.pause("kube-apiserver")
    with pytest.raises(TimeoutError):
        own.api.request("GET", "/readyz", timeout=1)
    own.resume("kube-apiserver")
    assert own.api.request("GET", "/readyz") == "ok"


def test_a_recording_survives_a_restart_of_the_api_server(own):
    with own.record("configmaps", "default") as recording:
        own.stop_api_server()
        own.start_api_server()
        own.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "recorded"}})
        wait_for(lambda: recording.states("recorded")[0], 10, "the new object")


def may(api, path):
    try:
        return api.request("GET", path)
    except ApiError:
        return None


@pytest.fixture(scope="module")
def operator(own):
    token = json.loads(own.operator_kubeconfig.read_text())["users"][0]["user"]["token"]
    rules = [
        {"apiGroups": [""], "resources": ["pods", "pods/log"], "verbs": ["get", "list"]},
        {"apiGroups": [""], "resources": ["pods/status"], "verbs": ["patch"]},
    ]
    rbac = "rbac.authorization.k8s.io"
    own.apply(
        {"apiVersion": f"{rbac}/v1", "kind": "ClusterRole", "metadata": {"name": "reader"}, "rules": rules},
        {
            "apiVersion": f"{rbac}/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": "reader"},
            "roleRef": {"apiGroup": rbac, "kind": "ClusterRole", "name": "reader"},
            "subjects": [{"apiGroup": rbac, "kind": "User", "name": "operator"}],
        },
    )
    api = ApiClient(own.server, token=token, ca_file=own.ca_file)
    path = api.path("pods", "default")
    wait_for(lambda: may(api, path), 10, "the right to list pods")
    return api


class TestAudit:
    """The audit log tells what the audited users did, no more."""

    def test_a_write_is_recorded_with_its_body_and_a_log_read_once(self, own, operator):
        body = {"status": {"conditions": [{"type": "example.org/Seen", "status": "True"}]}}
        mark = own.audit_mark()
        path = operator.path("pod", "default", "first", "status")
        operator.request("PATCH", path, body, content_type="application/strategic-merge-patch+json")
        operator.request("GET", operator.path("pod", "default", "first", "log", container="agent"))
        by_operator = [event for event in own.audit(mark) if event.user == "operator"]
        assert [(e.verb, e.resource, e.subresource, e.namespace, e.name, e.code, e.body) for e in by_operator] == [
            ("patch", "pods", "status", "default", "first", 200, body),
            ("get", "pods", "log", "default", "first", 200, None),
        ]

    def test_a_refused_write_is_recorded(self, own, operator):
        mark = own.audit_mark()
        with pytest.raises(ApiError, match="forbidden"):
            operator.request("DELETE", operator.path("pod", "default", "first"))
        (event,) = [event for event in own.audit(mark) if event.user == "operator"]
        assert (event.verb, event.name, event.code) == ("delete", "first", 403)

    def test_an_audited_user_is_chosen_at_the_start(self, own):
        mark = own.audit_mark()
        own.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "by-admin"}})
        (event,) = [event for event in own.audit(mark) if event.resource == "configmaps"]
        assert (event.user, event.verb, event.name, event.code) == ("admin", "patch", "by-admin", 201)

    def test_nobody_else_is_recorded(self, plane, namespace):
        mark = plane.audit_mark()
        plane.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "by-admin"}}, namespace=namespace)
        assert [event for event in plane.audit(mark) if event.namespace == namespace] == []


def test_a_service_account_logs_in_with_a_token_and_is_audited_in_the_operators_namespace(plane):
    system = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "hostprocess-system"}}
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "tester"}}
    plane.apply(system, account, namespace="hostprocess-system")
    kubeconfig = plane.service_account_kubeconfig("hostprocess-system", "tester")
    mark = plane.audit_mark()
    user = "system:serviceaccount:hostprocess-system:tester"
    assert user in plane.kubectl("auth", "whoami", kubeconfig=kubeconfig).stdout
    plane.kubectl("get", "pods", kubeconfig=kubeconfig, check=False)
    assert ("list", "pods", 403) in {(e.verb, e.resource, e.code) for e in plane.audit(mark) if e.user == user}
    plane.delete("serviceaccount", "tester", "hostprocess-system")


def test_a_component_that_cannot_start_is_reported_with_its_log(binaries, tmp_path):
    with pytest.raises(ChildExitedError, match=r"(?s)kube-apiserver ended by itself with 1.*unknown flag: --nonsense"):
        ControlPlane.start(binaries, tmp_path, api_server_extra_args=["--nonsense"])
    assert not (tmp_path / "etcd").exists()


@pytest.fixture(scope="module")
def parents(binaries):
    """Two processes with a control plane each, started at once."""
    env = {**os.environ, "PYTHONPATH": str(TESTS)}
    command = [sys.executable, "-c", PARENT, binaries]
    parents = [subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    yield dict(zip((signal.SIGTERM, signal.SIGKILL), parents, strict=True))
    for parent in parents:
        parent.kill()
        parent.wait()
        parent.stdout.close()


class TestWaysOut:
    """Whatever ends the process that started a control plane, the control plane is gone."""

    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
    def test_a_signal_to_the_parent_leaves_no_process_behind(self, parents, number):
        directory, *pids = parents[number].stdout.readline().split()
        assert len(pids) == len(COMPONENTS)
        assert all(Path("/proc", pid).exists() for pid in pids)
        parents[number].send_signal(number)
        assert parents[number].wait(15) == -number
        wait_for(lambda: not any(is_running(pid) for pid in pids), 5, "every component to be gone")
        assert Path(directory).exists() == (number == signal.SIGKILL)  # nobody was left to remove it
        shutil.rmtree(directory, ignore_errors=True)


def is_running(pid):
    """Tell a process from a zombie that the init process of a container may be slow to reap."""
    try:
        return ") Z " not in Path("/proc", pid, "stat").read_text()
    except FileNotFoundError:
        return False
