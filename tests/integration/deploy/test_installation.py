"""What `kubectl apply -k` makes of deploy/."""

from pathlib import Path

import pytest
import yaml

from control_plane.waiting import wait_for
from hostprocess_operator.config import load_settings

DEPLOY = Path(__file__).parents[3] / "deploy"
POLICIES = sorted(path.stem for path in (DEPLOY / "policies").glob("hostprocess-*.yaml"))
SAMPLES = sorted(path.name for path in (DEPLOY / "samples").glob("*.yaml"))


@pytest.fixture(scope="module", autouse=True)
def agents(installed):
    installed.kubectl("apply", "-f", str(DEPLOY / "samples" / "00-namespace.yaml"))


def test_a_second_look_finds_no_difference(installed):
    done = installed.kubectl("diff", "--server-side", "-k", str(DEPLOY / "default"), check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_client_side_apply_works_too(installed):
    installed.kubectl("apply", "--dry-run=server", "-k", str(DEPLOY / "default"))


def test_the_operators_pod_passes_the_restricted_standard_of_its_namespace(installed):
    template = installed.get("deployment", "operator", "hostprocess-system")["spec"]["template"]
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"generateName": "operator-"}, "spec": template["spec"]}
    installed.api.request("POST", installed.api.path("pods", "hostprocess-system", dryRun="All"), pod)


@pytest.mark.parametrize("policy", POLICIES)
def test_the_expressions_of_a_policy_type_check(installed, policy):
    def checked():
        found = installed.get("validatingadmissionpolicy", policy)
        assert found["status"]["observedGeneration"] == found["metadata"]["generation"]
        return {"expressionWarnings": [], **found["status"]["typeChecking"]}

    assert wait_for(checked, 20, f"{policy} to be type-checked")["expressionWarnings"] == []


@pytest.mark.parametrize("sample", SAMPLES)
def test_a_sample_is_accepted_without_a_warning(installed, sample):
    assert installed.kubectl("apply", "--dry-run=server", "-f", str(DEPLOY / "samples" / sample)).stderr == ""


def test_the_one_namespace_overlay_is_accepted(installed):
    installed.kubectl("apply", "--server-side", "--dry-run=server", "-k", str(DEPLOY / "namespaced"))


def test_the_one_namespace_overlay_tells_the_operator_which(installed):
    rendered = list(yaml.safe_load_all(installed.kubectl("kustomize", str(DEPLOY / "namespaced")).stdout))
    [deployment] = [item for item in rendered if item["kind"] == "Deployment"]
    [binding] = [item for item in rendered if item["kind"] == "RoleBinding"]
    [container] = deployment["spec"]["template"]["spec"]["containers"]
    assert load_settings(container["args"], {}).namespaces == (binding["metadata"]["namespace"],)
