"""The blanks of the stages are filled in."""

import yaml

from control_plane.stages import render_stages


def test_every_blank_is_filled():
    assert "${" not in render_stages(10250, 20)


def test_each_stage_is_there_once():
    options, *stages = yaml.safe_load_all(render_stages(10250, 20))
    names = [stage["metadata"]["name"] for stage in stages]
    assert names == ["node-sync", "pod-sync", "pod-sandbox-failed", "pod-delete"]
    assert options["options"]["nodeLeaseDurationSeconds"] == 20


def test_nodes_report_the_port_of_the_log_endpoint():
    assert "kubeletEndpoint: {Port: 10250}" in render_stages(10250, 0)
