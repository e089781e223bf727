"""Conditions and reasons are API: one CamelCase word each, with its meaning at hand."""

import re

import pytest

from hostprocess_operator.api.conditions import ConditionType
from hostprocess_operator.api.event_reasons import EventReason
from hostprocess_operator.api.faults import Fault
from hostprocess_operator.api.reasons import Reason


@pytest.mark.parametrize("word", [*ConditionType, *Reason, *Fault, *EventReason])
def test_each_is_one_word_and_says_what_it_means(word):
    assert re.fullmatch(r"[A-Z][A-Za-z]+", word)
    assert word.meaning.endswith(".")


@pytest.mark.parametrize("fault", Fault)
def test_each_fault_says_what_to_do(fault):
    assert fault.remedy.endswith(".")


def test_a_fault_and_a_reason_never_share_a_word():
    assert not {str(fault) for fault in Fault} & {str(reason) for reason in Reason}


def test_a_reason_is_found_by_its_word():
    assert Reason("NotAdministrator") is Reason.NOT_ADMINISTRATOR


def test_a_reason_is_written_as_its_word():
    assert f"{Reason.ALL_VERIFIED}" == "AllVerified"


def test_the_conditions_are_the_seven_that_users_rely_on():
    assert {str(condition) for condition in ConditionType} == {
        "Ready",
        "Reconciling",
        "Stalled",
        "Valid",
        "RolledOut",
        "AdminRightsVerified",
        "Overlapping",
    }
