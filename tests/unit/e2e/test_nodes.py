"""Which nodes take part, and whether they are called real."""

import pytest

from e2e.nodes import choose, default_image, describe, nature_of

KUBELET = {"manager": "kubelet.exe", "operation": "Update", "subresource": "status"}


def node(name="win-1", *, build=20348, ready="True", reporter=KUBELET, **changes):
    """Return a Node as the API server sends it; `changes` are labels, annotations, taints, addresses, cordoned."""
    metadata = {
        "name": name,
        "labels": {"kubernetes.io/os": "windows", "kubernetes.io/hostname": name} | changes.get("labels", {}),
        "annotations": changes.get("annotations", {}),
        "managedFields": [reporter] if reporter else [],
    }
    spec = {"taints": changes.get("taints", []), "unschedulable": changes.get("cordoned", False)}
    info = {"kernelVersion": f"10.0.{build}.2227", "kubeletVersion": changes.get("kubelet", "v1.33.1")}
    addresses = [{"type": "InternalIP", "address": address} for address in changes.get("addresses", ["10.1.2.3"])]
    status = {"conditions": [{"type": "Ready", "status": ready}], "nodeInfo": info, "addresses": addresses}
    return {"metadata": metadata, "spec": spec, "status": status}


def taint(key, effect="NoSchedule"):
    return {"key": key, "effect": effect}


def names(choice):
    return [each.name for each in choice.used]


class TestChoice:
    @pytest.mark.parametrize(
        ("body", "reason"),
        [
            pytest.param(node(ready="Unknown"), "not Ready", id="a node that is down"),
            pytest.param(node(cordoned=True), "cordoned", id="a cordoned node"),
            pytest.param(node(labels={"type": "virtual-kubelet"}), "virtual", id="a node without a host"),
            pytest.param(node(taints=[taint("team")]), "team: --tolerate", id="a taint that nobody tolerates"),
            pytest.param(node(taints=[taint("team", "NoExecute")]), "team", id="a taint that evicts"),
        ],
    )
    def test_a_node_that_cannot_take_part_is_passed_over_with_the_reason(self, body, reason):
        choice = choose([body], 3)
        assert choice.used == ()
        ((name, said),) = choice.passed_over
        assert (name, reason in said) == ("win-1", True)

    @pytest.mark.parametrize(
        "taints",
        [
            pytest.param([taint("os"), taint("node.kubernetes.io/os")], id="the usual taints of Windows nodes"),
            pytest.param([taint("team", "PreferNoSchedule")], id="a taint that only discourages"),
            pytest.param([taint("gpu")], id="a taint that the person tolerates"),
        ],
    )
    def test_a_taint_that_keeps_no_agent_away_is_no_reason(self, taints):
        assert names(choose([node(taints=taints)], 3, tolerated=["gpu"])) == ["win-1"]

    def test_no_more_nodes_are_taken_than_asked_for(self):
        choice = choose([node(f"win-{number}") for number in range(5)], 2)
        assert (names(choice), choice.passed_over, choice.total) == (["win-0", "win-1"], (), 5)

    def test_nodes_of_every_build_are_taken_before_a_second_one_of_any(self):
        fleet = [node("a"), node("b"), node("c", build=26100)]
        assert names(choose(fleet, 2)) == ["a", "c"]

    def test_older_nodes_are_left_out_where_no_image_fits_all(self):
        choice = choose([node("old", build=17763), node("new")], 3)
        assert names(choice) == ["new"]
        assert "--image" in dict(choice.passed_over)["old"]

    def test_older_nodes_take_part_with_an_image_of_the_person(self):
        assert names(choose([node("old", build=17763), node("new")], 3, own_image=True)) == ["new", "old"]


@pytest.mark.parametrize(
    ("builds", "tag"),
    [
        pytest.param([20348], "ltsc2022", id="Windows Server 2022"),
        pytest.param([20348, 26100], "ltsc2022", id="2022 and 2025, which runs images of 2022"),
        pytest.param([17763], "ltsc2019", id="Windows Server 2019"),
    ],
)
def test_the_image_fits_every_node(builds, tag):
    used = [describe(node(str(build), build=build)) for build in builds]
    assert default_image(used) == f"mcr.microsoft.com/windows/nanoserver:{tag}"


def test_the_build_is_none_where_the_kernel_version_is_odd():
    body = node()
    body["status"]["nodeInfo"]["kernelVersion"] = "unknown"
    assert describe(body).build == 0


def test_an_agent_is_placed_by_the_hostname_label_which_need_not_be_the_name():
    assert describe(node(labels={"kubernetes.io/hostname": "host-7"})).hostname == "host-7"


class TestNature:
    """Nobody may take a rehearsal for the real thing: real is what shows it, not what shows nothing else."""

    def test_a_node_whose_status_a_kubelet_reports_is_real(self):
        assert describe(node()).nature == "real"

    @pytest.mark.parametrize(
        "body",
        [
            pytest.param(node(annotations={"kwok.x-k8s.io/node": "fake"}), id="kwok's annotation"),
            pytest.param(node(labels={"sim.hostprocess.dev/any": ""}), id="a knob of the local control plane"),
            pytest.param(node(reporter=KUBELET | {"manager": "kwok"}), id="kwok reports its status"),
            pytest.param(node(kubelet="kwok-v0.7.0"), id="kwok's version"),
            pytest.param(node(kubelet="fake"), id="an old kwok's version"),
            pytest.param(node(addresses=["127.3.4.5"]), id="a loopback address"),
        ],
    )
    def test_any_hint_at_a_simulator_makes_a_node_simulated(self, body):
        assert describe(body).nature == "simulated"

    @pytest.mark.parametrize(
        "reporter",
        [
            pytest.param(None, id="nobody is known to report it"),
            pytest.param(KUBELET | {"manager": "other"}, id="something else reports it"),
            pytest.param(KUBELET | {"subresource": ""}, id="a kubelet has written, but not the status"),
        ],
    )
    def test_a_node_that_no_kubelet_reports_is_not_called_real(self, reporter):
        assert describe(node(reporter=reporter)).nature == "unknown"

    @pytest.mark.parametrize(
        ("natures", "together"),
        [
            (["real", "real"], "real"),
            (["real", "simulated"], "simulated"),
            (["real", "unknown"], "unknown"),
            (["unknown", "simulated"], "simulated"),
        ],
    )
    def test_one_doubtful_node_decides_for_all(self, natures, together):
        reporters = {"real": KUBELET, "simulated": KUBELET | {"manager": "kwok"}, "unknown": None}
        assert nature_of(describe(node(reporter=reporters[nature])) for nature in natures) == together
