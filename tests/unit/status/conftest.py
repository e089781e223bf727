"""Statuses of snapshots."""

import pytest

from hostprocess_operator.rollout import plan_rollout
from hostprocess_operator.status import compute_status
from support.build import NOW


@pytest.fixture
def status_of():
    """Return a function from an agent and a snapshot to the status."""

    def status_of(asked, seen, *, now=NOW, failure=None):
        return compute_status(asked, seen, plan_rollout(asked, seen, now), now, failure)

    return status_of
