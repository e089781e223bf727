"""The cache of one kind of object: slim values that equal the cluster, as far as it was heard.

Two sources write here: the stream of a reflector, and the answers to our own writes. They race, on different sockets,
so each entry is kept with its resourceVersion and the newer one wins. Does no I/O.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Mapping

T = TypeVar("T")

Key: TypeAlias = tuple[str, str]
"""Namespace (empty for a cluster-wide object) and name."""


@dataclass(frozen=True, slots=True)
class Entry(Generic[T]):
    """A value with what identifies the object it was taken from; version is None where it cannot be compared."""

    key: Key
    uid: str
    version: int | None
    value: T

    @classmethod
    def of(cls, body: Mapping[str, Any], value: T) -> Entry[T]:
        """Return the entry of an object as the API server sent it."""
        metadata = body["metadata"]
        return cls(key_of(body), metadata["uid"], version_number(metadata.get("resourceVersion")), value)


def key_of(body: Mapping[str, Any]) -> Key:
    """Return namespace and name of an object."""
    metadata = body["metadata"]
    return metadata.get("namespace") or "", metadata["name"]


def version_number(version: str | None) -> int | None:
    """Return a resourceVersion as a number, None when it is not one."""
    return int(version) if version and version.isdecimal() else None


class Store(Generic[T]):
    """Values of one kind of object by namespace and name.

    Args:
        index: what else `by` finds a value by, such as the agent that a pod belongs to; None leaves a value out.
    """

    def __init__(self, index: Callable[[T], Hashable | None] | None = None) -> None:
        self._entries: dict[Key, Entry[T]] = {}
        self._index = index
        self._indexed: dict[Hashable, set[Key]] = {}
        # Sorted views, made when asked for and dropped when one of their values changes.
        self._values: tuple[T, ...] | None = None
        self._views: dict[Hashable, tuple[T, ...]] = {}
        self._progress: dict[str, int] = {}
        self._subscribers: list[Callable[[T | None, T | None], None]] = []
        self._uids: set[str] = set()
        self._deleted_uids: set[str] = set()

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: Key) -> T | None:
        """Return one value, None when there is no such object."""
        entry = self._entries.get(key)
        return None if entry is None else entry.value

    def entry(self, key: Key) -> Entry[T] | None:
        """Return one value with its UID and version, None when there is no such object."""
        return self._entries.get(key)

    def values(self) -> tuple[T, ...]:
        """Return every value, sorted by namespace and name."""
        if self._values is None:
            self._values = self._sorted(self._entries)
        return self._values

    def by(self, indexed: Hashable) -> tuple[T, ...]:
        """Return the values that the index function gives this key to, sorted by namespace and name."""
        view = self._views.get(indexed)
        if view is None:
            view = self._sorted(self._indexed.get(indexed, ()))
            if view:
                self._views[indexed] = view
        return view

    def _sorted(self, keys: Iterable[Key]) -> tuple[T, ...]:
        return tuple(self._entries[key].value for key in sorted(keys))

    @property
    def deleted_uids(self) -> frozenset[str]:
        """The UIDs for which `is_marked` holds."""
        return frozenset(self._deleted_uids)

    def subscribe(self, callback: Callable[[T | None, T | None], None]) -> None:
        """Call back with the old and the new value whenever a value changes; None stands for no object."""
        self._subscribers.append(callback)

    def upsert(self, body: Mapping[str, Any], value: T) -> bool:
        """Take in an object as the API server sent it, and its value; return whether the value changed.

        This is for the answer to a write: it may be older than what the stream has told since, and then it is ignored.
        """
        return self.put(Entry.of(body, value))

    def put(self, entry: Entry[T]) -> bool:
        """Take in one entry unless it is out of date; return whether its value changed."""
        held = self._entries.get(entry.key)
        if entry.version is not None:
            if held is None:
                if entry.version <= self._heard(entry.key[0]):
                    return False  # the stream is further than that and has no such object any more
            elif held.version is not None and entry.version < held.version:
                return False
        if held is not None and held.uid == entry.uid and held.value == entry.value:
            self._entries[entry.key] = entry  # a heartbeat: no view shows another version
            return False
        self._set(entry)
        old = None if held is None else held.value
        if old == entry.value:
            return False
        self._notify(old, entry.value)
        return True

    def remove(self, key: Key, version: str | None = None) -> bool:
        """Drop an object that was gone at that resourceVersion; return whether it was held until now."""
        held = self._entries.get(key)
        if held is None:
            return False
        gone = version_number(version)
        if gone is not None and held.version is not None and gone < held.version:
            return False  # another object of that name was made since
        self._drop(held)
        self._notify(held.value, None)
        return True

    def replace_all(self, listed: Iterable[Entry[T]], version: str, namespace: str = "") -> None:
        """Make the store equal to a complete list of one namespace, or of the whole cluster, at that version.

        What our own writes added after the list was taken is kept. A list that is older than what the stream had
        reached means that the cluster was restored from a backup: then the list alone counts.
        """
        at = version_number(version)
        restored = at is not None and at < self._progress.get(namespace, 0)
        fresh = {entry.key: entry for entry in listed}
        changes: list[tuple[T | None, T | None]] = []
        for held in [e for e in self._entries.values() if not namespace or e.key[0] == namespace]:
            newer = not restored and at is not None and held.version is not None and held.version > at
            if newer:
                fresh.pop(held.key, None)
            elif held.key not in fresh:
                self._drop(held)
                changes.append((held.value, None))
        for entry in fresh.values():
            old = self.get(entry.key)
            self._set(entry)
            if old != entry.value:
                changes.append((old, entry.value))
        if at is not None:
            self._progress[namespace] = at
        for old, new in changes:
            self._notify(old, new)

    def advance(self, version: str, namespace: str = "") -> None:
        """Note that the stream has delivered everything up to that resourceVersion."""
        number = version_number(version)
        if number is not None:
            self._progress[namespace] = number

    def mark_deleted(self, uid: str) -> None:
        """Count an object as being deleted, which the API server has just confirmed, until it is seen to be gone."""
        if uid in self._uids:
            self._deleted_uids.add(uid)

    def is_marked(self, uid: str) -> bool:
        """Return whether `mark_deleted` was called for an object that is still held."""
        return uid in self._deleted_uids

    def _heard(self, namespace: str) -> int:
        """Return the version up to which the stream that covers the namespace has been heard."""
        return max(self._progress.get("", 0), self._progress.get(namespace, 0))

    def _set(self, entry: Entry[T]) -> None:
        held = self._entries.get(entry.key)
        if held is not None:
            self._drop(held, replaced_by=entry.uid)
        self._entries[entry.key] = entry
        self._uids.add(entry.uid)
        self._values = None
        if self._index and (indexed := self._index(entry.value)) is not None:
            self._indexed.setdefault(indexed, set()).add(entry.key)
            self._views.pop(indexed, None)

    def _drop(self, held: Entry[T], replaced_by: str = "") -> None:
        del self._entries[held.key]
        self._values = None
        if held.uid != replaced_by:
            self._uids.discard(held.uid)
            self._deleted_uids.discard(held.uid)
        if self._index and (indexed := self._index(held.value)) is not None:
            self._views.pop(indexed, None)
            keys = self._indexed[indexed]
            keys.discard(held.key)
            if not keys:
                del self._indexed[indexed]

    def _notify(self, old: T | None, new: T | None) -> None:
        for callback in self._subscribers:
            callback(old, new)
