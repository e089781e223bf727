"""What a report is worth against what the agent expects."""

import pytest

from hostprocess_operator.verification.parser import parse_log
from hostprocess_operator.verification.report import Cause, NoReportFound, Report
from hostprocess_operator.verification.verdict import judge

SYSTEM = r"NT AUTHORITY\SYSTEM"
LOCAL_SERVICE = r"NT AUTHORITY\Local service"
GROUP = "hpc-localgroup"
SOME_SID = "S-1-5-21-1-2-3-1001"


@pytest.mark.parametrize(
    ("report", "account", "expect", "status", "reason"),
    [
        pytest.param(
            Report(admin=True, sid="S-1-5-18"), SYSTEM, None, "True", "Administrator", id="SYSTEM is to have rights"
        ),
        pytest.param(
            Report(admin=False, sid="S-1-5-18"), SYSTEM, None, "False", "NotAdministrator", id="SYSTEM without rights"
        ),
        pytest.param(
            Report(admin=False, sid="S-1-5-18"), SYSTEM, "Any", "True", "AccountAccepted", id="unless any will do"
        ),
        pytest.param(
            Report(admin=True), SYSTEM, None, "True", "Administrator", id="the line for people names no SID to compare"
        ),
        pytest.param(
            Report(admin=False, sid="S-1-5-19"), LOCAL_SERVICE, None, "True", "AccountAccepted", id="a lesser account"
        ),
        pytest.param(
            Report(admin=False, sid="S-1-5-19"),
            LOCAL_SERVICE,
            "Administrator",
            "False",
            "NotAdministrator",
            id="a lesser account that is to have rights",
        ),
        pytest.param(
            Report(admin=True, sid=SOME_SID), GROUP, None, "True", "AccountAccepted", id="a group with rights"
        ),
        pytest.param(
            Report(admin=True, sid=SOME_SID), GROUP, "Administrator", "True", "Administrator", id="a group to have them"
        ),
        pytest.param(
            Report(admin=False, sid=SOME_SID), GROUP, "Administrator", "False", "NotAdministrator", id="a UAC-bound one"
        ),
        pytest.param(
            Report(admin=True, sid="S-1-5-18"), LOCAL_SERVICE, "Any", "False", "WrongAccount", id="more than asked for"
        ),
        pytest.param(
            Report(admin=False, sid="S-1-5-19"), SYSTEM, None, "False", "WrongAccount", id="less than asked for"
        ),
        pytest.param(
            Report(admin=True, sid="S-1-5-18"),
            r"nt authority\system",
            None,
            "True",
            "Administrator",
            id="an account in another spelling",
        ),
        pytest.param(
            Report(admin=True, sid="S-1-5-93-2-1"), SYSTEM, None, "False", "NotHostProcess", id="ContainerAdministrator"
        ),
        pytest.param(
            Report(admin=False, sid="S-1-5-93-2-2"), GROUP, "Any", "False", "NotHostProcess", id="ContainerUser"
        ),
        pytest.param(
            Report(error="CommandNotFoundException"), SYSTEM, "Any", "Unknown", "ProbeError", id="an error is no answer"
        ),
    ],
)
def test_a_report_is_judged(report, account, expect, status, reason):
    verdict = judge(report, account=account, expect=expect)
    assert (verdict.status, verdict.reason) == (status, reason)


@pytest.mark.parametrize(
    ("cause", "reason"),
    [
        pytest.param(Cause.EMPTY_LOG, "NoReport", id="nothing in the log"),
        pytest.param(Cause.NO_LINE, "NoReport", id="something else in the log"),
        pytest.param(Cause.NO_LINE_AT_START, "NoReport", id="something else at the start of the log"),
        pytest.param(Cause.PROBE_RUNNING, "NoReport", id="a probe that does not end"),
        pytest.param(Cause.BLANK_LINE, "UnreadableReport", id="a blank answer"),
        pytest.param(Cause.OTHER_WORD, "UnreadableReport", id="another word"),
        pytest.param(Cause.INVALID_JSON, "UnreadableReport", id="broken JSON"),
        pytest.param(Cause.NEWER_VERSION, "UnreadableReport", id="a newer report"),
        pytest.param(Cause.POWERSHELL_ERROR, "UnreadableReport", id="an error in the place of a report"),
        pytest.param(Cause.LOG_UNREACHABLE, "LogUnavailable", id="a kubelet that does not answer"),
        pytest.param(Cause.LOG_GONE, "LogUnavailable", id="a log that is gone"),
    ],
)
def test_without_a_report_nothing_is_known(cause, reason):
    verdict = judge(NoReportFound(cause, "word"), account=SYSTEM, expect="Any")
    assert (verdict.status, verdict.reason) == ("Unknown", reason)


