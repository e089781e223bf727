"""Signals, as a process gets them."""

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


@pytest.fixture
def process(tmp_path):
    """Return an operator that is asked to stop and never does."""
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(
        "{clusters: [{name: c, cluster: {server: 'http://127.0.0.1:9'}}], users: [{name: u, user: {token: t}}],"
        " contexts: [{name: x, context: {cluster: c, user: u}}], current-context: x}"
    )
    command = [sys.executable, "-c", STUCK, "--kubeconfig", str(kubeconfig)]
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
