"""The operators that meet an outage: ours, and a plain one of kopf's. They are asked the same few questions."""

import json
from contextlib import ExitStack
from pathlib import Path

from control_plane import wait_for
from faults.outages import WATCHES_OF_AGENTS
from faults.scenarios import QUICK, image, is_ready
from faults.stage import Stage
from support.agents import OneAgent, condition, is_current
from support.operator import NAMESPACE, SERVICE_ACCOUNT

LATE, PLAIN = "late", "plain-kopf"


class Ours:
    """The operator under its ServiceAccount, with an agent on one node."""

    name = "ours"

    def __init__(self, plane, nursery, kubeconfig, directory, **operator):
        self.stage = Stage(plane, nursery, kubeconfig, directory, nodes=1, **operator)
        self._endpoints = []

    def __enter__(self):
        self.stage.__enter__()
        self.proxy = self.stage.proxy
        self.late = OneAgent(self.stage.plane, self.stage.namespace, self.stage.selector, name=LATE)
        return self

    def __exit__(self, *details):
        return self.stage.__exit__(*details)

    def start(self):
        """Start it and have it handle the first agent."""
        self.stage.operator.start(timeout=60)
        self.stage.agent.apply(rollout=QUICK)
        self.stage.wait(lambda stage: is_ready(stage, tag="1.0"), 60, "the first version")
        wait_for(lambda: self.proxy.open_streams(WATCHES_OF_AGENTS), 30, "its watch of agents to be open")

    def has_handled_everything(self):
        """Return whether the edit made meanwhile and the agent made after it are dealt with."""
        late = self.late.get()
        good = is_current(late) and condition(late, "Ready").get("status") == "True"
        return good and is_ready(self.stage, tag="2.0")

    @property
    def running(self):
        """Return whether the process lives."""
        return self.stage.operator.running

    def look(self):
        """Note what its endpoints say."""
        self._endpoints.append((self.stage.operator.status("/readyz"), self.stage.operator.status("/healthz")))

    @property
    def was_unready(self):
        """Return whether /readyz failed at any look."""
        return any(ready == 503 for ready, _ in self._endpoints)

    @property
    def was_unwell(self):
        """Return whether /healthz failed at any look."""
        return any(healthy not in {200, None} for _, healthy in self._endpoints)

    def rotate(self):
        """Put another token into its kubeconfig; return the one that was there."""
        return _rotate(self.stage, SERVICE_ACCOUNT)


class PlainKopf:
    """`plain_kopf` with every right, in a namespace of its own."""

    name = "plain kopf"
    was_unready = was_unwell = False

    def __init__(self, plane, nursery, kubeconfig, directory, **_):
        self.stage = Stage(plane, nursery, kubeconfig, directory)
        self._nursery, self._directory = nursery, Path(directory)
        self._stack = ExitStack()
        self._process = None

    def __enter__(self):
        with self._stack:
            stage = self._stack.enter_context(self.stage)
            self.proxy = stage.proxy
            self.late = OneAgent(stage.plane, stage.namespace, stage.selector, name=LATE)
            self._log = self._directory / f"{stage.namespace}-kopf.log"
            self._stack.callback(self._kill)
            self._kept = self._stack.pop_all()
        return self

    def __exit__(self, *details):
        return self._kept.__exit__(*details)

    def start(self):
        """Start it and have it handle the first agent."""
        self._process = self._nursery.fork(
            "faults.plain_kopf",
            [self.stage.namespace],
            self._log,
            environment={"KUBECONFIG": str(self.stage.kubeconfig)},
        )
        self.stage.agent.apply(rollout=QUICK)
        wait_for(lambda: self._handled(self.stage.agent.name, 1), 60, "kopf to handle the first agent")
        wait_for(lambda: self.proxy.open_streams(WATCHES_OF_AGENTS), 30, "kopf's watch to be open")

    def has_handled_everything(self):
        """Return whether the edit made meanwhile and the agent made after it are dealt with."""
        return self._handled(self.stage.agent.name, 2) and self._handled(LATE, 1)

    @property
    def running(self):
        """Return whether the process lives."""
        return self._process.poll() is None

    def look(self):
        """Do nothing: it has no endpoints."""

    def rotate(self):
        """Put another token into its kubeconfig; return the one that was there."""
        return _rotate(self.stage, PLAIN)

    def _handled(self, name, generation):
        return f"handled {name} {generation}\n" in self._log.read_text(errors="replace")

    def _kill(self):
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)


def edit(subject):
    """Ask for another version of the first agent."""
    image("2.0")(subject.stage)


def install_plain_kopf(plane):
    """Make an account for the plain operator, with every right, and return its kubeconfig."""
    account = {"name": PLAIN, "namespace": NAMESPACE}
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"}
    plane.apply(
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": account},
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": PLAIN},
            "roleRef": role,
            "subjects": [{"kind": "ServiceAccount"} | account],
        },
    )
    return plane.service_account_kubeconfig(NAMESPACE, PLAIN)


def _rotate(stage, account):
    """Put another token of the account into the kubeconfig; return the one that was there."""
    config = json.loads(stage.kubeconfig.read_text())
    user = config["users"][0]["user"]
    former = user["token"]
    user["token"] = stage.plane.kubectl("create", "token", account, "-n", NAMESPACE, "--duration=2h").stdout.strip()
    stage.kubeconfig.write_text(json.dumps(config))
    return former
