"""Edits agents at random and sees that each gets where its spec says: ``make transitions``.

After every edit an agent must reach its state: the API server refuses the edit, or the DaemonSet is what the manifests
render for the spec, or the agent says SpecInvalid and its DaemonSet is left alone. A good spec at the end of every
chain must recover the agent: its one node is verified. Every chain has a number, from which its edits are made again.
"""

import argparse
import collections
import contextlib
import json
import os
import random
import secrets
import signal
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from bench.edits import next_edit
from bench.endurance import publish, transitions_row
from control_plane import ApiError, ControlPlane, ensure_binaries, wait_for, windows_node
from hostprocess_operator.api.parse import parse_agent
from hostprocess_operator.manifests import daemonset_spec, pod_template
from support.agents import OneAgent, condition, is_current
from support.operator import Operator, install
from support.samples import samples

ROOT = Path(__file__).parents[2]
DEFINITION = yaml.safe_load((ROOT / "crds" / "hostprocess.dev_hostprocessagents.yaml").read_text())
REPORT_FILE = ROOT / "build" / "transitions.json"
CHAIN = 10  # edits of an agent before it gets a good spec again
AT_ONCE = 4  # agents that are edited at the same time
PATIENCE, RECOVERY = 60, 120  # seconds
LENIENT_SHARE = 0.3  # edits that no schema keeps out, so that the operator itself must
# Reasons for which another template than the spec's is served, or none.
HELD = {
    *("CanaryStarting", "CanaryVerifying", "CanaryBaking", "AwaitingApproval", "NoCanaryNode"),
    *("Halted", "RolledBack", "HistoryGone", "Repairing"),
}


@dataclass
class Tally:
    """What became of the edits."""

    outcomes: collections.Counter = field(default_factory=collections.Counter)
    recovered: int = 0
    findings: list = field(default_factory=list)
    disagreements: list = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, outcome):
        """Count an edit that got where it should."""
        with self._lock:
            self.outcomes[outcome] += 1

    def find(self, what):
        """Note an edit, or a chain, that did not."""
        with self._lock:
            self.findings.append(what)

    def disagree(self, what):
        """Note a spec on which the API server and the operator's model disagree."""
        with self._lock:
            self.disagreements.append(what)

    @property
    def edits(self):
        """How many edits were made."""
        return sum(self.outcomes.values()) + len(self.findings)

    def to_json(self):
        """Return it as the JSON file has it."""
        return {
            "edits": self.edits,
            "outcomes": dict(self.outcomes),
            "recovered chains": self.recovered,
            "findings": self.findings,
            "disagreements": self.disagreements,
        }


