"""What has happened to an agent is told by Events of its own: each once, repetitions counted, and never in a flood."""

import os
from datetime import timedelta

import pytest

from control_plane import ApiError, wait_for
from support.agents import condition
from support.operator import Operator, install

ROGUE = {"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": "rogue"}
HOSTILE = "\x1b[31mred\u202e \u200bwords of a stranger " + "Ä" * 1500
FOREIGN = {
    "selector": {"matchLabels": {"app": "tried"}},
    "template": {
        "metadata": {"labels": {"app": "tried"}},
        "spec": {"containers": [{"name": "tried", "image": "tried:1"}]},
    },
}
SPACING = int(os.environ.get("EVENT_SECONDS", "20"))
"""Seconds between two requests about the same thing: fewer than the minute that ships, or these tests wait for it."""
SOONER = f"""
from datetime import timedelta
import hostprocess_operator.cluster.event_ledger as ledger
ledger.SPACING = timedelta(seconds={SPACING})
"""
INSTALLED = ["AdminRightsVerified", "RolloutCompleted", "RolloutStarted"]


@pytest.fixture(scope="module")
def operator(plane, tmp_path_factory):
    """Return a running operator that tells repetitions sooner."""
    kubeconfig = install(plane, policies=False)
    with Operator(kubeconfig, tmp_path_factory.mktemp("operator") / "log", prelude=SOONER) as running:
        yield running


class Told:
    """The Events about one agent."""

    def __init__(self, one):
        self._one = one

    def every(self, reason=""):
        """Return its Events, oldest first."""
        namespace = self._one.namespace
        found = self._one.cluster.get("events.events.k8s.io", namespace=namespace)["items"]
        ours = [event for event in found if event.get("reportingController") == "hostprocess.dev/operator"]
        return sorted(
            (event for event in ours if reason in {"", event["reason"]}), key=lambda event: event["eventTime"]
        )

    def reasons(self):
        """Return their reasons in alphabetical order, one for each Event."""
        return sorted(event["reason"] for event in self.every())

    def wait(self, reason, timeout=20):
        """Return the one Event of that reason once there is one."""

        def look():
            found = self.every(reason)
            assert len(found) == 1, self.reasons()
            return found[0]

        return wait_for(look, timeout, f"the Event {reason}")


@pytest.fixture
def told(one):
    return Told(one)


@pytest.fixture
def installed(one, nodes, told):
    """Return an agent that is verified on three nodes, once its Events are there."""
    nodes(3)
    one.apply()
    one.wait_verified(3)
    wait_for(lambda: told.reasons() == INSTALLED, 20, "the Events of the installation")
    return one


def test_an_installation_is_told_in_three_events_that_kubectl_shows(installed, told, plane):
    started, *done = told.every()
    assert started["reason"] == "RolloutStarted"
    assert {event["reason"] for event in done} == {"AdminRightsVerified", "RolloutCompleted"}
    uid = installed.daemonset()["metadata"]["uid"]
    for event in (started, *done):
        assert event["type"] == "Normal"
        assert event["regarding"]["uid"] == installed.get()["metadata"]["uid"]
        assert event["related"]["kind"] == "DaemonSet"
        assert event["related"]["uid"] == uid
        assert "series" not in event
    about = f"hostprocessagent/{installed.name}"
    listed = plane.kubectl("events", "--for", about, "-n", installed.namespace).stdout
    described = plane.kubectl("describe", "hostprocessagent", installed.name, "-n", installed.namespace).stdout
    for reason in INSTALLED:
        assert listed.count(reason) == 1
        assert reason in described.partition("Events:")[2]


def test_a_restarted_operator_repeats_nothing(installed, told, operator, audit):
    audit.mark()
    operator.restart()
    installed.edit(suspend=True)  # the operator has looked at the agent again once it answers this
    installed.wait(reason="AllVerified", ready="True")
    installed.edit(runAsUserName=r"NT AUTHORITY\LocalService", suspend=False)
    installed.wait(ready="True", verified=3, updated=3, timeout=60)
    wait_for(lambda: audit.count("events", "create") == 3, 20, "the Events of the update")
    assert told.reasons() == sorted(INSTALLED * 2)


@pytest.mark.parametrize(
    ("word", "status", "why", "told_as"),
    [
        pytest.param("log-no-admin", "False", "NotAdministrator", "AdminRightsDenied", id="a denial"),
        pytest.param("log-blank", "Unknown", "UnreadableReport", "AdminRightsUnknown", id="a blank answer"),
    ],
)
def test_missing_proof_is_a_warning_that_names_the_node_and_what_to_do(one, nodes, told, word, status, why, told_as):
    nodes(2)
    (bad,) = nodes(1, word=word)
    one.apply(rollout={"maxUnavailable": 3})
    found = one.wait(ready="False", reason=why, verified=2)
    event = told.wait(told_as)
    assert event["type"] == "Warning"
    assert event["related"] == {"apiVersion": "v1", "kind": "Node", "name": bad}
    assert event["note"].startswith(f"On node {bad}: ")
    assert condition(found, "Ready")["message"].startswith(event["note"][:200])
    rights = condition(found, "AdminRightsVerified")
    assert (rights["status"], rights["reason"]) == (status, why)
    assert told.reasons() == sorted([told_as, "RolloutStarted"])


