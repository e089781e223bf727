"""A cluster in miniature: API server, DaemonSet controller and kubelets, as far as a rollout meets them.

Objects are kept as the API server would send them; nothing moves unless a method is called. An agent's fate is a word
in its image: `good`, `denied` (no rights), `broken` (crashes) or `silent` (starts and is never judged).
"""

import copy
from datetime import timedelta

from hostprocess_operator.api.names import AGENT_LABEL, KIND
from hostprocess_operator.api.parse import parse_agent
from hostprocess_operator.manifests import placement_of_template
from hostprocess_operator.observed import observe_daemonset, observe_revision
from hostprocess_operator.observed.revision import canonical_hash
from hostprocess_operator.rollout.placement import selects, untolerated
from support import build
from support.simulated_objects import Node, Pod

MOST_CRASHES = 3  # as many as matter to anybody
DEFAULTS = {"restartPolicy": "Always", "dnsPolicy": "ClusterFirst", "schedulerName": "default-scheduler"}


class Cluster:
    """What the API server stores, and what its controllers make of it."""

    def __init__(self):
        self.now = build.NOW
        self.agent_body = build.agent_body()
        self._parsed = None
        self._observed = {}
        self.status = None
        self.daemonset = None
        self.nodes = {}
        self.pods = {}
        self.revisions = {}
        self.copies = {}
        self.made = 0
        self.killers_kill = True

    def next_uid(self):
        """Return a name that was never given before."""
        self.made += 1
        return f"u{self.made}"

    def agent(self):
        """Return the agent as the operator parses it: once for each change."""
        if self._parsed is None or self._parsed[0] is not self.agent_body:
            self._parsed = (self.agent_body, parse_agent(self.agent_body))
        return self._parsed[1]

    def edit(self, **spec):
        """Change fields of the agent's spec; None takes a field out."""
        edited = {key: value for key, value in (self.agent_body["spec"] | spec).items() if value is not None}
        if edited != self.agent_body["spec"]:
            generation = self.agent_body["metadata"]["generation"] + 1
            self.agent_body = {"metadata": self.agent_body["metadata"] | {"generation": generation}, "spec": edited}

    def annotate(self, key, value):
        """Change an annotation of the agent; None takes it off."""
        annotations = {k: v for k, v in self.agent_body["metadata"]["annotations"].items() if k != key}
        annotations |= {} if value is None else {key: value}
        self.agent_body = self.agent_body | {"metadata": self.agent_body["metadata"] | {"annotations": annotations}}

    @property
    def image(self):
        """The image that the agent's spec asks for."""
        return self.agent_body["spec"]["containers"][0]["image"]

    # nodes

    def join(self, name, **fields):
        """Add a node."""
        self.nodes[name] = Node(name, self.now, self.now, **fields)

    def leave(self, name):
        """Remove a node; its pods go with it."""
        del self.nodes[name]
        self.pods = {key: pod for key, pod in self.pods.items() if pod.node != name}

    def set_ready(self, name, *, ready):
        """Let a node go down or come back; when it is down its pods are not ready."""
        node = self.nodes[name]
        if node.ready != ready:
            node.ready, node.ready_since = ready, self.now
        if not ready:
            for pod in self.pods_on(name):
                self._set_pod_ready(pod, ready=False)

    def pods_on(self, name):
        """Return every pod of a node."""
        return [pod for pod in self.pods.values() if pod.node == name]

    def template(self):
        """Return the pod template that the DaemonSet has."""
        return self.daemonset["spec"]["template"]

    # the API server, for DaemonSets

    def create_daemonset(self, body):
        """Store a new DaemonSet and return it as the API server answers."""
        if self.daemonset is not None:
            raise AssertionError("it is there already")
        metadata = body["metadata"] | {"uid": self.next_uid(), "generation": 1}
        self.daemonset = {"metadata": metadata, "spec": with_defaults(body["spec"]), "status": {}}
        return copy.deepcopy(self.daemonset)

    def replace_spec(self, uid, spec, **metadata):
        """Store another spec for the DaemonSet of that UID and return it as the API server answers."""
        if self.daemonset is None or self.daemonset["metadata"]["uid"] != uid:
            raise AssertionError("another DaemonSet was tested for")
        self._write_spec(with_defaults(spec))
        self.daemonset["metadata"] |= metadata
        return copy.deepcopy(self.daemonset)

    def _write_spec(self, spec):
        if spec != self.daemonset["spec"]:
            self.daemonset["metadata"]["generation"] += 1
        self.daemonset["spec"] = spec

    def vandalize(self, edit):
        """Let somebody edit the DaemonSet's spec in place."""
        spec = copy.deepcopy(self.daemonset["spec"])
        edit(spec)
        self._write_spec(spec)

    def delete_daemonset(self, *, orphan):
        """Delete the DaemonSet, with its pods and revisions or without."""
        for pod in self.pods.values():
            pod.owner_uid = "" if orphan else pod.owner_uid
            pod.deleting = pod.deleting or not orphan
        self.revisions = self.revisions if orphan else {}
        self.daemonset = None

    # the DaemonSet controller

    def run_controller(self):
        """Let the DaemonSet controller do all there is to do: it makes and removes pods and notes the generation."""
        if self.daemonset is None:
            return
        uid = self.daemonset["metadata"]["uid"]
        for pod in self.pods.values():
            pod.owner_uid = pod.owner_uid or uid
        template = self.template()
        revision = canonical_hash(template)
        self.revisions.setdefault(revision, copy.deepcopy(template))
        placement = placement_of_template(template)
        for node in self.nodes.values():
            observed = node.observed()
            barred = [taint.effect for taint in untolerated(placement, observed)]
            selected = selects(placement, observed)
            pods = self.pods_on(node.name)
            if not selected or "NoExecute" in barred:
                for pod in pods:
                    pod.deleting = True
            elif not pods and not barred:
                self._make_pod(node, revision, template, uid)
        self.daemonset["status"] = {"observedGeneration": self.daemonset["metadata"]["generation"]}

    def _make_pod(self, node, revision, template, owner_uid):
        uid = self.next_uid()
        image = template["spec"]["containers"][0]["image"]
        gated = "readinessGates" in template["spec"]
        pod = Pod(f"{build.NAME}-{uid}", uid, node.name, owner_uid, revision, image, gated, created=self.now)
        pod.ready_since = self.now
        self.pods[pod.name] = pod

    # kubelets

    def run_kubelets(self):
        """Let the kubelets of nodes that are up start new pods, end those that are going and report how they are."""
        for pod in list(self.pods.values()):
            node = self.nodes[pod.node]
            if not node.ready:
                continue
            if pod.deleting:
                del self.pods[pod.name]
                continue
            if not pod.run:
                pod.run, pod.started = 1, self.now
            runs = not node.harmful and "docker" not in node.runtime and "broken" not in pod.image
            pod.crashes = 0 if runs else min(MOST_CRASHES, pod.crashes + 1)
            self._set_pod_ready(pod, ready=runs and (not pod.gated or pod.gate == "True"))
            if self.killers_kill and "killer" in pod.image and not pod.killed and pod.started < self.now:
                pod.killed = True
                self.set_ready(node.name, ready=False)

    def _set_pod_ready(self, pod, *, ready):
        if pod.ready != ready:
            pod.ready, pod.ready_since = ready, self.now

    def judge(self, pod):
        """Write the verdict on the current run of a pod, as the operator would after it has read the log."""
        if not pod.gated or not pod.run or "silent" in pod.image:
            return
        verdict = "False" if "denied" in pod.image else "True"
        if pod.gate != verdict:
            pod.gate, pod.gate_since = verdict, self.now
        pod.reported_run = pod.run

    # what the operator's caches hold

    def observed_pods(self):
        """Return the pods as slim values, sorted by name."""
        return tuple(self.pods[name].observed() for name in sorted(self.pods))

    def observed_nodes(self):
        """Return the nodes as slim values, sorted by name."""
        return tuple(self.nodes[name].observed() for name in sorted(self.nodes))

    def observed_daemonset(self):
        """Return the DaemonSet as a slim value."""
        return observe_daemonset(self.daemonset) if self.daemonset else None

    def observed_revisions(self):
        """Return the ControllerRevisions as slim values: their templates have a marker and a null besides."""
        marks = {"$patch": "replace", "gone": None}
        owner = {"kind": KIND, "uid": build.AGENT_UID, "controller": True}
        for name, template in self.revisions.items():
            if name not in self._observed:
                self._observed[name] = observe_revision(revision_body(name, name, marks | template, {}))
        for name, template in self.copies.items():
            if name not in self._observed:
                self._observed[name] = observe_revision(revision_body(name, "", template, owner))
        return tuple(self._observed[name] for name in sorted([*self.revisions, *self.copies]))

    def pass_time(self, seconds):
        """Let time pass; nothing else happens in it."""
        self.now += timedelta(seconds=seconds)


def revision_body(name, revision_hash, template, owner):
    """Return a ControllerRevision as the API server sends it."""
    labels = {AGENT_LABEL: build.NAME} | ({"controller-revision-hash": revision_hash} if revision_hash else {})
    metadata = {"name": f"{build.NAME}-{name}", "uid": name, "labels": labels, "ownerReferences": [owner]}
    return {"metadata": metadata, "data": {"spec": {"template": template}}}


def with_defaults(spec):
    """Return a DaemonSet's spec with defaults of the API server filled in."""
    stored = copy.deepcopy(spec)
    stored["template"]["spec"] = DEFAULTS | stored["template"]["spec"]
    return stored
