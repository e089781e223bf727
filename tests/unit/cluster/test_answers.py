"""What an answer of the API server holds, also where somebody has stored what no parser likes."""

import json

import pytest

from hostprocess_operator.cluster.answers import decode
from hostprocess_operator.errors import Unreachable
from hostprocess_operator.observed.revision import observe_revision


def listing(data):
    """Return a list of which the second object holds that JSON."""
    return b'{"items":[{"name":"a"},{"name":"b","data":%s},{"name":"c"}]}' % data


def nested(depth, begin=b"[", end=b"]", core=b"1"):
    """Return JSON so many levels deep."""
    return begin * depth + core + end * depth


@pytest.mark.parametrize(
    ("data", "held"),
    [
        pytest.param(b'"plain"', "plain", id="an ordinary value"),
        pytest.param(nested(9999), None, id="lists as deep as the API server allows"),
        pytest.param(nested(9999, b'{"a":', b"}"), None, id="objects as deep"),
        pytest.param(nested(500, b'{"]}":["\\"[",', b"]}"), None, id="brackets and quotes in strings on the way"),
        pytest.param(b"9" * 5000, float("inf"), id="a number of 5,000 digits"),
        pytest.param(b"-" + b"9" * 5000, float("-inf"), id="and one below zero"),
        pytest.param(b"12345678901234567890", 12345678901234567890, id="a number of 20 digits is exact"),
        pytest.param(b'"\\ud800"', "\ud800", id="half of a character"),
        pytest.param(b'"\xff"', "\ufffd", id="bytes that are no text"),
    ],
)
def test_one_strange_object_hides_no_other(data, held):
    items = decode(listing(data))["items"]
    assert [item["name"] for item in items] == ["a", "b", "c"]
    found = items[1]["data"]
    if held is None:
        assert len(json.dumps(found)) < 2000, "only its first levels are kept"
    else:
        assert found == held


def test_what_stands_beside_something_deep_is_kept():
    deep = nested(300, b'{"a":', b"}")
    assert decode(b'{"first":1,"deep":%s,"last":{"x":[%s,2]}}' % (deep, deep))["last"]["x"][1] == 2


def test_a_revision_that_holds_something_deep_can_be_observed():
    metadata = b'{"name":"r","uid":"u","namespace":"n","labels":{"hostprocess.dev/agent":"a"}}'
    template = b'{"spec":{"template":{"spec":%s}}}' % nested(9000, b'{"a":', b"}")
    assert observe_revision(decode(b'{"metadata":%s,"data":%s}' % (metadata, template))).digest


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"<html>", id="a page"),
        pytest.param(b'{"items":[', id="a list that was cut off"),
        pytest.param(b'{"items":[{"name":"a', id="and one inside a string"),
        pytest.param(nested(9999, b'{"a":', b""), id="something deep that was cut off"),
        pytest.param(b'{"a":1} {"b":2}', id="two objects"),
        pytest.param(b"[1]", id="a list"),
        pytest.param(b"null", id="null"),
    ],
)
def test_what_is_no_object_is_no_answer(content):
    with pytest.raises(Unreachable, match="the answer is not"):
        decode(content)
