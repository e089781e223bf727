"""Which edits of a spec shape pods, and which make the operator write the DaemonSet."""

import pytest

from hostprocess_operator.manifests import pod_template, shape_hash, spec_stamp
from hostprocess_operator.observed import template_digest
from support import build

CONTAINER = {"name": "agent", "image": "registry.example/agent:1"}
TOLERATION = {"key": "dedicated", "operator": "Exists"}
AFFINITY = {
    "nodeAffinity": {
        "requiredDuringSchedulingIgnoredDuringExecution": {
            "nodeSelectorTerms": [{"matchExpressions": [{"key": "pool", "operator": "Exists"}]}]
        }
    }
}


def stamp(agent):
    return spec_stamp(agent, template_digest(pod_template(agent)))


SHAPES_PODS = [
    pytest.param({"image": "registry.example/agent:2"}, id="another image"),
    pytest.param({"containers": [CONTAINER | {"args": ["-v"]}]}, id="an argument"),
    pytest.param({"containers": [CONTAINER, CONTAINER | {"name": "more"}]}, id="one container more"),
    pytest.param({"initContainers": [CONTAINER | {"name": "first"}]}, id="an init container"),
    pytest.param({"runAsUserName": r"NT AUTHORITY\LocalService"}, id="another account"),
    pytest.param({"volumes": [{"name": "scratch", "emptyDir": {}}]}, id="a volume"),
    pytest.param({"podMetadata": {"labels": {"team": "platform"}}}, id="a label of the pods"),
    pytest.param({"podMetadata": {"annotations": {"a": "b"}}}, id="an annotation of the pods"),
    pytest.param({"serviceAccountName": "inspector"}, id="a ServiceAccount"),
    pytest.param({"automountServiceAccountToken": True}, id="a token"),
    pytest.param({"imagePullSecrets": [{"name": "registry"}]}, id="a pull secret"),
    pytest.param({"priorityClassName": "system-node-critical"}, id="a priority"),
    pytest.param({"terminationGracePeriodSeconds": 31}, id="another grace period"),
    pytest.param({"verification": {"mode": "AgentLog"}}, id="verified by the agent's log"),
    pytest.param({"verification": {"mode": "None"}}, id="not verified"),
]
ACTS_ON_THE_WHOLE_FLEET = [
    pytest.param({"nodeSelector": {"pool": "a"}}, id="a nodeSelector"),
    pytest.param({"tolerations": [TOLERATION]}, id="a toleration"),
    pytest.param({"affinity": AFFINITY}, id="a node affinity"),
    pytest.param({"rollout": {"minReadySeconds": 5}}, id="minReadySeconds, which the DaemonSet has too"),
]
CONCERNS_THE_OPERATOR = [
    pytest.param({"rollout": {"maxUnavailable": 3}}, id="maxUnavailable"),
    pytest.param({"rollout": {"progressDeadlineSeconds": 60}}, id="progressDeadlineSeconds"),
    pytest.param({"suspend": True}, id="suspend"),
    pytest.param({"verification": {"timeoutSeconds": 60}}, id="the timeout of the verification"),
    pytest.param({"verification": {"expect": "Any"}}, id="what is expected"),
]
SAYS_NOTHING_NEW = [
    pytest.param({"generation": 2}, id="another generation"),
    pytest.param({"annotations": {"a": "b"}}, id="an annotation on the agent"),
    pytest.param({"uid": "another"}, id="the agent made again"),
    pytest.param({"runAsUserName": build.SYSTEM}, id="the default account, spelled out"),
    pytest.param({"terminationGracePeriodSeconds": 30}, id="the default grace period, spelled out"),
    pytest.param({"verification": {"mode": "Probe"}}, id="the default mode, spelled out"),
    pytest.param({"verification": {}, "rollout": {}, "podMetadata": {}}, id="empty objects"),
    pytest.param({"nodeSelector": {"kubernetes.io/os": "windows"}}, id="the os, which is always selected"),
    pytest.param({"tolerations": [{"key": "os", "operator": "Exists"}]}, id="a taint that is always tolerated"),
]


@pytest.mark.parametrize("edit", SHAPES_PODS)
def test_an_edit_that_shapes_pods_changes_the_hash_and_the_stamp(edit):
    before, after = build.agent(), build.agent(**edit)
    assert shape_hash(after) != shape_hash(before)
    assert stamp(after) != stamp(before)


@pytest.mark.parametrize("edit", ACTS_ON_THE_WHOLE_FLEET)
def test_an_edit_of_placement_changes_the_stamp_alone(edit):
    before, after = build.agent(), build.agent(**edit)
    assert shape_hash(after) == shape_hash(before)
    assert stamp(after) != stamp(before)


@pytest.mark.parametrize("edit", [*CONCERNS_THE_OPERATOR, *SAYS_NOTHING_NEW])
def test_an_edit_that_concerns_no_pod_changes_neither(edit):
    before, after = build.agent(), build.agent(**edit)
    assert shape_hash(after) == shape_hash(before)
    assert stamp(after) == stamp(before)


def test_whose_log_is_read_shapes_no_pod():
    first, second = (
        build.agent(
            containers=[CONTAINER, CONTAINER | {"name": "more"}], verification={"mode": "AgentLog", "container": name}
        )
        for name in ("agent", "more")
    )
    assert shape_hash(first) == shape_hash(second)


def test_a_stamp_follows_the_revision_and_not_the_rendering():
    agent = build.agent()
    assert spec_stamp(agent, "kept") == spec_stamp(agent, "kept") != spec_stamp(agent, "new")


@pytest.mark.parametrize(
    "hashed",
    [pytest.param(shape_hash, id="of the shape"), pytest.param(stamp, id="the stamp")],
)
def test_a_hash_is_sixteen_hex_digits(hashed):
    assert len(hashed(build.agent())) == 16
    assert int(hashed(build.agent()), 16) >= 0


def test_no_version_may_change_the_hash_of_a_spec():
    """A different hash for the same spec would restart every agent when the operator is updated."""
    assert shape_hash(build.agent()) == "21366819752fc0ad"


RESTARTED_AT = "2026-03-04T05:06:07Z"


def test_a_restart_makes_another_template_of_the_same_spec():
    restarted = pod_template(build.agent(), RESTARTED_AT)
    assert template_digest(restarted) != template_digest(pod_template(build.agent()))


def test_a_restart_is_told_by_an_annotation_of_the_pods_and_nothing_else():
    agent = build.agent(podMetadata={"annotations": {"a": "b"}})
    plain, restarted = pod_template(agent), pod_template(agent, RESTARTED_AT)
    assert restarted["metadata"]["annotations"] == plain["metadata"]["annotations"] | {
        "hostprocess.dev/restarted-at": RESTARTED_AT
    }
    assert restarted["spec"] == plain["spec"]


def test_without_a_restart_the_pods_have_no_such_annotation():
    assert "hostprocess.dev/restarted-at" not in pod_template(build.agent(), "")["metadata"]["annotations"]
