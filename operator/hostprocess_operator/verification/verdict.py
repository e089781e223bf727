"""The verdict: what a run's report, or the lack of one, is worth against what the agent expects.

Derived from the report and the expectation alone, so that a changed expectation is judged without reading a log
again. The messages speak to the person who runs the agent: what is so, and what to do about it. They name the
account, never the node, and hold nothing that moves while the facts stand still.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Literal

from hostprocess_operator.api.accounts import is_system
from hostprocess_operator.api.names import DEFAULT_ACCOUNT
from hostprocess_operator.api.reasons import Reason
from hostprocess_operator.verification.accounts import CONTAINER_ACCOUNTS, well_known_sid
from hostprocess_operator.verification.probe import PLAIN_PREFIX, REPORT_PREFIX
from hostprocess_operator.verification.report import Cause, NoReportFound, Report
from hostprocess_operator.verification.text import clean_text

if TYPE_CHECKING:
    from hostprocess_operator.api.agent import Expectation


@dataclass(frozen=True, slots=True)
class Verdict:
    """Status, reason and message of the pod condition."""

    status: Literal["True", "False", "Unknown"]
    reason: Reason
    message: str


@lru_cache(maxsize=1024)  # thousands of pods say the same, and are asked about at every look
def judge(found: Report | NoReportFound, *, account: str, expect: Expectation | None, probe: bool = True) -> Verdict:
    """Return the verdict on a run.

    Args:
        found: what the run reported, or why there is no report.
        account: the account that the run was asked to have.
        expect: what counts as verified; None is Administrator for SYSTEM and Any for every other account.
        probe: whether the run is the probe's, else it is the agent's own.
    """
    name = clean_text(account)
    if isinstance(found, NoReportFound):
        return _unknown(found, name, _BY_PROBE if probe else _BY_AGENT)
    if found.error is not None:
        return Verdict(
            "Unknown",
            Reason.PROBE_ERROR,
            f"The rights of {name} are not known: asking Windows for them failed with {found.error}. "
            f"Let powershell.exe or whoami.exe run on the node, or set verification.mode to AgentLog and let the "
            f"agent report its rights itself.",
        )
    if found.sid in CONTAINER_ACCOUNTS:
        return Verdict(
            "False",
            Reason.NOT_HOST_PROCESS,
            f"The pod runs as {CONTAINER_ACCOUNTS[found.sid]} instead of {name}: as an ordinary container, not as a "
            f"host process. Update the kubelet of the node to 1.23 or newer and its containerd to 1.7 or newer.",
        )
    if found.sid and (well_known_sid(account) or found.sid) != found.sid:
        return Verdict(
            "False",
            Reason.WRONG_ACCOUNT,
            f"The pod runs with the SID {found.sid}, which is not that of {name}. "
            f"Check that nothing between the agent and the container runtime of the node changes runAsUserName.",
        )
    return _judge_rights(name, admin=bool(found.admin), system=is_system(account), expect=expect)


def _judge_rights(name: str, *, admin: bool, system: bool, expect: Expectation | None) -> Verdict:
    if (expect or ("Administrator" if system else "Any")) == "Any":
        rights = "with" if admin else "without"
        message = f"The pod runs as {name} {rights} administrator rights; verification.expect (Any) accepts both."
        return Verdict("True", Reason.ACCOUNT_ACCEPTED, message)
    if admin:
        message = f"The pod runs as {name} and has administrator rights."
        return Verdict("True", Reason.ADMINISTRATOR, message)
    cure = (
        "Look for a policy on the node that takes rights away from this account."
        if system
        else f"Set runAsUserName to {DEFAULT_ACCOUNT}, or verification.expect to Any if this account is meant."
    )
    message = f"The pod runs as {name} and has no administrator rights. {cure}"
    return Verdict("False", Reason.NOT_ADMINISTRATOR, message)


# Cause -> reason, what is so, what to do about it.
_UNKNOWN: Final = {
    Cause.EMPTY_LOG: (
        Reason.NO_REPORT,
        "The log is empty, so the rights of {account} are not known.",
        "{who_prints}.",
    ),
    Cause.NO_LINE: (
        Reason.NO_REPORT,
        "The log says nothing about the rights of {account}.",
        "{who_prints}.",
    ),
    Cause.NO_LINE_AT_START: (
        Reason.NO_REPORT,
        "The first 64 KiB and 200 lines of the log say nothing about the rights of {account}, and no more is read.",
        "{who_prints}, before anything else.",
    ),
    Cause.PROBE_RUNNING: (
        Reason.NO_REPORT,
        "The probe has not ended within verification.timeoutSeconds, so the rights of {account} are not known.",
        "Check whether the node is overloaded, or something holds up powershell.exe on it.",
    ),
    Cause.BLANK_LINE: (
        Reason.UNREADABLE_REPORT,
        "The log has '{plain}' with nothing behind it{because}, so the rights of {account} are not known.",
        "PowerShell prints that when it cannot look them up: correct the command, or set verification.mode to Probe.",
    ),
    Cause.OTHER_WORD: (
        Reason.UNREADABLE_REPORT,
        "The log has '{excerpt}' behind '{plain}', so the rights of {account} are not known.",
        "Let the agent print True or False there, or set verification.mode to Probe.",
    ),
    Cause.INVALID_JSON: (
        Reason.UNREADABLE_REPORT,
        "What follows '{json}' in the log is not a report, so the rights of {account} are not known.",
        "Let the agent print {example} there, or set verification.mode to Probe.",
    ),
    Cause.NEWER_VERSION: (
        Reason.UNREADABLE_REPORT,
        "The report on the rights of {account} has a version that this operator does not know.",
        "Update the operator.",
    ),
    Cause.POWERSHELL_ERROR: (
        Reason.UNREADABLE_REPORT,
        "PowerShell failed with '{excerpt}' instead of reporting the rights of {account}.",
        "Read the log with kubectl logs; an agent that cannot report itself is verified with verification.mode Probe.",
    ),
    Cause.LOG_UNREACHABLE: (
        Reason.LOG_UNAVAILABLE,
        "The log cannot be read, so the rights of {account} are not known.",
        "Check with kubectl logs that the kubelet of the node answers.",
    ),
    Cause.LOG_GONE: (
        Reason.LOG_UNAVAILABLE,
        "The log of this run is gone from the node, so the rights of {account} are not known.",
        "Delete the pod if it is not replaced: the next one reports anew.",
    ),
}

_WORDS: Final = {
    "plain": PLAIN_PREFIX,
    "json": REPORT_PREFIX.rstrip(),
    "example": '{"version":1,"admin":true} or {"version":1,"admin":false}',
}
_BY_PROBE: Final = "Find out what keeps powershell.exe from working on the node"
_BY_AGENT: Final = f"Let the agent print '{PLAIN_PREFIX} True' or '{PLAIN_PREFIX} False' as a line of its own"


def _unknown(found: NoReportFound, account: str, who_prints: str) -> Verdict:
    reason, finding, cure = _UNKNOWN[found.cause]
    because = f" after the error '{found.excerpt}'" if found.excerpt else ""
    values = {"account": account, "excerpt": found.excerpt, "because": because, "who_prints": who_prints}
    message = f"{finding} {cure}".format(**values, **_WORDS)
    return Verdict("Unknown", reason, message)