class Chain:
    """One agent on a node of its own, edited again and again."""

    def __init__(self, cluster, tally, number, *, lenient):
        self._cluster, self._tally, self._number, self._lenient = cluster, tally, number, lenient
        self._chance = random.Random(f"chain/{number}")
        name = f"chain-{number}-{secrets.token_hex(2)}"  # another run on the same control plane is not in its way
        self._pool = {"test.hostprocess.dev/chain": name}
        self._namespace = self._node = name
        self._agent = OneAgent(cluster, self._namespace, self._pool, name="one")

    def run(self, edits):
        """Install, edit so often, and recover."""
        labels = {"pod-security.kubernetes.io/enforce": "privileged"}
        metadata = {"name": self._namespace, "labels": labels}
        self._cluster.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
        self._cluster.add_nodes(windows_node(self._node, labels=self._pool), timeout=PATIENCE)
        try:
            self._agent.apply()
            self._agent.wait_verified(1, timeout=RECOVERY)
            for step in range(edits):
                self._edit(step)
            self._recover()
        finally:
            self._cluster.remove_nodes(self._node)
            self._cluster.delete("namespace", self._namespace, wait=0)

    def _edit(self, step):
        """Make one edit and wait until the agent is where its spec says."""
        spec = self._agent.get()["spec"]
        if self._chance.random() < 0.7:  # what comes after it would only be held up
            spec.pop("suspend", None)
        edit = next_edit(spec, spec_schema(), self._chance, valid=self._chance.random() < 0.6, others=others())
        before = self._agent.daemonset()["metadata"]["generation"]
        where = f"chain {self._number}, edit {step}: {edit.what}"
        try:
            body = self._replace(edit.spec)
        except ApiError as error:
            if edit.valid:
                self._tally.disagree(f"{where} is refused: {error.message[-300:]}")
            self._tally.add("refused by the API server")
            return
        if not edit.valid and not self._lenient:
            self._tally.disagree(f"{where} is accepted by the API server alone")
        try:
            # what it was defaulted to is what counts
            outcome = wait_for(lambda: self._reached(parse_agent(body), before), PATIENCE, "the agent to be there")
        except TimeoutError as error:
            self._tally.find(f"{where}: {error}")
        else:
            self._tally.add(outcome)

    def _replace(self, spec):
        """Replace the whole spec, as strict clients do; return the agent as it is stored."""
        path = self._cluster.api.path("hostprocessagents", self._namespace, "one", fieldValidation="Strict")
        patch = [{"op": "replace", "path": "/spec", "value": spec}]
        return self._cluster.api.request("PATCH", path, patch, content_type="application/json-patch+json")

    def _reached(self, asked, before):
        """Return what the agent has reached, None while it is on its way."""
        found = self._agent.get()
        if not is_current(found):
            return None
        valid, ready = condition(found, "Valid"), condition(found, "Ready")
        daemonset = self._agent.daemonset()
        if not hasattr(asked, "spec"):
            assert ready["reason"] == "SpecInvalid", ready
            assert valid["status"] == "False", valid
            assert daemonset["metadata"]["generation"] == before, "the DaemonSet was touched"
            return "said to be invalid"
        assert valid["status"] == "True", valid
        if ready["reason"] == "ApplyRefused":
            return f"refused as a DaemonSet: {ready['message'][-200:]}"
        if asked.spec.suspend:
            assert daemonset["metadata"]["generation"] == before, "the DaemonSet was touched"
            return "suspended"
        if ready["reason"] in HELD:
            return "held by its rollout"
        rendered = daemonset_spec(asked, pod_template(asked))
        return "rendered" if self._would_change_nothing(daemonset, rendered) else None

    def _would_change_nothing(self, daemonset, rendered):
        """Return whether the API server takes the rendered spec for the one that is there; it knows its defaults."""
        path = self._cluster.api.path("daemonsets", self._namespace, "one", dryRun="All")
        patch = [{"op": "replace", "path": "/spec", "value": rendered}]
        answer = self._cluster.api.request("PATCH", path, patch, content_type="application/json-patch+json")
        return answer["spec"] == daemonset["spec"]

    def _recover(self):
        """Give the agent a good spec and wait until its node is verified."""
        try:
            container = {"name": "agent", "image": "registry.example/agent:good", "command": ["powershell.exe"]}
            self._replace({"containers": [container], "nodeSelector": self._pool})
            self._agent.wait_verified(1, timeout=RECOVERY)
        except (ApiError, TimeoutError) as error:
            self._tally.find(f"chain {self._number} did not recover: {error}")
        else:
            self._tally.recovered += 1


def spec_schema():
    """Return the schema of a spec, from the CRD."""
    (version,) = DEFINITION["spec"]["versions"]
    return version["schema"]["openAPIV3Schema"]["properties"]["spec"]


def others():
    """Return the specs of the accepted samples."""
    return [sample.manifest["spec"] for sample in samples("accepted")]


