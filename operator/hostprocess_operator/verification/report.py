"""What one read of a run's log gave: a report, or the cause of there being none. And how a report is kept on its pod.

A report is the container's own word about its rights; what it is worth is the verdict's business.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Annotated, Final, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from hostprocess_operator.verification.text import clean_text

Sid = Annotated[str, StringConstraints(pattern=r"^S-1-[0-9]{1,14}(-[0-9]{1,10}){1,15}$")]


def _identifier(error: str) -> str:
    cleaned = clean_text(error)
    if not cleaned:
        raise ValueError("an error needs a name")
    return cleaned


class Report(BaseModel):
    """What a run said: whether it has administrator rights and as whom, or the error that kept it from knowing.

    Exactly one of `admin` and `error` is there. The SID is absent where only the line for people was printed.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    admin: bool | None = None
    sid: Sid | None = None
    error: Annotated[str, AfterValidator(_identifier)] | None = None

    @model_validator(mode="after")
    def _one_answer(self) -> Self:
        if (self.admin is None) == (self.error is None):
            raise ValueError("a report holds either admin or error")
        return self


class Cause(StrEnum):
    """Why a run has no report."""

    EMPTY_LOG = "EmptyLog"
    NO_LINE = "NoLine"
    NO_LINE_AT_START = "NoLineAtStart"
    """The log is longer than what is read of it, and that part holds no report."""
    PROBE_RUNNING = "ProbeRunning"
    BLANK_LINE = "BlankLine"
    OTHER_WORD = "OtherWord"
    """Something else than True or False stands where one of them belongs."""
    INVALID_JSON = "InvalidJson"
    NEWER_VERSION = "NewerVersion"
    POWERSHELL_ERROR = "PowerShellError"
    LOG_UNREACHABLE = "LogUnreachable"
    LOG_GONE = "LogGone"
    """The kubelet says that it has no such log: sent with HTTP 200, in place of the log."""


@dataclass(frozen=True, slots=True)
class NoReportFound:
    """A run that has no report, and the words of the log that show why, cleaned and short."""

    cause: Cause
    excerpt: str = ""


@dataclass(frozen=True, slots=True)
class StoredReport:
    """A report together with the container ID of the run that made it."""

    run: str
    report: Report


class _Annotation(Report):
    # a newer operator may have written more than this one knows
    model_config = ConfigDict(extra="ignore")

    run: Annotated[str, Field(min_length=1, max_length=256)]


# Longer text is not ours: what `dump_report` writes stays below a quarter of it.
_LONGEST_ANNOTATION: Final = 4096


def dump_report(stored: StoredReport) -> str:
    """Return the value of the pod annotation: compact JSON, at most 1 KiB for any real container ID."""
    fields = {"run": stored.run, **stored.report.model_dump(exclude_none=True)}
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":"))


def load_report(text: str) -> StoredReport | None:
    """Return the report in a pod annotation, None for anything that `dump_report` would not have written."""
    if len(text) > _LONGEST_ANNOTATION:
        return None
    try:
        found = _Annotation.model_validate_json(text)
    except ValueError:
        return None
    return StoredReport(found.run, _shared_report(found.admin, found.sid, found.error))


@lru_cache(maxsize=256)
def _shared_report(admin: bool | None, sid: str | None, error: str | None) -> Report:  # noqa: FBT001 - one of three
    """Return the report, the same object for equal ones: thousands of pods say the same."""
    return Report(admin=admin, sid=sid, error=error)
