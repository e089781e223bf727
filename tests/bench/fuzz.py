"""Feeds whatever reads hostile text: ``make fuzz``. No exception, nothing unprintable, nothing endless may come of it.

To fuzz something else, add a `Target`: how an input is made from a source of chance, and what must hold of it. Every
input has a number, from which it is made again: ``python -m bench.fuzz --only logs --input 12345``.
"""

import argparse
import json
import multiprocessing
import os
import random
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench import hostile
from bench.endurance import fuzz_rows, publish
from bench.figures import quantile
from bench.generated import Template, agent_body, pod_body
from hostprocess_operator.api.parse import parse_agent
from hostprocess_operator.manifests import pod_template
from hostprocess_operator.observed import observe_pod
from hostprocess_operator.observed.event import observe_event
from hostprocess_operator.rollout import plan_rollout
from hostprocess_operator.status import compute_status
from hostprocess_operator.verification.parser import parse_log
from hostprocess_operator.verification.report import Report, StoredReport, dump_report, load_report
from hostprocess_operator.verification.text import clean_text
from hostprocess_operator.verification.verdict import judge
from support import build

REPORT_FILE = Path(__file__).parents[2] / "build" / "fuzz.json"
RUN = "containerd://" + "0f" * 32
BATCH = 2000
STATUS_BYTES = 32 * 1024
TIMED = 0.02  # share of the logs that are as large as a log can be, and timed


@dataclass(frozen=True)
class Target:
    """One reader of texts.

    Attributes:
        make: returns an input.
        check: raises for one that it cannot stand.
        share: how many of its inputs there are for each log.
    """

    make: Callable
    check: Callable
    share: float


def check_log(log):
    """Read and judge a log."""
    found = parse_log(log)
    verdict = judge(found, account=build.SYSTEM, expect=None)
    must_show(verdict.message, 1024)
    if isinstance(found, Report):
        stored = StoredReport(RUN, found)
        kept = dump_report(stored)
        must_show(kept, 1024)
        assert load_report(kept) == stored
    else:
        assert verdict.status == "Unknown"
        must_show(found.excerpt, 256)


def check_text(text):
    """Clean a text, twice: the second time must change nothing."""
    cleaned = clean_text(text)
    must_show(cleaned, 256)
    assert clean_text(cleaned) == cleaned


def check_event(body):
    """Observe an Event and clean what it says."""
    event = observe_event(body)
    assert isinstance(event.count, int)
    must_show(clean_text(event.message, 512), 512)
    must_show(clean_text(event.reason, 128), 128)


def check_pod(body):
    """Observe a pod, and tell of it in a status: all of it is shown to people."""
    pod = observe_pod(body)
    asked = build.agent()
    scene = build.scene(asked, nodes=build.nodes(pod.node or "node-a"), pods=[pod])
    status = compute_status(asked, scene, plan_rollout(asked, scene, build.NOW), build.NOW).to_dict()
    texts = json.dumps(status, ensure_ascii=False)
    assert len(texts.encode()) <= STATUS_BYTES
    assert texts.isprintable(), "something unprintable in the status"


def must_show(text, most):
    """Assert that a text can be shown to people, and is not too long for that."""
    assert text.isprintable()
    assert len(text.encode()) <= most


def make_event(chance):
    """Return an Event about a pod, with hostile texts."""
    body = {
        "metadata": {"name": "agent.17", "namespace": "agents", "creationTimestamp": "2026-01-05T06:00:00Z"},
        "involvedObject": {"kind": "Pod", "name": "agent", "uid": "0" * 36},
        "reason": "FailedCreatePodSandBox",
        "message": f"Failed to create pod sandbox: {hostile.text(chance)}",
        "series": {"count": chance.randrange(1, 9), "lastObservedTime": "2026-01-05T06:00:00.000000Z"},
        "count": chance.randrange(1, 9),
        "lastTimestamp": "2026-01-05T06:00:00Z",
        "eventTime": None,
    }
    return hostile.defaced(chance, body)


