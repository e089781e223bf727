"""The rights that ship are those that the operator uses: none is missing, none is there for nothing."""

from pathlib import Path

import yaml

from control_plane import wait_for
from faults.scenarios import QUICK, drift, image, is_restored, phase, ready
from support.agents import OneAgent
from support.operator import USER, Operator, install

RBAC = Path(__file__).parents[3] / "deploy" / "base" / "rbac.yaml"
NEVER_ASKED = {("update", "hostprocessagents/finalizers")}
"""Checked by the admission plugin OwnerReferencesPermissionEnforcement, never requested by anybody."""


class Alone:
    """One agent with an operator of its own that talks to the API server directly."""

    def __init__(self, plane, namespace, nodes):
        self.plane, self.namespace = plane, namespace
        self.agent = OneAgent(plane, namespace, nodes.selector)
        self.nodes = nodes(2)

    def wait(self, condition, what):
        wait_for(lambda: condition(self), 60, what, interval=0.25)


def shipped():
    """Return the pairs of verb and resource in the shipped roles."""
    roles = [item for item in yaml.safe_load_all(RBAC.read_text("utf-8")) if item["kind"] in {"Role", "ClusterRole"}]
    rules = [rule for role in roles for rule in role["rules"]]
    return {(verb, resource) for rule in rules for verb in rule["verbs"] for resource in rule["resources"]}


def test_every_right_that_ships_is_used_and_no_other(plane, namespace, nodes, tmp_path):
    since, kubeconfig = plane.audit_mark(), install(plane, policies=False)

    def used():
        asked = [event for event in plane.audit(since) if event.user == USER]
        return {(event.verb, "/".join(filter(None, (event.resource, event.subresource)))) for event in asked}

    with Operator(kubeconfig, tmp_path / "log") as operator:
        alone = Alone(plane, namespace, nodes)
        alone.agent.apply(rollout=QUICK | {"onFailure": "Rollback"})
        alone.wait(ready(), "the first version")
        for _ in range(2):  # what happens again is patched into the Event that told of it, a minute after that
            drift(alone)
            alone.wait(is_restored, "the drift to be mended")
        image("2.0-fail-volume")(alone)
        alone.wait(phase("Rolling", reason="VolumeUnavailable"), "the Events of a pod to be asked for")
        image("2.0-log-no-admin")(alone)
        alone.wait(phase("RolledBack", reason="RolledBack", verified=2), "the rollback")
        image("3.0")(alone)
        alone.wait(ready("3.0"), "the corrected version")
        image("1.0")(alone)
        alone.wait(ready("1.0"), "the first version again")
        wait_for(lambda: ("patch", "events") in used(), 75, "the Event of the drift to say that it was twice")
        assert operator.stop() == 0  # a watch is in the audit log once it is over

    def look():
        asked, expected = used(), shipped() - NEVER_ASKED
        assert asked == expected, {"unused": expected - asked, "missing": asked - expected}
        return True

    wait_for(look, 20, "the rights used to be those that ship")
