"""A way into somebody's cluster: one context of a kubeconfig, behind a socket that only this user can open.

The context is copied before anything else: whoever switches theirs in another terminal meanwhile does not move the
run to another cluster. Here is the only place that reads the kubeconfig.
"""

import contextlib
import http.client
import json
import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from control_plane.api import ApiClient, ApiError
from control_plane.cluster import Cluster

OLDEST_MINOR = 33
"""The first version whose discovery and admission policies are as they are needed."""

PAUSES = (1, 3, 9)
"""Seconds to wait before a read is tried again."""


class Refusal(Exception):  # noqa: N818  it is no error: nothing was done, and the message says what to do
    """Nothing was done to the cluster; the message says why, and what to do about it."""


@dataclass(frozen=True)
class Access:
    """An open way into a cluster.

    Attributes:
        cluster: whom to ask.
        context: name of the context in the kubeconfig.
        cluster_name: name of its cluster there.
        server: address of its API server.
        version: version of its API server.
    """

    cluster: Cluster
    context: str
    cluster_name: str
    server: str
    version: str


@contextlib.contextmanager
def open_cluster(kubeconfig: str, context: str | None, directory: Path) -> Iterator[Access]:
    """Open the cluster of a context; logging in, where it needs a person, happens on the terminal.

    Args:
        kubeconfig: a file, or several with the separator of KUBECONFIG between them.
        context: None is the current one.
        directory: private to this user and removed by the caller.

    Raises:
        Refusal: there is no such file or context, the cluster does not answer, or it is too old.
    """
    if not any(Path(path).is_file() for path in kubeconfig.split(os.pathsep)):
        raise Refusal(f"There is no kubeconfig {kubeconfig}.")
    if not shutil.which("kubectl"):
        raise Refusal("kubectl is not on the PATH: install it (https://kubernetes.io/docs/tasks/tools/).")
    frozen = directory / "kubeconfig"
    config = _freeze(kubeconfig, context, frozen)
    version = _log_in(frozen, config["current-context"])
    with _proxy(frozen, directory / "api") as api:
        yield Access(
            cluster=Cluster(api, frozen, directory),
            context=config["current-context"],
            cluster_name=config["contexts"][0]["context"]["cluster"],
            server=config["clusters"][0]["cluster"]["server"],
            version=version,
        )


def _freeze(kubeconfig: str, context: str | None, target: Path) -> dict:
    """Write what one context needs into a kubeconfig of its own, and return that."""
    chosen = [f"--context={context}"] if context else []
    done = subprocess.run(
        ["kubectl", "config", "view", "--raw", "--minify", "--flatten", "--output=json", *chosen],
        env={**os.environ, "KUBECONFIG": kubeconfig},
        capture_output=True,
        text=True,
        check=False,
    )
    config = json.loads(done.stdout) if done.returncode == 0 else {}
    if not (config.get("clusters") and config.get("contexts")):
        raise Refusal(f"{kubeconfig} cannot be used: {done.stderr.strip() or 'it names no cluster'}")
    target.touch(mode=0o600)
    target.write_text(done.stdout, encoding="utf-8")
    return config


def _log_in(kubeconfig: Path, context: str) -> str:
    """Return the version of the API server; a login plugin of the kubeconfig may ask its questions here."""
    command = ["kubectl", f"--kubeconfig={kubeconfig}", "get", "--raw", "/version"]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise Refusal(f"The cluster of the context {context} does not answer; what kubectl says of it stands above.")
    info = json.loads(done.stdout)
    minor = re.match(r"\d+", info["minor"])
    if info["major"] != "1" or not minor or int(minor[0]) < OLDEST_MINOR:
        raise Refusal(f"The cluster runs Kubernetes {info['gitVersion']}; 1.{OLDEST_MINOR} or newer is needed.")
    return info["gitVersion"]


@contextlib.contextmanager
def _proxy(kubeconfig: Path, address: Path) -> Iterator[ApiClient]:
    """Run `kubectl proxy` on a socket: a port would be an administrator's access for every user of this machine."""
    command = ["kubectl", f"--kubeconfig={kubeconfig}", "proxy", f"--unix-socket={address}"]
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE}
    # in a process group of its own, so that Ctrl-C does not end it before what was made is removed
    with subprocess.Popen(command, text=True, process_group=0, **pipes) as proxy:
        try:
            if not proxy.stdout.readline():
                raise Refusal("kubectl proxy does not start; what it says stands above.")
            yield SocketClient(address)
        finally:
            proxy.terminate()


class SocketClient(ApiClient):
    """Requests to an API server behind a Unix socket; reads that fail on the way there are tried again."""

    def __init__(self, address: Path) -> None:
        super().__init__("http://localhost")
        self._socket = address

    def request(self, method: str, path: str, body: Any = None, **how: Any) -> Any:
        """Send one request; see `ApiClient`."""
        for pause in PAUSES if method == "GET" else ():
            try:
                return super().request(method, path, body, **how)
            except ApiError as error:
                if error.code < http.client.INTERNAL_SERVER_ERROR and error.code != http.client.TOO_MANY_REQUESTS:
                    raise
            except (OSError, http.client.HTTPException):
                pass
            time.sleep(pause)
        try:
            return super().request(method, path, body, **how)
        except http.client.HTTPException as error:  # an answer that broke off
            raise ConnectionError(repr(error)) from error

    def _connect(self, timeout: float | None) -> http.client.HTTPConnection:
        return _SocketConnection(self._socket, timeout)


class _SocketConnection(http.client.HTTPConnection):
    def __init__(self, address: Path, timeout: float | None) -> None:
        super().__init__("localhost", timeout=timeout)
        self._address = address

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._address))
