"""P1, P2 and P3: what becomes of agents on a real control plane: how soon, at which cost, with how many writes.

None of the agents matches a node: what nodes and pods cost is measured elsewhere.
"""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from bench.figures import Figure, quantile
from bench.site import PLAIN_USER, Requests, agent_manifest
from bench.usage import settle, usage
from bench.wire import Wire, paced
from control_plane import wait_for
from support.operator import USER

POSTERS = 8
QUIET = 8  # seconds without a write after which nothing more comes
TIMER = 12  # and for plain kopf, whose timer comes every ten
STATUS, DAEMONSETS, AGENTS = "hostprocessagents/status", "daemonsets", "hostprocessagents"


@dataclass(frozen=True)
class Load:
    """How many agents.

    Attributes:
        paced: made one after the other, `per_second` of them.
        burst: made at once.
        plain_burst: as many for plain kopf.
    """

    paced: int
    per_second: float
    burst: int
    plain_burst: int


def measure(site, load, calibration, say):
    """Return the figures, in order."""
    say("the operator: one agent after the other, a burst, and what each step writes")
    with site.ours(site.namespace("bench-paced-ours")) as operator:
        mine = delays(site, "bench-paced-ours", load)
    with site.ours(site.namespace("bench-burst-ours")) as operator:
        burst = at_once(site, operator, "bench-burst-ours", USER, load.burst)
    with site.ours(site.namespace("bench-steps-ours")) as operator:
        steps = writes_per_step(site, operator, "bench-steps-ours", USER, QUIET)
    say("plain kopf: the same")
    with site.plain(site.namespace("bench-paced-plain")):
        site.watching("bench-paced-plain")
        theirs = delays(site, "bench-paced-plain", load)
    with site.plain(site.namespace("bench-burst-plain")) as plain:
        site.watching("bench-burst-plain")
        plain_burst = at_once(site, plain, "bench-burst-plain", PLAIN_USER, load.plain_burst)
    with site.plain(site.namespace("bench-steps-plain")) as plain:
        site.watching("bench-steps-plain")
        plain_steps = writes_per_step(site, plain, "bench-steps-plain", PLAIN_USER, TIMER)
    return [
        *latencies(mine, theirs, calibration, load),
        *bursts(burst, plain_burst, load),
        *step_figures(steps, plain_steps),
    ]


def delays(site, namespace, load):
    """Return, for agents that are made one after the other, the milliseconds until the DaemonSet is seen by a watch."""
    plane, wire = site.plane, Wire(site.plane)
    path = plane.api.path("hostprocessagents", namespace)
    created = {}
    with plane.record("daemonsets", namespace) as recording:
        for number in paced(load.paced, load.per_second):
            name = f"agent-{number}"
            created[name] = wire.send("POST", path, agent_manifest(name, namespace))[2]
        seen = wait_for(lambda: first_seen(recording, created), 120, "every DaemonSet")
    return [1000 * max(0.0, seen[name] - at) for name, at in created.items()]


def first_seen(recording, names):
    """Return when a watch first showed each of these objects, None while one is missing."""
    seen = {}
    for event in list(recording.events):
        seen.setdefault(event.object["metadata"].get("name"), event.at)
    return seen if names.keys() <= seen.keys() else None


def at_once(site, subject, namespace, user, count):
    """Return what a burst of agents costs."""
    plane, wire = site.plane, Wire(site.plane)
    requests = Requests(site, namespace, user)
    path = plane.api.path("hostprocessagents", namespace)
    names = {f"agent-{number:04}": None for number in range(count)}
    before, began = usage(subject.pid), time.monotonic()
    with plane.record("daemonsets", namespace) as recording:
        with ThreadPoolExecutor(POSTERS) as posters:
            list(posters.map(lambda name: wire.send("POST", path, agent_manifest(name, namespace)), names))
        posted = time.monotonic() - began
        seen = wait_for(lambda: first_seen(recording, names), 900, "every DaemonSet", interval=0.5)
    done = max(seen[name] for name in names) - began
    requests.wait_until_quiet(QUIET, timeout=600)
    after = settle(subject.pid, window=2, timeout=600)
    writes = requests.counts()
    own = [
        verb for verb in writes if verb.partition(" ")[2] in {STATUS, AGENTS} and not verb.startswith(("list", "watch"))
    ]
    return {
        "posted": posted,
        "done": done,
        "cpu": 1000 * (after.cpu - before.cpu) / count,
        "daemonsets": requests.writes(DAEMONSETS) / count,
        "own": sum(writes[verb] for verb in own) / count,
        "requests": dict(writes),
    }


def writes_per_step(site, subject, namespace, user, quiet):
    """Return how many writes each step in the life of one agent causes."""
    plane, found = site.plane, {}

    def step(name, act):
        requests = Requests(site, namespace, user)
        act()
        requests.wait_until_quiet(quiet)
        found[name] = requests.writes()

    def edit(body):
        plane.patch("hostprocessagents", "one", body, namespace)

    image = agent_manifest("one", namespace, image="2.0")["spec"]
    step("create", lambda: plane.apply(agent_manifest("one", namespace)))
    step("update", lambda: edit({"spec": image}))
    step("no-op edit", lambda: edit({"metadata": {"annotations": {"note": "x"}}}))
    step("restart of the operator", subject.restart)
    step("delete", lambda: plane.delete("hostprocessagents", "one", namespace))
    return found


def latencies(mine, theirs, calibration, load):
    """Return the figures of P1."""
    bare = calibration["paced p50 ms"]
    where = f"{load.paced} agents, {load.per_second:g} a second, from the answer to the create until a watch shows it"
    ratio = Figure(
        "P1",
        "create to DaemonSet, median",
        quantile(mine, 0.5) / bare,
        "bare PATCHes",
        where,
        baseline=quantile(theirs, 0.5) / bare,
    )
    times = [
        Figure(
            "P1", f"create to DaemonSet, {name}", quantile(mine, share), "ms", where, baseline=quantile(theirs, share)
        )
        for name, share in (("p50", 0.5), ("p99", 0.99))
    ]
    return [ratio, *times]


def bursts(mine, theirs, load):
    """Return the figures of P2."""
    where = f"{load.burst:,} agents at once, plain kopf {load.plain_burst:,}"
    names = (
        ("burst: DaemonSet writes per agent", "daemonsets", ""),
        ("burst: status writes per agent", "own", ""),
        ("burst: CPU per agent", "cpu", "ms"),
    )
    return [
        *(Figure("P2", name, mine[key], unit, where, baseline=theirs[key]) for name, key, unit in names),
        Figure("P2", "burst: until every DaemonSet is there", mine["done"], "s", f"{load.burst:,} agents at once"),
        Figure("P2", "burst: until the last agent was posted", mine["posted"], "s", f"{load.burst:,} agents at once"),
    ]


def step_figures(mine, theirs):
    """Return the figures of P3."""
    return [
        Figure("P3", f"writes: {step}", count, "", "one agent", baseline=theirs[step]) for step, count in mine.items()
    ]
