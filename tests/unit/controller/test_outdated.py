"""What is left out of a status that an older CRD does not take."""

import pytest

from hostprocess_operator.controller.outdated import unknown_fields, without_fields


@pytest.mark.parametrize(
    ("message", "fields"),
    [
        pytest.param("spec.x: Invalid value", set(), id="another refusal names none"),
        pytest.param('strict decoding error: unknown field "status.record"', {("record",)}, id="one field"),
        pytest.param(
            'strict decoding error: unknown field "status.nodes.lost", unknown field "status.record"',
            {("nodes", "lost"), ("record",)},
            id="several fields, one of them nested",
        ),
        pytest.param('unknown field "status.problems[3].severity"', {("problems", "severity")}, id="one in a list"),
        pytest.param('unknown field "spec.record"', set(), id="a field of the spec is not ours to leave out"),
    ],
)
def test_unknown_fields(message, fields):
    assert unknown_fields(message) == fields


@pytest.mark.parametrize(
    ("paths", "rest"),
    [
        pytest.param(set(), {"a": 1, "b": {"c": 2, "d": 3}, "e": [{"f": 4, "g": 5}]}, id="nothing"),
        pytest.param({("a",)}, {"b": {"c": 2, "d": 3}, "e": [{"f": 4, "g": 5}]}, id="a field"),
        pytest.param({("b", "c")}, {"a": 1, "b": {"d": 3}, "e": [{"f": 4, "g": 5}]}, id="a nested field"),
        pytest.param({("e", "f")}, {"a": 1, "b": {"c": 2, "d": 3}, "e": [{"g": 5}]}, id="a field of every item"),
        pytest.param({("c",), ("x", "y")}, {"a": 1, "b": {"c": 2, "d": 3}, "e": [{"f": 4, "g": 5}]}, id="other places"),
    ],
)
def test_without_fields(paths, rest):
    assert without_fields({"a": 1, "b": {"c": 2, "d": 3}, "e": [{"f": 4, "g": 5}]}, frozenset(paths)) == rest
