"""The policy of warnings is current, refuses nothing, and looks only at the specs of agents."""

from pathlib import Path

import pytest
import yaml

from hostprocess_operator.api import names
from hostprocess_operator.api.warning_policy import NAME, warning_policy
from hostprocess_operator.api.warnings import SOFT_RULES

FILE = Path(__file__).parents[3] / "deploy" / "policies" / f"{NAME}.yaml"
POLICY, BINDING = warning_policy()


def test_the_file_is_what_the_rules_say():
    assert list(yaml.safe_load_all(FILE.read_text(encoding="utf-8"))) == [POLICY, BINDING], "run `make crds`"


def test_it_warns_and_does_nothing_else():
    assert BINDING["spec"] == {"policyName": NAME, "validationActions": ["Warn"]}


def test_an_expression_that_fails_refuses_nothing():
    assert POLICY["spec"]["failurePolicy"] == "Ignore"


def test_it_looks_at_agents_and_not_at_their_status():
    [rule] = POLICY["spec"]["matchConstraints"]["resourceRules"]
    assert (rule["apiGroups"], rule["apiVersions"]) == ([names.GROUP], [names.VERSION])
    assert (rule["resources"], rule["operations"]) == ([names.PLURAL], ["CREATE", "UPDATE"])


@pytest.mark.parametrize(("rule", "validation"), list(zip(SOFT_RULES, POLICY["spec"]["validations"], strict=True)))
def test_each_rule_is_told_with_its_code_sentence_and_paragraph(rule, validation):
    assert validation["message"].startswith(f"{rule.code}: {rule.where}: {rule.message} (")
    assert validation["message"].endswith(f"#{rule.code.lower()})")


@pytest.mark.parametrize("validation", POLICY["spec"]["validations"])
def test_a_message_fits_in_a_line_of_a_terminal_log(validation):
    assert "\n" not in validation["message"]
    assert len(validation["message"]) <= 400
