"""Whatever ends a process gently, its last rites are performed, once."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[2]
PRELUDE = """
import os, signal, sys
# what ran the tests may ignore signals, and its children would inherit that
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
from control_plane import last_rites
def rite():
    last_rites.remove(rite)
    print("performed", flush=True)
last_rites.add(rite)
"""


def run(ending):
    env = {**os.environ, "PYTHONPATH": str(TESTS)}
    command = [sys.executable, "-c", PRELUDE + ending]
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=20)


@pytest.mark.parametrize(
    ("ending", "code"),
    [
        pytest.param("", 0, id="the end of the program"),
        pytest.param("sys.exit(3)", 3, id="an early exit"),
        pytest.param("raise ValueError", 1, id="an exception"),
        pytest.param("os.kill(os.getpid(), signal.SIGINT)", -signal.SIGINT, id="SIGINT"),
        pytest.param("os.kill(os.getpid(), signal.SIGTERM)", -signal.SIGTERM, id="SIGTERM"),
        pytest.param("os.kill(os.getpid(), signal.SIGHUP)", -signal.SIGHUP, id="SIGHUP"),
    ],
)
def test_rites_are_performed(ending, code):
    done = run(ending)
    assert done.stdout == "performed\n"
    assert done.returncode == code


def test_somebody_elses_handler_is_left_alone():
    done = run(
        "last_rites.remove(rite)\n"
        "handler = lambda *_: print('theirs', flush=True)\n"
        "signal.signal(signal.SIGTERM, handler)\n"
        "last_rites.add(rite)\n"
        "os.kill(os.getpid(), signal.SIGTERM)\n"
    )
    assert done.stdout == "theirs\nperformed\n"
