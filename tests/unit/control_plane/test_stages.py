"""The blanks of the stages are filled in."""

import re

import pytest
import yaml

from control_plane import stages
from control_plane.stages import CONTAINER_WORDS, FAULT_WORDS, POD_WORDS, render_stages


def test_every_blank_is_filled():
    assert "${" not in render_stages(10250, 20)


def test_each_stage_is_there_once():
    options, *stages = yaml.safe_load_all(render_stages(10250, 20))
    names = [stage["metadata"]["name"] for stage in stages]
    assert names == ["node-sync", "pod-sync", "pod-event", "pod-kill", "pod-failed", "pod-delete"]
    assert options["options"]["nodeLeaseDurationSeconds"] == 20


def test_nodes_report_the_port_of_the_log_endpoint():
    assert "kubeletEndpoint: {Port: 10250}" in render_stages(10250, 0)


def test_a_stage_with_events_moves_the_pod_as_pod_sync_does():
    documents = list(yaml.safe_load_all(render_stages(10250, 20)))[1:]
    specs = {document["metadata"]["name"]: document["spec"] for document in documents}
    sync = specs["pod-sync"]
    for name in ("pod-event", "pod-kill"):
        assert specs[name]["delay"] == sync["delay"]
        assert specs[name]["steps"][-len(sync["steps"]) :] == sync["steps"]


@pytest.mark.parametrize("word", [*CONTAINER_WORDS, *POD_WORDS, "none"])
@pytest.mark.parametrize("prefix", ["fail-", "fail-agent-"])
def test_a_word_is_found_whole_wherever_it_stands(prefix, word):
    for text in (f"registry.example/agent:1.0-{prefix}{word}", f"node-{prefix}{word}-1", f"{prefix}{word}"):
        assert re.search(FAULT_WORDS, text)[0] == prefix + word


@pytest.mark.parametrize("text", ["fail-nothing", "fail-pulls", "fail-pull2", "agent-crash"])
def test_what_only_looks_like_a_word_is_none(text):
    assert not re.search(FAULT_WORDS, text)


@pytest.mark.parametrize("word", [*CONTAINER_WORDS, *POD_WORDS])
def test_each_word_is_in_the_table(word):
    assert f"``fail-{word}``" in stages.__doc__
