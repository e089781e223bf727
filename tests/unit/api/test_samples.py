"""Every sample is accepted or refused by the models; every rule has a sample that breaks it."""

import pytest

from hostprocess_operator.api.agent import HostProcessAgent
from hostprocess_operator.api.crd import crd
from hostprocess_operator.api.parse import InvalidAgent, parse_agent
from hostprocess_operator.api.shape import VALIDATIONS
from support.samples import as_rows, samples

ACCEPTED = samples("accepted")
REFUSED = samples("refused")


@pytest.mark.parametrize("sample", as_rows(ACCEPTED))
def test_an_accepted_sample_is_an_agent(sample):
    assert isinstance(parse_agent(sample.manifest), HostProcessAgent)


@pytest.mark.parametrize("sample", as_rows(REFUSED))
def test_a_refused_sample_is_wrong_exactly_where_it_says(sample):
    agent = parse_agent(sample.manifest)

    assert isinstance(agent, InvalidAgent)
    assert {error.path for error in agent.errors} == {sample.refused}


def test_every_rule_has_a_sample_that_breaks_it():
    said = {error.message for sample in REFUSED for error in parse_agent(sample.manifest).errors}

    assert _rules(crd()) - said == set()


def _rules(schema):
    """Return the sentences of all rules anywhere in the schema."""
    if isinstance(schema, list):
        return set().union(*map(_rules, schema)) if schema else set()
    if not isinstance(schema, dict):
        return set()
    own = {rule["message"] for rule in schema.get(VALIDATIONS, ())}
    return own.union(*map(_rules, schema.values()))
