"""Logs read as reports."""

import pytest

from hostprocess_operator.verification.parser import LINE_LENGTH, LOG_BYTES, LOG_LINES, parse_log
from hostprocess_operator.verification.report import Cause, NoReportFound, Report

MARK = b"hostprocess.dev/admin-rights "
JSON_TRUE = MARK + b'{"version":1,"admin":true,"sid":"S-1-5-18"}\r\n'
JSON_FALSE = MARK + b'{"version":1,"admin":false,"sid":"S-1-5-19"}\r\n'
PLAIN_TRUE = b"Process has admin rights: True\r\n"
PLAIN_FALSE = b"Process has admin rights: False\r\n"
BLANK = b"Process has admin rights: \r\n"
SYSTEM = Report(admin=True, sid="S-1-5-18")
SERVICE = Report(admin=False, sid="S-1-5-19")
YES, NO = Report(admin=True), Report(admin=False)

# What Microsoft's page shows as the output of its sample, error and blank line together.
MICROSOFT = (
    b"InvalidOperation: Unable to find type [Security.Principal.WindowsPrincipal].\r\nProcess has admin rights:\r\n"
)

WINDOWS_POWERSHELL_ERROR = (
    b"Der Typ [X] wurde nicht gefunden.\r\n"
    b"In Zeile:1 Zeichen:1\r\n"
    b'+ Write-Host "Process has admin rights: True"\r\n'
    b"    + CategoryInfo          : InvalidOperation: (X:TypeName) [], RuntimeException\r\n"
    b"    + FullyQualifiedErrorId : TypeNotFound\r\n"
)


def none(cause, excerpt=""):
    return NoReportFound(cause, excerpt)


@pytest.mark.parametrize(
    ("log", "found"),
    [
        pytest.param(JSON_TRUE, SYSTEM, id="the operator's line"),
        pytest.param(JSON_TRUE + PLAIN_TRUE, SYSTEM, id="both lines as the probe prints them"),
        pytest.param(PLAIN_FALSE + JSON_TRUE, SYSTEM, id="the operator's line wins over an earlier line for people"),
        pytest.param(JSON_FALSE + JSON_TRUE, SERVICE, id="the first operator's line wins"),
        pytest.param(MARK + b"{\r\n" + b"x\r\n" * 3 + JSON_TRUE, SYSTEM, id="a complete line wins over a broken one"),
        pytest.param(JSON_TRUE[:-2], SYSTEM, id="the last line needs no line break"),
        pytest.param(
            MARK + b'{"version":1,"error":"CommandNotFoundException"}',
            Report(error="CommandNotFoundException"),
            id="an error is a report",
        ),
        pytest.param(MARK + b'{"version":1,"admin":true,"sid":null,"error":null}', YES, id="null is as good as absent"),
        pytest.param(
            MARK + b'{"version":1,"admin":true,"sid":"S-1-5-21-11111111\r\n11-22\r\n22222222-1001"}\r\n' + PLAIN_FALSE,
            Report(admin=True, sid="S-1-5-21-1111111111-2222222222-1001"),
            id="a report that a console wrapped",
        ),
        pytest.param(PLAIN_TRUE, YES, id="the line for people alone"),
        pytest.param(PLAIN_FALSE, NO, id="the line for people alone says False"),
        pytest.param(PLAIN_FALSE + PLAIN_TRUE, NO, id="the first line for people wins"),
        pytest.param(BLANK + PLAIN_TRUE, YES, id="a complete line for people wins over a blank one"),
        pytest.param(b"Process has admin rights: True  \t\r\n", YES, id="white space at the end does no harm"),
        pytest.param(b"  Process has admin rights: True\n", YES, id="nor at the start"),
        pytest.param(b"starting\n" * 100 + PLAIN_TRUE, YES, id="other output before it"),
        pytest.param(b"50%\r100%\rProcess has admin rights: True\r", YES, id="carriage returns separate lines"),
        pytest.param(b"\x1b[32mProcess has admin rights: \x1b[1mTrue\x1b[0m\n", YES, id="colours"),
        pytest.param(b"\xef\xbb\xbf" + PLAIN_TRUE, YES, id="a byte order mark"),
        pytest.param(PLAIN_TRUE.decode().encode("utf-16"), YES, id="UTF-16 with a byte order mark"),
        pytest.param(PLAIN_TRUE.decode().encode("utf-16-le"), YES, id="UTF-16 without one"),
        pytest.param("\x1b[32mProcess has admin rights: True\r\n".encode("utf-16"), YES, id="colours in UTF-16"),
        pytest.param(b"\x1b\x01[32mProcess has admin rights: True\n", YES, id="a control character within a colour"),
        pytest.param(b"\x1b[1m\x1b]0;title\x07\x1b[0mProcess has admin rights: True\n", YES, id="escapes in a row"),
        pytest.param(b"\x81\xff\xfe garbage\r\n" + JSON_TRUE, SYSTEM, id="another code page before it"),
        pytest.param(b"Process has admin rights: \x07True\x00\n", YES, id="control characters"),
    ],
)
def test_a_log_with_a_report(log, found):
    assert parse_log(log) == found


