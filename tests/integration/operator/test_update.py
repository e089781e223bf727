"""Updates: within the budget, past broken nodes, stopped by a bad version, and never without a reason."""

import pytest

from control_plane import Recording, wait_for
from support.agents import condition, is_current
from support.operator import Operator


def edit_image(one, tag):
    """Change the image of the agent."""
    container = one.get()["spec"]["containers"][0] | {"image": f"registry.example/agent:{tag}"}
    return one.edit(containers=[container])


def test_an_update_that_is_denied_rights_stops_after_max_unavailable(one, nodes, audit):
    nodes(10)
    one.apply(rollout={"maxUnavailable": 2})
    one.wait_verified(10)
    before = one.uids()
    edit_image(one, "2.0-log-no-admin")
    found = one.wait(ready="False", reason="NotAdministrator", timeout=30, denied=2)
    assert condition(found, "Stalled")["status"] == "True"
    audit.mark()
    one.edit(rollout={"minReadySeconds": 1})  # a further look finds nothing more to do
    wait_for(lambda: is_current(one.get()), 10, "the further look")
    assert audit.count("pods", "delete") == 0
    after = one.uids()
    assert len({node for node in before if before[node] != after[node]}) == 2
    assert sorted(one.images().values()) == ["1.0"] * 8 + ["2.0-log-no-admin"] * 2


def test_a_good_update_completes_on_the_healthy_nodes_and_reaches_the_others_later(one, nodes, plane):
    names = nodes(10)
    one.apply(rollout={"maxUnavailable": 2})
    one.wait_verified(10)
    for name in names[:2]:
        plane.patch("nodes", name, {"metadata": {"annotations": {"sim.hostprocess.dev/ready": "false"}}})
    one.wait(unreachable=2)
    edit_image(one, "2.0")
    found = one.wait(ready="True", timeout=60, updated=8)
    assert all(name in condition(found, "Ready")["message"] for name in names[:2])
    for name in names[:2]:
        plane.patch("nodes", name, {"metadata": {"annotations": {"sim.hostprocess.dev/ready": None}}})
    one.wait(ready="True", timeout=60, updated=10, verified=10)
    assert set(one.images().values()) == {"2.0"}


def test_a_fleet_whose_pods_are_all_denied_is_repaired_within_the_budget(one, nodes, plane):
    nodes(6)
    one.apply(tag="1.0-log-no-admin", rollout={"maxUnavailable": 2})
    one.wait(ready="False", reason="NotAdministrator", denied=6)
    with Recording(plane.api, plane.api.path("hostprocessagents", one.namespace)) as recording:
        edit_image(one, "2.0")
        one.wait_verified(6, timeout=60)
    generation = one.get()["metadata"]["generation"]
    meanwhile = [state for state in recording.states(one.name) if state["metadata"]["generation"] == generation]
    assert all(not condition(state, "Stalled") for state in meanwhile if is_current(state))


@pytest.mark.parametrize(
    "placement",
    [
        pytest.param({"tolerations": [{"key": "more", "operator": "Exists"}]}, id="a toleration more"),
        pytest.param({"nodeSelector": {"kubernetes.io/arch": "amd64"}}, id="a nodeSelector more"),
    ],
)
def test_a_change_of_placement_restarts_no_agent_on_nodes_that_stay(one, nodes, placement):
    nodes(3)
    one.apply()
    one.wait_verified(3)
    before, generation = one.uids(), one.daemonset()["metadata"]["generation"]
    one.edit(**placement)
    wait_for(lambda: one.daemonset()["metadata"]["generation"] > generation, 10, "the DaemonSet to be written")
    one.wait_verified(3)
    assert one.uids() == before


def test_a_nodeselector_that_leaves_nodes_out_takes_the_agent_from_them_alone(one, nodes):
    stay, leave = nodes(2, labels={"keep": "yes"}), nodes(2)
    one.apply()
    one.wait_verified(4)
    before = one.uids()
    one.edit(nodeSelector={"keep": "yes"})
    one.wait_verified(2)
    wait_for(lambda: set(one.pods()) == set(stay), 10, f"the pods on {leave} to go")
    assert one.uids() == {node: before[node] for node in stay}


def test_an_operator_that_renders_differently_restarts_no_pod(one, nodes, operator, plane, audit, stack, tmp_path):
    nodes(3)
    one.apply()
    one.wait_verified(3)
    before, daemonset = one.uids(), one.daemonset()
    operator.kill()
    try:
        audit.mark()
        kubeconfig = plane.service_account_kubeconfig("hostprocess-system", "operator")
        upgraded = stack.enter_context(Operator(kubeconfig, tmp_path / "log", prelude=ANOTHER_RENDERING))
        one.edit_daemonset({"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": "rogue"})
        wait_for(lambda: restored(one, daemonset), 10, "the drift to be mended with the rendering of before")
        one.wait_verified(3)
        assert one.uids() == before
        assert audit.count("pods", "delete") == 0
        edit_image(one, "2.0")  # the new rendering comes with the next change of the spec
        one.wait_verified(3, timeout=60)
        assert one.daemonset()["spec"]["template"]["metadata"]["annotations"]["rendered-by"] == "upgraded"
        assert upgraded.running
        upgraded.kill()
    finally:
        operator.start()


ANOTHER_RENDERING = """
from hostprocess_operator.manifests import template

def rendered(agent, metadata=template._metadata):
    made = metadata(agent)
    return made | {"annotations": made["annotations"] | {"rendered-by": "upgraded"}}

template._metadata = rendered
"""
"""Python that makes a process another version of the operator."""


def restored(one, daemonset):
    """Return whether the pod template is as it was."""
    return one.daemonset()["spec"]["template"] == daemonset["spec"]["template"]


def test_suspend_freezes_an_update_and_names_what_is_pending(one, nodes, audit):
    nodes(2)
    one.apply()
    one.wait_verified(2)
    one.edit(suspend=True)
    one.wait(ready="True")
    audit.mark()
    edit_image(one, "2.0")
    found = one.wait(ready="False", reason="Suspended")
    assert not condition(found, "Stalled")
    assert not condition(found, "Reconciling")
    assert audit.count("daemonsets") == 0
    one.edit(suspend=False)
    one.wait_verified(2, timeout=30)
    assert set(one.images().values()) == {"2.0"}


def test_a_version_that_ends_soon_after_it_was_proven_does_not_run_through_the_fleet(one, nodes, audit):
    nodes(6)
    one.apply()
    one.wait_verified(6)
    audit.mark()
    edit_image(one, "2.0-fail-crash")
    wait_for(lambda: audit.count("pods", "delete") > 0, 10, "the first pod to be replaced")

    def keeps_ending():
        return any(status["restartCount"] >= 3 for pod in one.pods().values() for status in statuses(pod))

    wait_for(keeps_ending, 40, "the new version to have ended three times")
    assert list(one.images().values()).count("1.0") >= 3
    found = one.wait(ready="False")
    assert condition(found, "Ready")["reason"] != "AllVerified"


def statuses(pod):
    """Return what the kubelet says of the agent's containers."""
    return pod["status"].get("containerStatuses", [])
