"""Whose DaemonSet it is that has the agent's name."""

import pytest

from hostprocess_operator.observed import Written
from hostprocess_operator.rollout import Ownership
from hostprocess_operator.rollout.ownership import ownership_of
from support import build

OURS = build.daemonset(build.agent())
WRITTEN = Written(OURS.uid, OURS.generation, OURS.digest)


def daemonset(**changes):
    return build.daemonset(build.agent(), **changes)


@pytest.mark.parametrize(
    ("found", "written", "expected"),
    [
        pytest.param(None, None, Ownership.MISSING, id="there is none"),
        pytest.param(None, WRITTEN, Ownership.MISSING, id="there is none any more"),
        pytest.param(OURS, None, Ownership.OURS, id="the agent controls it"),
        pytest.param(daemonset(deleting=True), WRITTEN, Ownership.LEAVING, id="it is being deleted"),
        pytest.param(
            daemonset(owner_uid="an-earlier-agent"), None, Ownership.LEAVING, id="an earlier agent of the name had it"
        ),
        pytest.param(
            daemonset(owner_uid="an-earlier-agent"), WRITTEN, Ownership.LEAVING, id="also if it is the one we wrote"
        ),
        pytest.param(
            daemonset(owner_uid="an-earlier-agent", deleting=True), None, Ownership.LEAVING, id="and it is going"
        ),
        pytest.param(daemonset(owner_uid=""), WRITTEN, Ownership.OURS, id="somebody took its owner off ours"),
        pytest.param(daemonset(owner_uid=""), None, Ownership.FOREIGN, id="without owner, and we never wrote one"),
        pytest.param(
            daemonset(owner_uid="", uid="another"), WRITTEN, Ownership.FOREIGN, id="without owner, and we wrote another"
        ),
        pytest.param(
            daemonset(owner_uid="", foreign_owner="Application/x"), WRITTEN, Ownership.FOREIGN,
            id="somebody else took over the one we wrote",
        ),
        pytest.param(
            daemonset(owner_uid="", foreign_owner="Application/x"), None, Ownership.FOREIGN, id="it is somebody else's"
        ),
    ],
)  # fmt: skip
def test_ownership(found, written, expected):
    assert ownership_of(found, build.AGENT_UID, written) is expected
