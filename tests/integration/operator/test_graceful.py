"""A right that is taken away, a CRD that is missing or too old: it is said, and whatever else can be done is done."""

import contextlib

import pytest

from control_plane import wait_for
from support.agents import OneAgent, condition, is_current
from support.operator import DEPLOY

CRD = "hostprocessagents.hostprocess.dev"
ROLE = "hostprocess-operator"
OUTDATED = "The CRD is older than this operator: fields of the status are left out"
NEW = [{"name": "agent", "image": "registry.example/agent:2.0"}]


@pytest.fixture
def without(plane):
    """Return a context manager that takes one verb on one resource from the operator."""

    @contextlib.contextmanager
    def take(resource, verb):
        rules = plane.get("clusterrole", ROLE)["rules"]
        less = [
            {**rule, "verbs": [v for v in rule["verbs"] if v != verb] or ["none"]}
            if rule["resources"] == [resource]
            else rule
            for rule in rules
        ]
        plane.patch("clusterrole", ROLE, {"rules": less})
        try:
            yield
        finally:
            plane.patch("clusterrole", ROLE, {"rules": rules})

    return take


def ready_message(one):
    found = condition(one.get(), "Ready")
    assert found.get("reason") == "ApplyRefused", found
    return found["message"]


def test_without_the_right_to_delete_pods_the_status_names_the_rule_and_the_rest_goes_on(one, nodes, plane, without):
    nodes(2)
    one.apply()
    one.wait_verified(2)
    other = OneAgent(plane, one.namespace, one.selector, name="other")
    with without("pods", "delete"):
        one.edit(containers=NEW)
        message = wait_for(lambda: ready_message(one), 40, "the status to say it")
        assert "may not delete pods in the namespace" in message
        assert 'apiGroups: [""], resources: [pods], verbs: [delete]' in message
        other.apply()
        other.wait_verified(2)
        assert is_current(one.get())
    one.wait_verified(2, timeout=120)
    assert set(one.images().values()) == {"2.0"}


@pytest.mark.parametrize(("resource", "verb"), [("pods/log", "get"), ("pods/status", "patch")])
def test_without_a_right_to_judge_pods_the_status_names_the_rule_and_the_rest_goes_on(
    one, nodes, plane, without, audit, resource, verb
):
    nodes(1)
    unjudged = OneAgent(plane, one.namespace, one.selector, name="unjudged")
    with without(resource, verb):
        one.apply()
        message = wait_for(lambda: ready_message(one), 40, "the status to say it")
        assert f"may not {verb} {resource} in the namespace {one.namespace}" in message
        unjudged.apply(verification={"mode": "None"})
        unjudged.wait(ready="True")
        refused = audit.count(resource, verb)
    one.wait_verified(1, timeout=120)
    assert refused <= 8  # later and later, not once a second


def bring_back_crd(plane):
    plane.kubectl("apply", "--server-side", "-k", str(DEPLOY.parent / "crds"))
    served = "kubectl to find the kind HostProcessAgent"  # for a moment the API server answers 404, then 429
    wait_for(lambda: plane.kubectl("get", "hostprocessagents", "-A", check=False).returncode == 0, 30, served)


def test_a_crd_that_is_missing_is_waited_for_and_taken_up(one, nodes, plane, operator):
    operator.kill()
    plane.delete("customresourcedefinition", CRD)
    try:
        operator.launch()
        found = wait_for(
            lambda: (
                [line for line in operator.lines() if line.get("msg") == "Failed to list HostProcessAgents"] or None
            ),
            30,
            "the operator to miss the CRD",
        )
        assert found[0]["hint"] == f"apply the CRD {CRD}"
        assert operator.status("/readyz") == 503
        assert operator.status("/healthz") == 200
    finally:
        bring_back_crd(plane)
    nodes(1)
    one.apply()
    one.wait_verified(1, timeout=60)
    one.edit(containers=NEW)
    one.wait_verified(1)  # sooner than the list of every minute: kopf has told it


def test_an_operator_that_still_waits_for_the_crd_ends_when_it_is_asked_to(plane, operator):
    operator.kill()
    plane.delete("customresourcedefinition", CRD)
    try:
        operator.launch()
        wait_for(lambda: operator.status("/readyz") == 503, 30, "the operator to wait for the CRD")
        assert operator.stop() == 0
        assert not [line for line in operator.lines() if line.get("level") == "error"]
    finally:
        bring_back_crd(plane)
        operator.start()


def test_a_crd_that_is_deleted_and_made_again_is_taken_up(one, nodes, plane, operator):
    nodes(1)
    one.apply()
    one.wait_verified(1)
    plane.delete("customresourcedefinition", CRD)
    try:
        wait_for(
            lambda: [line for line in operator.lines() if line.get("hint") == f"apply the CRD {CRD}"] or None,
            90,
            "the operator to miss the CRD",
        )
    finally:
        bring_back_crd(plane)
    # the garbage collector has to have collected what the former agent had
    wait_for(lambda: not plane.get("daemonsets", namespace=one.namespace)["items"], 90, "the DaemonSet to be gone")
    one.apply()
    one.wait_verified(1, timeout=90)
    one.edit(containers=NEW)
    one.wait_verified(1)
    assert operator.running


@pytest.fixture
def older_crd(plane, operator):
    """Take two fields of the status from the CRD for one test, as an older version of it would not have them."""
    status = "/spec/versions/0/schema/openAPIV3Schema/properties/status/properties"
    fields = ("/problemsOmitted", "/nodes/properties/ineligible")
    spec = plane.get("customresourcedefinitions", CRD)["spec"]
    gone = [{"op": "remove", "path": f"{status}{field}"} for field in fields]
    plane.patch("customresourcedefinitions", CRD, gone, patch_type="json")
    operator.restart()
    yield
    plane.patch(
        "customresourcedefinitions", CRD, [{"op": "replace", "path": "/spec", "value": spec}], patch_type="json"
    )
    operator.restart()


def test_a_crd_that_is_older_takes_all_of_the_status_that_it_knows(one, nodes, plane, operator, audit, older_crd):
    nodes(1)
    one.apply()
    one.wait_verified(1)
    assert "ineligible" not in one.get()["status"]["nodes"]
    (said,) = [line for line in operator.lines() if line.get("msg") == OUTDATED]
    assert "nodes.ineligible" in said["fields"]
    audit.mark()
    looks = reconciles(operator)
    plane.patch("hostprocessagents", one.name, {"metadata": {"annotations": {"mine": "1"}}}, one.namespace)
    wait_for(lambda: reconciles(operator) > looks, 20, "the agent to be looked at again")
    assert audit.count("hostprocessagents/status") == 0


def reconciles(operator):
    """Return how many looks at an agent have succeeded."""
    lines = operator.fetch("/metrics")[1].splitlines()
    return next((float(x.split()[-1]) for x in lines if x.startswith('hpagent_reconcile_total{result="success"}')), 0)
