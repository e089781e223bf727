"""Killed at any moment, the operator goes on where it stopped, and never shows green too early."""

import random
import time

from control_plane import Recording, wait_for
from support.agents import condition, is_current
from support.outage import most_out

NODES, BUDGET, KILLS = 20, 3, 6


def test_a_rollout_under_sigkills_deletes_each_pod_once_and_is_never_green_too_early(
    one, nodes, operator, plane, audit
):
    nodes(NODES)
    one.apply(rollout={"maxUnavailable": BUDGET})
    one.wait_verified(NODES, timeout=60)
    audit.mark()
    with (
        Recording(plane.api, plane.api.path("hostprocessagents", one.namespace)) as statuses,
        Recording(plane.api, plane.api.path("pods", one.namespace)) as pods,
    ):
        one.edit(containers=[{"name": "agent", "image": "registry.example/agent:2.0"}])
        generation = one.get()["metadata"]["generation"]
        chance = random.Random(7)
        for number in range(1, KILLS + 1):
            due = number * NODES // (KILLS + 1)
            wait_for(lambda due=due: audit.count("pods", "delete") >= due, 60, f"{due} pods to be deleted")
            time.sleep(chance.uniform(0, 0.3))  # a kill at no particular moment
            operator.restart()
        one.wait_verified(NODES, timeout=120)
    assert set(one.images().values()) == {"2.0"}
    assert audit.count("pods", "delete") == NODES
    assert audit.count("pods/log", "get") == NODES
    assert most_out(pods, NODES) <= BUDGET
    for state in statuses.states(one.name):
        if state["metadata"]["generation"] == generation and is_current(state):
            green = condition(state, "Ready")["status"] == "True"
            assert not green or state["status"]["nodes"]["updated"] == NODES
