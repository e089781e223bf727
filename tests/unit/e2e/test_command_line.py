"""Without a cluster that somebody named, nothing is done."""

import pytest

from e2e.__main__ import main
from e2e.scenarios import SCENARIOS


@pytest.mark.parametrize("arguments", [[], ["--yes"], ["--kubeconfig", ""]], ids=["nothing", "only yes", "empty"])
def test_without_a_kubeconfig_it_refuses_and_says_how_it_is_called(arguments, capsys):
    assert main(arguments) == 2
    assert "make e2e KUBECONFIG=" in capsys.readouterr().out


def test_a_kubeconfig_that_is_not_there_is_named(tmp_path, capsys):
    assert main(["--yes", "--kubeconfig", str(tmp_path / "none")]) == 2
    assert f"Nothing was done. There is no kubeconfig {tmp_path / 'none'}" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["--nodes", "0"], id="no node"),
        pytest.param(["--only", "everything"], id="a scenario that does not exist"),
    ],
)
def test_an_argument_that_cannot_be_used_is_an_error(arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["--kubeconfig", "any", *arguments])
    assert ended.value.code == 2


def test_the_help_names_every_scenario(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "1000")  # so that no name is broken at its hyphen
    with pytest.raises(SystemExit):
        main(["--help"])
    said = capsys.readouterr().out
    assert all(name in said for name in SCENARIOS)
