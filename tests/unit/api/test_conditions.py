"""Conditions and reasons are API: one CamelCase word each, with its meaning at hand."""

import re

import pytest

from hostprocess_operator.api.conditions import ConditionType, Reason


@pytest.mark.parametrize("word", [*ConditionType, *Reason])
def test_each_is_one_word_and_says_what_it_means(word):
    assert re.fullmatch(r"([A-Z][a-z]+)+", word)
    assert word.meaning.endswith(".")


def test_a_reason_is_found_by_its_word():
    assert Reason("NotAdministrator") is Reason.NOT_ADMINISTRATOR


def test_a_reason_is_written_as_its_word():
    assert f"{Reason.ALL_VERIFIED}" == "AllVerified"


def test_the_conditions_are_the_six_that_users_rely_on():
    assert {str(condition) for condition in ConditionType} == {
        "Ready",
        "Reconciling",
        "Stalled",
        "Valid",
        "RolledOut",
        "AdminRightsVerified",
    }
