"""Placement: from a spec, and from a template that the API server stores."""

import pytest

from hostprocess_operator.manifests import placement_of, placement_of_template, pod_template
from hostprocess_operator.observed import Placement
from support import build

USUAL = ({"key": "os", "operator": "Exists"}, {"key": "node.kubernetes.io/os", "operator": "Exists"})


def test_an_agent_that_asks_for_nothing_goes_to_every_windows_node():
    assert placement_of(build.agent()) == Placement({"kubernetes.io/os": "windows"}, {}, USUAL)


def test_tolerations_are_added_and_the_usual_ones_not_twice():
    own = {"key": "dedicated", "operator": "Equal", "value": "agents", "effect": "NoSchedule"}
    placement = placement_of(build.agent(tolerations=[USUAL[1], own]))
    assert placement.tolerations == (*USUAL, own)


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param({}, id="the least"),
        pytest.param(
            {
                "nodeSelector": {"pool": "a"},
                "tolerations": [{"operator": "Exists"}],
                "affinity": {
                    "nodeAffinity": {
                        "requiredDuringSchedulingIgnoredDuringExecution": {
                            "nodeSelectorTerms": [{"matchExpressions": [{"key": "a", "operator": "Exists"}]}]
                        }
                    }
                },
            },
            id="everything",
        ),
    ],
)
def test_a_template_gives_back_the_placement_that_it_was_made_with(spec):
    agent = build.agent(**spec)
    assert placement_of_template(pod_template(agent)) == placement_of(agent)


@pytest.mark.parametrize(
    "template",
    [
        pytest.param({}, id="empty"),
        pytest.param({"spec": None}, id="null"),
        pytest.param({"spec": {"nodeSelector": None, "affinity": None, "tolerations": None}}, id="nulls within"),
        pytest.param({"spec": {"affinity": {"nodeAffinity": None}}}, id="nulls further within"),
    ],
)
def test_a_template_without_placement_has_none(template):
    assert placement_of_template(template) == Placement({}, {}, ())


@pytest.mark.parametrize("affinity", [{}, {"nodeAffinity": {}}])
def test_an_empty_affinity_is_none(affinity):
    assert "affinity" not in pod_template(build.agent(affinity=affinity))["spec"]
