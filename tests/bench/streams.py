"""P4, P5, P6 and P9: what it costs to watch a large fleet that hardly moves, and one that moves as fast as it can.

Served by the stand-in. Both operators watch the same one, one after the other.
"""

import contextlib
import threading
import time
import urllib.request
from dataclasses import dataclass

from bench.figures import Figure
from bench.subjects import PlainKopf, StandInServer, ours, wait_until_worked
from bench.usage import TICKS, settle, usage
from control_plane import wait_for

MIB = 2**20
HEARTBEAT_SECONDS = 300  # how often a kubelet reports a node in which nothing changes
ROLLOUT_PACE = 160  # pod events per second of a rollout over thousands of nodes
BETWEEN_WRITES = 6  # seconds; counts are written every five
POLLS = 0.02


@dataclass(frozen=True)
class Load:
    """How large the fleets are and how long it is looked.

    Attributes:
        nodes: of every fleet.
        agents: of the larger one; the smaller one has one.
        events: of the stream as fast as it goes.
        idle_seconds: how long the idle operator is looked at.
        shared_nodes: nodes of the fleet, with one agent, that plain kopf can cope with too.
        shared_events: pod events for that.
    """

    nodes: int
    agents: int
    events: int
    idle_seconds: float
    shared_nodes: int
    shared_events: int


def measure(load, folder, say):
    """Return the figures, in order."""
    say("the operator alone, with nothing to watch")
    empty = start_with_nothing(folder)
    figures = [Figure("P4", "RSS at start", empty.rss / MIB, "MiB", "no node, no pod")]
    say(f"one agent on {load.nodes} nodes")
    small, idle = one_agent(load, folder)
    say(f"{load.agents} agents on {load.nodes} nodes")
    large = many_agents(load, folder)
    both = f"{load.nodes:,} nodes"
    pods, many = f"{load.nodes:,} pods", load.nodes * load.agents
    where = f"{both}, {many:,} pods"
    figures += [
        Figure("P4", f"RSS at {pods}", small.rss / MIB, "MiB", both),
        Figure("P4", f"RSS at {many:,} pods", large["start"].rss / MIB, "MiB", both),
        Figure("P4", "peak RSS to settled", large["end"].peak / large["end"].rss, "", f"{where}, after all below"),
        Figure("P4", "RSS per pod", (large["start"].rss - small.rss) / 1024 / (many - load.nodes), "KiB", where),
        Figure("P5", "cold start: CPU", large["cpu"], "s", f"{where}, until every agent was looked at"),
        Figure("P5", "cold start: longest answer of /healthz", large["lag"], "ms", f"{where}, asked 50 times a second"),
        Figure("P5", "cold start: writes", large["writes"], "", where),
        Figure(
            "P6", "events per CPU second", large["rate"], "/s", f"{where}, {load.events:,} readiness changes in a row"
        ),
        Figure("P6", f"CPU at {ROLLOUT_PACE} events a second", large["share"], "% of a core", where),
        Figure("P9", "idle CPU", idle, "% of a core", f"{both}, {pods}, heartbeats every {HEARTBEAT_SECONDS} s"),
    ]
    say(f"both operators, one agent on {load.shared_nodes} nodes")
    return [*figures, *side_by_side(load, folder)]


def start_with_nothing(folder):
    """Return the usage of an operator that has nothing to watch."""
    with StandInServer(0, 0, folder) as server, ours(server.kubeconfig, folder) as operator:
        return settle(operator.pid)


def one_agent(load, folder):
    """Return the usage with one agent, and the share of a core that the idle operator takes, in percent."""
    with StandInServer(load.nodes, 1, folder) as server, ours(server.kubeconfig, folder) as operator:
        prepare(server, operator, 1)
        operator.restart()
        wait_until_worked(operator, 1)
        settled = settle(operator.pid, window=3)
        server.ask("heartbeats", seconds=HEARTBEAT_SECONDS)
        before = usage(operator.pid)
        time.sleep(load.idle_seconds)
        after = usage(operator.pid)
        return settled, 100 * (after.cpu - before.cpu) / (after.at - before.at)


