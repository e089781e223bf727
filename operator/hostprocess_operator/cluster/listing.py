"""Complete lists of a resource, page by page, and the look at a single object that RBAC without `get` allows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from hostprocess_operator.cluster.connection import Connection

PAGE: Final = 100
"""Objects per page: of pods about 0.7 MB of JSON, which keeps the peak of memory and the pause of the loop small."""
_LIST_SECONDS: Final = 60.0


class Listing(NamedTuple):
    """A complete list: objects as the API server sends them (without kind and apiVersion), and its resourceVersion."""

    items: list[dict[str, Any]]
    version: str


async def pages(
    connection: Connection, path: str, selector: str = "", page: int = PAGE
) -> AsyncGenerator[tuple[list[dict[str, Any]], str]]:
    """Yield the objects of each page with the resourceVersion of the whole list, which is read from a quorum.

    Raises:
        Gone: The list took so long that its continuation expired: what was yielded is no complete list.
    """
    query = [("limit", str(page)), *([("labelSelector", selector)] if selector else [])]
    token = ""
    while True:
        following = [*query, ("continue", token)] if token else query
        answer = await connection.request("GET", path, query=following, timeout=_LIST_SECONDS)
        metadata = answer.get("metadata") or {}
        token = metadata.get("continue") or ""
        # The page is let go of before the next one is asked for: thousands of objects are large.
        items = answer.pop("items", None) or []
        yield items, metadata.get("resourceVersion") or ""
        del items, answer
        if not token:
            return


async def list_all(connection: Connection, path: str, selector: str = "") -> Listing:
    """Return every object of a resource.

    Raises:
        Gone: The list took so long that its continuation expired.
        ApiError: Another refusal, or no answer.
    """
    listing = Listing([], "")
    async for items, version in pages(connection, path, selector):
        listing = Listing(listing.items + items, version)
    return listing


async def look_up(connection: Connection, path: str, name: str) -> dict[str, Any] | None:
    """Return one object of a namespaced resource as a quorum has it now, None when it does not exist."""
    answer = await connection.request("GET", path, query=[("fieldSelector", f"metadata.name={name}")])
    items = answer.get("items") or []
    return items[0] if items else None
