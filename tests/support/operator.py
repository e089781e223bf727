"""The operator as a process of its own, under the ServiceAccount that it is shipped with."""

import contextlib
import json
import os
import re
import signal
import sys
import urllib.error
import urllib.request
from pathlib import Path

from control_plane import wait_for
from support.restartable import Restartable

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
NAMESPACE, SERVICE_ACCOUNT = "hostprocess-system", "operator"
USER = f"system:serviceaccount:{NAMESPACE}:{SERVICE_ACCOUNT}"
# how the C library allocates memory: as in the image, so that what is measured here holds there
ALLOCATION = dict(re.findall(r"\b(MALLOC_\w+)=(\w+)", (ROOT / "Dockerfile").read_text()))
MAIN = "from hostprocess_operator.__main__ import main; raise SystemExit(main())"


def install(cluster, *, policies=True):
    """Install deploy/ as the manual says and return a kubeconfig of the operator's ServiceAccount."""
    cluster.kubectl("apply", "--server-side", "-k", str(DEPLOY / ("default" if policies else "base")))
    wait_for(lambda: cluster.api.resource("hostprocessagents"), 30, "the kind HostProcessAgent")
    return cluster.service_account_kubeconfig(NAMESPACE, SERVICE_ACCOUNT)


def warnings_in(done):
    """Return what kubectl warned of, apart from an object's field manager that another test had changed."""
    return [line for line in done.stderr.splitlines() if "Warning" in line and "failed to migrate" not in line]


class Operator(Restartable):
    """One operator process.

    Args:
        kubeconfig: account that it runs under.
        log: file that its log is added to.
        arguments: its command line, beside what is needed to find it.
        prelude: Python that runs before it in the same process: to be another version of it.
    """

    def __init__(self, kubeconfig, log, *, arguments=(), prelude=""):
        command = [
            *(sys.executable, "-c", f"{prelude}\n{MAIN}"),
            *("--kubeconfig", str(kubeconfig), "--health-address", "127.0.0.1", "--health-port", "0"),
            *("--log-format", "json", *arguments),
        ]
        environment = {key: value for key, value in os.environ.items() if not key.startswith("HPAGENT_")}
        super().__init__(command, log, environment | ALLOCATION)
        self._started_at = 0

    def start(self, *, timeout=60):
        """Start it and wait until its caches are complete and it works."""
        self.launch()
        wait_for(lambda: self.status("/readyz") == 200, timeout, "the operator to be ready")

    def launch(self):
        """Start it and wait for nothing."""
        self._started_at = self._log.stat().st_size if self._log.exists() else 0
        super().launch()

    def stop(self, *, timeout=10):
        """Send SIGTERM and return the exit status; it must end within `timeout` seconds."""
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(timeout)

    def lines(self):
        """Return the records of the log since the last start, as dicts; what is no JSON is under `raw`."""
        records = []
        for line in self._log.read_bytes()[self._started_at :].decode(errors="replace").splitlines():
            try:
                records.append(json.loads(line))
            except ValueError:
                records.append({"raw": line})
        return records

    def status(self, path):
        """Return the HTTP status of one of its endpoints, None while it does not listen."""
        body = self.fetch(path)
        return None if body is None else body[0]

    def fetch(self, path):
        """Return HTTP status and text of one of its endpoints, None while it does not listen."""
        if not self.running:
            raise RuntimeError("the operator ended:\n" + "\n".join(str(line) for line in self.lines()[-20:]))
        port = next((line["port"] for line in self.lines() if "port" in line), None)
        if port is None:
            return None
        with contextlib.suppress(OSError):
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
                    return answer.status, answer.read().decode()
            except urllib.error.HTTPError as error:
                return error.code, error.read().decode()
        return None
