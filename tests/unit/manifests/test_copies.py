"""The operator's own copy of a proven template: it reads as what it was made from, and belongs to the agent."""

from dataclasses import replace

import pytest

from hostprocess_operator.manifests import build_copy, pod_template
from hostprocess_operator.observed import template_digest
from hostprocess_operator.observed.revision import observe_revision
from support import build

AGENT = build.agent()
TEMPLATE = pod_template(AGENT)
DIGEST = template_digest(TEMPLATE)
COPY = build_copy(AGENT, DIGEST, TEMPLATE)


def test_it_is_seen_as_a_copy_of_that_template():
    seen = observe_revision(COPY | {"metadata": COPY["metadata"] | {"uid": "uid-of-the-copy"}})
    assert (seen.digest, seen.is_copy, seen.agent) == (DIGEST, True, AGENT.name)


def test_the_agent_controls_it_and_not_the_daemonset():
    [owner] = COPY["metadata"]["ownerReferences"]
    assert (owner["kind"], owner["name"], owner["uid"], owner["controller"]) == (
        "HostProcessAgent",
        AGENT.name,
        AGENT.uid,
        True,
    )


def test_it_is_named_after_the_agent_and_the_template_so_that_making_it_twice_makes_one():
    name = f"inspector-proven-{DIGEST}-{AGENT.uid[:8]}"
    assert (COPY["metadata"]["namespace"], COPY["metadata"]["name"]) == (AGENT.namespace, name)


def test_an_agent_that_is_made_again_under_its_name_finds_no_copy_of_the_earlier_one_in_its_way():
    again = replace(AGENT, uid="another-uid")
    assert build_copy(again, DIGEST, TEMPLATE)["metadata"]["name"] != COPY["metadata"]["name"]


def test_it_has_the_template_and_nothing_else():
    assert COPY["data"] == {"spec": {"template": TEMPLATE}}


def test_the_patch_directive_of_the_daemonset_controller_is_left_out():
    """The DaemonSet controller keeps templates with it; a template that is served must not have it."""
    assert build_copy(AGENT, DIGEST, TEMPLATE | {"$patch": "replace"}) == COPY


@pytest.mark.parametrize("name", ["a", "a" * 63])
def test_its_name_is_short_enough(name):
    assert len(build_copy(build.agent(name=name), DIGEST, TEMPLATE)["metadata"]["name"]) <= 253


def test_the_template_is_not_changed():
    template = {"$patch": "replace", "spec": {}}
    build_copy(AGENT, DIGEST, template)
    assert template == {"$patch": "replace", "spec": {}}
