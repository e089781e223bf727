"""deploy/ and the Dockerfile say the same as the code, and as each other."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml

from hostprocess_operator.api import names
from hostprocess_operator.config import load_settings
from hostprocess_operator.manifests.privileged import OS_LABEL, WINDOWS

ROOT = Path(__file__).parents[3]
DEPLOY = ROOT / "deploy"
DOCKERFILE = (ROOT / "Dockerfile").read_text()
DENYING = sorted({path.stem for path in (DEPLOY / "policies").glob("hostprocess-*.yaml")} - {"hostprocess-warnings"})
IS_THE_OPERATOR = (
    "params.?subjects.orValue([]).exists(subject, subject.kind == 'ServiceAccount'"
    " && request.userInfo.username == 'system:serviceaccount:' + subject.namespace + ':' + subject.name)"
)


def documents(path):
    return list(yaml.safe_load_all((DEPLOY / path).read_text()))


def deployment():
    return documents("base/deployment.yaml")[0]


def policy(name):
    return documents(f"policies/{name}.yaml")[0]["spec"]


def expressions(spec):
    parts = [*spec["matchConditions"], *spec.get("variables", []), *spec["validations"]]
    return " ".join(part["expression"] for part in parts)


@pytest.mark.parametrize("folder", ["base", "policies", "namespaced", "ha"])
def test_no_file_is_forgotten(folder):
    kustomization = documents(f"{folder}/kustomization.yaml")[0]
    listed = kustomization["resources"] + [
        patch["path"] for patch in kustomization.get("patches", ()) if "path" in patch
    ]
    files = {path.name for path in (DEPLOY / folder).glob("*.yaml")} - {"kustomization.yaml"}
    assert files == {name for name in listed if name.endswith(".yaml")}


def test_the_image_is_of_this_version():
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    images = {image["name"]: image["newTag"] for image in documents("base/kustomization.yaml")[0]["images"]}
    assert images == {deployment()["spec"]["template"]["spec"]["containers"][0]["image"]: version}


def test_the_operator_understands_its_command_line_and_serves_the_port_that_is_probed():
    [container] = deployment()["spec"]["template"]["spec"]["containers"]
    [port] = container["ports"]
    assert load_settings(container["args"], {}).health_port == port["containerPort"]
    assert {container[f"{probe}Probe"]["httpGet"]["port"] for probe in ("startup", "liveness", "readiness")} == {
        port["name"]
    }


def test_only_one_operator_runs_at_a_time():
    spec = deployment()["spec"]
    assert (spec["replicas"], spec["strategy"]) == (1, {"type": "Recreate"})


def test_several_operators_run_only_where_they_elect_a_leader():
    spec = documents("ha/deployment.yaml")[0]["spec"]
    assert (spec["replicas"], spec["strategy"]["type"]) == (2, "RollingUpdate")
    flags = [
        operation["value"]
        for patch in documents("ha/kustomization.yaml")[0]["patches"]
        for operation in yaml.safe_load(patch.get("patch", "[]"))
    ]
    assert load_settings(flags, {}).leader_elect


def test_the_lease_role_is_of_the_lease_that_is_used_in_a_pod():
    role, binding = documents("ha/lease-role.yaml")
    account = documents("base/serviceaccount.yaml")[0]["metadata"]
    assert role["metadata"]["namespace"] == binding["metadata"]["namespace"] == account["namespace"]
    assert [rule.get("resourceNames") for rule in role["rules"]] == [None, [names.MANAGER]]


def test_what_spreads_and_guards_the_replicas_selects_them():
    labels = deployment()["spec"]["template"]["metadata"]["labels"].items()
    pod = documents("ha/deployment.yaml")[0]["spec"]["template"]["spec"]
    selectors = [constraint["labelSelector"] for constraint in pod["topologySpreadConstraints"]]
    selectors.append(documents("ha/disruption-budget.yaml")[0]["spec"]["selector"])
    assert all(selector["matchLabels"].items() <= labels for selector in selectors)


def test_the_deployment_selects_its_own_pods():
    spec = deployment()["spec"]
    assert spec["selector"]["matchLabels"].items() <= spec["template"]["metadata"]["labels"].items()


@pytest.mark.parametrize("name", DENYING)
def test_a_policy_knows_the_service_account_by_a_binding_of_it(name):
    spec, binding = (document["spec"] for document in documents(f"policies/{name}.yaml"))
    assert binding == {
        "policyName": name,
        "paramRef": {"name": "hostprocess-operator-nodes", "parameterNotFoundAction": "Allow"},
        "validationActions": ["Deny"],
    }
    account = documents("base/serviceaccount.yaml")[0]
    subject = {"kind": "ServiceAccount", **{key: account["metadata"][key] for key in ("name", "namespace")}}
    [bound] = [
        item
        for item in documents("base/rbac.yaml")
        if item["metadata"]["name"] == binding["paramRef"]["name"] and item["kind"] == spec["paramKind"]["kind"]
    ]
    assert (bound["apiVersion"], bound["subjects"]) == (spec["paramKind"]["apiVersion"], [subject])


@pytest.mark.parametrize("name", DENYING)
def test_a_policy_is_of_the_operator_or_of_everybody_else(name):
    [who] = [
        condition
        for condition in policy(name)["matchConditions"]
        if condition["name"] in {"the-operator", "not-the-operator"}
    ]
    assert who["expression"] == ("" if who["name"] == "the-operator" else "!") + IS_THE_OPERATOR


def test_the_daemonset_policy_names_the_kind():
    assert {names.KIND, f"{names.GROUP}/"} <= set(
        re.findall("'([^']*)'", expressions(policy("hostprocess-daemonsets")))
    )


def quoted_names(name):
    return {word for word in re.findall("'([^' ]*)'", expressions(policy(name))) if names.GROUP in word}


def test_the_policy_of_agents_pods_guards_what_the_operator_writes_on_pods_that_are_selected_for_it():
    selector = policy("hostprocess-agent-pods")["matchConstraints"]["objectSelector"]
    assert selector == {"matchExpressions": [{"key": names.AGENT_LABEL, "operator": "Exists"}]}
    assert quoted_names("hostprocess-agent-pods") == {names.AGENT_LABEL, names.REPORT_ANNOTATION, names.GATE}


def test_the_policy_of_the_operators_objects_names_the_kind_and_what_makes_a_pod_one_of_windows():
    words = set(re.findall("'([^']*)'", expressions(policy("hostprocess-operator-objects"))))
    assert {names.KIND, f"{names.GROUP}/", names.AGENT_LABEL, OS_LABEL, WINDOWS} <= words


def test_the_pod_policy_frees_exactly_what_the_operator_writes():
    assert quoted_names("hostprocess-operator-pods") == {names.GATE, names.REPORT_ANNOTATION}


def test_the_image_runs_as_the_user_of_the_deployment():
    context = deployment()["spec"]["template"]["spec"]["securityContext"]
    assert re.findall(r"^USER (.*)$", DOCKERFILE, re.MULTILINE) == [f"{context['runAsUser']}:{context['runAsGroup']}"]


def test_no_image_is_the_latest():
    every = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    assert every
    assert all(":" in image and not image.endswith(":latest") for image in every)


def test_the_build_context_holds_what_is_copied():
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    copied = [line.split()[1:-1] for line in re.findall(r"^COPY (?!--from).*$", DOCKERFILE, re.MULTILINE)]
    assert {f"!{source}" for sources in copied for source in sources} == {line for line in ignored if line[0] == "!"}
