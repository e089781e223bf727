"""A control plane that goes on running for a developer: started in the background, found again, ended.

The process that serves it holds a lock on a file in its folder for as long as it lives, so that whether one is up is
never a guess from a process ID.
"""

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from control_plane.build import ensure_binaries
from control_plane.cluster import Cluster
from control_plane.nodes import fleet
from control_plane.plane import ControlPlane
from control_plane.waiting import wait_for

DEFAULT_DIRECTORY = Path(__file__).parents[2] / "build" / "cluster"
UP = "up"
MANY_NODES = 200  # heartbeats of more than these would keep the machine busy


class NotUpError(Exception):
    """There is no control plane in this folder; the message says how to start one."""


def up(directory: Path, nodes: int, progress: Callable[[str], None]) -> Path:
    """Start a control plane with a fleet of Windows nodes in the background; return its kubeconfig.

    One that is up already is left as it is, whatever its number of nodes.
    """
    if pid := _serving_pid(directory):
        progress(f"already up (process {pid}) in {directory}; make cluster-down first for another number of nodes")
        return directory / "kubeconfig"
    binaries = ensure_binaries(progress)
    _clear(directory)
    log = directory / "cluster.log"
    with log.open("wb") as output:
        command = [sys.executable, "-m", "control_plane", "serve", f"--nodes={nodes}", f"--directory={directory}"]
        env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
        env["HOSTPROCESS_CONTROL_PLANE_BINARIES"] = str(binaries)
        serving = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=env, start_new_session=True
        )
    try:
        _relay(log, serving, progress)
    except BaseException:
        serving.terminate()
        serving.wait()
        raise
    return directory / "kubeconfig"


def down(directory: Path, progress: Callable[[str], None]) -> None:
    """Stop the control plane of a folder and wait until it is gone; its logs stay."""
    pid = _serving_pid(directory)
    if not pid:
        progress(f"no control plane is up in {directory}")
        return
    os.kill(pid, signal.SIGTERM)
    wait_for(lambda: not _serving_pid(directory), 30, f"process {pid} to stop its control plane")
    progress(f"stopped; its logs are in {directory}")


def operator_kubeconfig(directory: Path, namespace: str, service_account: str) -> Path:
    """Return a kubeconfig with which a process outside the cluster is the operator's ServiceAccount, and no more.

    Raises:
        NotUpError: no control plane is up in the folder.
    """
    if not _serving_pid(directory):
        raise NotUpError(f"no control plane is up in {directory}: make cluster-up")
    with Cluster.from_kubeconfig(directory / "kubeconfig", directory, ensure_binaries(lambda _: None)) as cluster:
        return cluster.service_account_kubeconfig(namespace, service_account)


def serve(directory: Path, nodes: int) -> None:
    """Run a control plane in this process until SIGTERM, or until one of its components ends."""
    over = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: over.set())
    with (directory / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        lock.write(str(os.getpid()))
        lock.flush()
        binaries = ensure_binaries(_say)
        with ControlPlane.start(binaries, directory, leases=nodes <= MANY_NODES, progress=_say) as plane:
            plane.add_nodes(*fleet(nodes), timeout=30 + nodes / 10)
            _say(f"{nodes} Windows nodes are Ready")
            _say(UP)
            while not over.wait(1):
                plane.check()


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _relay(log: Path, serving: "subprocess.Popen[bytes]", progress: Callable[[str], None]) -> None:
    """Pass on what the serving process says until it is up."""
    told = 0
    while True:
        ended = serving.poll() is not None
        lines = log.read_text(errors="replace").splitlines()
        for line in lines[told:]:
            if line == UP:
                return
            progress(line)
        told = len(lines)
        if ended:
            raise NotUpError(f"the control plane ended with {serving.returncode} before it was up; see {log}")
        time.sleep(0.1)


def _serving_pid(directory: Path) -> int | None:
    path = directory / "lock"
    if not path.exists():
        return None
    with path.open() as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return int(lock.read() or 0) or None
    return None


def _clear(directory: Path) -> None:
    """Make the folder, without what an earlier control plane left in it."""
    if directory.exists() and any(directory.iterdir()):
        if not (directory / "cluster.log").exists():
            raise NotUpError(f"{directory} holds something else than a control plane: choose another --directory")
        shutil.rmtree(directory)
    directory.mkdir(parents=True, exist_ok=True)
