"""What the kernel says of a process. Linux only; asks nothing of the process itself."""

import os
import time
from dataclasses import dataclass
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Usage:
    """One look at a process."""

    at: float  # time.monotonic()
    cpu: float  # seconds, user and system, of all threads since its start
    rss: int  # bytes that are resident now
    peak: int  # bytes that were resident at most
    threads: int
    descriptors: int


def usage(pid):
    """Return what a process uses."""
    home = Path(f"/proc/{pid}")
    words = (home / "stat").read_text().rpartition(")")[2].split()  # the name before it may hold anything
    lines = dict(line.split(":", 1) for line in (home / "status").read_text().splitlines())
    return Usage(
        at=time.monotonic(),
        cpu=(int(words[11]) + int(words[12])) / TICKS,
        rss=kibibytes(lines["VmRSS"]),
        peak=kibibytes(lines["VmHWM"]),
        threads=int(lines["Threads"]),
        descriptors=len(list((home / "fd").iterdir())),
    )


def kibibytes(field):
    """Return the bytes that a field such as `  1234 kB` speaks of."""
    return int(field.split()[0]) * 1024


def settle(pid, *, share=0.05, window=1.0, timeout=120.0):
    """Wait until a process uses less than a share of one core over a window; return the usage at its start.

    The CPU spent until it was idle is thus counted whole, and none of the waiting.
    """
    deadline = time.monotonic() + timeout
    before = usage(pid)
    while time.monotonic() < deadline:
        time.sleep(window)
        now = usage(pid)
        if now.cpu - before.cpu < share * window:
            return before
        before = now
    raise TimeoutError(f"process {pid} was still busy after {timeout:g} s")
