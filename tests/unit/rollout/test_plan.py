"""The plan, row by row."""

import pytest

from hostprocess_operator.rollout import plan_rollout
from support.build import NOW
from support.plans import COLUMNS
from support.plans.recorded import RECORD, STABLE
from support.plans.rolling import ROLLING
from support.plans.standing import APPLYING, HANDS_OFF, NODES

TABLE = [*HANDS_OFF, *APPLYING, *NODES, *ROLLING, *RECORD, *STABLE]


@pytest.mark.parametrize(COLUMNS, TABLE)
def test_plan(asked, world, phase, reason, write, delete, out):
    plan = plan_rollout(asked, world, NOW)
    assert (plan.phase, plan.reason) == (phase, reason)
    assert plan.write is write
    assert [pod.node for pod in plan.delete] == delete
    assert set(plan.record.out) == out


@pytest.mark.parametrize(COLUMNS, TABLE)
def test_the_same_world_and_time_give_the_same_plan(asked, world, phase, reason, write, delete, out):
    assert plan_rollout(asked, world, NOW) == plan_rollout(asked, world, NOW)


@pytest.mark.parametrize(COLUMNS, HANDS_OFF)
def test_the_record_is_frozen_where_nothing_is_to_be_done(asked, world, phase, reason, write, delete, out):
    plan = plan_rollout(asked, world, NOW)
    assert plan.record == plan.situation.base
