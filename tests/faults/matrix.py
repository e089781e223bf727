"""Each outage meets the operator and a plain one of kopf's: who ends, who recovers and when, what it writes more.

`python -m faults.matrix` runs every row on a control plane of its own and writes docs/resilience.md; with
`--alone --seconds 600` ours meets outages of ten minutes.
"""

import argparse
import contextlib
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from control_plane import ApiError, ControlPlane, ensure_binaries
from faults.nursery import Nursery
from faults.oracles import busiest
from faults.outages import AGENTS, OUTAGES, WRITES, refusal
from faults.page import OUTAGES_HEAD, outage_row, write_table
from faults.rules import Match, Rule, requests
from faults.scenarios import QUICK
from faults.subjects import Ours, PlainKopf, edit, install_plain_kopf
from support.operator import install

SECONDS, SILENT_SECONDS, RECOVERY_SECONDS = 30, 120, 150
SPAN = 10.0
ROWS_AT_ONCE = 3


@dataclass(frozen=True)
class Result:
    """How one operator fared.

    Attributes:
        exited: whether its process ended.
        recovered: seconds from the end of the outage until everything was handled, None when it never was.
        writes: that were carried out from the beginning of the outage on.
        rate: requests per second on its busiest stream during the busiest ten seconds of the outage.
        unready: whether /readyz failed meanwhile.
        unwell: whether /healthz ever failed.
    """

    exited: bool
    recovered: float | None
    writes: int
    rate: float = 0.0
    unready: bool = False
    unwell: bool = False

    def beyond(self, reference):
        """Return it with the writes beyond those of an undisturbed run."""
        return replace(self, writes=max(0, self.writes - reference.writes))


def meet(subject, outage, seconds, recovery_seconds):
    """Let an operator that runs meet an outage (None: no outage) of that length, and return how it fared."""
    proxy = subject.proxy
    mark = len(proxy.exchanges)
    with _in_force(subject, outage) if outage else contextlib.nullcontext():
        began = time.monotonic()
        _watch(subject, began + seconds / 2)
        edit(subject)
        _watch(subject, began + seconds)
        rate = _busiest_stream(proxy.exchanges[mark:], began)
    lifted = time.monotonic()
    subject.late.apply(rollout=QUICK)
    recovered = None
    while recovered is None and subject.running and time.monotonic() < lifted + recovery_seconds:
        subject.look()
        with contextlib.suppress(LookupError):
            if subject.has_handled_everything():
                recovered = time.monotonic() - lifted
        time.sleep(0.25)
    writes = [one for one in proxy.seen(WRITES, mark) if 0 < one.status < 400 and _took_place(one)]
    return Result(not subject.running, recovered, len(writes), rate, subject.was_unready, subject.was_unwell)


def run(kind, place, outage, seconds, recovery_seconds, **operator):
    """Start an operator, let it meet an outage, and return how it fared."""
    with kind(*place, **operator) as subject:
        subject.start()
        return meet(subject, outage, seconds, recovery_seconds)


def _watch(subject, until):
    while time.monotonic() < until and subject.running:
        subject.look()
        time.sleep(0.25)


def _took_place(exchange):
    """Return whether the API server carried a write out: not if a rule answered in its place."""
    return exchange.struck is None or getattr(exchange.struck, "after", False)


def _busiest_stream(exchanges, began):
    streams = {}
    for one in exchanges:
        if one.at >= began and one.asked.verb in {"list", "watch"}:
            client = "kopf" if "kopf" in one.asked.client.lower() else ""
            streams.setdefault((one.asked.resource, one.asked.verb, client), []).append(one.at)
    return max((busiest(moments, SPAN) / SPAN for moments in streams.values()), default=0.0)


@contextmanager
def _in_force(subject, outage):
    proxy = subject.proxy
    with ExitStack() as stack:
        rules = list(outage.rules)
        if outage.rotates:
            rules.append(Rule(Match(bearer=subject.rotate()), refusal(401, "Unauthorized")))
        stack.enter_context(proxy.fault(*rules))
        if outage.refuses:
            proxy.refuse()
            stack.callback(proxy.listen)
        if outage.say:
            proxy.say(requests("watch", AGENTS), outage.say)
        if outage.cuts:
            proxy.cut_streams()
        if outage.storm:
            stack.enter_context(_storm(subject.stage))
        yield


@contextmanager
def _storm(stage):
    """Change annotations of the agent and its DaemonSet, and the agent's status, twenty times a second."""
    over = threading.Event()

    def write():
        number = 0
        while not over.wait(0.05):
            number += 1
            change = {"metadata": {"annotations": {"example.com/storm": str(number)}}}
            for kind in ("hostprocessagents", "daemonsets"):
                with contextlib.suppress(ApiError, OSError):
                    stage.plane.patch(kind, stage.agent.name, change, stage.namespace)

    writer = threading.Thread(target=write, daemon=True)
    writer.start()
    try:
        yield
    finally:
        over.set()
        writer.join()


class Matrix:
    """The subjects on one control plane."""

    def __init__(self, plane, nursery, directory):
        ours = install(plane, policies=False)
        self._places = {
            Ours: (plane, nursery, ours, directory),
            PlainKopf: (plane, nursery, install_plain_kopf(plane), directory),
        }

    def fare(self, kind, outage, seconds, recovery_seconds=RECOVERY_SECONDS):
        """Return how an operator fares in an outage of that length."""
        return run(kind, self._places[kind], outage, seconds, recovery_seconds)


def main(arguments=None):
    """Run every row and write the page; return 1 when ours ended or did not recover in any."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="part of a row's name; then no page is written")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="how long an outage lasts")
    parser.add_argument("--alone", action="store_true", help="leave plain kopf out; then no page is written")
    options = parser.parse_args(arguments)
    rows = [row for row in OUTAGES if options.only in row.name]
    with (
        tempfile.TemporaryDirectory() as folder,
        ControlPlane.start(ensure_binaries(print)) as plane,
        Nursery() as nursery,
        ThreadPoolExecutor(2 * ROWS_AT_ONCE) as pool,
    ):
        matrix = Matrix(plane, nursery, Path(folder))
        kinds = (Ours,) if options.alone else (Ours, PlainKopf)
        undisturbed = list(pool.map(lambda kind: matrix.fare(kind, None, 0), kinds))
        lasting = {row.name: max(SILENT_SECONDS * row.silent, options.seconds) for row in rows}
        each = [(kind, row) for row in rows for kind in kinds]
        fared = iter(list(pool.map(lambda one: matrix.fare(*one, lasting[one[1].name]), each)))
    results = {"nothing": undisturbed} | {row.name: [next(fared) for _ in kinds] for row in rows}
    for name, fates in results.items():
        results[name] = [fate.beyond(reference) for fate, reference in zip(fates, undisturbed, strict=True)]
        print(name, *results[name])
    if not (options.only or options.alone):
        lasting["nothing"] = 0
        lines = {name: outage_row(name, plain, ours, lasting[name]) for name, (ours, plain) in results.items()}
        write_table("faults", OUTAGES_HEAD, lines)
    lost = [name for name, (ours, *_) in results.items() if ours.exited or ours.recovered is None or ours.unwell]
    print("the operator ended or did not recover in:", ", ".join(lost) or "none")
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
