import pytest

from faults.asked import Asked, describe


@pytest.mark.parametrize(
    ("method", "url", "asked"),
    [
        pytest.param("GET", "/api/v1/nodes?limit=1", Asked("list", "nodes"), id="a list of the cluster"),
        pytest.param("GET", "/api/v1/nodes/a", Asked("get", "nodes", name="a"), id="one object of the cluster"),
        pytest.param(
            "GET",
            "/apis/apps/v1/namespaces/n/daemonsets?watch=true",
            Asked("watch", "daemonsets", "n"),
            id="a watch of a namespace",
        ),
        pytest.param("GET", "/api/v1/namespaces/n/pods/p/log", Asked("get", "pods/log", "n", "p"), id="a log"),
        pytest.param(
            "PATCH", "/api/v1/namespaces/n/pods/p/status", Asked("patch", "pods/status", "n", "p"), id="a status"
        ),
        pytest.param("GET", "/api/v1/namespaces", Asked("list", "namespaces"), id="the namespaces"),
        pytest.param("GET", "/api/v1/namespaces/n", Asked("get", "namespaces", name="n"), id="one namespace"),
        pytest.param("GET", "/apis/apps/v1", Asked("get", ""), id="discovery"),
        pytest.param("GET", "/api/v1/pods?continue=x", Asked("list", "pods", continues=True), id="a further page"),
        pytest.param(
            "GET",
            "/api/v1/pods?fieldSelector=metadata.name%3Da",
            Asked("list", "pods", single=True),
            id="a look at one object by its name",
        ),
    ],
)
def test_a_request_asks_for(method, url, asked):
    assert describe(method, url) == asked


@pytest.mark.parametrize(("verb", "writes"), [("get", False), ("watch", False), ("patch", True), ("delete", True)])
def test_what_writes(verb, writes):
    assert Asked(verb, "pods").writes is writes