@contextlib.contextmanager
def lenient(cluster):
    """Take validation from the CRD for a while, as an older version of it would have less."""
    (version,) = DEFINITION["spec"]["versions"]
    anything = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}

    def replace(versions):
        operations = [{"op": "replace", "path": "/spec/versions", "value": versions}]
        cluster.patch("customresourcedefinitions", DEFINITION["metadata"]["name"], operations, patch_type="json")

    replace([version | {"schema": anything}])
    wait_for(lambda: takes_anything(cluster), PATIENCE, "the CRD to take anything")
    try:
        yield
    finally:
        replace([version])
        wait_for(lambda: not takes_anything(cluster), PATIENCE, "the CRD to be strict again")


def takes_anything(cluster):
    """Return whether the API server would take an agent without containers."""
    path = cluster.api.path("hostprocessagents", "default", dryRun="All")
    manifest = {"apiVersion": "hostprocess.dev/v1alpha1", "kind": "HostProcessAgent", "metadata": {"name": "x"}}
    try:
        cluster.api.request("POST", path, manifest | {"spec": {}})
    except ApiError:
        return False
    return True


def run(cluster, count, *, first=0, say=lambda _: None):
    """Make so many edits; return the tally. The operator must be running."""
    tally = Tally()
    soft = round(count * LENIENT_SHARE)
    strict = chains(count - soft, first)
    run_chains(cluster, tally, strict, is_lenient=False)
    say(f"{tally.edits} edits against the schema as it ships: {dict(tally.outcomes)}")
    with lenient(cluster):
        run_chains(cluster, tally, chains(soft, first + len(strict)), is_lenient=True)
    say(f"{tally.edits} edits with those that no schema kept out: {dict(tally.outcomes)}")
    return tally


def chains(count, first):
    """Return numbers of chains with how many edits each makes."""
    lengths = [min(CHAIN, count - done) for done in range(0, count, CHAIN)]
    return list(enumerate(lengths, start=first))


def run_chains(cluster, tally, numbered, *, is_lenient):
    """Run the chains, a few at the same time."""

    def one(entry):
        number, edits = entry
        try:
            Chain(cluster, tally, number, lenient=is_lenient).run(edits)
        except Exception as error:  # noqa: BLE001 - a chain that breaks is a finding, and the others go on
            tally.find(f"chain {number} broke: {type(error).__name__}: {error}"[:500])

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(one, numbered))


def main():
    """Run it on a control plane of its own; return 1 when an agent did not get where its spec says."""
    parser = argparse.ArgumentParser(prog="make transitions")
    parser.add_argument("--count", type=int, default=1000, help="edits")
    parser.add_argument("--first", type=int, default=0, help="number of the first chain, to make other edits")
    parser.add_argument("--write", action="store_true", help="write the figures into docs/resilience.md")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    began = time.monotonic()

    def say(line):
        print(f"[{time.monotonic() - began:5.0f} s] {line}", flush=True)

    with tempfile.TemporaryDirectory(prefix="hostprocess-transitions-") as folder:
        text = yaml.safe_dump(DEFINITION)
        with (
            ControlPlane.start(ensure_binaries(print), Path(folder), definitions=[text], progress=say) as plane,
            Operator(install(plane, policies=False), Path(folder) / "operator.log") as operator,
        ):
            tally = run(plane, arguments.count, first=arguments.first, say=say)
            tracebacks = [line for line in operator.lines() if "Traceback" in str(line)]
    report = tally.to_json() | {"tracebacks": len(tracebacks), "seconds": round(time.monotonic() - began)}
    REPORT_FILE.parent.mkdir(exist_ok=True)
    REPORT_FILE.write_text(json.dumps(report, indent=2) + "\n")
    if arguments.write:
        publish(transitions_row(report))
    for line in (*tally.findings, *tally.disagreements, *tracebacks[:3]):
        print(line, flush=True)
    say(f"{tally.recovered} chains recovered, {len(tally.findings)} findings, {len(tracebacks)} tracebacks")
    return int(bool(tally.findings or tracebacks))


if __name__ == "__main__":
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.exit(main())
