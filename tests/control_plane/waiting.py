"""Wait for a condition instead of sleeping; knows nothing of Kubernetes."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def wait_for(condition: Callable[[], T | None], timeout: float, what: str, *, interval: float = 0.1) -> T:
    """Return the first answer of ``condition`` that is neither None nor False.

    An ``AssertionError`` or a ``LookupError`` (a missing key, an object that does not exist) means "not yet" as well;
    any other exception ends the wait at once. The condition is asked once more after the time is over.

    Args:
        condition: asked every ``interval`` seconds.
        timeout: seconds.
        what: what is waited for, as it reads after "waited 5 s for".

    Raises:
        TimeoutError: it names ``what`` and what the last look saw.
    """
    deadline = time.monotonic() + timeout
    while True:
        last_look = time.monotonic() >= deadline
        try:
            answer = condition()
        except (AssertionError, LookupError) as error:
            seen: object = f"{type(error).__name__}: {error}"
        else:
            if answer is not None and answer is not False:
                return answer
            seen = answer
        if last_look:
            raise TimeoutError(f"waited {timeout:g} s for {what}; last seen: {seen}")
        time.sleep(interval)