def is_proven(one):
    revisions = one.get()["status"]["revisions"]
    return revisions.get("proven") == revisions["target"]


@pytest.fixture
def with_canary(one, nodes):
    """Return an agent that is proven on three nodes, and a function that asks for another version of it."""
    nodes(3)
    one.apply(rollout={"nodeImpactSeconds": 1, "canary": {"nodes": 1, "bakeSeconds": 1}})
    wait_for(lambda: is_proven(one), 60, "the first version to be proven")

    def update(tag):
        container = one.get()["spec"]["containers"][0]
        one.edit(containers=[container | {"image": f"registry.example/agent:{tag}"}])

    return update


def test_a_version_that_fails_on_its_canary_is_halted_once(one, with_canary, told):
    with_canary("2.0-log-no-admin")
    found = one.wait(ready="False", reason="Halted", timeout=60)
    event = told.wait("RolloutHalted")
    assert event["type"] == "Warning"
    assert found["status"]["revisions"]["target"] in event["note"]
    assert "CanaryPassed" not in told.reasons()


def test_a_version_that_works_passes_its_canary_once(one, with_canary, told):
    with_canary("2.0")
    found = one.wait(ready="True", updated=3, timeout=60)
    revision = found["status"]["revisions"]["target"]
    assert revision in told.wait("CanaryPassed")["note"]
    # the first version was completed less than a minute before
    wait_for(lambda: revision in told.every("RolloutCompleted")[-1]["note"], 90, "the completion to be told")
    assert len(told.every("CanaryPassed")) == 1
    assert len(told.every("RolloutCompleted")) == 2


def test_drift_is_told_and_ten_in_a_row_are_one_event_and_two_requests(installed, told, audit):
    for _ in range(10):
        installed.edit_daemonset(ROGUE)
        wait_for(lambda: "rogue" not in str(installed.daemonset()["spec"]), 10, "the DaemonSet to be restored")
    first = told.wait("DriftCorrected")
    assert first["type"] == "Warning"
    assert first["related"]["name"] == installed.name

    def counted():
        return told.wait("DriftCorrected")["series"]["count"] == 10

    wait_for(counted, 90, "the repetitions to be counted")
    requests = [event for event in audit.events("events") if is_about(event, first)]
    assert [request.verb for request in requests] == ["create", "patch"]
    assert requests[1].time - requests[0].time > timedelta(seconds=SPACING - 5)


def is_about(request, event):
    return request.name == event["metadata"]["name"]


def test_an_invalid_spec_that_got_in_is_a_warning(installed, told, lenient_crd):
    installed.edit(runAsUserName="SYSTEM")
    installed.wait(ready="False", reason="SpecInvalid")
    event = told.wait("SpecInvalid")
    assert event["type"] == "Warning"
    assert "spec.runAsUserName: " in event["note"]
    assert "related" not in event


def test_hostile_words_of_others_are_clean_and_short_in_a_note(one, nodes, told, plane):
    nodes(1)
    name = f"hostile-{one.namespace}"
    refuse_daemonsets(plane, name, one.namespace)
    try:
        one.apply()
        event = told.wait("AdmissionRefused", timeout=60)
    finally:
        for kind in ("validatingadmissionpolicybinding", "validatingadmissionpolicy"):
            plane.delete(kind, name)
    assert event["type"] == "Warning"
    assert "stranger" in event["note"] or "Ä" in event["note"]
    assert event["note"].isprintable()
    assert len(event["note"].encode()) <= 1024


def refuse_daemonsets(plane, name, namespace):
    """Let a policy refuse every DaemonSet of the namespace in words that are not fit to be shown."""
    rule = {"apiGroups": ["apps"], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["daemonsets"]}
    validation = {"expression": f"object.metadata.namespace != '{namespace}'", "message": HOSTILE}
    meta = {"apiVersion": "admissionregistration.k8s.io/v1", "metadata": {"name": name}}
    spec = {"matchConstraints": {"resourceRules": [rule]}, "validations": [validation]}
    plane.apply(
        meta | {"kind": "ValidatingAdmissionPolicy", "spec": spec},
        meta
        | {
            "kind": "ValidatingAdmissionPolicyBinding",
            "spec": {"policyName": name, "validationActions": ["Deny"]},
        },
    )

    def refused():
        try:
            plane.api.request(
                "POST",
                plane.api.path("daemonsets", namespace, dryRun="All"),
                {"metadata": {"name": "tried"}, "spec": FOREIGN},
            )
        except ApiError as error:
            return "stranger" in str(error)
        return False

    wait_for(refused, 20, "the policy to be in force")
