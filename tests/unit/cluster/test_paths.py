"""Paths of resources, and the names of requests in the metrics."""

import pytest

from hostprocess_operator.cluster import paths


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (paths.pods(), "/api/v1/pods"),
        (paths.pods("a"), "/api/v1/namespaces/a/pods"),
        (paths.daemonsets("a"), "/apis/apps/v1/namespaces/a/daemonsets"),
        (paths.revisions(), "/apis/apps/v1/controllerrevisions"),
        (paths.core_events("a"), "/api/v1/namespaces/a/events"),
        (paths.events("a"), "/apis/events.k8s.io/v1/namespaces/a/events"),
        (paths.agents("a"), "/apis/hostprocess.dev/v1alpha1/namespaces/a/hostprocessagents"),
    ],
)
def test_a_path_covers_one_namespace_or_all(path, expected):
    assert path == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        pytest.param(paths.NODES, "", id="nodes are the cluster's"),
        pytest.param(paths.pods(), "", id="all pods"),
        pytest.param(paths.pods("a"), "a", id="pods of a namespace"),
        pytest.param(paths.agents("a"), "a", id="agents of a namespace"),
        pytest.param("/api/v1/namespaces/a", "", id="a namespace itself is the cluster's"),
    ],
)
def test_the_namespace_of_a_path(path, expected):
    assert paths.namespace_of(path) == expected


@pytest.mark.parametrize(
    ("path", "is_one"),
    [
        pytest.param(paths.leases("a") + "/b", True, id="a lease"),
        pytest.param("/k8s/clusters/c" + paths.leases("a"), True, id="leases behind a proxy with a path of its own"),
        pytest.param(paths.pods("leases"), False, id="pods of a namespace of that name"),
    ],
)
def test_which_paths_are_of_leases(path, is_one):
    assert paths.is_of_leases(path) is is_one


@pytest.mark.parametrize(
    ("method", "path", "watch", "expected"),
    [
        ("GET", paths.pods(), False, ("list", "pods")),
        ("GET", paths.pods("a"), True, ("watch", "pods")),
        ("GET", paths.pods("a") + "/b/log", False, ("get", "pods/log")),
        ("PATCH", paths.pods("a") + "/b/status", False, ("patch", "pods/status")),
        ("DELETE", paths.pods("a") + "/b", False, ("delete", "pods")),
        ("POST", paths.daemonsets("a"), False, ("create", "daemonsets")),
        ("PATCH", paths.daemonsets("a") + "/b", False, ("patch", "daemonsets")),
        ("PATCH", paths.agents("a") + "/b/status", False, ("patch", "hostprocessagents/status")),
        ("POST", paths.events("a"), False, ("create", "events")),
        ("PATCH", paths.events("a") + "/b", False, ("patch", "events")),
        ("GET", paths.NODES, True, ("watch", "nodes")),
        ("PUT", "/apis/coordination.k8s.io/v1/namespaces/a/leases/b", False, ("update", "leases")),
        ("GET", "/version", False, ("list", "")),
    ],
)
def test_a_request_is_described_as_rbac_would(method, path, watch, expected):
    assert paths.describe(method, path, watch=watch) == expected
