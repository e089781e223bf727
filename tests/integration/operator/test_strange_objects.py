"""Objects of others that the API server takes and most parsers do not: they stop nobody's agent.

Whoever may write one object of a kind could otherwise blind the operator for all of that kind, in every namespace.
"""

import json

import pytest

from control_plane import wait_for
from support.agents import OneAgent
from support.operator import Operator, install

DEPTH = 5000
DEEP = '{"f:a":' * DEPTH + "{}" + "}" * DEPTH
REVISIONS = "/apis/apps/v1/namespaces/{}/controllerrevisions"


@pytest.fixture(scope="module")
def operator(plane, tmp_path_factory):
    """Return a running operator, whose log may hold what kopf says of such an object."""
    with Operator(install(plane, policies=False), tmp_path_factory.mktemp("operator") / "log") as running:
        yield running


@pytest.fixture
def put(plane, tmp_path):
    """Return a function that sends JSON to a path as it is, which no client library would."""

    def send(verb, path, body):
        (tmp_path / "body").write_text(body)
        plane.kubectl(verb, "--raw", path, "-f", str(tmp_path / "body"))

    return send


@pytest.fixture
def with_deep_fields(put):
    """Return a function that gives an object bookkeeping of thousands of levels."""

    def change(path, body):
        version = body["apiVersion"]
        body["metadata"].pop("managedFields", None)
        entry = {"manager": "x", "operation": "Update", "apiVersion": version, "time": "2026-01-05T06:00:00Z"}
        body["metadata"]["managedFields"] = [entry | {"fieldsType": "FieldsV1", "fieldsV1": "DEEP"}]
        put("replace", path, json.dumps(body).replace('"DEEP"', DEEP))

    return change


def test_a_revision_of_an_agent_with_thousands_of_levels(one, operator, nodes, put):
    nodes()
    one.apply()
    one.wait_verified(1)
    metadata = {"name": "strange", "namespace": one.namespace, "labels": {"hostprocess.dev/agent": one.name}}
    body = {"apiVersion": "apps/v1", "kind": "ControllerRevision", "metadata": metadata, "revision": 99, "data": "DEEP"}
    put("create", REVISIONS.format(one.namespace), json.dumps(body).replace('"DEEP"', DEEP))
    one.edit(containers=[{"name": "agent", "image": "registry.example/agent:2.0"}])
    one.wait_verified(1)
    assert set(one.images().values()) == {"2.0"}
    operator.restart()
    one.edit(containers=[{"name": "agent", "image": "registry.example/agent:3.0"}])
    one.wait_verified(1)
    assert set(one.images().values()) == {"3.0"}


def test_a_pod_with_thousands_of_levels_of_bookkeeping(one, operator, nodes, with_deep_fields):
    nodes()
    one.apply()
    one.wait_verified(1)
    [pod] = one.pods().values()
    with_deep_fields(f"/api/v1/namespaces/{one.namespace}/pods/{pod['metadata']['name']}", {"apiVersion": "v1"} | pod)
    one.edit(containers=[{"name": "agent", "image": "registry.example/agent:2.0"}])
    one.wait_verified(1)
    assert set(one.images().values()) == {"2.0"}


def test_an_agent_with_thousands_of_levels_of_bookkeeping(plane, one, operator, nodes, with_deep_fields):
    """Where kopf cannot read it, it is started again and again, and the agents are listed each time."""
    nodes()
    strange = OneAgent(plane, one.namespace, nodes.selector, name="strange")
    for each in (one, strange):
        each.apply()
        each.wait_verified(1)
    path = f"/apis/hostprocess.dev/v1alpha1/namespaces/{one.namespace}/hostprocessagents/strange"
    with_deep_fields(path, strange.get())
    one.edit(containers=[{"name": "agent", "image": "registry.example/agent:2.0"}])
    one.wait_verified(1)
    edit = {"containers": [{"name": "agent", "image": "registry.example/agent:3.0"}]}
    plane.kubectl(
        *("patch", "hostprocessagents", "strange", "-n", one.namespace),
        *("--type=merge", "-p", json.dumps({"spec": edit}), "-o", "name"),
    )
    wait_for(lambda: set(strange.images().values()) == {"3.0"}, 20, "the strange agent's pod to be replaced")
    plane.kubectl("delete", "hostprocessagents", "strange", "-n", one.namespace)  # other tests could not read it either
