"""What is allowed and yet worth a word."""

import re

import pytest

from hostprocess_operator.api.parse import parse_agent
from hostprocess_operator.api.warnings import SOFT_RULES, FieldWarning, in_words, warnings_of
from support.warned import agent, as_rows
from support.warned.broken import WARNED
from support.warned.kept import QUIET


def said_about(manifest):
    return [(warning.code, warning.path) for warning in warnings_of(parse_agent(manifest))]


class TestSoftRules:
    """The list of them."""

    def test_each_has_a_code_of_its_own_in_order(self):
        codes = [rule.code for rule in SOFT_RULES]

        assert codes == sorted(set(codes))
        assert all(re.fullmatch(r"HPC[1-9]\d\d", code) for code in codes)

    def test_each_has_a_title_and_a_message_of_its_own(self):
        assert len({rule.title for rule in SOFT_RULES}) == len({rule.message for rule in SOFT_RULES}) == len(SOFT_RULES)

    @pytest.mark.parametrize("rule", SOFT_RULES, ids=lambda rule: rule.code)
    def test_each_says_what_to_do_in_words_that_fit_behind_a_path(self, rule):
        assert not re.search(r"[\n.]$|^[A-Z][a-z]+ [a-z]+ing", rule.message)
        assert re.search("[:,] ", rule.message)

    def test_each_has_a_sample_that_breaks_it(self):
        assert {sample.code for sample in WARNED} == {rule.code for rule in SOFT_RULES}


class TestWarnings:
    """What is said about a spec."""

    @pytest.mark.parametrize("sample", as_rows(WARNED))
    def test_it_is_said_where_and_nothing_else_is(self, sample):
        assert said_about(sample.manifest) == [(sample.code, f"spec.{sample.path}")]

    @pytest.mark.parametrize("sample", as_rows(QUIET))
    def test_nothing_is_said_about_what_works(self, sample):
        assert said_about(sample.manifest) == []

    def test_the_command_of_a_probe_is_a_command_line_too(self):
        probe = {"exec": {"command": ["check.exe", "a&b"]}}

        assert said_about({"metadata": {"name": "sample"}, "spec": agent(startupProbe=probe)}) == [
            ("HPC105", "spec.containers[0].startupProbe.exec"),
            ("HPC108", "spec.containers[0].startupProbe.exec.command[1]"),
        ]

    def test_words_are_sorted_by_path(self):
        spec = agent(args=["a&b"], spec={"terminationGracePeriodSeconds": 0, "runAsUserName": "group"})

        assert [path for _, path in said_about({"metadata": {"name": "sample"}, "spec": spec})] == [
            "spec.containers[0].args[0]",
            "spec.runAsUserName",
            "spec.terminationGracePeriodSeconds",
        ]


class TestInWords:
    """What the condition Valid says."""

    def test_nothing_is_nothing(self):
        assert in_words(()) == ""

    def test_a_warning_is_a_sentence_with_its_code_and_path(self):
        assert in_words([FieldWarning("spec.a", "HPC104", "allow more")]) == "Warning HPC104: spec.a: allow more."

    def test_each_code_has_a_sentence_by_code(self):
        warnings = [FieldWarning("spec.a", "HPC104", "allow more"), FieldWarning("spec.b", "HPC101", "make one")]

        assert in_words(warnings) == "Warning HPC101: spec.b: make one. Warning HPC104: spec.a: allow more."

    def test_the_paths_of_one_code_are_told_together(self):
        warnings = [FieldWarning(f"spec.{name}", "HPC104", "allow more") for name in "abc"]

        assert in_words(warnings) == "Warning HPC104: spec.a, spec.b, spec.c: allow more."

    def test_many_paths_are_counted(self):
        warnings = [FieldWarning(f"spec.{name}", "HPC104", "allow more") for name in "abcde"]

        assert in_words(warnings) == "Warning HPC104: spec.a, spec.b, spec.c and 2 more: allow more."
