"""What is known of our last write of the DaemonSet, and when a write has undone what somebody else did."""

from types import SimpleNamespace

import pytest

from hostprocess_operator.api.status import AgentStatus, DaemonSetReference
from hostprocess_operator.cluster.store import Store
from hostprocess_operator.controller.daemonset_writer import DaemonSetWriter, _was_drift
from hostprocess_operator.observed import Written
from support import build

SEEN = build.daemonset(build.agent(), generation=5)


def written(generation):
    return Written(SEEN.uid, generation, SEEN.digest)


@pytest.mark.parametrize(
    ("daemonset", "last", "answered", "in_place", "drifted"),
    [
        pytest.param(SEEN, written(4), 6, False, True, id="somebody changed it after our last write"),
        pytest.param(SEEN, written(5), 7, True, True, id="somebody changed it so lately that it is not yet seen"),
        pytest.param(SEEN, written(5), 5, True, False, id="nobody did, and we write only what we note"),
        pytest.param(SEEN, written(5), 6, False, False, id="nobody did, and we write something new"),
        pytest.param(SEEN, written(4), 5, False, False, id="it was our change, whose answer was lost"),
        pytest.param(SEEN, None, 6, False, False, id="what we wrote last is not known"),
        pytest.param(None, written(4), 1, False, True, id="it was deleted, and is made anew"),
        pytest.param(None, None, 1, False, False, id="there was none"),
    ],
)  # fmt: skip
def test_drift(daemonset, last, answered, in_place, drifted):
    answer = {"metadata": {"generation": answered}}
    assert _was_drift(daemonset, last, answer, in_place=in_place) is drifted


KEY = ("agents", "inspector")
IN_STATUS = AgentStatus(
    daemon_set=DaemonSetReference(name="inspector", uid="daemonset-uid", generation=2, template_digest="0" * 16)
)
KNOWN = Written("daemonset-uid", 2, "0" * 16)
ANSWER = {
    "metadata": {"namespace": "agents", "name": "inspector", "uid": "daemonset-uid", "generation": 4},
    "spec": {"template": {}},
}


@pytest.fixture
def writer():
    """Return a writer that has written the agent's DaemonSet, and remembers the answer."""
    caches = SimpleNamespace(daemonsets=Store())
    made = DaemonSetWriter(None, caches, None, None)
    made._take_answer(build.agent(), ANSWER)
    return made


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        pytest.param(IN_STATUS, KNOWN, id="it is as the status has it"),
        pytest.param(AgentStatus(), None, id="unless that has none"),
        pytest.param(None, None, id="or there is no status"),
    ],
)
class TestLastWrite:
    """What is remembered counts; else what stands in the status."""

    def test_that_is_remembered(self, status, expected, writer):
        assert writer.last_write(KEY, build.AGENT_UID, status).generation == 4

    def test_of_another_agent_of_the_name(self, status, expected, writer):
        assert writer.last_write(KEY, "another", status) == expected

    def test_that_was_forgotten(self, status, expected, writer):
        writer.forget(KEY)
        assert writer.last_write(KEY, build.AGENT_UID, status) == expected

    def test_of_an_earlier_term(self, status, expected, writer):
        writer.start_anew()
        assert writer.last_write(KEY, build.AGENT_UID, status) == expected
