"""An API server in memory, as a process of its own: lists, watches and the few writes of an operator at peace.

It stands in for a cluster of thousands of nodes where the question is what *watching* it costs. It is the DaemonSet
controller and the kubelets too: a DaemonSet that is created has, at once, its ControllerRevision and one proven pod on
every node. ``/bench/...`` steers it. It speaks plain HTTP; what TLS costs is in none of its figures.
"""

import argparse
import asyncio
import collections
import copy
import json
import sys
import time

from aiohttp import web

from bench.generated import NAMESPACE, Template, agent_body, encode, node_body, pod_body
from bench.patches import merge, set_value
from bench.served import AGENTS, DAEMONSETS, KINDS, REVISIONS, discovery, event, raw, refused, selected
from hostprocess_operator.api.names import AGENT_LABEL
from hostprocess_operator.cluster.paths import describe
from hostprocess_operator.observed.revision import canonical_hash

BOOKMARK_SECONDS = 60
CHUNK = 32  # events that are made together
BACKLOG = 8  # chunks that may wait for a reader before the stream waits for it


class Outbox:
    """What is still to be sent to one watch."""

    def __init__(self):
        self.chunks = collections.deque()
        self.arrived = asyncio.Event()
        self.sent = asyncio.Event()

    def put(self, chunk):
        """Add a chunk; nobody waits."""
        self.chunks.append(chunk)
        self.arrived.set()

    async def take(self, patience):
        """Return everything that is to be sent, empty after so many seconds without anything."""
        try:
            async with asyncio.timeout(patience):
                await self.arrived.wait()
        except TimeoutError:
            return b""
        content = b"".join(self.chunks)
        self.chunks.clear()
        self.arrived.clear()
        self.sent.set()
        return content

    async def room(self):
        """Wait until little is left to be sent."""
        while len(self.chunks) >= BACKLOG:
            self.sent.clear()
            await self.sent.wait()


