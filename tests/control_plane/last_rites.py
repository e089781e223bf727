"""What must be done before this process ends: at its own end, and on SIGTERM and SIGHUP.

SIGINT needs no handler, it is an exception (KeyboardInterrupt). A handler that is there already is left alone.
"""

import atexit
import os
import signal
import threading
from collections.abc import Callable
from types import FrameType

_rites: list[Callable[[], None]] = []


def add(rite: Callable[[], None]) -> None:
    """Have ``rite`` called once before this process ends."""
    if not _rites:
        atexit.register(_perform)
        if threading.current_thread() is threading.main_thread():  # nobody else may set a handler
            for number in (signal.SIGTERM, signal.SIGHUP):
                if signal.getsignal(number) is signal.SIG_DFL:
                    signal.signal(number, _perform_and_die)
    _rites.append(rite)


def remove(rite: Callable[[], None]) -> None:
    """Forget a rite that is no longer needed."""
    if rite in _rites:
        _rites.remove(rite)


def _perform() -> None:
    for rite in _rites[::-1]:  # a rite may remove itself
        rite()


def _perform_and_die(number: int, frame: FrameType | None) -> None:
    _perform()
    signal.signal(number, signal.SIG_DFL)  # the parent sees the signal that ended us
    os.kill(os.getpid(), number)