def many_agents(load, folder):
    """Return what a cold start and two streams cost."""
    with StandInServer(load.nodes, load.agents, folder) as server, ours(server.kubeconfig, folder) as operator:
        prepare(server, operator, load.agents)
        operator.kill()
        before = writes(server)
        operator.launch()
        with Poll(operator) as poll:
            wait_until_worked(operator, load.agents)
        start = settle(operator.pid, window=3)
        found = {"start": start, "cpu": start.cpu, "lag": poll.worst_ms, "writes": writes(server) - before}
        cpu, _ = stream(server, operator, load.events, None)
        found["rate"] = load.events / cpu
        events = ROLLOUT_PACE * 10
        cpu, seconds = stream(server, operator, events, ROLLOUT_PACE)
        return found | {"share": 100 * cpu / seconds, "end": usage(operator.pid)}


def prepare(server, operator, agents):
    """Let a started operator make its DaemonSets and write its statuses, so that the next start finds peace."""
    wait_for(lambda: server.ask("counts")["ready"] == agents, 600, "every agent to be Ready", interval=1)
    time.sleep(BETWEEN_WRITES)
    settle(operator.pid, window=3)


def stream(server, subject, events, rate):
    """Return the CPU seconds that a stream of events costs until the subject is idle again, and its seconds."""
    before = usage(subject.pid)
    seconds = server.ask("stream", events=events, rate=rate)["seconds"]
    return max(settle(subject.pid, window=3).cpu - before.cpu, 1 / TICKS), seconds


def writes(server):
    """Return how many requests were writes."""
    reads = ("get ", "list ", "watch ")
    return sum(count for what, count in server.requests().items() if not what.startswith(reads))


def side_by_side(load, folder):
    """Return the figures of both operators under the load that plain kopf can cope with."""
    where = f"{load.shared_nodes:,} nodes and pods"
    with StandInServer(load.shared_nodes, 1, folder) as server:
        with ours(server.kubeconfig, folder) as operator:
            prepare(server, operator, 1)
            mine = shared_load(server, operator, load, lambda: wait_until_worked(operator, 1))
        with PlainKopf(server.kubeconfig, folder) as plain:
            wait_until_it_watches(server, plain)
            theirs = shared_load(server, plain, load, lambda: wait_until_it_watches(server, plain))
    names = (
        ("P4", "RSS", "MiB"),
        ("P5", "cold start: CPU seconds", "s"),
        ("P6", "CPU per 1,000 events", "s"),
    )
    return [
        Figure(part, f"{name}, side by side", ours_, unit, where, baseline=plain_)
        for (part, name, unit), ours_, plain_ in zip(names, mine, theirs, strict=True)
    ]


def shared_load(server, subject, load, wait):
    """Return RSS, CPU seconds of a start, and CPU seconds for 1,000 events."""
    subject.restart()
    wait()
    started = settle(subject.pid, window=3, timeout=600)
    cpu, _ = stream(server, subject, load.shared_events, None)
    return started.rss / MIB, started.cpu, cpu / load.shared_events * 1000


def wait_until_it_watches(server, plain):
    """Wait until plain kopf has listed the pods and watches them; then it is busy with what it listed."""
    before = server.requests().get("watch pods", 0)

    def watches():
        plain.check()
        return server.requests().get("watch pods", 0) > before

    wait_for(watches, 600, "plain kopf to watch the pods", interval=0.5)


class Poll:
    """Asks /healthz of a starting operator all the time, and remembers the longest answer."""

    def __init__(self, operator):
        self.worst_ms = 0.0
        self._operator = operator
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._ask, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()

    def _ask(self):
        port = wait_for(
            lambda: next((line["port"] for line in self._operator.lines() if "port" in line), None), 60, "a port"
        )
        while not self._over.wait(POLLS):
            began = time.monotonic()
            with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=60):
                self.worst_ms = max(self.worst_ms, 1000 * (time.monotonic() - began))