FOUND = [
    *(NoReportFound(cause, "word") for cause in Cause),
    Report(error="X"),
    *(Report(admin=admin, sid=sid) for admin in (True, False) for sid in (None, "S-1-5-18", "S-1-5-93-2-2")),
]


@pytest.mark.parametrize("expect", [None, "Administrator", "Any"])
@pytest.mark.parametrize("account", [SYSTEM, LOCAL_SERVICE, GROUP])
@pytest.mark.parametrize("found", FOUND, ids=str)
def test_every_message_is_a_whole_sentence_that_names_the_account(found, account, expect):
    message = judge(found, account=account, expect=expect).message
    assert account in message
    assert message[0].isupper()
    assert message.endswith(".")
    assert len(message.encode()) <= 512
    assert message.isprintable()
    assert "{" not in message.replace('{"version":1', "")


@pytest.mark.parametrize(
    ("log", "advice"),
    [
        pytest.param(b"", "Find out what keeps powershell.exe from working on the node.", id="an empty log"),
        pytest.param(b"Process has admin rights: yes", "Let the agent print True or False there", id="another word"),
        pytest.param(b'hostprocess.dev/admin-rights {"version":2}', "Update the operator", id="a newer report"),
        pytest.param(b"unable to retrieve container logs for cri://x", "Delete the pod", id="a log that is gone"),
        pytest.param(
            b'hostprocess.dev/admin-rights {"version":1,"error":"CommandNotFoundException"}',
            "failed with CommandNotFoundException. Let powershell.exe or whoami.exe run on the node",
            id="a probe that failed",
        ),
        pytest.param(
            b'hostprocess.dev/admin-rights {"version":1,"admin":true,"sid":"S-1-5-93-2-2"}',
            "Update the kubelet of the node to 1.23 or newer and its containerd to 1.7 or newer",
            id="no host process",
        ),
    ],
)
def test_the_message_says_what_to_do(log, advice):
    assert advice in judge(parse_log(log), account=SYSTEM, expect=None).message


def test_an_agent_that_reports_itself_is_asked_to():
    verdict = judge(parse_log(b"starting"), account=SYSTEM, expect=None, probe=False)
    assert verdict.message.endswith(
        "Let the agent print 'Process has admin rights: True' or 'Process has admin rights: False' "
        "as a line of its own."
    )


@pytest.mark.parametrize(
    ("account", "advice"),
    [
        pytest.param(SYSTEM, "Look for a policy on the node", id="SYSTEM should have them"),
        pytest.param(LOCAL_SERVICE, rf"Set runAsUserName to {SYSTEM}", id="another account need not"),
    ],
)
def test_missing_rights_have_a_cure_for_each_account(account, advice):
    assert advice in judge(Report(admin=False), account=account, expect="Administrator").message


@pytest.mark.parametrize(
    ("admin", "rights"),
    [
        pytest.param(True, "with administrator rights", id="with them"),
        pytest.param(False, "without administrator rights", id="without them"),
    ],
)
def test_where_any_account_is_accepted_the_message_still_says_what_it_may_do(admin, rights):
    assert rights in judge(Report(admin=admin), account=GROUP, expect="Any").message


def test_microsofts_blank_line_is_unknown_with_its_error_and_a_way_out():
    log = (
        b"InvalidOperation: Unable to find type [Security.Principal.WindowsPrincipal].\r\nProcess has admin rights:\r\n"
    )
    verdict = judge(parse_log(log), account=SYSTEM, expect=None)
    assert (verdict.status, verdict.reason) == ("Unknown", "UnreadableReport")
    assert verdict.message == (
        "The log has 'Process has admin rights:' with nothing behind it after the error 'InvalidOperation: Unable to "
        r"find type [Security.Principal.WindowsPrincipal].', so the rights of NT AUTHORITY\SYSTEM are not known. "
        "PowerShell prints that when it cannot look them up: correct the command, or set verification.mode to Probe."
    )


def test_microsofts_blank_line_is_unknown_without_an_error_too():
    verdict = judge(parse_log(b"Process has admin rights:\r\n"), account=SYSTEM, expect=None)
    assert "with nothing behind it, so the rights of" in verdict.message


def test_an_account_with_hostile_characters_is_cleaned():
    assert "\u202e" not in judge(Report(admin=True), account="a\u202eb", expect=None).message
