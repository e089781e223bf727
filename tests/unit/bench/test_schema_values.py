"""Values from a schema: valid ones obey it, broken ones do not."""

import random
import re

import pytest

from bench import schema_values
from bench.edits import is_valid, next_edit
from bench.transitions import others, spec_schema

SPEC = {"containers": [{"name": "agent", "image": "registry.example/agent:1"}]}
NAME = {"type": "string", "maxLength": 20, "minLength": 1, "pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"}
NUMBER = {"type": "integer", "minimum": 1, "maximum": 5}
CHOICE = {"type": "string", "enum": ["Always", "Never"]}
NAMES = {"type": "array", "items": NAME, "minItems": 1, "maxItems": 2}


def obeys(value, schema):
    match schema["type"]:
        case "integer":
            return type(value) is int and schema["minimum"] <= value <= schema["maximum"]
        case "array":
            count = isinstance(value, list) and schema["minItems"] <= len(value) <= schema["maxItems"]
            return count and all(obeys(each, schema["items"]) for each in value)
    if not isinstance(value, str):
        return False
    if "enum" in schema:
        return value in schema["enum"]
    return len(value) <= schema["maxLength"] and re.search(schema["pattern"], value) is not None


@pytest.mark.parametrize("schema", [NAME, NUMBER, CHOICE, NAMES], ids=["name", "number", "choice", "list"])
def test_values_obey_their_schema(schema):
    chance = random.Random(1)
    assert all(obeys(schema_values.value(schema, chance), schema) for _ in range(200))


@pytest.mark.parametrize("schema", [NAME, NUMBER, CHOICE], ids=["name", "number", "choice"])
def test_broken_values_do_not(schema):
    chance = random.Random(1)
    assert not any(obeys(schema_values.broken(schema, chance), schema) for _ in range(200))


@pytest.mark.parametrize("valid", [True, False], ids=["good edits", "bad edits"])
def test_edits_are_what_was_asked_for_and_reach_many_fields(valid):
    chance, schema, samples = random.Random(2), spec_schema(), others()
    edits = [next_edit(SPEC, schema, chance, valid=valid, others=samples) for _ in range(150)]
    assert all(is_valid(edit.spec) == valid for edit in edits)
    assert len({edit.what.split("[")[0].split(" ")[0] for edit in edits}) >= 15


def test_an_edit_leaves_what_it_was_made_from_alone():
    before = {"containers": [{"name": "agent", "image": "registry.example/agent:1"}]}
    next_edit(before, spec_schema(), random.Random(3), valid=True)
    assert before == SPEC


@pytest.mark.parametrize("spec", [{}, {"containers": {"x": "y"}}, {"containers": [7], "volumes": "x", "rollout": []}])
def test_a_spec_that_holds_anything_anywhere_can_be_mended(spec):
    chance, schema = random.Random(4), spec_schema()
    for _ in range(50):
        assert is_valid(next_edit(spec, schema, chance, valid=True).spec)
