"""The API server warns of what the operator warns of, and refuses none of it."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

from control_plane.waiting import wait_for
from hostprocess_operator.api.parse import parse_agent
from hostprocess_operator.api.warning_policy import NAME, warning_policy
from hostprocess_operator.api.warnings import SOFT_RULES, warnings_of
from support.samples import samples
from support.warned import agent, as_rows
from support.warned.broken import WARNED
from support.warned.kept import QUIET

SHIPPED = Path(__file__).parents[3] / "deploy" / "samples"
AGENTS = "hostprocessagents.hostprocess.dev"
RULES = {rule.code: rule for rule in SOFT_RULES}

ACCEPTED = {sample.name: sample.manifest for sample in samples("accepted")}
SHIPPED_AGENTS = {
    path.stem: each
    for path in SHIPPED.glob("*.yaml")
    for each in yaml.safe_load_all(path.read_text())
    if each["kind"] == "HostProcessAgent"
}
TABLE = {sample.name: sample.manifest for sample in [*WARNED, *QUIET]}
EVERY = {**ACCEPTED, **SHIPPED_AGENTS, **TABLE}


class Answer(NamedTuple):
    """What the API server says to a manifest."""

    status: int
    warnings: tuple[str, ...]

    @property
    def codes(self):
        return {code for warning in self.warnings for code in re.findall(r"\bHPC\d+(?=: )", warning)}


def named(manifest, namespace, name):
    """Return the manifest under a name of this test."""
    return manifest | {"metadata": {"name": name, "namespace": namespace}}


def manifest_of(spec):
    return {"apiVersion": "hostprocess.dev/v1alpha1", "kind": "HostProcessAgent", "spec": spec}


def model_codes(manifest):
    return {warning.code for warning in warnings_of(parse_agent(manifest))}


@pytest.fixture(scope="module")
def ask(installed, namespace):
    """Return a function that sends a request, a dry run unless it says otherwise."""

    def send(method, body, name=None, subresource=None, *, keep=False, content_type="application/json"):
        path = installed.api.path(AGENTS, namespace, name, subresource, **({} if keep else {"dryRun": "All"}))
        connection, response = installed.api.open(path, method, body, content_type=content_type, timeout=30)
        try:
            response.read()
        finally:
            connection.close()
        said = [re.sub(r'^299 \S+ "(.*)"$', r"\1", each) for each in response.headers.get_all("Warning", ())]
        return Answer(response.status, tuple(json.loads(f'"{each}"') for each in said))

    def create(manifest, name="sample"):
        return send("POST", named(manifest, namespace, name))

    send.create = create
    return send


BAD = manifest_of(agent(spec={"terminationGracePeriodSeconds": 0}))
MERGE = "application/merge-patch+json"


@pytest.fixture(scope="module")
def answers(ask):
    """Return what the API server says to every sample, by name."""
    with ThreadPoolExecutor(4) as pool:
        return dict(zip(EVERY, pool.map(ask.create, EVERY.values()), strict=True))


class TestAgreement:
    """The policy and the operator say the same."""

    @pytest.mark.parametrize("sample", as_rows([*WARNED, *QUIET]))
    def test_each_sample_of_the_table_is_warned_of_by_both_or_by_neither(self, answers, sample):
        assert answers[sample.name].codes == ({sample.code} if sample.code else set())

    @pytest.mark.parametrize("name", [*ACCEPTED, *SHIPPED_AGENTS])
    def test_each_accepted_manifest_has_the_warnings_of_the_model(self, answers, name):
        assert answers[name].codes == model_codes(EVERY[name])

    @pytest.mark.parametrize("name", EVERY)
    def test_nothing_that_is_warned_of_is_refused(self, answers, name):
        assert answers[name].status == 201

    @pytest.mark.parametrize("code", RULES)
    def test_a_warning_is_the_operators_sentence_with_its_paragraph(self, answers, code):
        sample = next(sample for sample in WARNED if sample.code == code)
        [warning] = answers[sample.name].warnings

        assert warning.startswith(f"Validation failed for ValidatingAdmissionPolicy '{NAME}' with binding '{NAME}': ")
        assert warning.endswith(f" {RULES[code].message} (docs/warnings.md#{code.lower()})")

    def test_all_rules_broken_at_once_are_all_told(self, ask):
        everything = everything_at_once()

        assert model_codes(everything) == RULES.keys()
        assert ask.create(everything).codes == RULES.keys()

    def test_a_very_large_agent_is_warned_of_and_created(self, ask):
        items = [f"{number}{'x' * 7000}&" for number in range(64)]
        large = manifest_of(agent(args=items, spec={"terminationGracePeriodSeconds": 0}))

        answer = ask.create(large)

        assert answer.status == 201
        assert answer.codes == model_codes(large) == {"HPC104", "HPC108"}


def everything_at_once():
    """Return an agent that breaks every soft rule."""
    container = agent(
        args=["a&b", r"C:\var\run\secrets\kubernetes.io\serviceaccount\token"],
        env=[{"name": "PATH", "value": "%PATH%"}],
        livenessProbe={"exec": {"command": ["check.exe"]}},
        resources={"limits": {"memory": "1Gi", "ephemeral-storage": "1Gi"}},
        volumeMounts=[{"name": "data", "mountPath": r"C:\Windows", "subPath": "b"}],
    )
    init = {"name": "init", "image": "registry.example/init:1.0"}
    return manifest_of(
        container
        | {
            "runAsUserName": r"NT AUTHORITY\LocalService",
            "initContainers": [
                {**init, "runAsUserName": "group"},
                {**init, "name": "other", "runAsUserName": r"EXAMPLE\user"},
            ],
            "terminationGracePeriodSeconds": 0,
            "verification": {"expect": "Administrator"},
            "podMetadata": {"annotations": {"microsoft.com/hostprocess-inherit-user": "true"}},
            "volumes": [
                {"name": "data", "hostPath": {"path": r"C:\data"}},
                {"name": "mode", "secret": {"secretName": "a", "defaultMode": 256}},
            ],
        }
    )


class TestWhenItSpeaks:
    """Only a new spec is worth a word."""

    @pytest.fixture
    def stored(self, ask, namespace):
        """Store an agent that breaks a soft rule."""
        manifest = named(BAD, namespace, "stored")
        assert ask("POST", manifest, keep=True).codes == {"HPC104"}
        yield "stored"
        assert ask("DELETE", None, "stored", keep=True).status == 200

    def test_a_changed_spec_is_told_again(self, ask, stored):
        answer = ask("PATCH", {"spec": {"suspend": True}}, stored, content_type=MERGE)
        assert (answer.status, answer.codes) == (200, {"HPC104"})

    def test_a_corrected_spec_is_not(self, ask, stored):
        answer = ask("PATCH", {"spec": {"terminationGracePeriodSeconds": 30}}, stored, content_type=MERGE)
        assert answer == Answer(200, ())

    @pytest.mark.parametrize(
        "patch",
        [
            pytest.param({"metadata": {"labels": {"a": "b"}}}, id="a label"),
            pytest.param({"metadata": {"annotations": {"hostprocess.dev/retry": "all"}}}, id="an annotation"),
            pytest.param({"metadata": {"finalizers": ["example.org/a"]}}, id="a finalizer"),
            pytest.param({"spec": {"terminationGracePeriodSeconds": 0}}, id="the same again"),
        ],
    )
    def test_a_change_of_something_else_is_not(self, ask, stored, patch):
        assert ask("PATCH", patch, stored, content_type=MERGE) == Answer(200, ())

    def test_a_status_is_not(self, ask, stored):
        patch = {"status": {"observedGeneration": 1}}
        assert ask("PATCH", patch, stored, "status", content_type=MERGE) == Answer(200, ())

    def test_server_side_apply_of_the_same_is_not(self, installed, stored, namespace):
        manifest = json.dumps(named(BAD, namespace, stored))
        apply = ["apply", "--server-side", "--force-conflicts", "-f", "-"]

        assert "HPC" not in installed.kubectl(*apply, stdin=manifest).stderr
        assert "HPC" not in installed.kubectl(*apply, stdin=manifest).stderr

    def test_client_side_apply_of_the_same_is_not(self, installed, namespace):
        manifest = json.dumps(named(BAD, namespace, "applied-twice"))
        first, second = (installed.kubectl("apply", "-f", "-", stdin=manifest) for _ in range(2))

        assert ": HPC104: " in first.stderr
        assert (second.stdout.split()[-1], second.stderr) == ("unchanged", "")

    def test_kubectl_shows_it(self, installed, ask, namespace):
        manifest = json.dumps(named(BAD, namespace, "shown"))
        done = installed.kubectl("apply", "--dry-run=server", "-f", "-", stdin=manifest)

        [line] = done.stderr.splitlines()
        assert line.startswith(f"Warning: Validation failed for ValidatingAdmissionPolicy '{NAME}'")
        assert ": HPC104: spec.terminationGracePeriodSeconds: with 0 " in line


class TestExpressions:
    """The policy while the kind is served, so that its expressions are checked against the schema."""

    @pytest.fixture
    def checked(self, installed):
        """Return a function that stores the policy, unbound and under another name, and returns what is found."""
        policy, _ = warning_policy()
        made = []

        def check(name, spec):
            made.append(name)
            installed.apply({**policy, "metadata": {"name": name}, "spec": spec})

            def found():
                status = installed.get("validatingadmissionpolicy", name).get("status", {})
                return "typeChecking" in status and [status["typeChecking"].get("expressionWarnings", [])]

            [warnings] = wait_for(found, 30, f"{name} to be type-checked")
            return warnings

        yield check
        for name in made:
            installed.delete("validatingadmissionpolicy", name)

    def test_they_type_check(self, checked):
        policy, _ = warning_policy()
        assert checked("warnings-checked", policy["spec"]) == []

    def test_a_misspelt_field_would_be_found(self, checked):
        spec = json.loads(
            json.dumps(warning_policy()[0]["spec"]).replace("mount.subPathExpr", "mount.subPathExpression")
        )
        [warning] = checked("warnings-misspelt", spec)
        assert "subPathExpression" in warning["warning"]

    def test_one_that_fails_refuses_nothing_and_silences_no_other(self, checked, installed, ask):
        policy, binding = warning_policy()
        only = [{"name": "this-test", "expression": "object.metadata.name == 'failing'"}]
        failing = {"expression": "object.spec.containers[7].name == ''", "message": "cannot be said"}
        last = {"expression": "false", "message": "HPC999: told all the same"}
        checked("warnings-failing", {**policy["spec"], "matchConditions": only, "validations": [failing, last]})
        spec = {**binding["spec"], "policyName": "warnings-failing"}
        installed.apply({**binding, "metadata": {"name": "warnings-failing"}, "spec": spec})
        try:
            wait_for(lambda: "HPC999" in ask.create(BAD, "failing").codes, 30, "the binding to be in force")
            answer = ask.create(BAD, "failing")
        finally:
            installed.delete("validatingadmissionpolicybinding", "warnings-failing")

        assert (answer.status, answer.codes) == (201, {"HPC104", "HPC999"})
