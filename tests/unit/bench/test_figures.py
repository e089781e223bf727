"""What becomes of a figure in a table."""

import pytest

from bench.figures import Figure, markdown_table, plain_table, quantile, rounded


def figure(name="idle CPU", value=0.25, unit="%", baseline=None):
    return Figure("P9", name, value, unit, "5,000 nodes", baseline)


@pytest.mark.parametrize(
    ("value", "met"),
    [
        pytest.param(0.5, True, id="a bound that is just reached"),
        pytest.param(0.51, False, id="a bound that is exceeded"),
    ],
)
def test_a_figure_is_held_against_its_goal(value, met):
    assert figure(value=value).met is met


def test_a_figure_without_a_goal_just_tells():
    assert figure("something else").met is None


def test_the_ratio_says_how_many_times_as_much_the_baseline_takes():
    assert figure(value=0.5, baseline=2.0).ratio == 4.0


@pytest.mark.parametrize(
    ("value", "baseline"),
    [
        pytest.param(0.0, 3.0, id="nothing of ours to divide by"),
        pytest.param(1.0, None, id="no baseline"),
    ],
)
def test_there_is_no_ratio_without_two_values(value, baseline):
    assert figure(value=value, baseline=baseline).ratio is None


@pytest.mark.parametrize(
    ("share", "value"),
    [
        pytest.param(0.5, 2, id="the median of four is the second"),
        pytest.param(0.99, 4, id="few values have their largest for a p99"),
        pytest.param(1, 4, id="all of them"),
    ],
)
def test_a_quantile_is_one_of_the_values(share, value):
    assert quantile([4, 1, 3, 2], share) == value


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (12345.6, "12,346"), (99.5, "99.5"), (12.34, "12.3"), (1.0, "1"), (0.01234, "0.0123"), (100, "100")],
)
def test_numbers_have_three_digits_that_count(value, text):
    assert rounded(value) == text


def test_a_missed_goal_stands_out_on_the_page_and_is_plain_on_a_terminal():
    missed = [figure(value=2.0)]
    assert "<= 0.5 **missed**" in markdown_table(missed)
    assert "<= 0.5 missed" in plain_table(missed)
