"""Keeps the operator busy for a long time and sees what grows: ``make soak``.

Pods are deleted, specs edited, nodes lost and found, agents made and deleted, for as long as asked. Memory, file
descriptors, threads and tasks are sampled all the while; before and after it is quiet, and then they must be the same.
With no minutes of that it is a rest: ``make soak MINUTES=0 ARGS="--agents 100 --nodes 50 --quiet-seconds 600"``.
"""

import argparse
import json
import os
import signal
import statistics
import sys
import tempfile
import threading
import time
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path

from bench.churn import AGENTS, NODES, PATIENCE, Churn
from bench.endurance import publish, soak_row
from bench.usage import usage
from control_plane import ControlPlane, ensure_binaries, wait_for
from support.operator import USER, Operator, install

ROOT = Path(__file__).parents[2]
DEFINITION = ROOT / "crds" / "hostprocess.dev_hostprocessagents.yaml"
REPORT_FILE = ROOT / "build" / "soak.json"
WARM_UP = 0.2  # share of the time after which memory is expected to have found its level
MIB = 2**20
SPARE = 4  # connections that are kept open for a while
THREADS = 4  # threads that are made when they are first needed, and stay

# Runs before the operator in its process: on SIGUSR1 it writes down how many tasks there are, in all of its loops.
COUNTED = """
import asyncio, gc, os, signal
def count(*_):
    tasks = sum(isinstance(each, asyncio.Task) and not each.done() for each in gc.get_objects())
    with open({path!r} + ".new", "w") as file:
        file.write(str(tasks))
    os.replace({path!r} + ".new", {path!r})
signal.signal(signal.SIGUSR1, count)
"""


@dataclass(frozen=True)
class Sample:
    """One look at the operator."""

    seconds: float
    rss: float  # MiB
    descriptors: int
    threads: int
    tasks: int


class Watched(Operator):
    """The operator, whose tasks can be counted."""

    def __init__(self, kubeconfig, folder, **options):
        self._tasks = Path(folder) / "tasks"
        super().__init__(
            kubeconfig, Path(folder) / "operator.log", prelude=COUNTED.format(path=str(self._tasks)), **options
        )

    def sample(self, began):
        """Return what it uses now."""
        self._tasks.unlink(missing_ok=True)
        os.kill(self.pid, signal.SIGUSR1)
        tasks = int(wait_for(lambda: self._tasks.exists() and self._tasks.read_text(), 60, "the count of tasks"))
        now = usage(self.pid)
        return Sample(round(now.at - began, 1), round(now.rss / MIB, 2), now.descriptors, now.threads, tasks)


@dataclass(frozen=True)
class Pace:
    """How long and how fast.

    Attributes:
        seconds: of churn; none is a rest.
        quiet_seconds: how long nothing must stir after it.
        peace_seconds: without a write, after which it is at peace; Events are told no sooner than a minute apart.
        every: seconds between two samples.
        pause: seconds between two changes.
        agents: how many there are, each on every node.
        nodes: how many.
    """

    seconds: float
    quiet_seconds: float
    peace_seconds: float = 65.0
    every: float = 5.0
    pause: float = 0.5
    agents: int = AGENTS
    nodes: int = NODES


def run(plane, operator, pace, *, say=lambda _: None):
    """Return the report of a soak; what it made is gone again afterwards."""
    churn = Churn(plane, agents=pace.agents, nodes=pace.nodes)
    churn.begin()
    try:
        return soak(plane, operator, churn, pace, say)
    finally:
        churn.remove()


def soak(plane, operator, churn, pace, say):
    """Keep the operator busy, and return the report."""
    began = time.monotonic()
    before = at_peace(plane, operator, began, pace.peace_seconds)
    say(f"at peace: {before}")
    samples = disturb(operator, churn, pace, began, say)
    churn.end()
    after = at_peace(plane, operator, began, pace.peace_seconds)
    say(f"at peace again: {after}")
    return {
        "seconds": pace.seconds,
        "agents": pace.agents,
        "nodes": pace.nodes,
        "changes": churn.done,
        "before": asdict(before),
        "after": asdict(after),
        "RSS MiB by quarter": [round(statistics.fmean(s.rss for s in part), 1) for part in quarters(samples)],
        "RSS MiB per hour": round(slope(steady(samples), "rss") * 3600, 2),
        "descriptors per hour": round(slope(steady(samples), "descriptors") * 3600, 2),
        "tasks per hour": round(slope(steady(samples), "tasks") * 3600, 2),
        "quiet": watch_silence(plane, churn, pace.quiet_seconds),
        "tracebacks": sum("Traceback" in str(line) for line in operator.lines()),
        "samples": [asdict(sample) for sample in samples],
    }


