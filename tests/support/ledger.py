"""An account of who is out because of the operator, kept apart from the operator's own."""

from datetime import timedelta

from hostprocess_operator.api.agent import HostProcessAgent
from hostprocess_operator.api.names import ROLLOUT_ANNOTATION
from hostprocess_operator.manifests import placement_of
from hostprocess_operator.rollout import load_record
from hostprocess_operator.rollout.budget import allowance
from hostprocess_operator.rollout.placement import selects, untolerated


class Ledger:
    """Which nodes are out because of the operator, kept apart from the operator's own record of it."""

    def __init__(self, cluster):
        self.cluster = cluster
        self.out = {}
        self.taken_uids = set()

    def settle(self, heard):
        """Strike off whoever has a working agent, in truth or as far as was heard, or is not wanted any more."""
        if not isinstance(self.cluster.agent(), HostProcessAgent):
            return  # nobody can tell who is wanted
        works = working(self.cluster, self.cluster.observed_pods())
        works |= working(self.cluster, [pod for pod in heard if pod.uid not in self.taken_uids])
        wanted = {node.name for node in wanted_nodes(self.cluster)}
        if self.cluster.daemonset and load_record(self.record()) is None:
            self.out |= dict.fromkeys(wanted - self.out.keys(), (self.cluster.now, True))
        self.out = {name: entry for name, entry in self.out.items() if name in wanted and name not in works}

    def record(self):
        """Return the operator's record, which is wiped now and then: then who is out is anybody's guess."""
        return self.cluster.daemonset["metadata"]["annotations"].get(ROLLOUT_ANNOTATION)

    def holding(self):
        """Return the nodes that hold a place: up, or failed by the target, and not long broken before."""
        agent, now = self.cluster.agent(), self.cluster.now
        noted = load_record(self.record())
        charged = noted.charged if noted else ()
        deadline = timedelta(seconds=agent.spec.rollout.progress_deadline_seconds)
        return {
            name
            for name, (since, worked) in self.out.items()
            if (self.cluster.nodes[name].ready or name in charged) and (worked or now < since + deadline)
        }

    def take(self, pod, worked, held):
        """Note that a pod is being deleted; assert that the budget allows it.

        The operator may count more nodes as out than are, after it has forgotten when they worked: their pods are
        replaced for nothing if they do not work, as those of any other node that is out.
        """
        holding = self.holding()
        allowed = allowance(self.cluster.agent().spec.rollout.max_unavailable, len(wanted_nodes(self.cluster)))
        if pod.node not in holding:
            is_free = pod.node in held and not worked
            assert is_free or len(holding) < allowed, f"{pod.node} is taken while {sorted(holding)} are out"
            self.out[pod.node] = (self.cluster.now, worked)
        self.taken_uids.add(pod.uid)


def wanted_nodes(cluster):
    placement = placement_of(cluster.agent())
    seen = cluster.observed_nodes()
    return [
        node
        for node in seen
        if selects(placement, node) and not untolerated(placement, node) and "docker" not in node.runtime
    ]


def working(cluster, pods):
    """Return the nodes with a pod that has been ready for minReadySeconds."""
    minimum = timedelta(seconds=cluster.agent().spec.rollout.min_ready_seconds)
    return {
        pod.node
        for pod in pods
        if pod.ready and not pod.deleting and pod.ready_since + minimum <= cluster.now
        and pod.node in cluster.nodes and cluster.nodes[pod.node].ready
    }  # fmt: skip
