"""A scene: all pods of a test module at once on nodes of their own, watched from their first event."""

import contextlib
import json
import secrets

import pytest

from control_plane import agent_pod, wait_for, windows_node
from control_plane.pods import GATE

SIM = "sim.hostprocess.dev"


class Scene:
    """The pods of one test module, by the names that it gave them."""

    def __init__(self, plane, namespace, nodes, recording):
        self.plane, self.namespace, self.nodes, self._recording = plane, namespace, nodes, recording

    def get(self, name):
        return self.plane.get("pod", name, self.namespace)

    def history(self, name):
        """Return the statuses of a pod so far, oldest first."""
        return [state["status"] for state in self._recording.states(name)]

    def log(self, name, container, *, timeout=10, **query):
        path = self.plane.api.path("pod", self.namespace, name, "log", container=container, **query)
        return self.plane.api.request("GET", path, timeout=timeout)

    def turn(self, name, **knobs):
        """Turn the knobs of a live pod."""
        annotations = {f"{SIM}/{knob}": value for knob, value in knobs.items()}
        self.plane.patch("pod", name, {"metadata": {"annotations": annotations}}, self.namespace)

    def set_gate(self, name, status):
        body = {"status": {"conditions": [{"type": GATE, "status": status}]}}
        self.plane.patch("pod", name, body, self.namespace, subresource="status", patch_type="strategic")

    def wait_until(self, name, what, seen, timeout=20):
        """Wait until ``seen`` is true of the pod's status, and return that status."""
        return wait_for(lambda: self._status_if(name, seen), timeout, f"{name} to {what}")

    def _status_if(self, name, seen):
        status = self.get(name)["status"]
        return status if seen(status) else None


@pytest.fixture(scope="module")
def scene(plane, request):
    """Play ``request.module.PODS``: name -> arguments of agent_pod; ``node`` is a key of ``request.module.NODES``."""
    namespace = f"scene-{secrets.token_hex(4)}"
    nodes = {key: f"{namespace}-{key}" for key in request.module.NODES}
    log = plane.directory / "kwok.log"  # absent when the plane is not ours
    errors_before = stage_errors(log)
    labels = {"pod-security.kubernetes.io/enforce": "privileged"}
    plane.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace, "labels": labels}})
    plane.add_nodes(*(windows_node(name) for name in nodes.values()))
    wait_for(lambda: plane.get("serviceaccount", "default", namespace), 10, "the default ServiceAccount")
    with contextlib.ExitStack() as stack:
        stack.callback(plane.delete, "namespace", namespace, wait=0)
        stack.callback(plane.remove_nodes, *nodes.values())
        recording = stack.enter_context(plane.record("pods", namespace))
        for name, made in request.module.PODS.items():
            settings = {"node": "plain", **made}
            pod = agent_pod(name, nodes[settings.pop("node")], **settings)
            plane.api.request("POST", plane.api.path("pods", namespace), pod)
        yield Scene(plane, namespace, nodes, recording)
    assert stage_errors(log) == errors_before


def stage_errors(log):
    """Return what kwok could not play: a jq or template error shows nowhere else. A pod that is gone is no error."""
    lines = log.read_text().splitlines() if log.exists() else []
    errors = [entry for entry in map(json.loads, lines) if entry["level"] == "ERROR"]
    return [f"{entry['msg']}: {entry['err']}" for entry in errors if "not found" not in entry["err"]]
