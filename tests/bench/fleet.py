"""P7 and P8: an install, an update and joining nodes of one agent on a simulated fleet, on a real control plane."""

import json
import time
from dataclasses import dataclass

from bench.figures import Figure, quantile
from bench.site import PLAIN_USER, Requests, agent_manifest, most_in_flight, most_within, resource_of
from bench.usage import settle, usage
from control_plane import wait_for, windows_node

POOL = {"bench.hostprocess.dev/pool": "fleet"}
LATER = {"bench.hostprocess.dev/pool": "later"}
STATUS = "hostprocessagents/status"
JOINS_PER_SECOND = 20  # as fast as a controller makes pods
WINDOW = 5.0


@dataclass(frozen=True)
class Load:
    """How many nodes, how many more join them, and the budget of the update."""

    nodes: int
    joining: int
    max_unavailable: str = "10%"
    timeout: float = 900


def measure(site, load, say):
    """Return the figures, in order, and the operator's requests by verb and resource."""
    say(f"adding {load.nodes} nodes, and {load.joining} that are to join them")
    nodes = [windows_node(f"fleet-{number:05}", labels=POOL) for number in range(load.nodes)]
    later = [windows_node(f"later-{number:05}", labels=LATER) for number in range(load.joining)]
    site.plane.add_nodes(*nodes, *later, timeout=60 + load.nodes / 2)
    say("the operator: install and update")
    namespace = site.namespace("bench-fleet-ours")
    with site.ours(namespace) as operator, site.plane.record("hostprocessagents", namespace) as statuses:
        with site.plane.record("pods", namespace) as pods:
            install = phase(site, operator, namespace, load, "1.0")
        update = phase(site, operator, namespace, load, "2.0")
        say(f"{load.joining} nodes join, {JOINS_PER_SECOND} a second")
        with site.plane.record("pods", namespace) as joined:
            join(site, namespace, load, [node["metadata"]["name"] for node in later])
    say("plain kopf: install")
    plain = plain_install(site, site.namespace("bench-fleet-plain"), load)
    late = delays(pods, statuses), delays(joined, statuses, before=load.nodes)
    return figures(load, install, update, plain, late, status_size(statuses)), install["counts"] + update["counts"]


def phase(site, operator, namespace, load, image):
    """Apply a version, wait until it is verified everywhere, and return what that took."""
    requests = Requests(site, namespace)
    before = usage(operator.pid)
    manifest = agent_manifest(
        "one", namespace, selector=POOL, image=image, rollout={"maxUnavailable": load.max_unavailable}
    )
    generation = site.plane.apply(manifest)[0]["metadata"]["generation"]
    wait_for(lambda: is_done(site, namespace, generation, load.nodes), load.timeout, "every node verified", interval=1)
    seconds = time.monotonic() - before.at
    after = settle(operator.pid, window=2)
    events = requests.events()
    return {
        "seconds": seconds,
        "cpu": after.cpu - before.cpu,
        "logs": [event for event in events if resource_of(event) == "pods/log"],
        "statuses": [event for event in events if resource_of(event) == STATUS],
        "counts_only": counts_only(events),
        "counts": requests.counts(),
        "rss": after.rss,
    }


def join(site, namespace, load, names):
    """Let nodes join the fleet one by one, as fast as pods are made; return once the agent is verified on each."""
    began = time.monotonic()
    for number, name in enumerate(names):
        time.sleep(max(0.0, began + number / JOINS_PER_SECOND - time.monotonic()))
        site.plane.patch("node", name, {"metadata": {"labels": POOL}})
    generation = site.plane.get("hostprocessagents", "one", namespace)["metadata"]["generation"]
    whole = load.nodes + len(names)
    wait_for(lambda: is_done(site, namespace, generation, whole), load.timeout, "every node verified", interval=1)


def counts_only(events):
    """Return the status writes that changed no more than counts and messages: not what people and tools wait for."""
    found, before = [], None
    for event in events:
        if resource_of(event) == STATUS:
            headline = headline_of(event["requestObject"][-1]["value"])
            if headline == before:
                found.append(event)
            before = headline
    return found


def headline_of(status):
    """Return generation, set of conditions, and status and reason of Ready."""
    every = {condition["type"]: (condition["status"], condition["reason"]) for condition in status["conditions"]}
    return status["observedGeneration"], tuple(sorted(every)), every["Ready"]


