"""What a test does with a cluster, whoever runs it: kubectl, get, apply, patch, delete, nodes, ServiceAccounts."""

import contextlib
import json
import os
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import yaml

from control_plane.api import ApiClient, NotFoundError
from control_plane.credentials import write_kubeconfig
from control_plane.process import start_child, stop_children
from control_plane.recording import Recording
from control_plane.waiting import wait_for

FIELD_MANAGER = "control-plane-test"
PATCH_TYPES = {
    "merge": "application/merge-patch+json",
    "json": "application/json-patch+json",
    "strategic": "application/strategic-merge-patch+json",
}
Object = dict[str, Any]


class Cluster:
    """A cluster with administrator's access."""

    def __init__(self, api: ApiClient, kubeconfig: Path, directory: Path, binaries: Path | None = None) -> None:
        self.api = api
        self.kubeconfig = kubeconfig
        self.directory = directory
        self._binaries = binaries

    @classmethod
    @contextlib.contextmanager
    def from_kubeconfig(cls, kubeconfig: Path, directory: Path, binaries: Path | None = None) -> Iterator["Cluster"]:
        """Use a cluster that is there already, with whatever its kubeconfig needs to log in (by ``kubectl proxy``).

        Args:
            kubeconfig: its current context is used.
            directory: for kubeconfigs of ServiceAccounts.
            binaries: where kubectl is; None means the PATH.
        """
        kubectl = binaries / "kubectl" if binaries else "kubectl"
        log = directory / "kubectl-proxy.log"
        log.unlink(missing_ok=True)  # it names the address of an earlier proxy
        proxy = start_child("kubectl-proxy", [kubectl, f"--kubeconfig={kubeconfig}", "proxy", "--port=0"], log)

        def address() -> str:
            proxy.check()
            return log.read_text().partition("Starting to serve on ")[2].splitlines()[0]

        try:
            yield cls(ApiClient(f"http://{wait_for(address, 10, 'kubectl proxy')}"), kubeconfig, directory, binaries)
        finally:
            stop_children([proxy])

    def check(self) -> None:
        """Raise when the cluster is known not to work any more; only who runs a cluster knows."""

    def kubectl(
        self, *args: str, stdin: str | None = None, check: bool = True, kubeconfig: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run the kubectl that belongs to the control plane.

        Args:
            args: its arguments.
            stdin: what ``-f -`` reads.
            check: raise CalledProcessError, with kubectl's own words as a note, when it fails.
            kubeconfig: another account than the administrator's.
        """
        path = os.pathsep.join(filter(None, (str(self._binaries or ""), os.environ.get("PATH"))))
        env = {
            **os.environ,
            "PATH": path,
            "KUBECONFIG": str(kubeconfig or self.kubeconfig),
            # the usual cache is by host and port, and a port can have been another plane's an hour ago
            "KUBECACHEDIR": str(self.directory / "kubectl-cache"),
        }
        done = subprocess.run(
            ["kubectl", *args], input=stdin, capture_output=True, text=True, errors="replace", env=env, check=False
        )
        if check and done.returncode:
            self.check()
            error = subprocess.CalledProcessError(done.returncode, done.args, done.stdout, done.stderr)
            error.add_note(done.stderr.strip())
            raise error
        return done

    def get(
        self,
        kind: str,
        name: str | None = None,
        namespace: str | None = None,
        *,
        label_selector: str | None = None,
        field_selector: str | None = None,
    ) -> Object:
        """Return one object, or a list (``items``) when ``name`` is None; without a namespace of all namespaces.

        Raises:
            NotFoundError: there is no such object or kind; ``wait_for`` takes it for "not yet".
        """
        self.check()
        query = {"labelSelector": label_selector, "fieldSelector": field_selector}
        wanted = {key: value for key, value in query.items() if value}
        answer: Object = self.api.request("GET", self.api.path(kind, namespace, name, **wanted))
        return answer

    def apply(self, *objects_or_yaml: Object | str, namespace: str | None = None) -> list[Object]:
        """Apply objects, or YAML documents, server-side with force; return them as the server answered.

        An applied CustomResourceDefinition is served when this returns. For what a user sees of ``kubectl apply``
        (warnings, refusals), run ``kubectl``.

        Args:
            objects_or_yaml: in the order in which they are applied; a kind ``List`` is taken apart.
            namespace: for objects that name none.
        """
        return [self._apply(item, namespace) for item in _flatten(objects_or_yaml)]

    def patch(
        self,
        kind: str,
        name: str,
        body: Any,
        namespace: str | None = None,
        *,
        subresource: str | None = None,
        patch_type: str = "merge",
    ) -> Object:
        """Patch an object; ``patch_type`` is merge, json or strategic."""
        path = self.api.path(kind, namespace, name, subresource, fieldManager=FIELD_MANAGER)
        answer: Object = self.api.request("PATCH", path, body, content_type=PATCH_TYPES[patch_type])
        return answer

    def delete(
        self,
        kind: str,
        name: str,
        namespace: str | None = None,
        *,
        propagation: str = "Background",
        grace_seconds: int | None = None,
        wait: float = 30,
    ) -> None:
        """Delete an object and wait until it is gone; one that is not there is fine.

        Args:
            kind: see ``get``.
            name: the object's name.
            namespace: its namespace.
            propagation: Background, Foreground or Orphan.
            grace_seconds: 0 deletes a pod without its kubelet.
            wait: seconds; 0 returns at once.
        """
        path = self.api.path(kind, namespace, name)
        options: Object = {"kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": propagation}
        if grace_seconds is not None:
            options["gracePeriodSeconds"] = grace_seconds
        try:
            uid = self.api.request("GET", path)["metadata"]["uid"]
            self.api.request("DELETE", path, {**options, "preconditions": {"uid": uid}})
        except NotFoundError:
            return
        if wait:
            wait_for(lambda: not self._exists(path, uid), wait, f"{kind} {name} to be gone")

    def record(self, kind: str, namespace: str | None = None) -> Recording:
        """Return a context manager that records every state of these objects from its start to its end."""
        return Recording(self.api, self.api.path(kind, namespace))

    def add_nodes(self, *nodes: Object, timeout: float = 30) -> list[str]:
        """Register nodes (see ``windows_node``), wait until they are Ready and take pods, and return their names."""
        path = self.api.path("nodes")
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda node: self.api.request("POST", path, node), nodes))
        names = [node["metadata"]["name"] for node in nodes]
        wait_for(lambda: not self._not_ready(set(names)), timeout, f"{len(names)} nodes to be Ready")
        return names

    def remove_nodes(self, *names: str) -> None:
        """Delete nodes and, at once, the pods on them: the garbage collector would take a minute to do so."""
        for name in names:
            self.delete("node", name)
            for pod in self.get("pods", field_selector=f"spec.nodeName={name}")["items"]:
                meta = pod["metadata"]
                self.delete("pod", meta["name"], meta["namespace"], grace_seconds=0, wait=0)

    def service_account_kubeconfig(self, namespace: str, name: str, duration: str = "8h") -> Path:
        """Write a kubeconfig that logs in as a ServiceAccount, with a token from the TokenRequest API."""
        token = self.kubectl("-n", namespace, "create", "token", name, f"--duration={duration}").stdout.strip()
        view = json.loads(self.kubectl("config", "view", "--raw", "--minify", "--flatten", "-o", "json").stdout)
        path = self.directory / f"{namespace}-{name}.kubeconfig"
        write_kubeconfig(path, view["clusters"][0]["cluster"], token)
        return path

    def _apply(self, item: Object, namespace: str | None) -> Object:
        metadata, kind = item["metadata"], item["kind"]
        group = item["apiVersion"].rpartition("/")[0]
        path = self.api.path(f"{kind}.{group}", metadata.get("namespace", namespace), metadata["name"])
        answer: Object = self.api.request(
            "PATCH",
            f"{path}?fieldManager={FIELD_MANAGER}&force=true&fieldValidation=Strict",
            item,
            content_type="application/apply-patch+yaml",
        )
        if kind == "CustomResourceDefinition":
            wait_for(lambda: self.api.resource(metadata["name"]), 30, f"{metadata['name']} to be served")
        return answer

    def _exists(self, path: str, uid: str) -> bool:
        try:
            return bool(self.api.request("GET", path)["metadata"]["uid"] == uid)
        except NotFoundError:
            return False

    def _not_ready(self, names: set[str]) -> set[str]:
        nodes = [node for node in self.get("nodes")["items"] if node["metadata"]["name"] in names]
        return names - {node["metadata"]["name"] for node in nodes if _takes_pods(node)}


def _flatten(objects_or_yaml: tuple[Object | str, ...]) -> Iterator[Object]:
    for given in objects_or_yaml:
        documents = yaml.safe_load_all(given) if isinstance(given, str) else [given]
        for document in filter(None, documents):
            yield from document["items"] if document["kind"] == "List" else [document]


def _takes_pods(node: Object) -> bool:
    ready = any(c["type"] == "Ready" and c["status"] == "True" for c in node.get("status", {}).get("conditions", []))
    taints = {taint["key"] for taint in node["spec"].get("taints", [])}
    return ready and "node.kubernetes.io/not-ready" not in taints
