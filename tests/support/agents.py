"""HostProcessAgents for tests, and what a test wants to know of one on a cluster."""

from control_plane import wait_for

IMAGE = "registry.example/agent"


def agent(name, namespace, selector, *, tag="1.0", **spec):
    """Return a HostProcessAgent; `tag` chooses a scenario by the words in it, `spec` adds to or replaces fields."""
    container = {"name": "agent", "image": f"{IMAGE}:{tag}", "command": ["powershell.exe", "-File", "agent.ps1"]}
    return {
        "apiVersion": "hostprocess.dev/v1alpha1",
        "kind": "HostProcessAgent",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"containers": [container], "nodeSelector": dict(selector)} | spec,
    }


def condition(resource, kind):
    """Return one condition of a resource, empty when it is not set."""
    every = resource.get("status", {}).get("conditions", [])
    return next((entry for entry in every if entry["type"] == kind), {})


def is_current(resource):
    """Return whether the status is about the spec as it is now."""
    return resource.get("status", {}).get("observedGeneration") == resource["metadata"]["generation"]


class OneAgent:
    """One HostProcessAgent on a cluster, with the questions and actions of a test."""

    def __init__(self, cluster, namespace, selector, name="demo"):
        self.cluster, self.namespace, self.selector, self.name = cluster, namespace, selector, name

    def apply(self, **fields):
        """Apply it as `agent` makes it."""
        return self.cluster.apply(agent(self.name, self.namespace, self.selector, **fields))[0]

    def edit(self, **spec):
        """Merge fields into its spec."""
        return self.cluster.patch("hostprocessagents", self.name, {"spec": spec}, self.namespace)

    def get(self):
        """Return it as it is now."""
        return self.cluster.get("hostprocessagents", self.name, self.namespace)

    def daemonset(self):
        """Return its DaemonSet."""
        return self.cluster.get("daemonsets", self.name, self.namespace)

    def edit_daemonset(self, *operations):
        """Change its DaemonSet behind the operator's back, by JSON patch operations."""
        return self.cluster.patch("daemonsets", self.name, list(operations), self.namespace, patch_type="json")

    def pods(self):
        """Return its pods that are not going away, by node."""
        every = self.cluster.get("pods", namespace=self.namespace, label_selector=f"hostprocess.dev/agent={self.name}")
        return {
            pod["spec"].get("nodeName"): pod for pod in every["items"] if "deletionTimestamp" not in pod["metadata"]
        }

    def uids(self):
        """Return the UIDs of its pods, by node."""
        return {node: pod["metadata"]["uid"] for node, pod in self.pods().items()}

    def images(self):
        """Return the image tag of the agent on each node."""
        return {node: pod["spec"]["containers"][0]["image"].rpartition(":")[2] for node, pod in self.pods().items()}

    def wait(self, *, ready=None, reason=None, timeout=20, **counts):
        """Return it once its status is about its spec, Ready is as given, and `status.nodes` has the counts."""

        def look():
            found = self.get()
            is_ready = condition(found, "Ready")
            assert is_current(found), found.get("status")
            assert ready is None or is_ready.get("status") == ready, is_ready
            assert reason is None or is_ready.get("reason") == reason, is_ready
            nodes = found["status"]["nodes"]
            assert {key: nodes[key] for key in counts} == counts, (is_ready, nodes)
            return found

        return wait_for(look, timeout, f"{self.name} to be Ready={ready} {reason or ''} {counts or ''}")

    def wait_verified(self, nodes, timeout=30):
        """Return it once it is Ready with so many nodes verified."""
        return self.wait(ready="True", reason="AllVerified", timeout=timeout, verified=nodes)
