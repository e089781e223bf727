"""One look at one agent, from what is seen to what is done. Level-triggered: why it looks now makes no difference."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hostprocess_operator.errors import ApiError, Outdated
from hostprocess_operator.rollout import plan_rollout
from hostprocess_operator.status import compute_status, look_closer, unexplained

if TYPE_CHECKING:
    from datetime import datetime

    from hostprocess_operator.controller.queue import Key
    from hostprocess_operator.controller.world import World


async def reconcile(key: Key, world: World, now: datetime) -> None:
    """Bring the agent one step closer to what its spec asks for and say in its status where it stands.

    Raises:
        Outdated: the agent is not as it was believed to be; nothing was done.
        ApiError: the API server did not take a write; the status says so first.
    """
    await world.turn()
    agent = world.agent(key)
    if agent is None:
        world.forget(key)
        return
    error = None
    seen = world.observe(agent)
    plan = plan_rollout(agent, seen, now)
    if plan.acts:
        try:
            await world.carry_out(agent, plan)
        except Outdated:
            raise  # also a status would speak of what is no more
        except ApiError as caught:
            error = caught
        seen = world.observe(agent)
        plan = plan_rollout(agent, seen, now)
    await world.turn()
    recheck = world.verify(agent, now)
    seen = await world.explain(agent, seen, unexplained(plan, now))
    await world.turn()
    await world.write_status(agent, compute_status(agent, seen, plan, now, world.failure(key, error)))
    world.look_again(key, (plan.look_again, recheck, look_closer(plan, now)), now)
    if error is not None:
        raise error
