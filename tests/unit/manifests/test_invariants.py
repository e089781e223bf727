"""What holds for the DaemonSet of every agent, whatever its spec asks for."""

import copy

import pytest

from hostprocess_operator.manifests import daemonset_spec, pod_template, with_placement
from hostprocess_operator.observed import Placement, template_digest
from hostprocess_operator.verification.accounts import canonical_account
from hostprocess_operator.verification.probe import PROBE_COMMAND

# What the API server forbids in a pod that names Windows as its os, at each level.
POD_FORBIDDEN = {"hostPID", "hostIPC", "hostUsers", "shareProcessNamespace", "resources"}
POD_SECURITY_FORBIDDEN = {
    "appArmorProfile",
    "seLinuxOptions",
    "seccompProfile",
    "fsGroup",
    "fsGroupChangePolicy",
    "sysctls",
    "runAsUser",
    "runAsGroup",
    "supplementalGroups",
    "supplementalGroupsPolicy",
    "seLinuxChangePolicy",
}
SECURITY_ALLOWED = {"windowsOptions"}
MEMORY_BYTES = {"Mi": 2**20, "Gi": 2**30}


@pytest.fixture
def template(daemonset):
    return daemonset["spec"]["template"]


@pytest.fixture
def pod(template):
    return template["spec"]


def containers(pod):
    return [*pod.get("initContainers", []), *pod["containers"]]


def test_the_selector_selects_the_pods(daemonset, template):
    selector = daemonset["spec"]["selector"]["matchLabels"]
    assert selector
    assert selector.items() <= template["metadata"]["labels"].items()


def test_the_selector_names_the_agent_and_nothing_else(agent, daemonset):
    assert daemonset["spec"]["selector"] == {"matchLabels": {"hostprocess.dev/agent": agent.name}}


def test_the_daemonset_has_the_agents_name_and_namespace_and_is_controlled_by_it(agent, daemonset):
    metadata = daemonset["metadata"]
    assert (metadata["name"], metadata["namespace"]) == (agent.name, agent.namespace)
    [owner] = metadata["ownerReferences"]
    assert (owner["kind"], owner["name"], owner["uid"]) == ("HostProcessAgent", agent.name, agent.uid)
    assert owner["controller"] is True


def test_no_change_of_the_template_reaches_a_running_pod_by_itself(daemonset):
    assert daemonset["spec"]["updateStrategy"] == {"type": "OnDelete"}


def test_pods_go_to_windows_and_say_so(pod):
    assert pod["nodeSelector"]["kubernetes.io/os"] == "windows"
    assert pod["os"] == {"name": "windows"}


def test_usual_taints_of_windows_nodes_are_tolerated_once(pod):
    for key in ("os", "node.kubernetes.io/os"):
        assert pod["tolerations"].count({"key": key, "operator": "Exists"}) == 1


def test_the_pod_is_a_host_process_at_pod_level(agent, pod):
    assert pod["hostNetwork"] is True
    account = canonical_account(agent.spec.run_as_user_name)
    assert pod["securityContext"] == {"windowsOptions": {"hostProcess": True, "runAsUserName": account}}


def test_no_container_says_again_whether_it_is_a_host_process(pod):
    for container in containers(pod):
        options = container.get("securityContext", {}).get("windowsOptions", {})
        assert "hostProcess" not in options


def test_service_accounts_are_spelled_as_the_container_runtime_needs_them(pod):
    levels = [pod, *containers(pod)]
    options = [level.get("securityContext", {}).get("windowsOptions", {}) for level in levels]
    named = [option["runAsUserName"] for option in options if "runAsUserName" in option]
    for account in named:
        assert account == canonical_account(account)
        assert "\\" not in account or account.startswith("NT AUTHORITY\\")


def test_nothing_that_windows_forbids(pod):
    assert not pod.keys() & POD_FORBIDDEN
    assert not pod["securityContext"].keys() & POD_SECURITY_FORBIDDEN
    for container in containers(pod):
        assert container.get("securityContext", {}).keys() <= SECURITY_ALLOWED
        assert "stopSignal" not in container.get("lifecycle", {})