@pytest.mark.parametrize(
    ("log", "found"),
    [
        pytest.param(b"", none(Cause.EMPTY_LOG), id="an empty log"),
        pytest.param(b"\r\n \x1b[0m\r\n", none(Cause.EMPTY_LOG), id="a log that shows nothing"),
        pytest.param(b"agent started\n", none(Cause.NO_LINE), id="a log about something else"),
        pytest.param(b"process has admin rights: true\n", none(Cause.NO_LINE), id="other case is not the report"),
        pytest.param(b"INFO Process has admin rights: True\n", none(Cause.NO_LINE), id="the line inside another"),
        pytest.param(b"+ '" + JSON_TRUE, none(Cause.NO_LINE), id="a quoted source line"),
        pytest.param(
            b"x" * LOG_BYTES + b"\n" + PLAIN_TRUE, none(Cause.NO_LINE_AT_START), id="the report beyond the bytes read"
        ),
        pytest.param(
            b"\x1b[0m" * (LINE_LENGTH // 4) + PLAIN_TRUE,
            none(Cause.NO_LINE),
            id="the report beyond the start of a line, though what comes before it shows nothing",
        ),
        pytest.param(
            b"x\n" * LOG_LINES + PLAIN_TRUE, none(Cause.NO_LINE_AT_START), id="the report beyond the lines read"
        ),
    ],
)
def test_a_log_without_a_report(log, found):
    assert parse_log(log) == found


@pytest.mark.parametrize(
    ("log", "found"),
    [
        pytest.param(BLANK, none(Cause.BLANK_LINE), id="a blank answer is neither True nor False"),
        pytest.param(b"Process has admin rights:", none(Cause.BLANK_LINE), id="a blank answer without a space"),
        pytest.param(
            MICROSOFT,
            none(Cause.BLANK_LINE, "InvalidOperation: Unable to find type [Security.Principal.WindowsPrincipal]."),
            id="Microsoft's page: an error and a blank answer",
        ),
        pytest.param(
            WINDOWS_POWERSHELL_ERROR + BLANK, none(Cause.BLANK_LINE, "TypeNotFound"), id="a translated error as well"
        ),
        pytest.param(
            WINDOWS_POWERSHELL_ERROR,
            none(Cause.POWERSHELL_ERROR, "TypeNotFound"),
            id="an error alone, which quotes the line that it failed in",
        ),
        pytest.param(
            b"\x1b[31;1mParserError: \x1b[0mMissing closing '}'\n",
            none(Cause.POWERSHELL_ERROR, "ParserError: Missing closing '}'"),
            id="an error of PowerShell 7",
        ),
        pytest.param(b"Process has admin rights: true\n", none(Cause.OTHER_WORD, "true"), id="another case"),
        pytest.param(BLANK + b"Process has admin rights: no\n", none(Cause.BLANK_LINE), id="the first of two"),
        pytest.param(b"Process has admin rights: Tr", none(Cause.OTHER_WORD, "Tr"), id="half a word"),
        pytest.param(b"Process has admin rights: True False\n", none(Cause.OTHER_WORD, "True False"), id="two words"),
        pytest.param(
            b"Process has admin rights: \xe2\x80\xaeeurT" + b"x" * 300,
            none(Cause.OTHER_WORD, "eurT" + "x" * 113 + "…"),
            id="what stands there is cleaned and cut",
        ),
        pytest.param(
            b"Process has admin rights: True" + b"x" * LINE_LENGTH,
            none(Cause.OTHER_WORD, "True" + "x" * 113 + "…"),
            id="an endless line",
        ),
    ],
)
def test_an_answer_for_people_that_says_nothing(log, found):
    assert parse_log(log) == found


@pytest.mark.parametrize(
    ("json", "cause"),
    [
        pytest.param(b'{"version":2,"admin":true}', Cause.NEWER_VERSION, id="the next version"),
        pytest.param(b'{"version":' + b"9" * 900 + b"}", Cause.NEWER_VERSION, id="a huge version"),
        pytest.param(b'{"version":0,"admin":true}', Cause.INVALID_JSON, id="a version that never was"),
        pytest.param(b'{"version":true,"admin":true}', Cause.INVALID_JSON, id="a version that only equals one"),
        pytest.param(b'{"version":1.0,"admin":true}', Cause.INVALID_JSON, id="a version with a fraction"),
        pytest.param(b'{"version":"1","admin":true}', Cause.INVALID_JSON, id="a version as text"),
        pytest.param(b'{"admin":true}', Cause.INVALID_JSON, id="no version"),
        pytest.param(b'{"version":1}', Cause.INVALID_JSON, id="no answer"),
        pytest.param(b'{"version":1,"admin":null}', Cause.INVALID_JSON, id="null for an answer"),
        pytest.param(b'{"version":1,"admin":"true"}', Cause.INVALID_JSON, id="the answer as text"),
        pytest.param(b'{"version":1,"admin":1}', Cause.INVALID_JSON, id="the answer as a number"),
        pytest.param(b'{"version":1,"admin":NaN}', Cause.INVALID_JSON, id="NaN"),
        pytest.param(b'{"version":1,"admin":true,"error":"X"}', Cause.INVALID_JSON, id="an answer and an error"),
        pytest.param(b'{"version":1,"admin":true,"user":"x"}', Cause.INVALID_JSON, id="an unknown field"),
        pytest.param(b'{"version":1,"admin":false,"admin":true}', Cause.INVALID_JSON, id="an answer given twice"),
        pytest.param(b'{"version":1,"admin":true,"sid":"me"}', Cause.INVALID_JSON, id="a SID that is none"),
        pytest.param(b'{"version":1,"admin":true,"sid":""}', Cause.INVALID_JSON, id="an empty SID"),
        pytest.param(b'{"version":1,"error":"\\ud800"}', Cause.INVALID_JSON, id="a lone surrogate"),
        pytest.param(b'{"version":1,"error":""}', Cause.INVALID_JSON, id="an error without a name"),
        pytest.param(b"[1]", Cause.INVALID_JSON, id="a list"),
        pytest.param(b"[" * 1000, Cause.INVALID_JSON, id="deep JSON"),
        pytest.param(
            b'{"version":1,"admin":true' + b" " * 1000 + b"}", Cause.INVALID_JSON, id="longer than any report"
        ),
        pytest.param(b'{"version":1,"admin":tr', Cause.INVALID_JSON, id="half a report"),
        pytest.param(b"", Cause.INVALID_JSON, id="nothing behind it"),
    ],
)
def test_an_operators_line_that_cannot_be_read_is_not_made_up_for(json, cause):
    assert parse_log(PLAIN_TRUE + MARK + json + b"\r\n") == none(cause)


@pytest.mark.parametrize(
    ("length", "is_read"), [pytest.param(1024, True, id="as long"), pytest.param(1025, False, id="longer")]
)
def test_a_report_may_be_so_long_and_no_longer(length, is_read):
    report = b'{"version":1,"admin":true}'
    found = parse_log(MARK + report[:-1] + b" " * (length - len(report)) + b"}\n")
    assert (found == Report(admin=True)) is is_read


@pytest.mark.parametrize(
    ("length", "cause"),
    [
        pytest.param(LOG_BYTES - 1, Cause.NO_LINE, id="to its end"),
        pytest.param(LOG_BYTES, Cause.NO_LINE_AT_START, id="perhaps not to its end"),
    ],
)
def test_a_log_that_was_read(length, cause):
    assert parse_log(b"x" * length) == none(cause)


@pytest.mark.parametrize(
    ("log", "found"),
    [
        pytest.param(
            b"unable to retrieve container logs for containerd://0f0f", none(Cause.LOG_GONE), id="no such container"
        ),
        pytest.param(
            rb'failed to try resolving symlinks in path "C:\\var\\log\\pods\\x\\0.log": CreateFile: not found.',
            none(Cause.LOG_GONE),
            id="no such file",
        ),
        pytest.param(
            rb'failed to open log file "C:\\var\\log\\pods\\x\\0.log": not found', none(Cause.LOG_GONE), id="no more"
        ),
        pytest.param(
            b"started\nunable to retrieve container logs for containerd://0f0f\n",
            none(Cause.NO_LINE),
            id="an agent that says so among other things",
        ),
        pytest.param(
            b"unable to retrieve container logs for containerd://0f0f\nstarted\n",
            none(Cause.NO_LINE),
            id="an agent that says so first",
        ),
        pytest.param(
            b"unable to retrieve container logs for containerd://0f0f\n" + PLAIN_TRUE,
            YES,
            id="an agent that says so and reports",
        ),
        pytest.param(
            rb"failed to open log file C:\agent\agent.log: Access is denied.",
            none(Cause.NO_LINE),
            id="an agent that cannot write a log of its own",
        ),
        pytest.param(
            rb'failed to open log file "C:\agent\agent.log": Access is denied.',
            none(Cause.NO_LINE),
            id="nor in the kubelet's quotes",
        ),
        pytest.param(
            rb'failed to open log file "/var/log/pods/x/0.log": no such file',
            none(Cause.LOG_GONE),
            id="the kubelet with slashes of the other kind",
        ),
    ],
)
def test_the_kubelets_own_words_are_not_the_log(log, found):
    assert parse_log(log) == found
