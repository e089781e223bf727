"""A stolen token of the operator makes no DaemonSet but an agent's on Windows, and deletes nothing but theirs."""

import pytest

from control_plane.api import ApiError
from control_plane.waiting import wait_for

POLICY = "'hostprocess-operator-objects'"
AGENT = {"apiVersion": "hostprocess.dev/v1alpha1", "kind": "HostProcessAgent", "name": "agent", "uid": "agent"}
OTHER = {"apiVersion": "v1", "kind": "ConfigMap", "name": "other", "uid": "other", "controller": True}
CONTROLLED = (AGENT | {"controller": True},)
WINDOWS = {"nodeSelector": {"kubernetes.io/os": "windows", "no": "node"}, "os": {"name": "windows"}}


def daemonset(name, namespace, owners=CONTROLLED, pod=WINDOWS):
    labels = {"hostprocess.dev/agent": name}
    containers = [{"name": "agent", "image": "agent:1"}]
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": name, "namespace": namespace, "ownerReferences": list(owners)},
        "spec": {
            "selector": {"matchLabels": labels},
            "updateStrategy": {"type": "OnDelete"},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": containers, **pod}},
        },
    }


def revision(name, namespace, owners):
    metadata = {"name": name, "namespace": namespace, "ownerReferences": list(owners)}
    return {"apiVersion": "apps/v1", "kind": "ControllerRevision", "metadata": metadata, "revision": 1, "data": {}}


NOT_CREATED = {
    "of nobody": {"owners": ()},
    "that an agent only owns": {"owners": (AGENT,)},
    "of another controller": {"owners": (OTHER,)},
    "of another group's agent": {"owners": ({**CONTROLLED[0], "apiVersion": "example.com/v1"},)},
    "for Linux": {"pod": {"nodeSelector": {"kubernetes.io/os": "linux"}, "os": {"name": "linux"}}},
    "for any node": {"pod": {"os": {"name": "windows"}}},
    "of no operating system": {"pod": {"nodeSelector": {"kubernetes.io/os": "windows"}}},
    "of another operating system": {"pod": {**WINDOWS, "os": {"name": "linux"}}},
    "for nodes of another one": {"pod": {**WINDOWS, "nodeSelector": {"kubernetes.io/os": "linux"}}},
}
NOT_PATCHED = {
    "its node selector": [{"op": "remove", "path": "/spec/template/spec/nodeSelector/kubernetes.io~1os"}],
    "its operating system": [{"op": "remove", "path": "/spec/template/spec/os"}],
    "its owner": [{"op": "remove", "path": "/metadata/ownerReferences"}],
    "its controller": [{"op": "replace", "path": "/metadata/ownerReferences", "value": [OTHER]}],
}
TAKE = [{"op": "add", "path": "/metadata/ownerReferences", "value": list(CONTROLLED)}]


@pytest.fixture(scope="module")
def attempt(installed, operator, namespace):
    """Return a function that tries a request as the operator, keeps nothing, and returns what refused it."""

    def request(method, kind, name=None, body=None, **more):
        path = operator.api.path(kind, namespace, name, dryRun="All")
        try:
            operator.api.request(method, path, body, **more)
        except ApiError as error:
            return str(error)
        return None

    # the garbage collector deletes what has an owner that does not exist
    spec = {"containers": [{"name": "agent", "image": "agent:1"}]}
    for owner, more in ((AGENT, {"spec": spec}), (OTHER, {})):
        identity = {"apiVersion": owner["apiVersion"], "kind": owner["kind"]}
        [made] = installed.apply({**identity, "metadata": {"name": owner["name"], "namespace": namespace}, **more})
        name, owners = f"of-{owner['name']}", [owner | {"uid": made["metadata"]["uid"], "controller": True}]
        installed.apply(daemonset(name, namespace, owners), revision(f"kept-{name}", namespace, owners))
    installed.apply(daemonset("of-nobody", namespace, ()), revision("kept-of-nobody", namespace, ()))
    for name, labels in (("agents", {"hostprocess.dev/agent": "agent"}), ("anybodys", {"app": "x"})):
        spec = {"schedulerName": "nobody", "containers": [{"name": "agent", "image": "agent:1"}]}
        metadata = {"name": name, "namespace": namespace, "labels": labels}
        installed.apply({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec})
    wait_for(
        lambda: request("DELETE", "pod", "agents") is None and POLICY in str(request("DELETE", "pod", "anybodys")),
        20,
        "RBAC and the policy to be in force",
    )
    return request


@pytest.mark.parametrize("change", NOT_CREATED.values(), ids=NOT_CREATED)
def test_it_creates_no_daemonset(attempt, namespace, change):
    assert POLICY in attempt("POST", "daemonset", body=daemonset("new", namespace, **change))


def test_it_creates_one_of_an_agent_on_windows(attempt, namespace):
    assert attempt("POST", "daemonset", body=daemonset("new", namespace)) is None


@pytest.mark.parametrize("edit", NOT_PATCHED.values(), ids=NOT_PATCHED)
def test_it_takes_from_its_own_daemonset_neither(attempt, edit):
    assert POLICY in attempt("PATCH", "daemonset", "of-agent", edit, content_type="application/json-patch+json")


@pytest.mark.parametrize(("name", "refused"), [("of-agent", False), ("of-nobody", False), ("of-other", True)])
def test_it_takes_a_daemonset_only_of_an_agent_or_of_nobody(attempt, name, refused):
    message = attempt("PATCH", "daemonset", name, TAKE, content_type="application/json-patch+json")
    assert POLICY in message if refused else message is None


def test_it_deletes_the_pod_of_an_agent(attempt):
    assert attempt("DELETE", "pod", "agents") is None


def test_it_deletes_no_other_pod(attempt):
    assert POLICY in attempt("DELETE", "pod", "anybodys")


@pytest.mark.parametrize(("owners", "refused"), [(CONTROLLED, False), ((OTHER,), True), ((AGENT,), True), ((), True)])
def test_it_makes_a_controller_revision_only_of_an_agent(attempt, namespace, owners, refused):
    body = revision("new", namespace, owners)
    assert (POLICY in str(attempt("POST", "controllerrevision", body=body))) is refused


@pytest.mark.parametrize(("owner", "refused"), [("agent", False), ("other", True), ("nobody", True)])
def test_it_deletes_a_controller_revision_only_of_an_agent(attempt, owner, refused):
    assert (POLICY in str(attempt("DELETE", "controllerrevision", f"kept-of-{owner}"))) is refused


def test_everybody_else_deletes_pods_and_makes_daemonsets(attempt, installed, namespace):
    linux = daemonset("linux", namespace, (), {"nodeSelector": {"kubernetes.io/os": "linux"}})
    installed.api.request("POST", installed.api.path("daemonset", namespace, dryRun="All"), linux)
    installed.api.request("DELETE", installed.api.path("pod", namespace, "anybodys", dryRun="All"))
