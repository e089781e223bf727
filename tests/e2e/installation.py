"""What the operator needs in the cluster: found or made, marked, and removed again.

What is there already is used as it is: never changed, never removed. What is missing is made with the mark of this
run, and only what carries that mark is ever deleted.
"""

import contextlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import yaml

from control_plane.api import ApiError, NotFoundError
from control_plane.cluster import Cluster
from control_plane.waiting import wait_for
from e2e.access import Refusal
from support.operator import DEPLOY

MARK = "e2e.hostprocess.dev/run"
AGENTS = "hostprocessagents"
OPERATOR_LABEL = "app.kubernetes.io/name=hostprocess-operator"
MANAGER = "hostprocess-e2e"
# The operator runs as a process of this machine; the roles would change what people may do; the policy on DaemonSets
# would keep the scenario about drift from making any.
_NOT_NEEDED = {"Deployment/operator", "ClusterRole/hostprocessagent-viewer", "ClusterRole/hostprocessagent-editor"}
_NOT_NEEDED |= {
    f"{kind}/hostprocess-daemonsets" for kind in ("ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding")
}
Object = dict[str, Any]


class KeptError(Exception):
    """Something of the run is better not removed; the message says why."""


@dataclass(frozen=True)
class Site:
    """What of the operator is in the cluster already.

    Attributes:
        missing: manifests of what has to be made, in this order.
        has_kind: whether the kind HostProcessAgent is there, and with it perhaps somebody's agents.
        deployed: image tag of an operator that runs in the cluster, empty without one.
    """

    missing: tuple[Object, ...]
    has_kind: bool
    deployed: str


def survey(cluster: Cluster, *, installed: bool) -> Site:
    """Look at what is there, without changing anything.

    Args:
        cluster: where to look.
        installed: whether an operator is expected, which then brings along all it needs.

    Raises:
        Refusal: an operator is there and none is expected, or the other way round, or what is there differs from
            this checkout.
    """
    has_kind, deployed = _has_kind(cluster), _deployed(cluster)
    if installed:
        if not has_kind:
            raise Refusal("No operator is installed in this cluster: there is no kind HostProcessAgent.")
        return Site((), has_kind, deployed)
    if deployed:
        raise Refusal(
            "An operator is installed in this cluster, and a second one beside it would work against it. "
            "Put it on trial with --installed, or scale its Deployment to 0 for the time of the run."
        )
    missing = []
    for piece in _pieces(cluster):
        path = _path(cluster, piece)
        if path is None or not _exists(cluster, path):
            missing.append(piece)
        elif _differs(cluster, path, piece):
            raise Refusal(
                f"{title(piece)} is in the cluster already and differs from this checkout. It is left alone: "
                "bring the installation up to date, or use a checkout of the installed version."
            )
    return Site(tuple(missing), has_kind, deployed)


def create(cluster: Cluster, pieces: Iterable[Object], mark: str) -> None:
    """Make what is missing, each piece with the mark; one that somebody else made meanwhile is an error."""
    for piece in pieces:
        metadata = piece["metadata"]
        marked = {**piece, "metadata": {**metadata, "labels": {**metadata.get("labels", {}), MARK: mark}}}
        collection = cluster.api.path(_kind(piece), metadata.get("namespace"))
        cluster.api.request("POST", f"{collection}?fieldManager={MANAGER}", marked)
        if piece["kind"] == "CustomResourceDefinition":
            wait_for(lambda: _has_kind(cluster), 60, "the kind HostProcessAgent to be served", interval=0.5)


def namespace(name: str) -> Object:
    """Return the manifest of a namespace that admits host processes."""
    labels = {"pod-security.kubernetes.io/enforce": "privileged"}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}


def retire(cluster: Cluster, where: str, patience: float) -> None:
    """Delete the agents of a namespace and wait for their pods to end; what goes wrong shows when that is removed.

    A namespace that is deleted with pods in it is looked at again only after half of their grace period. DaemonSets
    are deleted by name, for the garbage collector takes half a minute to learn of a kind that was just made.
    """
    with contextlib.suppress(ApiError, OSError):
        for kind in (AGENTS, "daemonsets"):
            for found in cluster.get(kind, namespace=where)["items"]:
                cluster.delete(kind, found["metadata"]["name"], where, wait=0)
        wait_for(lambda: not cluster.get("pods", namespace=where)["items"], patience, "pods to end", interval=0.5)


def remove(cluster: Cluster, pieces: Iterable[Object], mark: str, patience: float) -> list[str]:
    """Delete what carries the mark, newest first, wait until it is gone, and return what could not be removed.

    Everything is asked for before anything is waited for: a namespace takes its seconds whatever is in it.
    """
    left: list[str] = []
    asked = []
    for piece in reversed(list(pieces)):
        with _noting(left, piece):
            path = _path(cluster, piece)
            if path and _request_removal(cluster, piece, path, mark):
                asked.append((piece, path))
    for piece, path in asked:
        with _noting(left, piece):
            gone = partial(_is_gone, cluster, path, mark)
            wait_for(gone, patience, f"{title(piece)} to be gone", interval=0.5)
    return left


