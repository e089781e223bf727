"""Manifests are what a Windows kubelet registers."""

import pytest

from control_plane import fleet, windows_node


def test_labels_are_added_to_the_kubelets_own():
    labels = windows_node("win-1", labels={"pool": "blue"})["metadata"]["labels"]
    assert labels == {
        "kubernetes.io/os": "windows",
        "kubernetes.io/arch": "amd64",
        "kubernetes.io/hostname": "win-1",
        "node.kubernetes.io/windows-build": "10.0.20348",
        "pool": "blue",
    }


@pytest.mark.parametrize(
    ("count", "builds", "tainted"),
    [
        (1, ["10.0.26100"], []),
        (2, ["10.0.20348", "10.0.26100"], []),
        (3, ["10.0.20348", "10.0.20348", "10.0.26100"], ["win-2"]),
    ],
)
def test_a_fleet_ends_with_2025_and_has_one_tainted_node(count, builds, tainted):
    nodes = fleet(count)
    assert [node["metadata"]["labels"]["node.kubernetes.io/windows-build"] for node in nodes] == builds
    assert [node["metadata"]["name"] for node in nodes if "taints" in node["spec"]] == tainted


def test_names_sort_in_their_order():
    names = [node["metadata"]["name"] for node in fleet(11)]
    assert names == sorted(names)
