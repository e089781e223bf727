"""The report says first what it is about, and stays readable whatever was said to it."""

import json

import pytest

from e2e.report import Result, assemble, render

NODES = [{"node": "node-1", "osImage": "Windows Server 2022 Datacenter"}]
EVIDENCE = {"agent": {"conditions": [{"type": "Ready", "status": "False"}]}, "pods": []}


def report(*results, nature="real", node_names=False, **run):
    run = {"started": "2026-03-04 05:06 UTC", "seconds": 61.2, "failure": "", "interrupted": False} | run
    return assemble(
        list(results),
        nature=nature,
        nodes=NODES,
        node_names=node_names,
        facts={"operator": "0.1.0"},
        run={"left": [], "operatorLog": []} | run,
    )


def passed(**changes):
    return Result(**({"name": "sample", "title": "It works.", "outcome": "passed", "seconds": 4.21} | changes))


def failed(**changes):
    return passed(**({"name": "other", "outcome": "failed", "reason": "waited 5 s", "evidence": EVIDENCE} | changes))


class TestTop:
    @pytest.mark.parametrize(
        ("nature", "title"),
        [
            ("simulated", "simulated nodes (kwok), not Windows"),
            ("real", "real Windows nodes"),
            ("unknown", "nodes that may not be real"),
        ],
    )
    def test_the_first_line_says_what_the_nodes_were_and_how_it_went(self, nature, title):
        first = render(report(passed(), failed(), nature=nature)).splitlines()[0]
        assert first == f"# hostprocess-operator on {title}: 1 passed, 1 failed"

    def test_simulated_nodes_are_never_called_real(self):
        text = render(report(passed(), nature="simulated"))
        assert "says nothing about real Windows nodes" in text
        assert "**Real Windows nodes**" not in text

    def test_it_says_what_was_taken_out(self):
        assert "nodes are called node-1" in render(report(passed()))

    def test_it_does_not_say_so_of_names_that_were_left_in(self):
        assert "nodes are called node-1" not in render(report(passed(), node_names=True))

    @pytest.mark.parametrize(
        ("run", "words"),
        [
            pytest.param({"interrupted": True}, "It was interrupted", id="a signal ended it"),
            pytest.param({"failure": "no operator answers"}, "no operator answers", id="it could not begin"),
            pytest.param({"left": ["Namespace x: timeout"]}, "Namespace x: timeout", id="something is left behind"),
            pytest.param({"operatorLog": ["level=error"]}, "level=error", id="the operator complained"),
        ],
    )
    def test_what_went_wrong_around_the_scenarios_is_said(self, run, words):
        assert words in render(report(passed(), **run))
        assert words not in render(report(passed()))


class TestScenarios:
    def test_each_has_a_row_with_result_seconds_and_reason(self):
        text = render(report(passed(), failed(title="It fails.")))
        assert "| It works. | passed | 4 |  |" in text
        assert "| It fails. | **failed** | 4 | waited 5 s |" in text

    def test_a_failed_one_shows_its_evidence(self):
        assert "conditions:\n  - type: Ready\n    status: 'False'" in render(report(failed()))

    def test_a_passed_one_shows_what_it_noted(self):
        notes = [{"title": "node-1: what was printed", "lines": ["True\\r"]}]
        assert "node-1: what was printed\n\n```text\nTrue\\r\n```" in render(report(passed(notes=notes)))

    def test_one_that_says_nothing_has_no_part_of_its_own(self):
        assert "### " not in render(report(passed()))

    def test_a_long_reason_is_cut_in_the_table_and_whole_below(self):
        reason = "x" * 500
        text = render(report(failed(reason=reason)))
        assert f"| {'x' * 160}... |" in text
        assert f"```text\n{reason}\n```" in text

    def test_a_reason_of_several_lines_keeps_the_table_whole(self):
        assert "| **failed** | 4 | one |" in render(report(failed(reason="one\ntwo")))


class TestHostileTexts:
    def test_a_cell_stays_a_cell(self):
        text = render(report(passed(outcome="skipped", reason="a | b <script> c")))
        assert r"| a \| b &lt;script> c |" in text

    def test_a_fence_in_a_text_ends_no_block(self):
        notes = [{"title": "log", "lines": ["```", "# not a title"]}]
        assert "````text\n```\n# not a title\n````" in render(report(passed(notes=notes)))


def test_the_json_holds_the_same_for_programs():
    found = json.loads(json.dumps(report(passed(), failed(), nature="simulated")))
    assert (found["schema"], found["nature"]) == ("hostprocess-e2e/1", "simulated")
    assert found["counts"] == {"passed": 1, "failed": 1, "skipped": 0}
    assert [(row["name"], row["outcome"], row["seconds"]) for row in found["scenarios"]] == [
        ("sample", "passed", 4.2),
        ("other", "failed", 4.2),
    ]


def test_a_run_that_played_nothing_says_so():
    assert render(report()).splitlines()[0].endswith(": nothing was played")
