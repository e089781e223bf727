"""The sample for Flux speaks of the kind and the conditions that exist; its expressions in CEL are not run here."""

import re
from pathlib import Path

import pytest
import yaml

from hostprocess_operator.api import names
from hostprocess_operator.api.conditions import ConditionType

KUSTOMIZATION = yaml.safe_load((Path(__file__).parents[3] / "deploy" / "flux" / "agents.yaml").read_text())
[CHECK] = KUSTOMIZATION["spec"]["healthCheckExprs"]


def test_it_is_about_the_kind():
    assert (CHECK["apiVersion"], CHECK["kind"]) == (names.API_VERSION, names.KIND)


def test_flux_waits():
    assert KUSTOMIZATION["spec"]["wait"] is True


@pytest.mark.parametrize(
    ("verdict", "kind"),
    [
        pytest.param("inProgress", ConditionType.RECONCILING, id="in progress while reconciling"),
        pytest.param("failed", ConditionType.STALLED, id="failed once stalled"),
        pytest.param("current", ConditionType.READY, id="current when ready"),
    ],
)
def test_each_verdict_asks_for_its_condition(verdict, kind):
    assert re.findall(r"c\.type == '(\w+)' && c\.status == '(\w+)'", CHECK[verdict]) == [(kind, "True")]


def test_an_earlier_generation_is_in_progress():
    assert CHECK["inProgress"].startswith("status.observedGeneration != metadata.generation ||")


@pytest.mark.parametrize("verdict", ["inProgress", "failed", "current"])
def test_no_expression_fails_before_there_are_conditions(verdict):
    """Flux waits for its timeout where an expression asks for a field that is not there."""
    assert CHECK[verdict].index("has(status.conditions)") < CHECK[verdict].index("status.conditions.exists")
