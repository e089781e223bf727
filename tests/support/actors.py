"""Everybody but the operator who has a hand in a rollout, as rules of a model: controllers, nodes, users, vandals."""

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from hostprocess_operator.api.names import (
    APPROVE_ANNOTATION,
    RESTARTED_AT_ANNOTATION,
    RETRY_ANNOTATION,
    ROLLOUT_ANNOTATION,
    STAMP_ANNOTATION,
)
from support.simulation import Cluster

DEADLINE = 300
GPU = {"key": "gpu", "effect": "NoSchedule"}

# An agent that works is asked for as often as one of those that fail.
images = st.sampled_from(["good:a", "good:b", "good:c", "denied:1", "broken:1", "silent:1", "killer:1"])
rollouts = st.fixed_dictionaries(
    {"maxUnavailable": st.sampled_from([1, 2, "40%"]), "progressDeadlineSeconds": st.just(DEADLINE)},
    optional={
        "minReadySeconds": st.just(20),
        "onFailure": st.just("Rollback"),
        "maxFailures": st.just(1),
        "canary": st.fixed_dictionaries(
            {"nodes": st.sampled_from([1, 2])},
            optional={
                "bakeSeconds": st.just(0),
                "approval": st.just("Manual"),
                "nodeSelector": st.just({"pool": "x"}),
            },
        ),
    },
)
NODE_CHANGES = (
    *("up", "down", "cordon", "uncordon", "harm", "heal", "taint", "untaint"),
    *("docker://20.10.9", "containerd://2.0.4"),
)
choices = st.integers(0, 7)


def containers(image):
    """Return the containers of a spec."""
    return [{"name": "agent", "image": f"registry.example/{image}"}]


class Actors(RuleBasedStateMachine):
    """They move in any order; `self.cluster` is where."""

    def __init__(self):
        super().__init__()
        self.cluster = Cluster()

    @initialize(count=st.integers(0, 6), image=images, rollout=rollouts)
    def begin(self, count, image, rollout):
        for number in range(count):
            self.cluster.join(f"node-{number}", labels={"pool": "x"} if number % 2 else {})
        self.cluster.pass_time(3600)
        self.cluster.edit(containers=containers(image), rollout=rollout)

    # what the cluster does

    @rule(who=st.sampled_from(["run_controller", "run_kubelets"]))
    def cluster_works(self, who):
        getattr(self.cluster, who)()

    @rule(seconds=st.sampled_from([1, 25, 65, DEADLINE + 1]))
    def time_passes(self, seconds):
        self.cluster.pass_time(seconds)

    @rule(number=st.integers(0, 8), pool=st.booleans())
    def node_joins_or_leaves(self, number, pool):
        name = f"node-{number}"
        if name in self.cluster.nodes:
            self.cluster.leave(name)
        else:
            self.cluster.join(name, labels={"pool": "x"} if pool else {})

    @precondition(lambda self: self.cluster.nodes)
    @rule(which=choices, what=st.sampled_from(NODE_CHANGES))
    def node_changes(self, which, what):
        name = self.one_of(self.cluster.nodes, which)
        node = self.cluster.nodes[name]
        match what:
            case "up" | "down":
                self.cluster.set_ready(name, ready=what == "up")
            case "cordon" | "uncordon":
                node.cordoned = what == "cordon"
            case "harm" | "heal":
                node.harmful = what == "harm"
            case "docker://20.10.9" | "containerd://2.0.4":
                node.runtime = what
            case _:
                node.taints = [GPU] if what == "taint" else []

    @precondition(lambda self: self.cluster.pods)
    @rule(which=choices, restarts=st.booleans())
    def pod_restarts_or_is_deleted(self, which, restarts):
        pod = self.cluster.pods[self.one_of(self.cluster.pods, which)]
        if restarts:
            pod.run, pod.started = pod.run + 1, self.cluster.now
        else:
            pod.deleting = True

    # what the user does

    @rule(image=images)
    def user_changes_the_image(self, image):
        self.cluster.edit(containers=containers(image))

    @rule(rollout=rollouts)
    def user_changes_the_rollout(self, rollout):
        self.cluster.edit(rollout=rollout)

    @rule(
        fields=st.sampled_from(
            [
                {"nodeSelector": {"pool": "x"}, "tolerations": None},
                {"nodeSelector": None, "tolerations": [GPU | {"operator": "Exists"}]},
                {"suspend": True},
                {"suspend": None, "containers": containers("good:a")},
                {"containers": []},
                {"runAsUserName": r"nt authority\system"},
                {"runAsUserName": None},
                {"verification": {"mode": "None"}},
                {"verification": {"timeoutSeconds": 60}},
            ]
        )
    )
    def user_changes_something_else(self, fields):
        self.cluster.edit(**fields)

    @precondition(lambda self: self.cluster.status)
    @rule(key=st.sampled_from([APPROVE_ANNOTATION, RETRY_ANNOTATION, RESTARTED_AT_ANNOTATION]), gone=st.booleans())
    def user_annotates(self, key, gone):
        target = self.cluster.status.get("revisions", {}).get("target")
        self.cluster.annotate(key, None if gone else target)

    # what others do

    @precondition(lambda self: self.cluster.daemonset)
    @rule(image=st.sampled_from(["good:rogue", "broken:rogue"]))
    def template_is_edited(self, image):
        self.cluster.vandalize(lambda spec: spec["template"]["spec"]["containers"][0].update(containers(image)[0]))

    @precondition(lambda self: self.cluster.daemonset)
    @rule(key=st.sampled_from([STAMP_ANNOTATION, ROLLOUT_ANNOTATION]), value=st.sampled_from([None, "x"]))
    def annotation_is_edited(self, key, value):
        annotations = self.cluster.daemonset["metadata"]["annotations"]
        self.cluster.daemonset["metadata"]["annotations"] = annotations | {key: value}

    @precondition(lambda self: self.cluster.daemonset and self.cluster.daemonset["metadata"]["ownerReferences"])
    @rule(owner=st.booleans())
    def owner_or_status_is_wiped(self, owner):
        """Both at once would leave nothing that tells whose the DaemonSet is."""
        if owner and self.cluster.status:
            self.cluster.daemonset["metadata"]["ownerReferences"] = []
        else:
            self.cluster.status = None

    def one_of(self, names, which):
        """Return one of the names that are there."""
        return sorted(names)[which % len(names)]
