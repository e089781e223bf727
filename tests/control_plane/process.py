"""Child processes of a control plane: started, watched and stopped; none of them outlives this process. Linux only."""

import ctypes
import os
import queue
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import TypeAlias

Process: TypeAlias = "subprocess.Popen[bytes]"
Order: TypeAlias = tuple["Future[Process]", Callable[[], Process]]

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


class ChildExitedError(Exception):
    """A process of the control plane ended by itself; the message holds the tail of its log."""


@dataclass(frozen=True)
class Child:
    """A running process and the file that its output goes to."""

    name: str
    process: Process
    log: Path

    def check(self) -> None:
        """Raise ChildExitedError when the process has ended."""
        if (code := self.process.poll()) is not None:
            tail = "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])
            raise ChildExitedError(f"{self.name} ended by itself with {code}; the end of {self.log}:\n{tail}")

    def signal(self, number: signal.Signals) -> None:
        """Send a signal; a process that has ended is left alone."""
        self.process.send_signal(number)


def start_child(
    name: str, command: Sequence[str | Path], log: Path, *, group: int = 0, env: Mapping[str, str] | None = None
) -> Child:
    """Start a process that the kernel kills when this process ends, however it ends.

    Args:
        name: the component's name, for messages.
        command: program and arguments.
        log: output is appended to this file.
        group: process group to join; 0 makes the child the leader of a new one.
        env: the whole environment; None passes on this process's.
    """
    made: Future[Process] = Future()
    _orders().put((made, partial(_spawn, command, log, group, env)))
    return Child(name, made.result(), log)


def stop_children(children: Iterable[Child], grace: float = 5) -> None:
    """Ask every child to end and wait for all of them; who is still there after ``grace`` seconds is killed."""
    children = list(children)
    for child in children:
        child.signal(signal.SIGTERM)
        child.signal(signal.SIGCONT)  # a paused one would not hear the first signal
    deadline = time.monotonic() + grace
    for child in children:
        try:
            child.process.wait(max(0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.process.kill()
            child.process.wait()


@cache
def _orders() -> "queue.SimpleQueue[Order]":
    """Return the queue of the one thread that starts children.

    The kernel sends the parent-death signal when the *thread* that forked ends. A caller may well be a short-lived one
    (``asyncio.to_thread``), so children are started by a thread that lives as long as this process.
    """
    orders: queue.SimpleQueue[Order] = queue.SimpleQueue()

    def serve() -> None:
        while True:
            made, spawn = orders.get()
            try:
                made.set_result(spawn())
            except BaseException as error:  # noqa: BLE001 - it belongs to the caller, who waits for it
                made.set_exception(error)

    threading.Thread(target=serve, name="control-plane-children", daemon=True).start()
    return orders


def _spawn(command: Sequence[str | Path], log: Path, group: int, env: Mapping[str, str] | None) -> Process:
    parent = os.getpid()

    def die_with_parent() -> None:
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it ended before the line above
            os._exit(1)

    with log.open("ab") as output:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=env,
            process_group=group,  # Ctrl-C reaches us alone: the children are stopped in their order
            preexec_fn=die_with_parent,  # noqa: PLW1509 - one system call, looked up beforehand, allocates nothing
        )
