"""Children are started, watched and stopped, and do not depend on the thread that asked for them."""

import signal
import sys
import threading
from pathlib import Path

import pytest

from control_plane import ChildExitedError, wait_for
from control_plane.process import start_child, stop_children


@pytest.fixture
def start(tmp_path):
    children = []

    def start(*command, **settings):
        children.append(start_child("sleeper", command or ("sleep", "60"), tmp_path / "sleeper.log", **settings))
        return children[-1]

    yield start
    stop_children(children, grace=0)


def test_a_running_child_passes_the_check(start):
    start().check()


def test_a_child_that_ended_is_reported_with_the_end_of_its_log(start):
    child = start("sh", "-c", "echo out of memory; exit 3")
    child.process.wait()
    with pytest.raises(ChildExitedError, match=r"(?s)sleeper ended by itself with 3.*out of memory"):
        child.check()


def test_a_program_that_does_not_exist_is_the_callers_error(start):
    with pytest.raises(FileNotFoundError):
        start("no-such-program")


def test_a_child_outlives_the_thread_that_started_it(start):
    started = []
    thread = threading.Thread(target=lambda: started.append(start()))
    thread.start()
    thread.join()
    second = start()  # the kernel has had the time to send its signal
    second.check()
    started[0].check()


def test_children_share_a_process_group_that_is_not_ours(start):
    first = start()
    second = start(group=first.process.pid)
    groups = [Path("/proc", str(child.process.pid), "stat").read_text().split()[4] for child in (first, second)]
    assert groups == [str(first.process.pid)] * 2


def test_a_child_that_ends_when_asked_is_not_killed(start):
    child = start()
    stop_children([child])
    assert child.process.returncode == -signal.SIGTERM


def test_a_child_that_does_not_listen_is_killed(start):
    deaf = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"
    )
    child = start(sys.executable, "-c", deaf)
    wait_for(lambda: "deaf" in child.log.read_text(), 10, "the child to be deaf")
    stop_children([child], grace=0.1)
    assert child.process.returncode == -signal.SIGKILL


def test_a_paused_child_is_stopped_like_any_other(start):
    child = start()
    child.signal(signal.SIGSTOP)
    stop_children([child])
    assert child.process.returncode == -signal.SIGTERM


def test_stopping_twice_is_fine(start):
    child = start()
    stop_children([child])
    stop_children([child])
