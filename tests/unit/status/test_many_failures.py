"""A thousand failing pods: a bounded status, written seldom, that says the same whatever the order things came in."""

import itertools
import json
import random
from dataclasses import replace
from datetime import timedelta

import pytest

from hostprocess_operator.api.status import MAX_PROBLEMS
from hostprocess_operator.controller.status_writer import COUNTS_SECONDS, is_urgent
from hostprocess_operator.rollout import plan_rollout
from hostprocess_operator.status import compute_status
from hostprocess_operator.status.compute import MAX_BYTES
from support import build
from support.build import DAY, MINUTE, NOW, SECOND

AGENT = build.agent()
NAMES = [f"win-{number:04}" for number in range(1000)]
NODES = build.nodes(*NAMES, age=9 * DAY)
NEVER = build.record(AGENT, wanted=build.target(AGENT, age=MINUTE))

CRASHES = (
    build.container(
        state="waiting", reason="CrashLoopBackOff", restarts=4, message="back-off 10s restarting failed container"
    ),
)
HOSTILE = "\x1b[31m\u202eevil\u202c\x00" + "x" * 2**20


def failing(name, number):
    """Return a pod that fails in one of several ways, in texts as long and as hostile as can be."""
    reasons = ("ErrImagePull", "CreateContainerError", "RunContainerError", "CreateContainerConfigError")
    if number % 5 == 4:
        return build.starting_pod(name, age=MINUTE, containers=CRASHES)
    words = f"{HOSTILE[: 2**10]} number {number}"
    waits = build.container(state="waiting", reason=reasons[number % 5], message=words, run="")
    return build.starting_pod(name, age=MINUTE, containers=(waits,))


def look(pods, *, nodes=NODES, status=None, now=NOW):
    world = build.scene(AGENT, nodes=nodes, pods=pods, written_as=NEVER, status=status)
    return compute_status(AGENT, world, plan_rollout(AGENT, world, now), now)


def test_the_status_stays_small_and_counts_what_it_leaves_out():
    status = look([failing(name, number) for number, name in enumerate(NAMES)])
    assert len(status.problems) == MAX_PROBLEMS
    assert status.problems_omitted == len(NAMES) - MAX_PROBLEMS
    assert len(json.dumps(status.to_dict()).encode()) <= MAX_BYTES
    assert str(status.to_dict()).isprintable()


def test_a_message_of_a_megabyte_is_clean_and_short():
    waits = build.container(state="waiting", reason="CreateContainerError", message=HOSTILE, run="")
    status = look([build.starting_pod("win-0000", age=MINUTE, containers=(waits,))], nodes=NODES[:1])
    assert "evil" in status.problems[0].message
    assert str(status.to_dict()).isprintable()
    assert len(status.problems[0].message.encode()) <= 640


def test_while_they_fail_one_by_one_the_status_is_written_every_five_seconds_and_at_each_headline():
    names, written, last, urgent, writes = NAMES[:100], None, None, 0, 0
    pods = {name: build.starting_pod(name) for name in names}
    for second, name in enumerate(names):
        pods[name] = build.starting_pod(name, age=MINUTE, containers=CRASHES)
        now = NOW + timedelta(seconds=second)
        status = look(list(pods.values()), nodes=NODES[:100], status=written, now=now)
        if status == written:
            continue
        headline = written is None or is_urgent(written, status)
        if headline or now - last >= timedelta(seconds=COUNTS_SECONDS):
            written, last, writes, urgent = status, now, writes + 1, urgent + headline
    assert urgent <= 3
    assert writes - urgent <= len(names) / COUNTS_SECONDS


WAITS = build.container(state="waiting", reason="ContainerCreating", run="")
STARTS = [build.starting_pod("x"), build.starting_pod("x", age=MINUTE, containers=(WAITS,))]
CAREERS = {
    "it starts and works": [*STARTS, build.pod("x")],
    "it starts and keeps ending": [*STARTS, build.starting_pod("x", age=MINUTE, containers=CRASHES)],
    "it is denied its rights": [*STARTS, build.denied_pod("x")],
    "it is slow and works": [STARTS[0], STARTS[0], STARTS[1], build.pod("x")],
}


def on(name, pod):
    return replace(pod, node=name, name=f"inspector-{name}", uid=f"uid-of-{name}")


def run(seed, careers):
    """Play every pod's career, in an order of its own; return the statuses from the first look to the last."""
    chance, pods, statuses, now = random.Random(seed), {}, [], NOW
    left = {name: [on(name, pod) for pod in career] for name, career in careers.items()}
    nodes = build.nodes(*careers, age=9 * DAY)
    while any(left.values()):
        name = chance.choice(sorted(name for name, career in left.items() if career))
        pods[name] = left[name].pop(0)
        now += SECOND / 10
        before = statuses[-1] if statuses else None
        statuses.append(look(list(pods.values()), nodes=nodes, status=before, now=now))
    return statuses


def masked(status):
    """Return the status without the times, and without the counter that moves with each change of the record."""
    conditions = [{**each, "lastTransitionTime": ""} for each in status.to_dict()["conditions"]]
    kept = {key: value for key, value in status.to_dict().items() if key not in {"record", "rollout"}}
    return kept | {"conditions": conditions}


@pytest.mark.parametrize(
    ("kinds", "changes"),
    [
        pytest.param(["it starts and works", "it is slow and works"], 1, id="all of them work in the end"),
        pytest.param(["it starts and works", "it starts and keeps ending"], 0, id="one keeps ending"),
        pytest.param(list(CAREERS), 0, id="one of each kind"),
    ],
)
def test_a_hundred_orders_of_the_same_events_end_alike_and_nothing_flaps(kinds, changes):
    careers = {f"win-{number}": CAREERS[kinds[number % len(kinds)]] for number in range(4)}
    runs = [run(seed, careers) for seed in range(100)]
    assert all(masked(statuses[-1]) == masked(runs[0][-1]) for statuses in runs)
    for statuses in runs:
        ready = [status.condition("Ready").status for status in statuses]
        assert sum(one != other for one, other in itertools.pairwise(ready)) == changes
