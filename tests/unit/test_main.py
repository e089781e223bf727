"""The operator as a process: signals, settings that cannot be used, and what runs all the while."""

import os
import signal
import subprocess
import sys

import pytest

STUCK = """
import asyncio
import hostprocess_operator.__main__ as program

async def run_operator(connection, settings, metrics, stop):
    print("running", flush=True)
    await stop.wait()
    print("stopping", flush=True)
    await asyncio.Event().wait()

program.run_operator = run_operator
raise SystemExit(program.main())
"""

COLLECTING = """
import os
import hostprocess_operator.__main__ as program
import hostprocess_operator.controller.run as run

async def collect_garbage():
    os._exit(7)

run.collect_garbage = collect_garbage
raise SystemExit(program.main())
"""


def kubeconfig(folder):
    """Write a kubeconfig of a server that is not there and return its path."""
    path = folder / "kubeconfig"
    path.write_text(
        "{clusters: [{name: c, cluster: {server: 'http://127.0.0.1:9'}}], users: [{name: u, user: {token: t}}],"
        " contexts: [{name: x, context: {cluster: c, user: u}}], current-context: x}"
    )
    return path


@pytest.fixture
def process(tmp_path):
    """Return an operator that is asked to stop and never does."""
    command = [sys.executable, "-c", STUCK, "--kubeconfig", str(kubeconfig(tmp_path))]
    started = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=dict(os.environ))
    with started:
        assert started.stdout.readline() == "running\n"
        yield started
        started.kill()


@pytest.mark.parametrize("second", [signal.SIGTERM, signal.SIGINT])
def test_a_second_signal_ends_a_stop_that_takes_too_long(process, second):
    process.send_signal(signal.SIGTERM)
    assert process.stdout.readline() == "stopping\n"
    process.send_signal(second)
    assert process.wait(30) == 0
    assert "Traceback" not in process.stderr.read()


def test_a_lease_without_a_namespace_is_refused_with_the_way_out(tmp_path):
    program = "from hostprocess_operator.__main__ import main; raise SystemExit(main())"
    command = [sys.executable, "-c", program, "--kubeconfig", str(kubeconfig(tmp_path)), "--leader-elect"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 2
    assert "--leader-elect-lease NAMESPACE/NAME" in done.stderr
    assert "Traceback" not in done.stderr


def test_garbage_is_collected_while_the_api_server_is_away(tmp_path):
    command = [sys.executable, "-c", COLLECTING, "--kubeconfig", str(kubeconfig(tmp_path)), "--health-port", "0"]
    assert subprocess.run(command, capture_output=True, check=False, timeout=60).returncode == 7
