"""The real control plane of a benchmark: namespaces, accounts, and the requests that each operator made."""

import collections
import json
from datetime import datetime

from bench.subjects import PlainKopf, ours
from control_plane import wait_for
from support.operator import NAMESPACE as HOME
from support.operator import USER, install

PLAIN_ACCOUNT = "plain-kopf"
PLAIN_USER = f"system:serviceaccount:{HOME}:{PLAIN_ACCOUNT}"
READS = {"get", "list", "watch"}
NOWHERE = {"bench.hostprocess.dev/pool": "none"}


class Site:
    """A control plane with both operators' accounts. One operator runs at a time, each in namespaces of its own."""

    def __init__(self, plane, folder):
        self.plane, self.folder = plane, folder
        self._ours = install(plane)
        self._theirs = self._plain_account()

    def ours(self, namespace):
        """Return the operator, not started yet, for one namespace."""
        return ours(self._ours, self.folder, "--namespaces", namespace)

    def plain(self, namespace):
        """Return plain kopf, not started yet, for one namespace."""
        return PlainKopf(self._theirs, self.folder, namespace=namespace)

    def namespace(self, name):
        """Make a namespace that admits privileged pods, and return its name."""
        labels = {"pod-security.kubernetes.io/enforce": "privileged"}
        self.plane.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}})
        return name

    def watching(self, namespace):
        """Wait until plain kopf sees an agent that is made now: it puts a finalizer on it, and takes it off again."""
        name = "is-anybody-there"
        self.plane.apply(agent_manifest(name, namespace))
        wait_for(
            lambda: self.plane.get("hostprocessagents", name, namespace)["metadata"].get("finalizers"),
            120,
            "plain kopf to see an agent",
        )
        self.plane.delete("hostprocessagents", name, namespace, wait=60)

    def _plain_account(self):
        subject = {"kind": "ServiceAccount", "name": PLAIN_ACCOUNT, "namespace": HOME}
        role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"}
        self.plane.apply(
            {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": PLAIN_ACCOUNT, "namespace": HOME}},
            {
                "apiVersion": "rbac.authorization.k8s.io/v1",
                "kind": "ClusterRoleBinding",
                "metadata": {"name": PLAIN_ACCOUNT},
                "roleRef": role,
                "subjects": [subject],
            },
        )
        # what nobody but the operator may change, it may: it is measured, not judged
        for policy in ("hostprocess-daemonsets", "hostprocess-operator-pods"):
            self.plane.delete("validatingadmissionpolicybinding", policy)
        return self.plane.service_account_kubeconfig(HOME, PLAIN_ACCOUNT)


class Requests:
    """What one account asked of the API server in one namespace since this was made."""

    def __init__(self, site, namespace, user=USER):
        self._plane, self._namespace, self._user = site.plane, namespace, user
        self._mark = site.plane.audit_mark()

    def events(self):
        """Return them as the API server logged them, oldest first."""
        with self._plane._site.file("audit.log").open("rb") as log:
            log.seek(self._mark)
            every = [json.loads(line) for line in log.read().splitlines(keepends=True) if line.endswith(b"\n")]
        return [
            event
            for event in every
            if event["user"]["username"] == self._user
            and event.get("objectRef", {}).get("namespace") == self._namespace
        ]

    def counts(self):
        """Return how often each verb and resource occurs."""
        return collections.Counter(f"{event['verb']} {resource_of(event)}" for event in self.events())

    def writes(self, *resources):
        """Return how many of them wrote, to these resources or to any."""
        return sum(
            event["verb"] not in READS and (not resources or resource_of(event) in resources) for event in self.events()
        )

    def wait_until_quiet(self, seconds, timeout=180):
        """Wait until nothing was written for so long."""
        last, unchanged = -1, 0

        def quiet():
            nonlocal last, unchanged
            now = self.writes()
            unchanged = unchanged + 1 if now == last else 0
            last = now
            return unchanged >= seconds

        wait_for(quiet, timeout, f"{seconds} s without a write", interval=1)


def resource_of(event):
    """Return resource and subresource of an event of the audit log."""
    target = event["objectRef"]
    return "/".join(filter(None, (target["resource"], target.get("subresource"))))


def moment(event, field):
    """Return one of an event's times in seconds."""
    return datetime.fromisoformat(event[field]).timestamp()


def most_in_flight(events):
    """Return how many of the requests were under way at the same time, at most."""
    edges = [(moment(event, "requestReceivedTimestamp"), 1) for event in events]
    edges += [(moment(event, "stageTimestamp"), -1) for event in events]
    level = most = 0
    for _, step in sorted(edges):
        level += step
        most = max(most, level)
    return most


def most_within(events, seconds):
    """Return how many of the requests came within so many seconds, at most."""
    times = sorted(moment(event, "requestReceivedTimestamp") for event in events)
    return max((sum(start <= at < start + seconds for at in times) for start in times), default=0)


def agent_manifest(name, namespace, *, selector=None, image="1.0", **spec):
    """Return a HostProcessAgent; without a selector it matches no node."""
    container = {
        "name": "agent",
        "image": f"registry.example/agent:{image}",
        "command": ["powershell.exe", "-File", "agent.ps1"],
    }
    return {
        "apiVersion": "hostprocess.dev/v1alpha1",
        "kind": "HostProcessAgent",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"containers": [container], "nodeSelector": selector or NOWHERE, **spec},
    }
