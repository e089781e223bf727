"""Preflight: which nodes are unfit for host processes, and what is worth knowing of those that are fit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hostprocess_operator.api.faults import Fault
from hostprocess_operator.diagnosis import Severity, keeps_out, notes, preflight, refusal
from hostprocess_operator.observed import Taint
from support import build

WELL = {"kubelet": "v1.34.1", "runtime": "containerd://2.0.4+azure"}


def node(**versions):
    return build.node(**(WELL | versions))


@pytest.mark.parametrize(
    ("versions", "refused", "noted"),
    [
        pytest.param({}, None, [], id="a node of today"),
        pytest.param({"kubelet": "v1.22.17"}, Fault.KUBELET_TOO_OLD, [], id="a kubelet before host processes"),
        pytest.param({"kubelet": "v1.23.0"}, None, [Fault.KUBELET_OLD], id="the first kubelet with them, as a beta"),
        pytest.param({"kubelet": "v1.25.16-eks-1"}, None, [Fault.KUBELET_OLD], id="the last of the beta"),
        pytest.param({"kubelet": "v1.26.0"}, None, [], id="the first that is stable"),
        pytest.param({"kubelet": "v2.0.0"}, None, [], id="the next major version"),
        pytest.param({"runtime": "containerd://1.5.18"}, Fault.RUNTIME_TOO_OLD, [], id="a containerd before them"),
        pytest.param({"runtime": "containerd://1.6.0~rc.1"}, None, [Fault.RUNTIME_OLD], id="the first containerd"),
        pytest.param({"runtime": "containerd://1.6.36"}, None, [Fault.RUNTIME_OLD], id="the last without mounts"),
        pytest.param({"runtime": "containerd://1.7.0"}, None, [], id="the first that binds them"),
        pytest.param({"runtime": "docker://20.10.9"}, Fault.RUNTIME_UNSUPPORTED, [], id="Docker"),
        pytest.param({"runtime": "cri-o://1.31.0"}, Fault.RUNTIME_UNSUPPORTED, [], id="any other runtime"),
        pytest.param({"runtime": "docker://?"}, Fault.RUNTIME_UNSUPPORTED, [], id="whatever its version"),
        pytest.param({"runtime": "containerd://?"}, None, [], id="containerd of no version that can be read"),
        pytest.param({"kubelet": "", "runtime": ""}, None, [], id="a node that never reported"),
        pytest.param({"kubelet": "nonsense", "runtime": "nonsense"}, None, [], id="a node that talks nonsense"),
        pytest.param(
            {"kubelet": "v1.22.0", "runtime": "docker://20.10.9"}, Fault.RUNTIME_UNSUPPORTED, [],
            id="of two reasons the runtime is told first",
        ),
        pytest.param(
            {"kubelet": "v1.24.0", "runtime": "docker://20.10.9"}, Fault.RUNTIME_UNSUPPORTED, [Fault.KUBELET_OLD],
            id="refused for one, old by the other",
        ),
        pytest.param(
            {"kubelet": "v1.22.0", "runtime": "containerd://1.6.0"}, Fault.KUBELET_TOO_OLD, [Fault.RUNTIME_OLD],
            id="and the other way round",
        ),
        pytest.param(
            {"kubelet": "v1.24.0", "runtime": "containerd://1.6.0"}, None, [Fault.RUNTIME_OLD, Fault.KUBELET_OLD],
            id="old twice, and fit",
        ),
    ],
)  # fmt: skip
def test_preflight(versions, refused, noted):
    found = refusal(node(**versions))
    assert (found and found.reason) == refused
    assert [note.reason for note in notes(node(**versions))] == noted


@pytest.mark.parametrize(
    ("versions", "message"),
    [
        pytest.param(
            {"kubelet": "v1.22.17"},
            "The kubelet is v1.22.17; host processes take 1.23 or later. Update the node.",
            id="a kubelet",
        ),
        pytest.param(
            {"runtime": "containerd://1.5.18"},
            "The container runtime is containerd://1.5.18; host processes take containerd 1.6 or later. "
            "Update containerd on the node to 1.7 or later.",
            id="a containerd",
        ),
        pytest.param(
            {"runtime": "docker://20.10.9"},
            "The container runtime is docker://20.10.9; only containerd runs host processes. "
            "Move the node to containerd 1.7 or later.",
            id="a runtime",
        ),
        pytest.param(
            {"runtime": "docker://\x1b[31m\u202e" + "9" * 999},
            f"The container runtime is docker://{'9' * 52}…; only containerd runs host processes. "
            "Move the node to containerd 1.7 or later.",
            id="hostile words are cleaned and cut",
        ),
    ],
)
def test_a_refusal_names_what_was_found_and_the_cure(versions, message):
    assert refusal(node(**versions)).message == message


def test_old_containerd_is_noted_with_what_differs_and_the_cure():
    [note] = notes(node(runtime="containerd://1.6.36"))
    assert "only under $env:CONTAINER_SANDBOX_MOUNT_POINT, and a local group cannot be the account." in note.text
    assert note.advice == "Update containerd to 1.7 or later."


def test_notes_are_the_same_for_every_old_version_so_that_they_are_told_once():
    assert notes(node(runtime="containerd://1.6.1")) == notes(node(runtime="containerd://1.6.36"))
    assert notes(node(kubelet="v1.23.4")) == notes(node(kubelet="v1.25.0"))


@given(kubelet=st.text(), runtime=st.text() | st.text().map("containerd://{}".format))
def test_whatever_a_node_says_there_is_an_answer_in_clean_words(kubelet, runtime):
    found = preflight(build.node(kubelet=kubelet, runtime=runtime))
    assert all(finding.message.isprintable() for finding in found)
    assert [finding.severity for finding in found] == sorted(finding.severity for finding in found)


@pytest.mark.parametrize(
    ("taints", "message"),
    [
        pytest.param(
            [Taint("os", "windows", "NoSchedule")],
            "The taint os=windows:NoSchedule keeps the agent off the node. Add a toleration to spec.tolerations, or "
            "take it off: `kubectl taint nodes win-2 os:NoSchedule-`.",
            id="one",
        ),
        pytest.param(
            [Taint("gpu", "", "NoExecute"), Taint("team", "a", "NoSchedule")],
            "The taints gpu:NoExecute, team=a:NoSchedule keep the agent off the node. Add a toleration to "
            "spec.tolerations, or take them off: `kubectl taint nodes win-2 gpu:NoExecute- team:NoSchedule-`.",
            id="two, one of them without a value",
        ),
    ],
)
def test_taints_are_named(taints, message):
    found = keeps_out("win-2", taints)
    assert (found.reason, found.severity, found.message) == (Fault.TAINT_NOT_TOLERATED, Severity.FAILURE, message)
