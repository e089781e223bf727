"""docs/warnings.md explains every soft rule, and its examples are true."""

import re
from pathlib import Path

import pytest
import yaml

from hostprocess_operator.api.parse import parse_agent
from hostprocess_operator.api.warning_policy import PAGE
from hostprocess_operator.api.warnings import SOFT_RULES, warnings_of

TEXT = (Path(__file__).parents[3] / PAGE).read_text(encoding="utf-8")
SECTIONS = re.findall(r"^## (.+)\n((?:(?!^## ).*\n?)*)", TEXT, re.MULTILINE)
RULES = {rule.code: rule for rule in SOFT_RULES}


def section(code):
    return dict(SECTIONS)[code]


def paragraphs(code):
    return [part for part in section(code).strip().split("\n\n") if not part.startswith("```")]


def example(code):
    """Return the two specs of the example, the one that is warned of first."""
    [block] = re.findall(r"^```yaml\n(.*?)^```$", section(code), re.MULTILINE | re.DOTALL)
    return list(yaml.safe_load_all(block))


def codes(spec):
    containers = [{"image": "registry.example/agent:1.0", **each} for each in spec.get("containers", [{"name": "a"}])]
    agent = parse_agent({"metadata": {"name": "example"}, "spec": {**spec, "containers": containers}})
    return [warning.code for warning in warnings_of(agent)]


def test_every_code_has_its_heading_in_order_and_no_heading_is_without_a_code():
    assert [heading for heading, _ in SECTIONS] == list(RULES)


@pytest.mark.parametrize("code", RULES)
def test_a_code_has_one_paragraph_that_begins_with_its_title(code):
    [paragraph] = paragraphs(code)
    title = RULES[code].title

    assert paragraph.startswith(f"*{title[0].upper()}{title[1:]}.* ")
    assert len(paragraph.split()) > 40


@pytest.mark.parametrize("code", RULES)
def test_the_first_part_of_an_example_is_warned_of_and_the_second_is_not(code):
    warned, better = example(code)

    assert set(codes(warned)) == {code}
    assert codes(better) == []
