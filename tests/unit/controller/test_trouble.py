"""How long a pod waits after a request about it that was not taken."""

from datetime import UTC, datetime, timedelta

import pytest

from hostprocess_operator.controller.trouble import Trouble
from hostprocess_operator.errors import ServerError, TooManyRequests

NOW = datetime(2026, 3, 4, tzinfo=UTC)


def after(*errors):
    trouble = None
    for error in errors:
        trouble = Trouble.after(trouble, error, NOW)
    return trouble


@pytest.mark.parametrize(
    ("times", "seconds"),
    [
        pytest.param(1, 1, id="the first time a second"),
        pytest.param(2, 2, id="then twice as long"),
        pytest.param(6, 32, id="and so on"),
        pytest.param(7, 60, id="but no more than a minute"),
        pytest.param(5000, 60, id="however often"),
    ],
)
def test_waits_longer_each_time(times, seconds):
    trouble = after(*[ServerError("broken")] * times)
    assert (trouble.times, trouble.wait, trouble.until) == (times, seconds, NOW + timedelta(seconds=seconds))


def test_waits_as_long_as_the_api_server_asks():
    assert after(TooManyRequests("busy", retry_after=90)).wait == 90


@pytest.mark.parametrize(
    ("errors", "new"),
    [
        pytest.param([ServerError("a")], True, id="the first"),
        pytest.param([ServerError("a"), ServerError("a")], False, id="the same again"),
        pytest.param([ServerError("a"), ServerError("b")], True, id="another one"),
    ],
)
def test_is_new(errors, new):
    assert after(*errors).is_new is new