class StandIn:
    """The objects, by resource and name, as the bytes that go over the wire, and who watches them."""

    def __init__(self, nodes, agents):
        self.version = 1000
        self.nodes = nodes
        self.requests = collections.Counter()
        self.templates = []
        self.objects = {resource: {} for resource in KINDS}
        self.watches = {resource: set() for resource in KINDS}
        for number in range(nodes):
            body = node_body(number, self.version)
            self.objects["nodes"][body["metadata"]["name"]] = encode(body)
        for number in range(agents):
            body = agent_body(number)
            self.objects[AGENTS][body["metadata"]["name"]] = encode(body)
        self.beating = None

    def application(self):
        """Return the web application."""
        app = web.Application(client_max_size=2**24)
        for path in ("/bench/stream", "/bench/heartbeats", "/bench/counts"):
            app.router.add_post(path, getattr(self, path.rpartition("/")[2]))
        for path, answer in discovery().items():
            app.router.add_get(path, answer)
        app.router.add_route("*", "/{tail:.*}", self.serve)
        return app

    # what an operator asks

    async def serve(self, request):
        """Answer one request of an operator."""
        verb, resource = describe(request.method, request.path, watch=request.query.get("watch") in {"true", "1"})
        self.requests[f"{verb} {resource}"] += 1
        plural, _, subresource = resource.partition("/")
        if plural not in self.objects:
            return refused(404, "NotFound")
        name = request.path.rstrip("/").split("/")[-2 if subresource else -1]
        match verb:
            case "watch":
                return await self.watch(request, plural)
            case "list":
                return self.list(request, plural)
            case "get":
                return raw(self.objects[plural].get(name))
            case "create":
                body = await request.json()
                if body["metadata"]["name"] in self.objects[plural]:
                    return refused(409, "AlreadyExists")
                return raw(self.store(plural, body, created=True), status=201)
            case "patch" if name in self.objects[plural]:
                return raw(self.patch(plural, name, await request.json()))
            case "patch":
                return refused(404, "NotFound")
        raise web.HTTPMethodNotAllowed(request.method, [])

    def list(self, request, plural):
        """Answer a page; of pods and nodes without ever building the objects."""
        every = selected(self.objects[plural], plural, request.query)
        start, version = request.query.get("continue", f"0/{self.version}").split("/")
        end = int(start) + int(request.query.get("limit") or len(every) or 1)
        metadata = {"resourceVersion": version}
        if end < len(every):
            metadata["continue"] = f"{end}/{version}"
        head = encode({"kind": f"{KINDS[plural]}List", "apiVersion": "v1", "metadata": metadata})[:-1]
        return raw(head + b',"items":[' + b",".join(every[int(start) : end]) + b"]}")

    async def watch(self, request, plural):
        """Send what changes from now on, and a bookmark a minute."""
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)
        outbox = Outbox()
        self.watches[plural].add(outbox)
        try:
            while True:
                chunk = await outbox.take(BOOKMARK_SECONDS)
                await response.write(chunk or self.bookmark(plural))
        except ConnectionError:
            return response
        finally:
            self.watches[plural].discard(outbox)

    def bookmark(self, plural):
        """Return the event that says how far a watch has come."""
        return event("BOOKMARK", encode({"kind": KINDS[plural], "metadata": {"resourceVersion": str(self.version)}}))

    def patch(self, plural, name, body):
        """Apply a JSON patch, or anything else as a merge patch; a spec may change without another generation."""
        stored = json.loads(self.objects[plural][name])
        if isinstance(body, list):
            for operation in body:
                if operation["op"] != "test":
                    set_value(stored, operation["path"], operation.get("value"))
        else:
            merge(stored, body)
        return self.store(plural, stored)

    def store(self, plural, body, *, created=False):
        """Keep an object, tell who watches, and act as its controller."""
        self.version += 1
        body = copy.deepcopy(body)
        metadata = body["metadata"]
        metadata["resourceVersion"] = str(self.version)
        if created:
            number = len(self.objects[plural])
            metadata |= {"uid": f"{len(plural):08}-0000-4000-8002-{number:012}", "generation": 1}
            if plural == DAEMONSETS:
                names = ("currentNumberScheduled", "desiredNumberScheduled", "numberReady", "numberMisscheduled")
                body["status"] = dict.fromkeys(names, self.nodes) | {"observedGeneration": 1, "numberMisscheduled": 0}
        content = encode(body)
        self.objects[plural][metadata["name"]] = content
        self.tell(plural, event("ADDED" if created else "MODIFIED", content))
        if created and plural == DAEMONSETS:
            self.run(body)
        return content

    def run(self, daemonset):
        """Make the revision and the pods of a DaemonSet."""
        metadata, template = daemonset["metadata"], daemonset["spec"]["template"]
        revision = canonical_hash(template)[:10]
        owner = {"apiVersion": "apps/v1", "kind": "DaemonSet", "name": metadata["name"], "uid": metadata["uid"]}
        kept = {
            "metadata": {
                "name": f"{metadata['name']}-{revision}",
                "namespace": NAMESPACE,
                "labels": {AGENT_LABEL: metadata["name"], "controller-revision-hash": revision},
                "ownerReferences": [owner | {"controller": True}],
            },
            "data": {"spec": {"template": template | {"$patch": "replace"}}},
            "revision": 1,
        }
        self.store(REVISIONS, kept, created=True)
        made = Template(metadata["name"], metadata["uid"], revision, template["spec"])
        self.templates.append(made)
        for node in range(self.nodes):
            self.put_pod(made, node)

    def put_pod(self, template, node, kind="ADDED", **state):
        """Keep a pod in a state and tell who watches."""
        self.tell("pods", self.next_pod(template, node, kind, **state))

    def next_pod(self, template, node, kind, **state):
        """Keep a pod in a state and return the event."""
        self.version += 1
        body = pod_body(template, node, self.version, **state)
        content = encode(body)
        self.objects["pods"][body["metadata"]["name"]] = content
        return event(kind, content)

    def tell(self, plural, chunk):
        """Send a chunk to whoever watches, without waiting for anybody."""
        for outbox in self.watches[plural]:
            outbox.put(chunk)

    # what the benchmark asks

    async def stream(self, request):
        """Restart the agents' containers, one after the other: two events for each, not ready and ready again."""
        asked = await request.json()
        pace = asked.get("rate")
        began = time.monotonic()
        sent = 0
        while sent < asked["events"]:
            chunk = [self.next_restart((sent + at) // 2, ready=bool((sent + at) % 2)) for at in range(CHUNK)]
            for outbox in list(self.watches["pods"]):
                await outbox.room()
            self.tell("pods", b"".join(chunk))
            sent += CHUNK
            if pace:
                await asyncio.sleep(max(0.0, began + sent / pace - time.monotonic()))
        return web.json_response({"sent": sent, "seconds": time.monotonic() - began})

    def next_restart(self, number, *, ready):
        """Return the event of the agent's container that is restarted, or ready again."""
        template = self.templates[number % len(self.templates)]
        node = number // len(self.templates) % self.nodes
        restarts = 1 + number // (len(self.templates) * self.nodes)
        return self.next_pod(template, node, "MODIFIED", ready=ready, restarts=restarts)

    async def heartbeats(self, request):
        """Let every node report itself every so many seconds, spread evenly; 0 stops it."""
        seconds = (await request.json())["seconds"]
        if self.beating:
            self.beating.cancel()
        self.beating = asyncio.create_task(self.beat(seconds)) if seconds else None
        return web.json_response({})

    async def beat(self, seconds):
        """Send the heartbeats of all nodes, for ever."""
        number = 0
        while True:
            await asyncio.sleep(seconds / self.nodes)
            self.version += 1
            body = node_body(number % self.nodes, self.version, heartbeat=f"2026-01-05T08:00:{number % 60:02}Z")
            content = encode(body)
            self.objects["nodes"][body["metadata"]["name"]] = content
            self.tell("nodes", event("MODIFIED", content))
            number += 1

    async def counts(self, _):
        """Answer the requests so far, and how many agents say that they are Ready."""
        statuses = [json.loads(agent).get("status", {}) for agent in self.objects[AGENTS].values()]
        ready = [any(c["type"] == "Ready" and c["status"] == "True" for c in s.get("conditions", ())) for s in statuses]
        return web.json_response({"requests": self.requests, "ready": sum(ready)})


async def run(nodes, agents):
    """Serve until cancelled; the first line of the output is the port."""
    runner = web.AppRunner(
        StandIn(nodes, agents).application(), access_log=None, shutdown_timeout=0.1, handler_cancellation=True
    )
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    sys.stdout.write(f"{runner.addresses[0][1]}\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


def main():
    """Serve until SIGTERM."""
    parser = argparse.ArgumentParser(prog="bench.standin")
    parser.add_argument("--nodes", type=int, required=True)
    parser.add_argument("--agents", type=int, required=True)
    arguments = parser.parse_args()
    asyncio.run(run(arguments.nodes, arguments.agents))


if __name__ == "__main__":
    main()
