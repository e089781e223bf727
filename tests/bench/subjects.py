"""The processes that are measured, and the stand-in that they may watch."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

from bench.usage import usage
from control_plane import wait_for
from control_plane.credentials import write_kubeconfig
from support.operator import Operator
from support.restartable import Restartable

TESTS = Path(__file__).parents[1]

# Runs before the operator in its process: where its CPU goes, written when it ends. Only the main thread is seen.
PROFILED = """
import atexit, cProfile
profile = cProfile.Profile()
profile.enable()
atexit.register(lambda: (profile.disable(), profile.dump_stats({path!r})))
"""


# The image has no developers' tools; structlog loads this one where it finds it.
AS_IN_THE_IMAGE = """
import sys
sys.modules["rich"] = None
"""


class Measured(Operator):
    """The operator, given all the time that it wants to start: a large fleet, and a profiler, take some."""

    def start(self, *, timeout=300):
        super().start(timeout=timeout)


def ours(kubeconfig, folder, *arguments, profile=None):
    """Return the operator, not started yet; with a path for its profile it runs a good deal slower."""
    prelude = AS_IN_THE_IMAGE + (PROFILED.format(path=str(profile)) if profile else "")
    return Measured(kubeconfig, Path(folder) / "operator.log", arguments=arguments, prelude=prelude)


class PlainKopf(Restartable):
    """A plain kopf operator as a process of its own, which has no way to say that it is ready: see ``plain_kopf``.

    Args:
        kubeconfig: account that it runs under.
        folder: its log goes there.
        namespace: the one that it serves, None for all.
    """

    def __init__(self, kubeconfig, folder, *, namespace=None):
        scope = ["--namespace", namespace] if namespace else ["--all-namespaces"]
        super().__init__(
            [sys.executable, "-m", "kopf", "run", *scope, "--log-format=plain", "-m", "bench.plain_kopf"],
            Path(folder) / "plain-kopf.log",
            {**os.environ, "KUBECONFIG": str(kubeconfig), "PYTHONPATH": str(TESTS)},
        )

    def check(self):
        """Raise when it has ended."""
        if self._process.poll() is not None:
            raise RuntimeError("plain kopf ended:\n" + "\n".join(self._log.read_text().splitlines()[-20:]))


class StandInServer:
    """The stand-in API server as a process; ``ask`` steers it."""

    def __init__(self, nodes, agents, folder):
        self.kubeconfig = Path(folder) / f"standin-{nodes}-{agents}.kubeconfig"
        self._command = [sys.executable, "-m", "bench.standin", f"--nodes={nodes}", f"--agents={agents}"]
        self._log = Path(folder) / "standin.log"
        self._process = None
        self._port = 0

    def __enter__(self):
        environment = {**os.environ, "PYTHONPATH": str(TESTS)}
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, stdout=subprocess.PIPE, stderr=log, stdin=subprocess.DEVNULL, env=environment, text=True
            )
        self._port = int(self._process.stdout.readline())
        write_kubeconfig(self.kubeconfig, {"server": f"http://127.0.0.1:{self._port}"}, "a-token")
        return self

    def __exit__(self, *_):
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        self._process.stdout.close()

    def ask(self, what, **body):
        """Steer it and return its answer."""
        url = f"http://127.0.0.1:{self._port}/bench/{what}"
        with urllib.request.urlopen(url, json.dumps(body).encode(), timeout=600) as answer:
            return json.load(answer)

    def requests(self):
        """Return how often each verb and resource was asked for."""
        return self.ask("counts")["requests"]


def worked_through(operator, agents):
    """Return whether a started operator has looked at every agent and has nothing left to do."""
    answer = operator.fetch("/metrics")
    if answer is None:
        return False
    samples = dict(line.rsplit(" ", 1) for line in answer[1].splitlines() if not line.startswith("#"))
    done = float(samples.get('hpagent_reconcile_total{result="success"}', 0))
    return done >= agents and float(samples["hpagent_queue_depth"]) == 0


def wait_until_worked(operator, agents, timeout=300):
    """Wait for that, and return the process's usage then."""
    wait_for(lambda: worked_through(operator, agents), timeout, "the operator to have looked at every agent")
    return usage(operator.pid)


@contextlib.contextmanager
def patience(subject):
    """Explain a wait in vain by the end of the subject, if it has ended."""
    try:
        yield
    except TimeoutError:
        check = getattr(subject, "check", None)
        if check:
            check()
        raise
