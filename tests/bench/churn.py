"""What is done to a cluster while an operator is watched: pods deleted, specs edited, nodes lost, agents made."""

import contextlib
import random

from control_plane import NotFoundError, windows_node
from support.agents import OneAgent, agent

NAMESPACE = "soak"
POOL = {"test.hostprocess.dev/pool": "soak"}
NODES, AGENTS = 8, 3  # unless told otherwise
# nothing is left to wait for once every agent is verified: a version is proven then
ROLLOUT = {"maxUnavailable": "50%", "nodeImpactSeconds": 0}
PATIENCE = 180  # seconds until everything is well again


class Churn:
    """Nodes and agents, and one change of them after another. Chance decides, by a seed."""

    def __init__(self, cluster, *, agents=AGENTS, nodes=NODES, seed=0):
        self._cluster, self._chance = cluster, random.Random(seed)
        self._agents = [OneAgent(cluster, NAMESPACE, POOL, name=f"agent-{number}") for number in range(agents)]
        self._names = [f"soak-{number}" for number in range(nodes)]
        self._passing = OneAgent(cluster, NAMESPACE, POOL, name="passing")
        self._down = None
        self.done = 0

    def begin(self):
        """Make nodes and agents, and wait until all is well."""
        labels = {"pod-security.kubernetes.io/enforce": "privileged"}
        metadata = {"name": NAMESPACE, "labels": labels}
        self._cluster.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
        self._cluster.add_nodes(*(windows_node(name, labels=POOL) for name in self._names), timeout=PATIENCE)
        self._cluster.apply(*(agent(each.name, NAMESPACE, POOL, rollout=ROLLOUT) for each in self._agents))
        self.settle()

    def step(self):
        """Do one thing; where the API server does not answer in time, it may be done or not."""
        acts = (self.delete_pod, self.delete_pod, self.delete_pod, self.edit, self.annotate, self.flap, self.pass_by)
        with contextlib.suppress(OSError):
            self._chance.choice(acts)()
        self.done += 1

    def delete_pod(self):
        """Delete a pod, as a node that is drained would."""
        pods = self._cluster.get("pods", namespace=NAMESPACE)["items"]
        if pods:
            name = self._chance.choice(pods)["metadata"]["name"]
            self._cluster.delete("pod", name, NAMESPACE, wait=0)

    def edit(self):
        """Give an agent another image."""
        chosen = self._chance.choice(self._agents)
        container = {"name": "agent", "image": f"registry.example/agent:{self._chance.randrange(10**6)}"}
        chosen.edit(containers=[container])

    def annotate(self):
        """Change something about an agent that is of no interest."""
        body = {"metadata": {"annotations": {"note": str(self._chance.random())}}}
        self._cluster.patch("hostprocessagents", self._chance.choice(self._agents).name, body, NAMESPACE)

    def flap(self):
        """Let a node go down, or the one that is down come back."""
        down, self._down = self._down, None if self._down else self._chance.choice(self._names)
        self._set_down(down or self._down, down is None)

    def pass_by(self):
        """Make an agent that does not stay, or delete it."""
        try:
            self._passing.get()
        except NotFoundError:
            self._passing.apply()
        else:
            self._cluster.delete("hostprocessagents", "passing", NAMESPACE, wait=0)

    def end(self):
        """Mend what is broken, and wait until all is well."""
        if self._down:
            self._set_down(self._down, False)
        self._cluster.delete("hostprocessagents", "passing", NAMESPACE)
        self.settle()

    def settle(self):
        """Wait until every agent is verified on every node."""
        for each in self._agents:
            each.wait_verified(len(self._names), timeout=PATIENCE)

    def remove(self):
        """Take everything away again."""
        self._cluster.delete("namespace", NAMESPACE, wait=0)
        self._cluster.remove_nodes(*self._names)

    def versions(self):
        """Return name, UID and resourceVersion of everything that the operator writes."""
        kinds = ("hostprocessagents", "daemonsets", "controllerrevisions", "pods")
        found = [(kind, self._cluster.get(kind, namespace=NAMESPACE)["items"]) for kind in kinds]
        everything = [(kind, item["metadata"]) for kind, items in found for item in items]
        return {(f"{kind} {of['name']}", of["uid"], of["resourceVersion"]) for kind, of in everything}

    def _set_down(self, name, is_down):
        label = {"sim.hostprocess.dev/down": "true" if is_down else None}
        self._cluster.patch("node", name, {"metadata": {"labels": label}})