def is_served(cluster: Cluster, where: str, seconds: float) -> bool:
    """Return whether an operator answers to an agent that matches no node and is suspended."""
    agent = {
        "apiVersion": "hostprocess.dev/v1alpha1",
        "kind": "HostProcessAgent",
        "metadata": {"name": "is-anybody-there", "namespace": where},
        "spec": {"suspend": True, "nodeSelector": {MARK: "none"}, "containers": [{"name": "none", "image": "none"}]},
    }
    cluster.apply(agent)

    def answered() -> bool:
        return cluster.get(AGENTS, "is-anybody-there", where).get("status", {}).get("observedGeneration", -1) > 0

    try:
        return wait_for(answered, seconds, "an operator to answer", interval=0.5)
    except TimeoutError:
        return False
    finally:
        cluster.delete(AGENTS, "is-anybody-there", where, wait=0)


def title(piece: Object) -> str:
    """Return how a piece is called in a sentence."""
    return f"{piece['kind']} {piece['metadata']['name']}"


def _pieces(cluster: Cluster) -> Iterator[Object]:
    rendered = cluster.kubectl("kustomize", str(DEPLOY / "default")).stdout
    for piece in filter(None, yaml.safe_load_all(rendered)):
        if f"{piece['kind']}/{piece['metadata']['name']}" not in _NOT_NEEDED:
            yield piece


def _kind(piece: Object) -> str:
    return f"{piece['kind']}.{piece['apiVersion'].rpartition('/')[0]}"


def _path(cluster: Cluster, piece: Object) -> str | None:
    """Return where a piece is, None if the cluster does not know its kind."""
    with contextlib.suppress(NotFoundError):
        return cluster.api.path(_kind(piece), piece["metadata"].get("namespace"), piece["metadata"]["name"])
    return None


def _exists(cluster: Cluster, path: str) -> bool:
    with contextlib.suppress(NotFoundError):
        return bool(cluster.api.request("GET", path))
    return False


def _differs(cluster: Cluster, path: str, piece: Object) -> bool:
    """Return whether applying a piece would change anything but its metadata; asked with a dry run."""
    content = "application/apply-patch+yaml"
    query = f"fieldManager={MANAGER}&force=true&dryRun=All"
    is_now = cluster.api.request("GET", path)
    would_be = cluster.api.request("PATCH", f"{path}?{query}", piece, content_type=content)
    return any(is_now.get(key) != would_be.get(key) for key in {*is_now, *would_be} - {"metadata", "status"})


def _has_kind(cluster: Cluster) -> bool:
    with contextlib.suppress(NotFoundError):
        return bool(cluster.api.resource(AGENTS))
    return False


def _deployed(cluster: Cluster) -> str:
    """Return the image tag of an operator that has pods, `unknown` if it has none, an empty text without one."""
    for deployment in cluster.get("deployments.apps", label_selector=OPERATOR_LABEL)["items"]:
        if deployment.get("status", {}).get("replicas"):
            image = deployment["spec"]["template"]["spec"]["containers"][0]["image"]
            name, _, tag = image.rpartition("/")[2].partition("@")[0].partition(":")
            return tag or f"{name} without a tag"
    return ""


@contextlib.contextmanager
def _noting(left: list[str], piece: Object) -> Iterator[None]:
    """Note that a piece is left behind, and why, instead of an error."""
    try:
        yield
    except (ApiError, OSError, KeptError) as error:
        left.append(f"{title(piece)}: {error}")


def _request_removal(cluster: Cluster, piece: Object, path: str, mark: str) -> bool:
    """Ask for the removal of a piece, and return whether there was anything to ask for."""
    found = _marked(cluster, path, mark)
    if not found:
        return False
    if piece["kind"] == "CustomResourceDefinition" and cluster.get(AGENTS)["items"]:
        raise KeptError("somebody else has made agents meanwhile, which would go with it")
    options = {"preconditions": {"uid": found["metadata"]["uid"]}, "propagationPolicy": "Background"}
    with contextlib.suppress(NotFoundError):
        cluster.api.request("DELETE", path, {"kind": "DeleteOptions", "apiVersion": "v1", **options})
    return True


def _is_gone(cluster: Cluster, path: str, mark: str) -> bool:
    return not _marked(cluster, path, mark)


def _marked(cluster: Cluster, path: str, mark: str) -> Object | None:
    """Return what is at a path if it carries the mark."""
    with contextlib.suppress(NotFoundError):
        found = cluster.api.request("GET", path)
        return found if found["metadata"].get("labels", {}).get(MARK) == mark else None
    return None
