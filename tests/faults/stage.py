"""One plan's own part of a control plane: a namespace, nodes, an agent, an operator, and the fault proxy before it."""

import json
import os
import secrets
import signal
from contextlib import ExitStack
from pathlib import Path

from control_plane import Recording, wait_for, windows_node
from faults.oracles import RECORD, end_state, merged_record, revision_names, summary
from faults.proxy import FaultProxy
from support.agents import OneAgent

KINDS = ("hostprocessagents", "daemonsets", "controllerrevisions", "pods")
RECORDED = ("daemonsets", "controllerrevisions", "pods")
POOL = "test.hostprocess.dev/pool"


class Stage:
    """Used as a context manager: everything is there within the block, the operator not yet started.

    Args:
        plane: the control plane; `support.operator.install` has been called for it.
        nursery: makes the operator.
        kubeconfig: account of the operator.
        directory: for logs.
        nodes: how many.
        arguments: command line of the operator, beside its namespace.
        prelude: see `Operator`.
    """

    def __init__(self, plane, nursery, kubeconfig, directory, *, nodes=0, arguments=(), prelude=""):
        self.plane = plane
        self.id = secrets.token_hex(4)
        self.namespace = f"fault-{self.id}"
        self.selector = {POOL: self.id}
        self.nodes = []
        self.agent = OneAgent(plane, self.namespace, self.selector)
        self.recordings = {}
        self._token = json.loads(Path(kubeconfig).read_text())["users"][0]["user"]["token"]
        self._nursery, self._directory = nursery, Path(directory)
        self._count = nodes
        self._arguments, self._prelude = arguments, prelude
        self._stack = ExitStack()

    def __enter__(self):
        with self._stack:
            labels = {"pod-security.kubernetes.io/enforce": "privileged"}
            meta = {"name": self.namespace, "labels": labels}
            self.plane.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": meta})
            self._stack.callback(self.plane.delete, "namespace", self.namespace, wait=0)
            self._stack.callback(lambda: self.plane.remove_nodes(*self.nodes))
            self.add_nodes(self._count)
            self.proxy = self._stack.enter_context(FaultProxy(self.plane.server, self.plane.ca_file, self._shoot))
            self.kubeconfig = self._directory / f"{self.namespace}.kubeconfig"
            self.proxy.write_kubeconfig(self.kubeconfig, self._token)
            arguments = ("--namespaces", self.namespace, *self._arguments)
            log = self._directory / f"{self.namespace}.log"
            self.operator = self._nursery.operator(self.kubeconfig, log, arguments=arguments, prelude=self._prelude)
            self._stack.enter_context(_Killed(self.operator))
            for kind in RECORDED:
                path = self.plane.api.path(kind, self.namespace)
                self.recordings[kind] = self._stack.enter_context(Recording(self.plane.api, path))
            self._kept = self._stack.pop_all()
        return self

    def __exit__(self, *details):
        return self._kept.__exit__(*details)

    def add_nodes(self, count, *, names=()):
        """Add nodes to the pool and return their names once they are Ready."""
        names = list(names) or [f"node-{self.id}-{len(self.nodes) + number}" for number in range(count)]
        self.plane.add_nodes(*(windows_node(name, labels=self.selector) for name in names), timeout=60)
        self.nodes += [name for name in names if name not in self.nodes]
        return names

    def end_state(self):
        """Return the objects of the namespace as `oracles` compares them."""
        objects = {kind: self.plane.get(kind, namespace=self.namespace)["items"] for kind in KINDS}
        for copied in objects["controllerrevisions"]:  # the DaemonSet's annotations at the time when it was made
            copied["metadata"].get("annotations", {}).pop(RECORD, None)
        objects["record"] = [merged_record(objects["hostprocessagents"], objects["daemonsets"])]
        names = {self.namespace: "NAMESPACE", **dict.fromkeys(self.nodes, "NODE"), self.id: "POOL"}
        return end_state(objects, names | revision_names(objects["controllerrevisions"]))

    def summary(self):
        """Return how often objects were created and deleted, by whomever."""
        return summary({kind: [_change(kind, seen) for seen in rec.events] for kind, rec in self.recordings.items()})

    def status(self):
        """Return the agent's status, empty while it has none."""
        return self.agent.get().get("status", {})

    def tend(self):
        """Start the operator again if a rule has killed it; fail if it ended by itself."""
        if self.proxy.crashed.is_set():
            self.operator.kill()
            self.proxy.admit()
            self.operator.launch()
        elif not self.operator.running:
            raise RuntimeError(f"the operator ended by itself: {self.operator.lines()[-5:]}")

    def wait(self, condition, seconds, what, *, interval=0.25):
        """Wait for a condition while the operator is started again after a crash."""

        def look():
            self.tend()
            return condition(self)

        return wait_for(look, seconds, what, interval=interval)

    def tracebacks(self):
        """Return the records of the operator's log that show an exception."""
        return [line for line in self.operator.lines() if "Traceback" in str(line)]

    def gone(self):
        """Return whether nothing is left of the agent."""
        return not any(self.plane.get(kind, namespace=self.namespace)["items"] for kind in KINDS)

    def _shoot(self):
        os.kill(self.operator.pid, signal.SIGKILL)


class _Killed:
    """The operator's end at the end of the block."""

    def __init__(self, operator):
        self._operator = operator

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._operator.kill()


def _change(kind, seen):
    body = seen.object
    return seen.change, _node_of(body) if kind == "pods" else body["metadata"].get("name")


def _node_of(pod):
    """Return the node that a pod of a DaemonSet is for, which it says before it is bound."""
    required = pod["spec"]["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    return required["nodeSelectorTerms"][0]["matchFields"][0]["values"][0]
