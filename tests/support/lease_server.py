"""One Lease as an API server keeps it: optimistic writes, and faults on request."""

import asyncio
import copy

from hostprocess_operator.errors import Conflict, NotFound, Unreachable


class LeaseServer:
    """Takes the place of a connection; every candidate of a test talks to the same one.

    Attributes:
        lease: the Lease, None when there is none.
        writes: who held it after each write, oldest first.
    """

    def __init__(self):
        self.lease = None
        self.writes = []
        self._version = 0
        self._away = set()
        self._hanging = set()

    def connection(self, identity):
        """Return the way of one candidate to this server."""
        return _Way(self, identity)

    def cut_off(self, identity, *, hang=False):
        """Let a candidate reach nothing any more; either it is told at once, or never."""
        (self._hanging if hang else self._away).add(identity)

    def reconnect(self, identity):
        """Let it through again."""
        self._away.discard(identity)
        self._hanging.discard(identity)

    @property
    def holder(self):
        return (self.lease or {}).get("spec", {}).get("holderIdentity")

    def put(self, holder, seconds=15):
        """Write the Lease as somebody else would."""
        self._store({"metadata": {"name": "ours"}, "spec": {"holderIdentity": holder, "leaseDurationSeconds": seconds}})

    async def answer(self, identity, method, body):
        if identity in self._hanging:
            await asyncio.Event().wait()
        if identity in self._away:
            raise Unreachable("connection refused")
        await asyncio.sleep(0)
        if method == "POST" and self.lease is not None:
            raise Conflict("it exists already", status=409, reason="AlreadyExists")
        if method != "POST" and self.lease is None:
            raise NotFound("there is none", status=404)
        if method == "PUT" and body["metadata"]["resourceVersion"] != self.lease["metadata"]["resourceVersion"]:
            raise Conflict("the object has been modified", status=409)
        if method != "GET":
            self._store(body)
        return copy.deepcopy(self.lease)

    def _store(self, body):
        self._version += 1
        self.lease = copy.deepcopy(body)
        self.lease["metadata"]["resourceVersion"] = str(self._version)
        self.writes.append(self.holder)


class _Way:
    def __init__(self, server, identity):
        self._server, self._identity = server, identity

    async def request(self, method, path, *, body=None, timeout):  # noqa: ASYNC109 - as the connection has it
        return await self._server.answer(self._identity, method, body)
