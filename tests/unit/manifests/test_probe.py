"""The probe container: what it takes over from the agent's first container."""

import pytest

from hostprocess_operator.manifests.probe import probe_container

FIRST = {"name": "agent", "image": "registry.example/agent:1"}


@pytest.mark.parametrize(
    ("resources", "expected"),
    [
        pytest.param({"limits": {"memory": "64Mi"}}, {"limits": {"memory": "128Mi"}}, id="too little is raised"),
        pytest.param({"limits": {"memory": "128Mi"}}, {"limits": {"memory": "128Mi"}}, id="just enough stays"),
        pytest.param({"limits": {"memory": "1G"}}, {"limits": {"memory": "1G"}}, id="more stays as it is spelled"),
        pytest.param({"limits": {"memory": 64}}, {"limits": {"memory": "128Mi"}}, id="bytes as a number"),
        pytest.param({"requests": {"memory": "1Mi", "cpu": "10m"}}, {"requests": {"memory": "128Mi", "cpu": "10m"}},
                     id="a request too, and the rest is kept"),
        pytest.param({"limits": {"cpu": "2"}, "requests": {}}, {"limits": {"cpu": "2"}}, id="nothing is added"),
        pytest.param(
            {"requests": {"memory": "64Mi"}, "limits": {"memory": "100Mi"}},
            {"requests": {"memory": "128Mi"}, "limits": {"memory": "128Mi"}},
            id="a request never ends above its limit",
        ),
    ],
)  # fmt: skip
def test_resources(resources, expected):
    assert probe_container(FIRST | {"resources": resources})["resources"] == expected


@pytest.mark.parametrize("first", [FIRST, FIRST | {"resources": {}}, FIRST | {"resources": None}])
def test_without_resources_it_has_none(first):
    assert "resources" not in probe_container(first)


def test_the_first_container_is_not_changed():
    first = FIRST | {"resources": {"limits": {"memory": "1Mi"}}}
    probe_container(first)
    assert first["resources"] == {"limits": {"memory": "1Mi"}}