def is_done(site, namespace, generation, nodes):
    """Return whether the agent is Ready with that generation, verified on every node."""
    status = site.plane.get("hostprocessagents", "one", namespace).get("status", {})
    ready = any(c["type"] == "Ready" and c["status"] == "True" for c in status.get("conditions", ()))
    current = status.get("observedGeneration") == generation
    return current and ready and status["nodes"]["verified"] == status["nodes"]["updated"] == nodes


def plain_install(site, namespace, load):
    """Return the CPU seconds of plain kopf until as many pods are ready, and it knows."""
    with site.plain(namespace) as plain:
        site.watching(namespace)
        before = usage(plain.pid)
        requests = Requests(site, namespace, PLAIN_USER)
        site.plane.apply(agent_manifest("one", namespace, selector=POOL))

        def knows():
            status = site.plane.get("hostprocessagents", "one", namespace).get("status", {})
            return status.get("nodes", {}).get("ready") == load.nodes + load.joining

        wait_for(knows, load.timeout, "plain kopf to know of every pod", interval=1)
        after = settle(plain.pid, window=2)
        return {"cpu": after.cpu - before.cpu, "rss": after.rss, "writes": requests.writes()}


def delays(pods, statuses, before=0):
    """Return the seconds from the k-th start of an agent's container to the first status that counts k verified.

    Args:
        before: how many were verified when the recording of the pods began; their pods do not count.
    """
    there = {seen.object["metadata"]["uid"] for seen in pods.events[:before]}
    started = {}
    for seen in pods.events:
        states = seen.object.get("status", {}).get("containerStatuses", ())
        if states and all("running" in state["state"] for state in states):
            started.setdefault(seen.object["metadata"]["uid"], seen.at)
    moments = sorted(at for uid, at in started.items() if uid not in there)
    counts = [(seen.at, seen.object.get("status", {}).get("nodes", {}).get("verified", 0)) for seen in statuses.events]
    return [
        next(at for at, verified in counts if verified >= rank and at >= start) - start
        for rank, start in enumerate(moments, start=before + 1)
    ]


def status_size(statuses):
    """Return the bytes of the largest status that was seen."""
    return max(len(json.dumps(seen.object.get("status", {}), separators=(",", ":"))) for seen in statuses.events)


def figures(load, install, update, plain, late, size):
    """Return the figures of P7 and P8."""
    fleet = f"{load.nodes:,} nodes"
    both = f"install and update of {fleet}, maxUnavailable {load.max_unavailable}"
    at_once, one_by_one = late
    joined = f"{load.joining:,} nodes join {load.nodes:,}, {JOINS_PER_SECOND} a second"
    logs, statuses = install["logs"] + update["logs"], install["statuses"] + update["statuses"]
    slow = install["counts_only"] + update["counts_only"]
    seconds = install["seconds"] + update["seconds"]
    return [
        Figure("P7", "log reads per container start", len(logs) / (2 * load.nodes), "", both),
        Figure("P7", "log reads in flight", most_in_flight(logs), "", both),
        Figure("P7", "status writes per 5 s", len(statuses) * WINDOW / seconds, "", both),
        Figure("P7", "status writes of mere counts in any 5 s", most_within(slow, WINDOW), "", both),
        Figure("P7", "status size", size / 1024, "KiB", both),
        Figure("P7", "update: CPU per 1,000 pods", 1000 * update["cpu"] / load.nodes, "s", f"update of {fleet}"),
        Figure("P7", "update: time", update["seconds"], "s", f"update of {fleet}"),
        Figure(
            "P7",
            "install: CPU per 1,000 pods",
            1000 * install["cpu"] / load.nodes,
            "s",
            f"install on {fleet}; plain kopf, on {load.joining:,} more, reads no log",
            baseline=1000 * plain["cpu"] / (load.nodes + load.joining),
        ),
        Figure(
            "P7",
            "install: RSS",
            install["rss"] / 2**20,
            "MiB",
            f"install on {fleet}; plain kopf as above",
            baseline=plain["rss"] / 2**20,
        ),
        Figure("P8", "container start to status, p99", quantile(one_by_one, 0.99), "s", joined),
        Figure("P8", "container start to status, median", quantile(one_by_one, 0.5), "s", joined),
        Figure(
            "P8", "all at once: container start to status, p99", quantile(at_once, 0.99), "s", f"install on {fleet}"
        ),
    ]
