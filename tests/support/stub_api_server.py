"""A small API server on loopback: one collection with LIST, paging and WATCH, and faults on request.

It is the seam of the cluster package's tests: they talk real HTTP to it, so that what is tested is what runs.
"""

import asyncio
import copy
import json
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiohttp import web


@dataclass(frozen=True)
class Received:
    """A request as it arrived."""

    method: str
    path: str
    query: dict
    headers: dict
    body: object

    @property
    def kind(self):
        if self.method != "GET":
            return "write"
        return "watch" if self.query.get("watch") == "true" else "list"


class StubApiServer:
    """Start with `running()`; change the cluster with `put` and `delete`; break it with `fail_next`."""

    def __init__(self):
        self.requests = []
        self.accepts = None
        self.url = ""
        self.version = 100
        self._objects = {}
        self._history = []
        self._oldest = 0
        self._faults = []
        self._cut = 0
        self._snapshots = {}
        self._changed = asyncio.Condition()

    @asynccontextmanager
    async def running(self):
        app = web.Application(client_max_size=8 * 1024 * 1024)
        app.router.add_route("*", "/{tail:.*}", self._handle)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        try:
            yield self
        finally:
            await self.end_streams()
            await runner.cleanup()

    def write_kubeconfig(self, path, bearer="first"):
        path.write_text(
            json.dumps(
                {
                    "apiVersion": "v1",
                    "kind": "Config",
                    "clusters": [{"name": "stub", "cluster": {"server": self.url}}],
                    "users": [{"name": "user", "user": {"token": bearer}}],
                    "contexts": [{"name": "stub", "context": {"cluster": "stub", "user": "user"}}],
                    "current-context": "stub",
                }
            )
        )
        return path

    # What the cluster holds

    def put(self, body, *, silently=False):
        """Create or replace an object; silently means that no watch ever hears of it."""
        self.version += 1
        key = (body["metadata"].get("namespace", ""), body["metadata"]["name"])
        body = copy.deepcopy(body)
        body["metadata"]["resourceVersion"] = str(self.version)
        kind = "MODIFIED" if key in self._objects else "ADDED"
        self._objects[key] = body
        self._record(kind, body, silently=silently)
        return body

    def delete(self, name, namespace="agents", *, silently=False):
        self.version += 1
        body = copy.deepcopy(self._objects.pop((namespace, name)))
        body["metadata"]["resourceVersion"] = str(self.version)
        self._record("DELETED", body, silently=silently)

    def bookmark(self):
        self.version += 1
        self._record("BOOKMARK", {"kind": "Pod", "metadata": {"resourceVersion": str(self.version)}})

    def say(self, kind, body):
        """Send any event to every watch."""
        self.version += 1
        self._record(kind, body)

    def compact(self):
        """Forget the history: a watch from before now is refused as expired."""
        self._history.clear()
        self._oldest = self.version

    def restore_backup(self, version):
        """Go back to a lower resourceVersion, as after a restored etcd."""
        self.version = version
        self._history.clear()
        self._oldest = 0

    async def end_streams(self):
        """Let every open watch end, as the API server does when its time is over."""
        self._cut += 1
        await self.stir()

    async def stir(self):
        """Let open watches look for something to send."""
        async with self._changed:
            self._changed.notify_all()

    @property
    def truth(self):
        return {key: body["metadata"]["uid"] for key, body in self._objects.items()}

    def count(self, kind):
        return sum(request.kind == kind for request in self.requests)

    def _record(self, kind, body, *, silently=False):
        if not silently:
            self._history.append((self.version, {"type": kind, "object": body}))
        asyncio.get_running_loop().create_task(self.stir())

    # What requests meet

    def fail_next(self, kind, fault, times=1):
        """Let the next requests of a kind (list, page, watch, write) meet a fault: an async function of a request."""
        self._faults += [(kind, fault)] * times

    async def _handle(self, request):
        content = await request.read()
        received = Received(
            request.method,
            request.path,
            dict(request.query),
            dict(request.headers),
            json.loads(content) if content else None,
        )
        self.requests.append(received)
        if self.accepts and request.headers.get("Authorization") != f"Bearer {self.accepts}":
            return status(401, "Unauthorized", "Unauthorized")
        kinds = {received.kind, *(("page",) if "continue" in request.query else ())}
        for number, (kind, fault) in enumerate(self._faults):
            if kind in kinds:
                del self._faults[number]
                return await fault(request)
        if received.kind == "watch":
            return await self._watch(request)
        if received.kind == "list":
            return self._list(request)
        return web.json_response({"kind": "Done", "metadata": {}, "got": received.body})

    def _list(self, request):
        token = request.query.get("continue")
        if token:
            version, items = self._snapshots[token.partition("/")[0]]
            start = int(token.partition("/")[2])
        else:
            version, items, start = self.version, [self._objects[key] for key in sorted(self._objects)], 0
            self._snapshots[str(version)] = (version, items)
        end = start + int(request.query.get("limit") or len(items) or 1)
        metadata = {"resourceVersion": str(version)}
        if end < len(items):
            metadata["continue"] = f"{version}/{end}"
        return web.json_response({"kind": "PodList", "metadata": metadata, "items": items[start:end]})

    async def _watch(self, request):
        sent, epoch = int(request.query["resourceVersion"]), self._cut
        response = web.StreamResponse()
        await response.prepare(request)
        if sent < self._oldest:
            expired = {"kind": "Status", "code": 410, "reason": "Expired", "message": "too old resource version"}
            await write_event(response, "ERROR", expired)
            return response
        while self._cut == epoch:
            for version, event in list(self._history):
                if version > sent:
                    sent = version
                    await response.write(json.dumps(event).encode() + b"\n")
            async with self._changed:
                if self._cut == epoch and not any(version > sent for version, _ in self._history):
                    await self._changed.wait()
        return response


def pod(name, uid=None, **metadata):
    return {"metadata": {"namespace": "agents", "name": name, "uid": uid or f"uid-of-{name}", **metadata}}


def status(code, reason="", message="told to fail", headers=None):
    body = {"kind": "Status", "apiVersion": "v1", "code": code, "reason": reason, "message": message}
    return web.json_response(body, status=code, headers=headers)


async def write_event(response, kind, body):
    await response.write(json.dumps({"type": kind, "object": body}).encode() + b"\n")


# Faults, to be given to `fail_next`


def answers(code, reason="", message="told to fail", headers=None):
    async def fault(_):
        return status(code, reason, message, headers)

    return fault


def says(content, code=200, content_type="text/html"):
    async def fault(_):
        return web.Response(body=content, status=code, content_type=content_type)

    return fault


def streams(*chunks):
    """Send these bytes as a watch, and end it."""

    async def fault(request):
        response = web.StreamResponse()
        await response.prepare(request)
        for chunk in chunks:
            await response.write(chunk)
        return response

    return fault


def streams_and_hangs(*chunks):
    """Send these bytes as a watch, then nothing, for ever."""

    async def fault(request):
        response = web.StreamResponse()
        await response.prepare(request)
        for chunk in chunks:
            await response.write(chunk)
        await asyncio.Event().wait()

    return fault


async def never_answers(_):
    await asyncio.Event().wait()


async def resets(request):
    request.transport.abort()
    return web.Response()


def resets_after(*chunks):
    async def fault(request):
        response = web.StreamResponse()
        await response.prepare(request)
        for chunk in chunks:
            await response.write(chunk)
        await asyncio.sleep(0)
        request.transport.abort()
        return response

    return fault
