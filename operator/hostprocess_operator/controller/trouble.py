"""What keeps a pod from being judged: a request that the API server did not take, tried again later and later."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from hostprocess_operator.errors import ApiError

FIRST_SECONDS: Final = 1.0
LONGEST_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True)
class Trouble:
    """One error.

    Attributes:
        times: how often in a row something went wrong.
        wait: seconds from the last time to the next attempt, which is due at `until`.
        is_new: whether this error is another one than the time before.
    """

    error: ApiError
    times: int
    wait: float
    until: datetime
    is_new: bool

    @classmethod
    def after(cls, earlier: Trouble | None, error: ApiError, now: datetime) -> Self:
        """Return the trouble that an error makes, after an earlier one."""
        times = earlier.times + 1 if earlier else 1
        growing = min(LONGEST_SECONDS, FIRST_SECONDS * 2.0 ** min(times - 1, 10))
        wait = max(growing, error.retry_after or 0.0)
        is_new = earlier is None or str(earlier.error) != str(error)
        return cls(error, times, wait, now + timedelta(seconds=wait), is_new)
