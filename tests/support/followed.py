"""What a reflector follows, as tests look at it: its store, and every change of it."""

import asyncio
from contextlib import asynccontextmanager

from hostprocess_operator.cluster.reflector import Reflector, Resource
from hostprocess_operator.cluster.store import Store


def observe(body):
    """Return the UID and the labels of an object; one that says so is unreadable."""
    if body["metadata"].get("unreadable"):
        raise ValueError("told to be unreadable")
    return body["metadata"]["uid"], body["metadata"].get("labels")


class Followed:
    """A resource that a reflector follows."""

    def __init__(self, connection, path, observe=observe, rest_seconds=0.0, **settings):
        self.store = Store()
        self.changes = []
        self.store.subscribe(lambda old, new: self.changes.append((old, new)))
        self.reflector = Reflector(
            connection, Resource(path, rest_seconds=rest_seconds), observe, self.store, **settings
        )

    @asynccontextmanager
    async def running(self):
        """Let the reflector run; it must not end by itself."""
        task = asyncio.create_task(self.reflector.run())
        try:
            yield self
            assert not task.done(), task
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def synced(self, seconds=5):
        """Wait until the first list is complete."""
        async with asyncio.timeout(seconds):
            await self.reflector.synced.wait()

    @property
    def uids(self):
        """Return the UIDs by namespace and name, where `observe` is the one of this module."""
        return {key: self.store.get(key)[0] for key in self.store._entries}
