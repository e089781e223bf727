"""The health check for Argo CD: its own tests, in Argo CD's layout, and that it can be installed and contributed."""

import lupa.lua51
import pytest
import yaml

from hostprocess_operator.api import names
from hostprocess_operator.api.agent import HostProcessAgent
from hostprocess_operator.api.parse import parse_agent
from hostprocess_operator.api.reasons import Reason
from hostprocess_operator.api.status import AgentStatus
from support.argocd import CUSTOMIZATIONS, FOLDER, argo_health

CASES = yaml.safe_load((FOLDER / "health_test.yaml").read_text())["tests"]
HEALTHY = yaml.safe_load((FOLDER / "testdata" / "healthy.yaml").read_text())
CONFIG_MAP = yaml.safe_load((CUSTOMIZATIONS.parent / "argocd-cm.yaml").read_text())


def cases():
    return [pytest.param(case["inputPath"], case["healthStatus"], id=case["inputPath"]) for case in CASES]


def resource(path):
    return yaml.safe_load((FOLDER / path).read_text())


@pytest.mark.parametrize(("path", "expected"), cases())
def test_case(path, expected):
    assert argo_health(resource(path)) == (expected["status"], expected["message"])


@pytest.mark.parametrize(("path", "expected"), cases())
def test_a_file_is_called_by_its_health(path, expected):
    assert path.startswith(f"testdata/{expected['status'].lower()}")


@pytest.mark.parametrize(("path", "expected"), cases())
def test_a_case_is_an_agent_as_the_operator_leaves_it(path, expected):
    found = resource(path)
    assert isinstance(parse_agent(found), HostProcessAgent)
    status = AgentStatus.from_dict(found["status"])
    assert status.to_dict().items() >= found["status"].items()
    assert {condition.reason for condition in status.conditions} <= {reason.value for reason in Reason}


def test_every_file_is_a_case():
    assert {case["inputPath"] for case in CASES} == {
        f"testdata/{path.name}" for path in (FOLDER / "testdata").iterdir()
    }


def test_every_health_is_a_case():
    assert {case["healthStatus"]["status"] for case in CASES} == {"Healthy", "Progressing", "Suspended", "Degraded"}


def test_the_folders_are_called_by_group_and_kind():
    assert FOLDER.relative_to(CUSTOMIZATIONS).parts == (names.GROUP, names.KIND)


def test_the_config_map_holds_the_very_script_under_the_key_of_the_kind():
    key = f"resource.customizations.health.{names.GROUP}_{names.KIND}"
    assert CONFIG_MAP["data"] == {key: (FOLDER / "health.lua").read_text()}


def test_the_config_map_is_argo_cds_own():
    assert (CONFIG_MAP["kind"], CONFIG_MAP["metadata"]["name"]) == ("ConfigMap", "argocd-cm")


@pytest.mark.parametrize("use", ["string.upper('x')", "('x'):upper()", "math.abs(1)", "os.time()", "table.concat({})"])
def test_a_script_that_uses_a_library_would_be_found_out(use):
    with pytest.raises(lupa.lua51.LuaError):
        argo_health(HEALTHY, f"return {{ status = 'Healthy', message = '' .. {use} }}")
