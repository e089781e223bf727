"""The samples are agents that the operator takes without a word of warning."""

from pathlib import Path

import pytest
import yaml

from hostprocess_operator.api.agent import HostProcessAgent
from hostprocess_operator.api.parse import parse_agent
from hostprocess_operator.api.warnings import warnings_of

SAMPLES = Path(__file__).parents[3] / "deploy" / "samples"


def objects(kind):
    paths = sorted(SAMPLES.glob("*.yaml"))
    found = [(path.stem, each) for path in paths for each in yaml.safe_load_all(path.read_text())]
    return [pytest.param(each, id=stem) for stem, each in found if each["kind"] == kind]


@pytest.mark.parametrize("body", objects("HostProcessAgent"))
def test_a_sample_is_valid(body):
    assert isinstance(parse_agent(body), HostProcessAgent)


@pytest.mark.parametrize("body", objects("HostProcessAgent"))
def test_a_sample_does_nothing_that_the_operator_warns_of(body):
    assert warnings_of(parse_agent(body)) == ()


def test_the_samples_live_in_a_namespace_that_admits_them():
    [namespace] = [param.values[0]["metadata"] for param in objects("Namespace")]
    assert namespace["labels"]["pod-security.kubernetes.io/enforce"] == "privileged"
    assert {param.values[0]["metadata"]["namespace"] for param in objects("HostProcessAgent")} == {namespace["name"]}
