"""Operators that are forked from a process which has imported everything: a start costs a tenth of the time.

Each is a process of its own, with its own log, that ends by its own signals; hundreds are needed for a fault matrix.
`python -m faults.nursery` is that process: one JSON request per line, one answer each.
"""

import ctypes
import importlib
import json
import os
import runpy
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from support.operator import Operator

OPERATOR = "hostprocess_operator.__main__"
_PR_SET_PDEATHSIG = 1


class Nursery:
    """The process that forks; a context manager. Its operators end with it."""

    def __enter__(self):
        self._turn = threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "faults.nursery"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        return self

    def __exit__(self, *_):
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()

    def fork(self, module, arguments, log, *, prelude="", environment=None):
        """Run a module as a program in a process of its own, and return that process."""
        Path(log).touch()
        request = {"module": module, "arguments": arguments, "log": str(log), "prelude": prelude}
        return Forked(self, self.ask(**request, environment=environment or {})["pid"])

    def operator(self, kubeconfig, log, *, arguments=(), prelude=""):
        """Return an operator that will be forked here; see `Operator`."""
        return ForkedOperator(self, kubeconfig, log, arguments=arguments, prelude=prelude)

    def ask(self, **request):
        """Send a request and return its answer."""
        with self._turn:
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
            return json.loads(self._process.stdout.readline())


class Forked:
    """A process that was forked, with what is used of `subprocess.Popen`."""

    def __init__(self, nursery, pid):
        self.pid = pid
        self._nursery = nursery

    def poll(self):
        """Return its exit status, None while it lives."""
        return self._nursery.ask(poll=self.pid)["code"]

    def wait(self, timeout=None):
        """Wait for its end and return its exit status."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while (code := self.poll()) is None:
            if deadline is not None and time.monotonic() > deadline:
                raise subprocess.TimeoutExpired(f"process {self.pid}", timeout)
            time.sleep(0.02)
        return code

    def send_signal(self, number):
        """Send a signal unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self):
        """Send SIGKILL unless it has ended."""
        self.send_signal(signal.SIGKILL)


class ForkedOperator(Operator):
    """An `Operator` whose process is forked by a nursery."""

    def __init__(self, nursery, kubeconfig, log, *, arguments=(), prelude=""):
        super().__init__(kubeconfig, log, arguments=arguments)
        self._nursery, self._prelude = nursery, prelude

    def launch(self):
        """Start it and wait for nothing."""
        self._log.touch()
        self._started_at = self._log.stat().st_size
        arguments = self._command[3:]  # behind python -c PROGRAM
        self._process = self._nursery.fork(OPERATOR, arguments, self._log, prelude=self._prelude)


def _serve():
    importlib.import_module(OPERATOR)
    ended = {}
    for line in sys.stdin:
        request, answer = json.loads(line), {}
        if "poll" in request:
            answer["code"] = _code(request["poll"], ended)
        else:
            answer["pid"] = os.fork()
            if answer["pid"] == 0:
                _become(request)
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def _become(request):
    """Turn this process into the program that was asked for; does not return."""
    code = 1
    try:
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        log = os.open(request["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        nothing = os.open(os.devnull, os.O_RDONLY)
        for stream, target in ((0, nothing), (1, log), (2, log)):
            os.dup2(target, stream)
        for name in [name for name in os.environ if name.startswith("HPAGENT_")]:
            del os.environ[name]
        os.environ.update(request["environment"])
        sys.argv = [request["module"], *request["arguments"]]
        exec(request["prelude"], {})  # noqa: S102 - what makes it another version, from the test itself
        runpy.run_module(request["module"], run_name="__main__", alter_sys=True)
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except BaseException:  # noqa: BLE001 - shown in its log, as Python does for a process
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _code(pid, ended):
    """Return the exit status of a child, None while it lives."""
    if pid not in ended:
        done, status = os.waitpid(pid, os.WNOHANG)
        if not done:
            return None
        ended[pid] = os.waitstatus_to_exitcode(status)
    return ended[pid]


if __name__ == "__main__":
    _serve()
