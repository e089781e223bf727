"""A few of the inputs that `make fuzz` makes a million of; and that it would notice."""

import pytest

from bench import fuzz


@pytest.mark.parametrize("name", fuzz.TARGETS)
def test_hostile_inputs_raise_nothing_and_reach_nobody_unclean(name):
    assert fuzz.try_batch((name, 0, 300)) == (name, 300, [])


@pytest.mark.parametrize("name", fuzz.TARGETS)
def test_an_input_is_made_again_from_its_number(name):
    assert repr(fuzz.input_of(name, 7)) == repr(fuzz.input_of(name, 7))
    assert repr(fuzz.input_of(name, 7)) != repr(fuzz.input_of(name, 8))


@pytest.mark.parametrize(
    "shown",
    [
        pytest.param("a\x1b[31m", id="a terminal code"),
        pytest.param("a\u202eb", id="a bidirectional override"),
        pytest.param("x" * 257, id="a text that is too long"),
    ],
)
def test_what_may_not_be_shown_is_noticed(shown):
    with pytest.raises(AssertionError):
        fuzz.must_show(shown, 256)


def test_an_input_that_is_not_stood_is_reported_with_its_number(monkeypatch):
    def raises(_):
        raise ValueError("found")

    monkeypatch.setitem(fuzz.TARGETS, "texts", fuzz.Target(lambda chance: "", raises, 1))
    assert fuzz.try_batch(("texts", 3, 5)) == ("texts", 2, [(3, "ValueError: found"), (4, "ValueError: found")])