def disturb(operator, churn, pace, began, say):
    """Change things for as long as asked; return the samples that were taken meanwhile."""
    samples, over = [], threading.Event()
    sampler = threading.Thread(target=sample_until, args=(operator, began, pace.every, over, samples), daemon=True)
    sampler.start()
    deadline = time.monotonic() + pace.seconds
    while time.monotonic() < deadline:
        churn.step()
        time.sleep(pace.pause)
        if churn.done % 500 == 0:
            say(f"{churn.done} changes, {samples[-1:]}")
    over.set()
    sampler.join()
    return samples


def at_peace(plane, operator, began, seconds):
    """Wait until the operator has written nothing for so long, and return a sample."""
    last, since = plane.audit_mark(), time.monotonic()

    def quiet():
        nonlocal last, since
        if writes_since(plane, last):
            last, since = plane.audit_mark(), time.monotonic()
        return time.monotonic() - since >= seconds

    wait_for(quiet, PATIENCE, "the operator to be at peace", interval=0.5)
    return operator.sample(began)


def watch_silence(plane, churn, seconds):
    """Return what the operator did in so many seconds in which nothing happened."""
    mark, versions = plane.audit_mark(), churn.versions()
    time.sleep(seconds)
    requests = [event for event in plane.audit(mark) if event.user == USER]
    return {
        "seconds": seconds,
        "writes": [
            f"{event.verb} {event.resource} {event.subresource} {event.name}" for event in writes_since(plane, mark)
        ],
        "requests per second": round(len(requests) / seconds, 3),
        "changed objects": sorted(name for name, *_ in versions ^ churn.versions()),
    }


def writes_since(plane, mark):
    """Return the writes of the operator behind a mark of the audit log."""
    return [e for e in plane.audit(mark) if e.user == USER and e.verb not in {"get", "list", "watch"}]


def sample_until(operator, began, every, over, samples):
    """Add a sample every so many seconds until it is over."""
    while not over.wait(every):
        samples.append(operator.sample(began))


def quarters(samples):
    """Return the samples of the first, second, third and last quarter, as far as there are any."""
    bounds = [round(len(samples) * part / 4) for part in range(5)]
    return [part for begin, end in pairwise(bounds) if (part := samples[begin:end])]


def steady(samples):
    """Return the samples after the warm-up."""
    return samples[round(len(samples) * WARM_UP) :]


def slope(samples, what):
    """Return by how much something grows in a second, by least squares; 0 for fewer than two samples."""
    if len(samples) < 2:
        return 0.0
    return statistics.linear_regression([s.seconds for s in samples], [getattr(s, what) for s in samples]).slope


def verdicts(report):
    """Return what grew or stirred, in sentences; none when all is as it should be."""
    before, after, quiet = report["before"], report["after"], report["quiet"]
    found = [
        f"{name}: {before[name]} before, {after[name]} after"
        for name, spare in (("tasks", 0), ("threads", THREADS), ("descriptors", SPARE))
        if after[name] > before[name] + spare
    ]
    if quiet["writes"] or quiet["changed objects"]:
        found.append(f"it was not quiet: {quiet}")
    if report["tracebacks"]:
        found.append(f"{report['tracebacks']} tracebacks in the log")
    return found


def main():
    """Run it on a control plane of its own; return 1 when something grew that should not."""
    parser = argparse.ArgumentParser(prog="make soak")
    parser.add_argument("--minutes", type=float, default=30, help="of churn; 0 for a rest")
    parser.add_argument("--agents", type=int, default=AGENTS)
    parser.add_argument("--nodes", type=int, default=NODES)
    parser.add_argument("--quiet-seconds", type=float, default=300, help="how long nothing must stir in the end")
    parser.add_argument("--write", action="store_true", help="write the figures into docs/resilience.md")
    arguments = parser.parse_args()
    pace = Pace(60 * arguments.minutes, arguments.quiet_seconds, agents=arguments.agents, nodes=arguments.nodes)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    began = time.monotonic()

    def say(line):
        print(f"[{time.monotonic() - began:5.0f} s] {line}", flush=True)

    with tempfile.TemporaryDirectory(prefix="hostprocess-soak-") as folder:
        definition = DEFINITION.read_text()
        with (
            ControlPlane.start(ensure_binaries(print), Path(folder), definitions=[definition], progress=say) as plane,
            Watched(install(plane, policies=False), folder) as operator,
        ):
            report = run(plane, operator, pace, say=say)
    REPORT_FILE.parent.mkdir(exist_ok=True)
    REPORT_FILE.write_text(json.dumps(report, indent=2) + "\n")
    if arguments.write:
        publish(soak_row(report))
    print(json.dumps({key: value for key, value in report.items() if key != "samples"}, indent=2), flush=True)
    found = verdicts(report)
    for line in found:
        print(line, flush=True)
    return int(bool(found))


if __name__ == "__main__":
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.exit(main())