def test_a_daemonset_restarts_its_pods_always(pod):
    assert "restartPolicy" not in pod
    assert "activeDeadlineSeconds" not in pod


def test_ports_of_the_host_are_those_of_the_container(pod):
    for container in containers(pod):
        for port in container.get("ports", []):
            assert port.get("hostPort", port["containerPort"]) == port["containerPort"]


def test_a_token_is_mounted_only_on_request(agent, pod):
    assert pod["automountServiceAccountToken"] is agent.spec.automount_service_account_token


def test_service_links_are_never_made(pod):
    assert pod["enableServiceLinks"] is False


def test_the_gate_stands_unless_nothing_is_verified(agent, pod):
    gates = [{"conditionType": "hostprocess.dev/AdminRightsVerified"}]
    assert pod.get("readinessGates") == (None if agent.spec.verification.mode == "None" else gates)


def test_the_probe_is_there_in_mode_probe_only_and_first(agent, pod):
    names = [container["name"] for container in containers(pod)]
    where = [index for index, name in enumerate(names) if name == "verify-admin-rights"]
    assert where == ([0] if agent.spec.verification.mode == "Probe" else [])


def test_the_probe_runs_the_line_in_the_first_containers_image(pod):
    for probe in (c for c in containers(pod) if c["name"] == "verify-admin-rights"):
        first = pod["containers"][0]
        assert (probe["image"], probe.get("imagePullPolicy")) == (first["image"], first.get("imagePullPolicy"))
        assert probe["command"] == list(PROBE_COMMAND)


def test_kubernetes_expands_nothing_in_the_probes_line(pod):
    for probe in (c for c in containers(pod) if c["name"] == "verify-admin-rights"):
        assert not any("$(" in item or "$$" in item for item in probe["command"])


def test_the_probe_runs_as_the_account_of_the_first_container(pod):
    for probe in (c for c in containers(pod) if c["name"] == "verify-admin-rights"):
        assert probe.get("securityContext") == pod["containers"][0].get("securityContext")


def test_the_agents_own_containers_come_in_its_order(agent, pod):
    names = [container["name"] for container in containers(pod) if container["name"] != "verify-admin-rights"]
    asked = [container.name for container in (*agent.spec.init_containers, *agent.spec.containers)]
    assert names == asked


def test_no_field_is_empty_that_could_be_absent(pod):
    assert not [path for path in empty_paths(pod) if path != "pod.containers[].env[].value"]


def empty_paths(value, path="pod"):
    if isinstance(value, dict):
        return [found for key, item in value.items() for found in empty_paths(item, f"{path}.{key}")] or (
            [] if value else [path]
        )
    if isinstance(value, list):
        return [found for item in value for found in empty_paths(item, f"{path}[]")] or ([] if value else [path])
    return [path] if value in ("", None) else []


def test_the_agent_is_not_changed(agent):
    before = copy.deepcopy(agent)
    daemonset_spec(agent, pod_template(agent))
    assert agent == before


def test_two_renderings_share_nothing_that_one_could_spoil(agent):
    spoiled = pod_template(agent)
    spoiled["spec"]["nodeSelector"].clear()
    spoiled["spec"]["containers"][0].clear()
    spoiled["metadata"]["labels"].clear()
    assert pod_template(agent) != spoiled
    assert pod_template(agent)["spec"]["nodeSelector"]


def test_another_placement_is_another_template_of_the_same_revision(template):
    elsewhere = Placement({"kubernetes.io/os": "windows", "pool": "x"}, {}, ())
    moved = with_placement(template | {"$patch": "replace"}, elsewhere)
    assert moved["spec"]["nodeSelector"] == {"kubernetes.io/os": "windows", "pool": "x"}
    assert "affinity" not in moved["spec"]
    assert moved["spec"]["tolerations"] == []
    assert "$patch" not in moved
    assert template_digest(moved) == template_digest(template)


def test_a_template_that_moves_is_not_changed(template):
    before = copy.deepcopy(template)
    with_placement(template, Placement({}, {}, ()))
    assert template == before
