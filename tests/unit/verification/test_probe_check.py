"""The script that tries the probe on a Windows host."""

from pathlib import Path

import pytest

from hostprocess_operator.verification.probe import PLAIN_PREFIX, REPORT_PREFIX

SCRIPT = (Path(__file__).parents[2] / "windows" / "probe-check.ps1").read_text(encoding="ascii")


def test_the_script_follows_the_grammar(powershell):
    assert powershell.faults(SCRIPT) == []


def test_the_grammar_does_see_a_broken_script(powershell):
    assert powershell.faults(SCRIPT.replace("}\n\nfunction", "\n\nfunction", 1))


@pytest.mark.parametrize("prefix", [REPORT_PREFIX, PLAIN_PREFIX])
def test_it_looks_for_the_lines_that_the_operator_looks_for(prefix):
    assert f"= '{prefix}'" in SCRIPT


def test_it_has_no_copy_of_the_probe():
    assert "IsInRole" not in SCRIPT
    assert "whoami.exe /" not in SCRIPT
