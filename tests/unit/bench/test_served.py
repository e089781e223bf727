"""What the stand-in API server picks from a list, as a real one would."""

import json

import pytest

from bench.generated import encode
from bench.served import AGENTS, selected

OBJECTS = {
    name: encode({"metadata": {"name": name, "labels": {"agent": agent}}, "involvedObject": {"uid": uid}})
    for name, agent, uid in (("one", "web", "u-1"), ("two", "web", "u-2"), ("three", "db", "u-1"))
}


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({}, ["one", "two", "three"]),
        ({"fieldSelector": "metadata.name=two"}, ["two"]),
        ({"fieldSelector": "involvedObject.uid=u-1"}, ["one", "three"]),
        ({"fieldSelector": "involvedObject.name=one"}, []),
        ({"labelSelector": "agent"}, ["one", "two", "three"]),
        ({"labelSelector": "agent=web"}, ["one", "two"]),
        ({"labelSelector": "agent=web", "fieldSelector": "involvedObject.uid=u-1"}, ["one"]),
        ({"labelSelector": "agent=web,zone"}, []),
    ],
)
def test_a_list_has_what_its_selectors_ask_for(query, names):
    assert [json.loads(content)["metadata"]["name"] for content in selected(OBJECTS, AGENTS, query)] == names


def test_pods_are_never_looked_into():
    assert selected({"pod": b"not even JSON"}, "pods", {"labelSelector": "agent=web"}) == [b"not even JSON"]
