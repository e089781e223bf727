"""Errors that more than one layer speaks about.

Values only, imported by everything, importing nothing of ours.
"""

# ruff: noqa: N818  an answer of the API server keeps Kubernetes' name for it: NotFound, not NotFoundError

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True, order=True)
class FieldError:
    """One thing that is wrong with a HostProcessAgent, and where.

    Attributes:
        path: JSON path as the API server writes it, such as `spec.containers[0].image`.
        message: What is wrong and, where the rule is ours, the way out. Holds no text of the user's.
    """

    path: str
    message: str

    def __str__(self) -> str:
        """Return the error as one line for people."""
        return f"{self.path}: {self.message}"


class OperatorError(Exception):
    """Something that the operator could not do.

    Attributes:
        transient: whether trying again soon is likely to help, so that nobody needs to be told at once.
    """

    transient: ClassVar[bool] = False


class SettingsError(OperatorError):
    """What the operator was told at its start cannot be used; the message names it and says what to do."""


class WritesClosed(OperatorError):
    """The operator is stopping, or is no longer the one that may write: the request was not sent."""


class ApiError(OperatorError):
    """The API server refused a request, or did not answer.

    Attributes:
        status: HTTP status; 0 when no answer came.
        reason: the API server's own word, such as `AlreadyExists`; empty when it gave none.
        message: one printable line of bounded length.
        retry_after: seconds that the API server asked us to wait, None when it did not ask.
    """

    def __init__(self, message: str, *, status: int = 0, reason: str = "", retry_after: float | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.reason = reason
        self.retry_after = retry_after

    def __str__(self) -> str:
        """Return status, reason and message as one line."""
        label = " ".join(part for part in (str(self.status or ""), self.reason) if part)
        return f"{label}: {self.message}" if label else self.message


class Invalid(ApiError):
    """The request itself is wrong (400, 422): sending it again changes nothing."""


class Unauthorized(ApiError):
    """The credentials are not accepted (401), also after they were read again."""

    transient = True


class Forbidden(ApiError):
    """RBAC or an admission policy refuses (403)."""


class MissingRight(Forbidden):
    """RBAC has no rule that allows the request; the message names verb, resource and the rule."""


class NotFound(ApiError):
    """The object or its kind does not exist (404)."""


class Conflict(ApiError):
    """Somebody else was faster (409), or the object is another one of the same name by now."""

    transient = True


class Outdated(Conflict):
    """What was decided about is no longer what the cluster has: nothing of the decision counts."""


class Gone(ApiError):
    """The version of the cluster that was asked for is no longer kept (410)."""

    transient = True


class TooManyRequests(ApiError):
    """The API server is busy (429)."""

    transient = True


class ServerError(ApiError):
    """The API server failed (5xx)."""

    transient = True


class Unreachable(ApiError):
    """No usable answer came: refused, reset, timed out, or not the API server's language."""

    transient = True