def make_pod(chance):
    """Return a pod with hostile texts where a kubelet or a container has the word."""
    body = pod_body(template(), chance.randrange(5), 1, ready=chance.random() < 0.5, restarts=chance.randrange(3))
    status = body["status"]["containerStatuses"][0]
    if chance.random() < 0.5:
        status["state"] = {"waiting": {"reason": hostile.text(chance, 8), "message": hostile.text(chance)}}
    return hostile.defaced(chance, body)


def template():
    """Return what the pods are made from."""
    agent = parse_agent(agent_body(0))
    return Template(build.NAME, build.DAEMONSET_UID.ljust(36, "0"), build.NEW, pod_template(agent)["spec"])


TARGETS = {
    "logs": Target(hostile.log, check_log, 1),
    "texts": Target(hostile.text, check_text, 1),
    "events": Target(make_event, check_event, 0.1),
    "pods": Target(make_pod, check_pod, 0.02),
}


def input_of(name, number):
    """Return the input of that number."""
    return TARGETS[name].make(random.Random(f"{name}/{number}"))


def try_batch(batch):
    """Try a range of inputs; return the numbers of those that failed, with the error."""
    name, start, end = batch
    failures = []
    for number in range(start, end):
        try:
            TARGETS[name].check(input_of(name, number))
        except Exception as error:  # noqa: BLE001 - whatever it is, it is a finding
            failures.append((number, f"{type(error).__name__}: {error}"[:300]))
    return name, end - start, failures


def time_batch(batch):
    """Return the CPU milliseconds that reading a log of full size takes, one for each number."""
    times = []
    for number in range(*batch):
        log = hostile.large_log(random.Random(f"large/{number}"))
        began = time.thread_time()
        check_log(log)
        times.append(1000 * (time.thread_time() - began))
    return times


def batches(count):
    """Yield ranges that add up to so many."""
    for start in range(0, count, BATCH):
        yield start, min(count, start + BATCH)


def run(inputs, names=tuple(TARGETS), processes=1):
    """Return how many inputs each target stood, what it did not, and how long logs of full size take."""
    work = [(name, *each) for name in names for each in batches(round(inputs * TARGETS[name].share))]
    large = list(batches(round(inputs * TIMED))) if "logs" in names else []
    found = {name: {"inputs": 0, "failures": []} for name in names}
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        for name, tried, failures in pool.imap_unordered(try_batch, work):
            found[name]["inputs"] += tried
            found[name]["failures"] += failures
        times = [each for some in pool.imap_unordered(time_batch, large) for each in some]
    if times:
        shares = {"p50": 0.5, "p99.9": 0.999, "most": 1}
        found["logs"]["CPU ms for 64 KiB"] = {name: round(quantile(times, share), 3) for name, share in shares.items()}
        found["logs"]["logs of 64 KiB"] = len(times)
    return found


def main():
    """Run the fuzzer; return 1 when something failed."""
    parser = argparse.ArgumentParser(prog="make fuzz")
    parser.add_argument("--inputs", type=int, default=1_000_000, help="logs; of the others in proportion")
    parser.add_argument("--only", nargs="+", choices=TARGETS, default=list(TARGETS))
    parser.add_argument("--input", type=int, help="try just the input of this number, and show it")
    parser.add_argument("--write", action="store_true", help="write the figures into docs/resilience.md")
    arguments = parser.parse_args()
    if arguments.input is not None:
        given = input_of(arguments.only[0], arguments.input)
        print(repr(given), flush=True)
        TARGETS[arguments.only[0]].check(given)
        return 0
    began = time.monotonic()
    found = run(arguments.inputs, tuple(arguments.only), len(os.sched_getaffinity(0)))
    for name, result in found.items():
        shown = {key: value for key, value in result.items() if key != "failures"}
        print(f"{name}: {shown}, {len(result['failures'])} failed {result['failures'][:5]}", flush=True)
    REPORT_FILE.parent.mkdir(exist_ok=True)
    REPORT_FILE.write_text(json.dumps(found | {"seconds": round(time.monotonic() - began)}, indent=2) + "\n")
    if arguments.write:
        publish(fuzz_rows(found))
    return int(any(result["failures"] for result in found.values()))


if __name__ == "__main__":
    sys.exit(main())
