"""The golden pairs: an agent in tests/data/agents and, under the same file name, the DaemonSet made for it.

A test that asks for `agent` or `daemonset` runs once for each pair.
"""

from pathlib import Path

import pytest
import yaml

from hostprocess_operator.api.agent import HostProcessAgent
from hostprocess_operator.api.parse import parse_agent
from hostprocess_operator.manifests import (
    build_daemonset,
    daemonset_annotations,
    daemonset_spec,
    pod_template,
    spec_stamp,
)
from hostprocess_operator.observed import template_digest

DATA = Path(__file__).parents[2] / "data"


@pytest.fixture
def data():
    """Return the folder with agents and daemonsets."""
    return DATA


@pytest.fixture(params=sorted(path.stem for path in (DATA / "agents").glob("*.yaml")))
def pair(request):
    """Return the name of a golden pair."""
    return request.param


@pytest.fixture
def agent(pair):
    """Return the agent of the pair, with the UID that the API server would have given it."""
    body = yaml.safe_load((DATA / "agents" / f"{pair}.yaml").read_text())
    body["metadata"] |= {"uid": f"uid-of-{pair}", "generation": 1}
    parsed = parse_agent(body)
    assert isinstance(parsed, HostProcessAgent), parsed.errors
    return parsed


@pytest.fixture
def daemonset(agent):
    """Return the DaemonSet that the operator would create for the agent of the pair."""
    template = pod_template(agent)
    stamp = spec_stamp(agent, template_digest(template))
    return build_daemonset(agent, daemonset_spec(agent, template), daemonset_annotations(stamp, "{}", None))


@pytest.fixture
def golden(pair):
    """Return the file with the DaemonSet of the pair."""
    return DATA / "daemonsets" / f"{pair}.yaml"
