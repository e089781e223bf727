"""Lists of names in messages."""

import pytest

from hostprocess_operator.diagnosis.words import counted_nodes, names, on_nodes


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        pytest.param([], "", id="none"),
        pytest.param(["b"], "b", id="one"),
        pytest.param(["b", "a"], "a and b", id="two, sorted"),
        pytest.param(["c", "a", "b"], "a, b and c", id="three"),
        pytest.param(["d", "c", "b", "a"], "a, b, c and 1 more", id="four"),
        pytest.param([f"n{number:04}" for number in range(5000)], "n0000, n0001, n0002 and 4997 more", id="thousands"),
        pytest.param(["a", "b", "a"], "a and b", id="each once"),
        pytest.param(iter(["b", "a"]), "a and b", id="from any iterable"),
    ],
)
def test_names(items, expected):
    assert names(items) == expected


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        pytest.param(["a"], "node a", id="one"),
        pytest.param(["a", "a"], "node a", id="one, twice"),
        pytest.param(iter(["a", "b"]), "nodes a and b", id="two"),
    ],
)
def test_on_nodes(items, expected):
    assert on_nodes(items) == expected


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        pytest.param(["a", "a"], "node a", id="one"),
        pytest.param(["b", "a"], "2 nodes: a and b", id="two"),
        pytest.param(["win-7", "win-5", "win-2"], "3 nodes: win-2, win-5 and 1 more", id="three"),
        pytest.param(
            iter([f"n{number:04}" for number in range(1000)]), "1000 nodes: n0000, n0001 and 998 more", id="many"
        ),
    ],
)
def test_counted_nodes(items, expected):
    assert counted_nodes(items) == expected
