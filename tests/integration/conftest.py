"""One control plane for the whole session, a namespace and nodes of its own for each test.

Set HOSTPROCESS_TEST_KUBECONFIG to use a control plane that is up already (``make cluster-up``) and save its start; the
tests that read the audit log or stop components need one of their own.
"""

import os
import secrets
from pathlib import Path

import pytest

from control_plane import Cluster, ControlPlane, ensure_binaries, windows_node
from control_plane.build import BinariesError

KUBECONFIG = "HOSTPROCESS_TEST_KUBECONFIG"
HERE = Path(__file__).parent
LONGEST = ("test_rollout.py", "test_leader.py", "test_e2e.py", "test_verification.py", "test_budget.py")


def pytest_configure(config):
    config.addinivalue_line("markers", "integration: needs the local control plane")


@pytest.hookimpl(trylast=True)  # after the order was shuffled
def pytest_collection_modifyitems(items):
    ours = [item for item in items if HERE in item.path.parents]
    for item in ours:
        item.add_marker("integration")
    if len(ours) == len(items):
        items.sort(key=_turn)


def _turn(item):
    """Return when the file of a test has its turn: what takes minutes must not be left for one worker at the end."""
    if item.path.name in LONGEST:
        return 0
    return 1 if item.path.parent.name in {"operator", "faults"} else 2


def pytest_collection_finish(session):
    """Build the binaries before the first test starts: it takes minutes, and a test has a time limit."""
    if session.config.option.collectonly or not any("plane" in getattr(i, "fixturenames", ()) for i in session.items):
        return
    capture = session.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        try:
            ensure_binaries(print)
        except BinariesError as error:
            pytest.exit(str(error), returncode=1)


@pytest.fixture(scope="session")
def binaries():
    return ensure_binaries(print)


@pytest.fixture(scope="session")
def plane(binaries, tmp_path_factory):
    """Return the session's cluster, without nodes."""
    directory = tmp_path_factory.mktemp("control-plane")
    if kubeconfig := os.environ.get(KUBECONFIG):
        with Cluster.from_kubeconfig(Path(kubeconfig), directory, binaries) as cluster:
            yield cluster
    else:
        with ControlPlane.start(binaries, directory, progress=print) as control_plane:
            yield control_plane


def _namespace(plane):
    """Return the name of a new namespace that admits privileged pods."""
    name = f"test-{secrets.token_hex(4)}"
    labels = {"pod-security.kubernetes.io/enforce": "privileged"}
    plane.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}})
    yield name
    plane.delete("namespace", name, wait=0)


namespace = pytest.fixture(_namespace)
module_namespace = pytest.fixture(_namespace, scope="module")  # one that all tests of a file share


class NodePool:
    """Nodes of one test: called, it adds some; ``selector`` is the nodeSelector that matches them and no others."""

    def __init__(self, plane):
        self._plane = plane
        self._id = secrets.token_hex(4)
        self.selector = {"test.hostprocess.dev/pool": self._id}
        self.names = []

    def __call__(self, count=1, *, word="", labels=None, **settings):
        """Add nodes and return their names, once they are Ready.

        Args:
            count: how many.
            word: a fault or log word, which becomes part of their names.
            labels: beside the pool's.
            settings: see ``windows_node``.
        """
        stem = "-".join(filter(None, ("node", self._id, word)))
        names = [f"{stem}-{len(self.names) + number}" for number in range(count)]
        every = {**self.selector, **(labels or {})}
        self._plane.add_nodes(*(windows_node(name, labels=every, **settings) for name in names))
        self.names += names
        return names


def _nodes(plane):
    """Return a pool of nodes, without any yet."""
    pool = NodePool(plane)
    yield pool
    plane.remove_nodes(*pool.names)


nodes = pytest.fixture(_nodes)
module_nodes = pytest.fixture(_nodes, scope="module")  # a pool that all tests of a file share
