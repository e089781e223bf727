"""What an answer of the API server means: its JSON, or the error it stands for.

Pure. Texts of an answer are cleaned here, before they can reach a status, an event or a log.
"""

from __future__ import annotations

import json
import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from pydantic_core import from_json

from hostprocess_operator.cluster.rights import explain_missing_right
from hostprocess_operator.errors import (
    ApiError,
    Conflict,
    Forbidden,
    Gone,
    Invalid,
    MissingRight,
    NotFound,
    ServerError,
    TooManyRequests,
    Unauthorized,
    Unreachable,
)
from hostprocess_operator.verification.text import ELLIPSIS, clean_text

if TYPE_CHECKING:
    from collections.abc import Mapping

MESSAGE_LENGTH: Final = 1000
"""Characters of a message that are kept. A refused patch quotes the whole object and says what is wrong at the end."""

_END_OF_QUOTED_OBJECT = '}": '
_LINE_BYTES = 4 * (MESSAGE_LENGTH + 1)  # no character of UTF-8 is longer
_DEEPEST: Final = 100
_DIGITS: Final = 300
_TOKENS: Final = re.compile(r'"(?:[^"\\]|\\.)*+"|[\[\]{}]', re.DOTALL)  # whatever stands in a string is none
_KINDS: Final[Mapping[int, type[ApiError]]] = {
    HTTPStatus.BAD_REQUEST: Invalid,
    HTTPStatus.UNAUTHORIZED: Unauthorized,
    HTTPStatus.FORBIDDEN: Forbidden,
    HTTPStatus.NOT_FOUND: NotFound,
    HTTPStatus.CONFLICT: Conflict,
    HTTPStatus.GONE: Gone,
    HTTPStatus.UNPROCESSABLE_ENTITY: Invalid,
    HTTPStatus.TOO_MANY_REQUESTS: TooManyRequests,
}


def decode(content: bytes) -> Any:  # noqa: ANN401 - JSON has no narrower type
    """Return the parsed JSON object of a good answer.

    The API server stores fields of free form as they were sent, with whatever no parser likes: lists within lists by
    the thousand, numbers of many digits. One such object must not hide all the others.

    Raises:
        Unreachable: It is something else: a proxy answered, or the answer was cut off.
    """
    try:
        parsed = from_json(content, cache_strings="keys")
    except ValueError:
        parsed = _decode_with_care(content)
    if not isinstance(parsed, dict):
        raise Unreachable(f"the answer is not a JSON object: {_line(content[:200])}")
    return parsed


def _decode_with_care(content: bytes) -> object:
    try:
        return json.loads(_shallow(content.decode(errors="replace")), parse_int=_number)
    except ValueError as error:
        raise Unreachable(f"the answer is not JSON: {_line(content[:200])}") from error


def _shallow(text: str) -> str:
    """Return the JSON with null for whatever is nested deeper than anything of Kubernetes' own."""
    kept, depth, start = [], 0, 0
    for token in _TOKENS.finditer(text):
        if token[0] in {"[", "{"}:
            depth += 1
            if depth == _DEEPEST + 1:
                kept.append(text[start : token.start()] + "null")
        elif token[0] in {"]", "}"}:
            if depth == _DEEPEST + 1:
                start = token.end()
            depth -= 1
    return "".join((*kept, text[start:]))


def _number(digits: str) -> float:
    return int(digits) if len(digits) <= _DIGITS else float(digits)


def refusal(status: int, content: bytes, retry_after: str | None = None) -> ApiError:
    """Return the error for an answer of 400 or more; a body that is not a Status is shown as text."""
    try:
        parsed = json.loads(content)
    except (ValueError, RecursionError):
        parsed = None
    if isinstance(parsed, dict) and parsed.get("kind") == "Status":
        return refusal_of(parsed, status=status, retry_after=retry_after)
    return _error(status, "", _line(content) or "no explanation was given", _seconds(retry_after))


def refusal_of(body: Mapping[str, Any], *, status: int = 0, retry_after: str | None = None) -> ApiError:
    """Return the error that a Status object speaks of, from an answer's body or from within a watch."""
    code = status or body.get("code")
    details = body.get("details")
    wait = details.get("retryAfterSeconds") if isinstance(details, dict) else None
    asked = retry_after or (str(wait) if wait else None)
    return _error(
        code if isinstance(code, int) else 0,
        _line(str(body.get("reason") or "")),
        _line(str(body.get("message") or "")) or "no explanation was given",
        _seconds(asked),
    )


def _error(status: int, reason: str, message: str, retry_after: float | None) -> ApiError:
    if status == HTTPStatus.FORBIDDEN and (explained := explain_missing_right(message)):
        return MissingRight(explained, status=status, reason=reason, retry_after=retry_after)
    kind = _KINDS.get(status, ServerError if status >= HTTPStatus.INTERNAL_SERVER_ERROR else ApiError)
    return kind(message, status=status, reason=reason, retry_after=retry_after)


def _line(text: bytes | str) -> str:
    """Return the text as one printable line; of a long one the end, behind the object that it quotes."""
    decoded = text.decode(errors="replace") if isinstance(text, bytes) else text
    if len(decoded) > MESSAGE_LENGTH:
        decoded = ELLIPSIS + decoded.rpartition(_END_OF_QUOTED_OBJECT)[2][-MESSAGE_LENGTH:]
    return clean_text(decoded, limit=_LINE_BYTES)


def _seconds(value: str | None) -> float | None:
    """Return a Retry-After in seconds; it may also be a date, which the API server never sends."""
    return float(value) if value and value.isdecimal() else None
