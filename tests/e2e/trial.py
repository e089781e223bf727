"""One agent under trial: what is asked of it and done to it, with the patience that Windows images need."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import yaml

from control_plane.cluster import Cluster
from control_plane.waiting import wait_for
from e2e.installation import AGENTS
from e2e.nodes import WindowsNode
from support.agents import OneAgent, condition, is_current
from support.operator import DEPLOY

GRACE = 60
"""Seconds that an agent may be Stalled before it is given up; a verdict or two may still come in."""
EVERY = 1
"""Seconds between two looks: the API server is somebody else's."""
SLEEP = ["powershell.exe", "-NoProfile", "-NonInteractive", "-Command", "Start-Sleep -Seconds 2147483"]
"""A process that does nothing, in PowerShell of the node."""


class Skipped(Exception):  # noqa: N818  it is no error: the cluster has not what a scenario needs
    """The scenario cannot be played on this cluster; the message says why."""


class GivenUp(Exception):  # noqa: N818  it ends a wait that has become pointless
    """What is waited for will not come: the agent is Stalled, or the operator ended."""


@dataclass(frozen=True)
class Stage:
    """Where scenarios are played.

    Attributes:
        cluster: with an administrator's access.
        namespace: of the agents; of this run alone.
        nodes: on which agents may run.
        image: of the agents.
        other_image: what an update changes it to.
        tolerated: keys of taints of the nodes.
        simulated: whether the nodes only play what a kubelet does, and have to be told what PowerShell would print.
        patience: seconds that a wait may take: the first one on each node pulls the image.
        is_alive: whether the operator still runs, as far as that can be known.
    """

    cluster: Cluster
    namespace: str
    nodes: tuple[WindowsNode, ...]
    image: str
    other_image: str
    tolerated: tuple[str, ...]
    simulated: bool
    patience: float
    is_alive: Callable[[], bool] = lambda: True


class Trial(OneAgent):
    """One agent on a stage, and what is noted about it for the report."""

    def __init__(self, stage: Stage, name: str) -> None:
        super().__init__(stage.cluster, stage.namespace, {}, name)
        self.stage = stage
        self.notes: list[dict[str, Any]] = []

    def note(self, title: str, *lines: str) -> None:
        """Keep a sentence for the report, and lines that belong to it."""
        self.notes.append({"title": title, "lines": list(lines)})

    def apply_sample(self, file: str, **spec: Any) -> None:
        """Apply a sample of deploy/samples on the nodes of the stage, with fields of the spec replaced."""
        documents = yaml.safe_load_all((DEPLOY / "samples" / file).read_text("utf-8"))
        sample = next(document for document in documents if document["kind"] == "HostProcessAgent")
        self._apply(sample["spec"] | spec)

    def apply_plain(self, **spec: Any) -> None:
        """Apply an agent that only sleeps and ends quickly, with fields of the spec added or replaced."""
        container = {"name": "agent", "image": self.stage.image, "command": SLEEP}
        self._apply({"containers": [container], "terminationGracePeriodSeconds": 5} | spec)

    def _apply(self, spec: dict[str, Any]) -> None:
        metadata = {"name": self.name, "namespace": self.namespace}
        agent = {"apiVersion": "hostprocess.dev/v1alpha1", "kind": "HostProcessAgent", "metadata": metadata}
        self.cluster.apply(agent | {"spec": placed(spec, self.stage)})

    def edit_image(self, image: str) -> None:
        """Change the image of its container."""
        self.edit(containers=[self.get()["spec"]["containers"][0] | {"image": image}])

    def until(self, look: Callable[[], Any], what: str) -> Any:
        """Return the first answer of `look` that is not false, within the patience of the stage.

        Raises:
            GivenUp: the operator ended meanwhile.
            TimeoutError: it names what was last seen.
        """

        def look_again() -> Any:
            if not self.stage.is_alive():
                raise GivenUp("the operator ended")
            return look()

        return wait_for(look_again, self.stage.patience, what, interval=EVERY)

    def reaches(self, *, ready: str, reason: str, **counts: int) -> dict[str, Any]:
        """Return the agent once Ready has this status and reason and `status.nodes` these counts.

        Raises:
            GivenUp: it is Stalled for another reason, and stays so.
            TimeoutError: it does not come to that.
        """
        stalled_since = None

        def look() -> dict[str, Any]:
            nonlocal stalled_since
            found = self.get()
            is_ready, stalled = condition(found, "Ready"), condition(found, "Stalled")
            is_stuck = is_current(found) and stalled.get("status") == "True" and stalled.get("reason") != reason
            stalled_since = (stalled_since or time.monotonic()) if is_stuck else None
            if stalled_since and time.monotonic() - stalled_since > GRACE:
                raise GivenUp(f"Stalled, {stalled['reason']}: {stalled['message']}")
            seen = {key: is_ready.get(key) for key in ("status", "reason", "message")}
            nodes = found.get("status", {}).get("nodes", {})
            assert is_current(found), seen
            assert (seen["status"], seen["reason"]) == (ready, reason), seen
            assert {key: nodes.get(key) for key in counts} == counts, (seen, nodes)
            return found

        return self.until(look, f"{self.name} to be Ready={ready} for {reason} with {counts}")

    def reaches_verified(self) -> dict[str, Any]:
        """Return the agent once it is verified on every node of the stage, in the revision of its spec."""
        count = len(self.stage.nodes)
        return self.reaches(ready="True", reason="AllVerified", verified=count, updated=count, desired=count)

    def log(self, pod: dict[str, Any], container: str) -> bytes:
        """Return the start of a container's log, as it is."""
        return read_log(self.cluster, pod, container)

    def delete(self) -> None:
        """Delete the agent and wait for nothing; one that is gone already is fine."""
        self.cluster.delete(AGENTS, self.name, self.namespace, wait=0)


def read_log(cluster: Cluster, pod: dict[str, Any], container: str, limit: int = 65536) -> bytes:
    """Return the first bytes of a container's log, as they are."""
    metadata = pod["metadata"]
    query = {"container": container, "limitBytes": str(limit)}
    path = cluster.api.path("pods", metadata["namespace"], metadata["name"], "log", **query)
    connection, response = cluster.api.open(path, timeout=60)
    try:
        return response.read()
    finally:
        connection.close()


def placed(spec: dict[str, Any], stage: Stage) -> dict[str, Any]:
    """Return a spec with the image of the stage, and with its pods on the nodes of the stage and nowhere else."""
    hostnames = {
        "key": "kubernetes.io/hostname",
        "operator": "In",
        "values": [node.hostname for node in stage.nodes],
    }
    required = {"nodeSelectorTerms": [{"matchExpressions": [hostnames]}]}
    tolerations = [*spec.get("tolerations", []), *({"key": key, "operator": "Exists"} for key in stage.tolerated)]
    return spec | {
        "containers": [container | {"image": stage.image} for container in spec["containers"]],
        "affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}},
        "tolerations": tolerations,
    }
