"""What the figures were measured on: the machine's pace, this API server's pace, and versions."""

import importlib.metadata
import json
import os
import platform
import time

from bench.figures import quantile
from bench.generated import Template, agent_body, encode, pod_body
from bench.wire import Wire, paced
from hostprocess_operator.api.parse import parse_agent
from hostprocess_operator.manifests import pod_template

PACKAGES = ("aiohttp", "kopf", "kubernetes", "pydantic")
EVENTS = 2000
PACE = 20


def facts(plane=None):
    """Return what is known of machine and components; of the CPU its number and pace, not its name."""
    found = {
        "cores": len(os.sched_getaffinity(0)),
        "python": platform.python_version(),
        "packages": {name: importlib.metadata.version(name) for name in PACKAGES},
        "load average at the start": round(os.getloadavg()[0], 1),
        "CPU microseconds to decode the JSON of a pod": round(decoding()),
    }
    if plane is not None:
        found["kubernetes"] = plane.api.request("GET", "/version")["gitVersion"]
    return found


def decoding():
    """Return the microseconds of CPU that decoding a generated pod takes: what the rest can be compared by."""
    agent = parse_agent(agent_body(0))
    content = encode(pod_body(Template(agent.name, "0" * 36, "0123456789", pod_template(agent)["spec"]), 0, 1))
    began = time.thread_time()
    for _ in range(EVENTS):
        json.loads(content)
    return (time.thread_time() - began) / EVENTS * 1e6


def bare_patches(plane, namespace, count):
    """Return how long this API server takes for the smallest write there is, in milliseconds."""
    wire = Wire(plane)
    name = "calibration"
    plane.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": namespace}})
    path = plane.api.path("configmaps", namespace, name)

    def patch(number):
        body = {"data": {"number": str(number)}}
        return 1000 * wire.send("PATCH", path, body, "application/merge-patch+json")[1]

    patch(-1)  # opens the connection
    alone = [patch(number) for number in paced(count, PACE)]
    began = time.monotonic()
    in_a_row = [patch(number) for number in paced(count, None)]
    return {
        "paced p50 ms": round(quantile(alone, 0.5), 2),
        "paced p99 ms": round(quantile(alone, 0.99), 2),
        "in a row p50 ms": round(quantile(in_a_row, 0.5), 2),
        "in a row p99 ms": round(quantile(in_a_row, 0.99), 2),
        "in a row per second": round(count / (time.monotonic() - began)),
    }
