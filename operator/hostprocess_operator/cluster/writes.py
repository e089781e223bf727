"""Every write of the operator, one function each, in the smallest body that says it.

None reads before it writes, and each names the UID that it means, so that an object of the same name that was made
meanwhile is never hit. They return what the API server answered, for the cache. Whether to write is not decided here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from hostprocess_operator.api.names import MANAGER, REPORT_ANNOTATION
from hostprocess_operator.cluster import paths
from hostprocess_operator.cluster.listing import look_up
from hostprocess_operator.errors import Conflict, Invalid, NotFound

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hostprocess_operator.cluster.connection import Connection

    Body = dict[str, Any]

_JSON_PATCH: Final = "application/json-patch+json"
_MERGE: Final = "application/merge-patch+json"
_STRATEGIC_MERGE: Final = "application/strategic-merge-patch+json"
_STRICT: Final = (("fieldManager", MANAGER), ("fieldValidation", "Strict"))


async def create_daemonset(connection: Connection, body: Mapping[str, Any]) -> Body:
    """Create a DaemonSet.

    Raises:
        Conflict: One of that name exists already.
        ApiError: Another refusal, or no answer.
    """
    path = paths.daemonsets(body["metadata"]["namespace"])
    answer: Body = await connection.request("POST", path, body=dict(body), query=_STRICT)
    return answer


async def replace_daemonset_spec(  # noqa: PLR0913 - the parts of one patch
    connection: Connection,
    namespace: str,
    name: str,
    uid: str,
    *,
    spec: Mapping[str, Any],
    labels: Mapping[str, str],
    annotations: Mapping[str, str],
    owners: Sequence[Mapping[str, Any]],
    has_labels: bool,
) -> Body:
    """Replace the spec and the ownerReferences of a DaemonSet, and set labels and annotations beside foreign ones.

    Args:
        owners: the complete list of ownerReferences.
        has_labels: whether the DaemonSet has any label now; a patch cannot add to a map that is missing.

    Raises:
        Conflict: The DaemonSet is another one by now, or lost its labels: look again.
        Invalid: The API server refuses the spec.
        NotFound: It is gone.
        ApiError: Another refusal, or no answer.
    """
    patch: list[Body] = [
        _test_uid(uid),
        {"op": "replace", "path": "/spec", "value": spec},
        {"op": "add", "path": "/metadata/ownerReferences", "value": list(owners)},
        *([] if has_labels else [{"op": "add", "path": "/metadata/labels", "value": {}}]),
        *(_add(f"/metadata/labels/{_escaped(key)}", value) for key, value in labels.items()),
        *(_add(f"/metadata/annotations/{_escaped(key)}", value) for key, value in annotations.items()),
    ]
    path = paths.daemonsets(namespace)
    try:
        answer: Body = await connection.request(
            "PATCH", f"{path}/{name}", body=patch, query=_STRICT, content_type=_JSON_PATCH
        )
    except Invalid as refusal:
        current = await _same_object(connection, path, name, uid, refusal)
        if labels and has_labels and not current["metadata"].get("labels"):
            raise Conflict("its labels were removed meanwhile", status=refusal.status) from refusal
        raise
    return answer


async def delete_pod(connection: Connection, namespace: str, name: str, uid: str) -> Body | None:
    """Delete that very pod, gracefully; return None when it was gone already.

    Raises:
        ApiError: A refusal, or no answer.
    """
    return await _delete(connection, paths.pods(namespace), name, uid)


async def create_revision(connection: Connection, body: Mapping[str, Any]) -> Body:
    """Create a ControllerRevision.

    Raises:
        Conflict: One of that name exists already.
        ApiError: Another refusal, or no answer.
    """
    path = paths.revisions(body["metadata"]["namespace"])
    answer: Body = await connection.request("POST", path, body=dict(body), query=_STRICT)
    return answer


async def delete_revision(connection: Connection, namespace: str, name: str, uid: str) -> None:
    """Delete that very ControllerRevision; that it is gone already is as good.

    Raises:
        ApiError: A refusal, or no answer.
    """
    await _delete(connection, paths.revisions(namespace), name, uid)


async def patch_pod_verdict(
    connection: Connection,
    namespace: str,
    name: str,
    uid: str,
    *,
    report: str | None,
    condition: Mapping[str, Any],
) -> Body:
    """Set our condition on a pod, and with it the report that it was judged by.

    A strategic merge keeps the conditions of the kubelet; a merge patch would wipe them.

    Args:
        report: text of our annotation, None to leave it as it is.
        condition: a PodCondition in API spelling.

    Raises:
        Conflict: The pod is another one by now.
        NotFound: It is gone.
        ApiError: Another refusal, or no answer.
    """
    metadata: Body = {"uid": uid}
    if report is not None:
        metadata["annotations"] = {REPORT_ANNOTATION: report}
    path = paths.pods(namespace)
    try:
        answer: Body = await connection.request(
            "PATCH",
            f"{path}/{name}/status",
            body={"metadata": metadata, "status": {"conditions": [dict(condition)]}},
            query=_STRICT,
            content_type=_STRATEGIC_MERGE,
        )
    except Invalid as refusal:
        await _same_object(connection, path, name, uid, refusal)
        raise
    return answer


async def replace_agent_status(
    connection: Connection, namespace: str, name: str, uid: str, status: Mapping[str, Any]
) -> Body:
    """Replace the whole status of a HostProcessAgent.

    Raises:
        Conflict: The HostProcessAgent is another one by now.
        Invalid: The API server refuses the status.
        NotFound: It is gone.
        ApiError: Another refusal, or no answer.
    """
    patch = [_test_uid(uid), _add("/status", dict(status))]
    path = paths.agents(namespace)
    try:
        answer: Body = await connection.request(
            "PATCH", f"{path}/{name}/status", body=patch, query=_STRICT, content_type=_JSON_PATCH
        )
    except Invalid as refusal:
        await _same_object(connection, path, name, uid, refusal)
        raise
    return answer


async def create_event(connection: Connection, body: Mapping[str, Any]) -> None:
    """Create an Event.

    Raises:
        Conflict: One of that name exists already.
        ApiError: Another refusal, or no answer.
    """
    await connection.request("POST", paths.events(body["metadata"]["namespace"]), body=dict(body), query=_STRICT)


async def patch_event_series(connection: Connection, namespace: str, name: str, series: Mapping[str, Any]) -> None:
    """Set how often what an Event tells has happened. An Event's name is never used twice, so no UID is needed.

    Raises:
        NotFound: It has expired.
        ApiError: Another refusal, or no answer.
    """
    await connection.request(
        "PATCH",
        f"{paths.events(namespace)}/{name}",
        body={"series": dict(series)},
        query=_STRICT,
        content_type=_MERGE,
    )


async def _delete(connection: Connection, collection: str, name: str, uid: str) -> Body | None:
    body = {"apiVersion": "v1", "kind": "DeleteOptions", "preconditions": {"uid": uid}}
    try:
        answer: Body = await connection.request("DELETE", f"{collection}/{name}", body=body)
    except NotFound:
        return None
    except Conflict:
        current = await look_up(connection, collection, name)
        if current is not None and current["metadata"]["uid"] == uid:
            raise  # a webhook that protects it may answer so too
        return None
    return answer


async def _same_object(connection: Connection, path: str, name: str, uid: str, refusal: Invalid) -> Body:
    """Return the object as it is now, if it is still the one that was meant.

    A failed test of a JSON patch is refused in the same words as a bad value, so only a look tells them apart.

    Raises:
        Conflict: It is another one.
        NotFound: It is gone.
    """
    current = await look_up(connection, path, name)
    if current is None:
        raise NotFound(f"{name} is gone", status=refusal.status) from refusal
    if current["metadata"]["uid"] != uid:
        raise Conflict(f"{name} is another object by now", status=refusal.status) from refusal
    return current


def _test_uid(uid: str) -> Body:
    return {"op": "test", "path": "/metadata/uid", "value": uid}


def _add(path: str, value: object) -> Body:
    return {"op": "add", "path": path, "value": value}


def _escaped(key: str) -> str:
    """Return a map's key as a part of a JSON Pointer (RFC 6901)."""
    return key.replace("~", "~0").replace("/", "~1")
