"""Reports, and how they are kept on their pod."""

import pytest
from pydantic import ValidationError

from hostprocess_operator.verification.report import Report, StoredReport, dump_report, load_report

RUN = "containerd://" + "0f" * 32
LONGEST_SID = "S-1-" + "9" * 14 + "-4294967295" * 15


@pytest.mark.parametrize(
    ("stored", "text"),
    [
        pytest.param(
            StoredReport(RUN, Report(admin=True, sid="S-1-5-18")),
            f'{{"run":"{RUN}","admin":true,"sid":"S-1-5-18"}}',
            id="rights and SID",
        ),
        pytest.param(
            StoredReport(RUN, Report(admin=False)), f'{{"run":"{RUN}","admin":false}}', id="rights without a SID"
        ),
        pytest.param(
            StoredReport(RUN, Report(error="CommandNotFoundException")),
            f'{{"run":"{RUN}","error":"CommandNotFoundException"}}',
            id="an error",
        ),
    ],
)
def test_a_report_is_kept_as_compact_json_and_found_again(stored, text):
    assert dump_report(stored) == text
    assert load_report(text) == stored


def test_the_longest_report_stays_within_one_kibibyte():
    stored = StoredReport(RUN, Report(error='"' * 256, sid=LONGEST_SID))
    assert len(dump_report(stored).encode()) <= 1024
    assert load_report(dump_report(stored)) == stored


def test_fields_of_a_newer_operator_are_passed_over():
    assert load_report('{"run":"r","admin":true,"elevation":"full"}') == StoredReport("r", Report(admin=True))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("true", id="another JSON value"),
        pytest.param("{", id="broken JSON"),
        pytest.param('{"admin":true}', id="no run"),
        pytest.param('{"run":"","admin":true}', id="an empty run, which would match a pod that has none"),
        pytest.param('{"run":7,"admin":true}', id="a run that is no text"),
        pytest.param('{"run":"r"}', id="neither rights nor an error"),
        pytest.param('{"run":"r","admin":true,"error":"X"}', id="both rights and an error"),
        pytest.param('{"run":"r","admin":1}', id="a number for the rights"),
        pytest.param('{"run":"r","admin":true,"sid":"SYSTEM"}', id="a name for the SID"),
        pytest.param('{"run":"r","admin":NaN}', id="NaN"),
        pytest.param('{"run":"r","admin":' + "[" * 2000, id="deep JSON"),
        pytest.param('{"run":"\ud800","admin":true}', id="a lone surrogate"),
        pytest.param('{"run":"r","admin":true' + " " * 4096 + "}", id="far longer than anything that is written"),
    ],
)
def test_anything_else_is_no_report(text):
    assert load_report(text) is None


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"sid": "S-1-5-18"}, id="only a SID"),
        pytest.param({"admin": True, "error": "X"}, id="rights and an error"),
        pytest.param({"error": "\x1b[0m\u200b"}, id="an error that shows nothing"),
        pytest.param({"admin": True, "sid": "S-1-5-18\n"}, id="a SID with a line break"),
        pytest.param({"admin": True, "sid": ""}, id="an empty SID"),
        pytest.param({"admin": "true"}, id="a text for the rights"),
        pytest.param({"admin": True, "user": "SYSTEM"}, id="an unknown field"),
    ],
)
def test_a_report_says_one_thing_and_says_it_exactly(fields):
    with pytest.raises(ValidationError):
        Report.model_validate(fields)


def test_an_error_is_clean_before_anyone_sees_it():
    assert Report(error="\x1b[31mType\u202eNotFound\n").error == "TypeNotFound"
