"""The log of a run read as a report: bytes in, a report or the cause of its absence out.

Never raises and never trusts: the bytes come from whatever runs in the container, in whatever code page. Only
lines that start with the report's own words count, because PowerShell quotes the failing source line in its errors.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from hostprocess_operator.verification.probe import PLAIN_PREFIX, REPORT_PREFIX
from hostprocess_operator.verification.report import Cause, NoReportFound, Report
from hostprocess_operator.verification.text import clean_text, strip_escapes

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

LOG_BYTES: Final = 64 * 1024
"""As much of a log as is read, from its start."""
LOG_LINES: Final = 200
LINE_LENGTH: Final = 4 * 1024

_VERSION: Final = 1
_JSON_LENGTH: Final = 1024
# A console that wraps breaks a long line into at most this many.
_WRAPPED_LINES: Final = 3
_EXCERPT_BYTES: Final = 120

# Control characters but for tab, line ends, and the two that escape sequences need until they are taken out. They are
# dropped as bytes, which is fast. Dropping NUL is all that ASCII in UTF-16 needs.
_CONTROLS: Final = bytes({*range(32), 127} - set(b"\t\n\r\a\x1b"))

# The error's identifier is the one part of Windows PowerShell's error text that is never translated. PowerShell 7
# starts its error text with the category.
_ERROR_ID: Final = re.compile(r"FullyQualifiedErrorId : (\S+)")
_ERROR_CATEGORIES: Final = ("InvalidOperation: ", "ParserError: ")

# The kubelet has sent HTTP 200 before it looks for the log, so its error arrives as if it were the log.
# Where it keeps logs is a setting, the folder `pods` in it is not. An agent has errors of its own about log files.
_KUBELET_ERROR: Final = re.compile(
    r"unable to retrieve container logs for \w+://"
    r'|failed to (?:try resolving symlinks in path|open log file) "[^"]*[/\\]pods[/\\]'
)

_PLAIN_WORDS: Final = {"True": True, "False": False}


def parse_log(data: bytes) -> Report | NoReportFound:
    """Return what the start of a run's log reports.

    The operator's line wins over the line for people, and the first complete one wins over those after it. An
    operator's line that cannot be read is never made up for by the line for people: it may be newer, or half written.
    """
    lines = _lines(data[:LOG_BYTES])
    structured = _first_report(_structured(lines, index) for index in _starting(lines, REPORT_PREFIX))
    if structured is not None:
        return structured
    error = _powershell_error(lines)
    plain = _first_report(_plain(lines[index], error) for index in _starting(lines, PLAIN_PREFIX))
    if plain is not None:
        return plain
    if error:
        return NoReportFound(Cause.POWERSHELL_ERROR, error)
    return NoReportFound(_absence(lines, data))


def _lines(data: bytes) -> list[str]:
    # a byte order mark of UTF-16 decodes to replacement characters
    text = data.translate(None, _CONTROLS).decode(errors="replace").lstrip("\ufffd").replace("\ufeff", "")
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n", LOG_LINES)[:LOG_LINES]
    # No escape sequence spans lines, so all of them can be searched as one text; cut first, for that takes longest.
    text = strip_escapes("\n".join(line[:LINE_LENGTH] for line in lines)).replace("\x1b", "").replace("\a", "")
    return [line.strip() for line in text.split("\n")]


def _starting(lines: Sequence[str], prefix: str) -> Iterable[int]:
    # lines are stripped, and so may have lost the space that ends a prefix
    return (index for index, line in enumerate(lines) if line.startswith(prefix.rstrip()))


def _first_report(results: Iterable[Report | NoReportFound]) -> Report | NoReportFound | None:
    """Return the first report; without any, the first failure; None when there was neither."""
    failure: NoReportFound | None = None
    for result in results:
        if isinstance(result, Report):
            return result
        failure = failure or result
    return failure


def _structured(lines: Sequence[str], index: int) -> Report | NoReportFound:
    text = ""
    for line in lines[index : index + _WRAPPED_LINES]:
        text += line
        if text.endswith("}"):
            break
    return _report(text.removeprefix(REPORT_PREFIX))


def _report(text: str) -> Report | NoReportFound:
    try:
        fields = _json_object(text)
        version = fields.pop("version", None)
        if type(version) is int and version > _VERSION:
            return NoReportFound(Cause.NEWER_VERSION)
        if type(version) is int and version == _VERSION:
            return Report.model_validate(fields)
    except (ValueError, RecursionError):
        pass
    return NoReportFound(Cause.INVALID_JSON)


def _json_object(text: str) -> dict[str, Any]:
    if len(text) > _JSON_LENGTH:
        raise ValueError("longer than any report")
    value = json.loads(text, object_pairs_hook=_unique)
    if not isinstance(value, dict):
        raise ValueError("not an object")  # noqa: TRY004  # one kind of error for all that JSON can be
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError("a field is given twice")
    return fields


def _plain(line: str, error: str) -> Report | NoReportFound:
    word = line.removeprefix(PLAIN_PREFIX).strip()
    if word in _PLAIN_WORDS:
        return Report(admin=_PLAIN_WORDS[word])
    if word:
        return NoReportFound(Cause.OTHER_WORD, clean_text(word, _EXCERPT_BYTES))
    return NoReportFound(Cause.BLANK_LINE, error)


def _powershell_error(lines: Iterable[str]) -> str:
    """Return the identifier or first line of the first PowerShell error in the log, cleaned; empty without one."""
    for line in lines:
        if identified := _ERROR_ID.search(line):
            return clean_text(identified[1], _EXCERPT_BYTES)
        if line.startswith(_ERROR_CATEGORIES):
            return clean_text(line, _EXCERPT_BYTES)
    return ""


def _absence(lines: Sequence[str], data: bytes) -> Cause:
    printed = [line for line in lines if line]
    if len(data) >= LOG_BYTES or len(lines) >= LOG_LINES:
        return Cause.NO_LINE_AT_START
    if not printed and len(data) <= LINE_LENGTH:  # of a longer one not all may have been looked at
        return Cause.EMPTY_LOG
    if len(printed) == 1 and _KUBELET_ERROR.match(printed[0]):
        return Cause.LOG_GONE
    return Cause.NO_LINE
