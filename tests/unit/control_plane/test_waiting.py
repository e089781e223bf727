"""A condition is asked until it has an answer or the time is over."""

import pytest

from control_plane import wait_for


@pytest.mark.parametrize("not_yet", [None, False, AssertionError("no"), KeyError("status"), IndexError("empty")])
def test_not_yet_is_asked_again(not_yet):
    answers = iter([not_yet, "there"])

    def look():
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    assert wait_for(look, 5, "it", interval=0) == "there"


@pytest.mark.parametrize("answer", [0, "", []])
def test_an_answer_may_be_empty(answer):
    assert wait_for(lambda: answer, 0, "it") == answer


def test_another_exception_ends_the_wait():
    with pytest.raises(ZeroDivisionError):
        wait_for(lambda: 1 / 0, 5, "it")


def test_the_time_is_over_with_what_was_seen_last():
    def look():
        assert {"ready": 4} == {"ready": 5}, "four of five"

    with pytest.raises(TimeoutError, match=r"waited 0\.05 s for five agents; last seen: AssertionError: four of five"):
        wait_for(look, 0.05, "five agents", interval=0.01)


def test_the_condition_is_asked_even_without_time():
    assert wait_for(lambda: True, 0, "it") is True
