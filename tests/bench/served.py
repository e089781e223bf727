"""What the stand-in serves, and how an API server answers: discovery, refusals, the events of a watch, selectors."""

import json

from aiohttp import web

from hostprocess_operator.api.names import GROUP, PLURAL, VERSION

AGENTS, DAEMONSETS, REVISIONS = PLURAL, "daemonsets", "controllerrevisions"
CRDS = "customresourcedefinitions"
KINDS = {
    "pods": "Pod",
    "nodes": "Node",
    "namespaces": "Namespace",
    "events": "Event",
    AGENTS: "HostProcessAgent",
    DAEMONSETS: "DaemonSet",
    REVISIONS: "ControllerRevision",
    CRDS: "CustomResourceDefinition",
}
# By group and version: resources, and whether they are in namespaces. kopf looks for every one before it starts.
SERVED = {
    "/api/v1": {"pods": True, "pods/status": True, "nodes": False, "namespaces": False, "events": True},
    "/apis/apps/v1": {DAEMONSETS: True, REVISIONS: True},
    "/apis/apiextensions.k8s.io/v1": {CRDS: False},
    f"/apis/{GROUP}/{VERSION}": {AGENTS: True, f"{AGENTS}/status": True},
}
# Thousands of them; an operator asks for all that it has labels for, and all of them have those labels.
NEVER_SELECTED = {"pods", "nodes"}


def discovery():
    """Return the answers to the questions about what is served."""

    def answers(body):
        async def answer(_):
            return web.json_response(body)

        return answer

    def group(name, version):
        preferred = {"groupVersion": f"{name}/{version}", "version": version}
        return {"name": name, "versions": [preferred], "preferredVersion": preferred}

    groups = [group(*path.split("/")[2:]) for path in SERVED if path.startswith("/apis/")]
    found = {
        "/api": answers({"kind": "APIVersions", "versions": ["v1"]}),
        "/apis": answers({"kind": "APIGroupList", "groups": groups}),
        "/version": answers({"major": "1", "minor": "37", "gitVersion": "v1.37.2"}),
    }
    for path, resources in SERVED.items():
        entries = [
            {
                "name": name,
                "singularName": "",
                "namespaced": namespaced,
                "kind": KINDS.get(name.partition("/")[0], ""),
                "verbs": ["get", "list", "watch", "create", "patch", "update", "delete"],
            }
            for name, namespaced in resources.items()
        ]
        version = path.removeprefix("/apis/").removeprefix("/api/")
        found[path] = answers({"kind": "APIResourceList", "groupVersion": version, "resources": entries})
    return found


def selected(objects, plural, query):
    """Return the objects, as bytes by name, that the selectors of a list ask for: equalities, and labels that exist."""
    fields, labels = _terms(query.get("fieldSelector")), _terms(query.get("labelSelector"))
    if plural in NEVER_SELECTED or not fields | labels:
        return list(objects.values())
    return [content for content in objects.values() if _matches(json.loads(content), fields, labels)]


def _terms(selector):
    return {name: value for name, _, value in (term.partition("=") for term in (selector or "").split(",") if term)}


def _matches(body, fields, labels):
    has = body["metadata"].get("labels", {})
    return all(_field(body, path) == value for path, value in fields.items()) and all(
        name in has and value in {"", has[name]} for name, value in labels.items()
    )


def _field(body, path):
    for part in path.split("."):
        body = body.get(part, {})
    return body


def event(kind, content):
    """Return a line of a watch."""
    return b'{"type":"' + kind.encode() + b'","object":' + content + b"}\n"


def raw(content, status=200):
    """Return bytes of JSON as an answer; None is a 404."""
    return (
        refused(404, "NotFound")
        if content is None
        else web.Response(body=content, status=status, content_type="application/json")
    )


def refused(status, reason):
    """Return the answer of an API server that says no."""
    body = {"kind": "Status", "status": "Failure", "code": status, "reason": reason, "message": reason}
    return web.json_response(body, status=status)
