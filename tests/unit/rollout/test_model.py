"""Rollouts as a whole: a random fleet, a random user, vandals, and an operator that dies; what must hold all along.

``HYPOTHESIS_PROFILE=thorough pytest tests/unit/rollout/test_model.py`` runs for long.
"""

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule, run_state_machine_as_test

from hostprocess_operator import rollout
from hostprocess_operator.api.agent import HostProcessAgent
from hostprocess_operator.api.faults import Fault
from hostprocess_operator.api.reasons import Reason
from hostprocess_operator.manifests import pod_template
from hostprocess_operator.rollout import Ownership
from support.actors import DEADLINE, Actors, containers
from support.kstatus import CURRENT, IN_PROGRESS, kstatus
from support.ledger import Ledger, wanted_nodes, working
from support.simulated_operator import KilledError, Operator

ENOUGH_TICKS, ENOUGH_WAITS = 150, 3
NEVER_FAILED = ["good:x", "good:y"]
MAY_LAST = {
    *(Reason.AWAITING_APPROVAL, Reason.SUSPENDED),
    *(Reason.NODES_UNREACHABLE, Reason.WAITING_FOR_NODES, Reason.WAITING_FOR_BUDGET),
}


class Rollouts(Actors):
    """Everybody moves in any order, the operator among them."""

    def __init__(self):
        super().__init__()
        self.failed = False
        self.patch = pytest.MonkeyPatch()
        self.rendering = 0
        self.patch.setattr(rollout.target, "pod_template", self.render)
        self.ledger = Ledger(self.cluster)
        self.operator = Operator(self.cluster, self.on_delete)

    def teardown(self):
        try:
            if not self.failed:
                self.heals()
        finally:
            self.patch.undo()

    def render(self, agent, token=""):
        """Render as this version of the operator does."""
        template = pod_template(agent, token)
        template["metadata"]["annotations"]["rendering"] = str(self.rendering)
        return template

    # what the operator does

    def on_delete(self, pod, plan):
        served = self.cluster.daemonset
        acted_on = served["status"].get("observedGeneration")
        assert acted_on == served["metadata"]["generation"], "before the DaemonSet controller acted on what we wrote"
        node = self.cluster.nodes[pod.node]
        assert node.ready, "on a node that is down"
        assert not node.cordoned, "on a cordoned node"
        assert pod.node in self.wanted(), "on a node that is not wanted"
        assert 2 * sum(not self.cluster.nodes[name].ready for name in self.wanted()) <= len(self.wanted()), (
            "in an outage"
        )
        assert pod.owner_uid == served["metadata"]["uid"], "of somebody else"
        self.ledger.take(pod, pod.node in working(self.cluster, [pod]), plan.situation.held)

    def step(self, **how):
        self.failed = True  # until it is seen that it did not
        agent = self.cluster.agent()
        self.ledger.settle(self.operator.pods.values())
        assert self.operator.plan() == self.operator.plan(), "the same world and time give another plan"
        try:
            plan = self.operator.step(**how)
        except KilledError:
            self.restart()
            self.failed = False
            return None
        afterwards = [self.operator.plan(remembered=remembered) for remembered in (True, False)]
        assert act(afterwards[0]) == act(afterwards[1]), "a restarted operator would do something else"
        self.check_status(agent, plan)
        self.failed = False
        return plan

    def check_status(self, agent, plan):
        status = self.cluster.status
        assert {c["reason"] for c in status["conditions"]} <= {*Reason, *Fault}
        if kstatus(agent.generation, status) != CURRENT or self.operator.pods != self.heard():
            return
        assert isinstance(agent, HostProcessAgent)
        for state in plan.situation.fleet.eligible:
            joined_lately = state.joined + plan.situation.deadline > self.cluster.now
            if not joined_lately:
                [pod] = [pod for pod in self.cluster.pods_on(state.name) if not pod.deleting]
                assert (pod.image, pod.ready) == (self.cluster.image, True), "shown as current"

    def heard(self):
        return {pod.uid: pod for pod in self.cluster.observed_pods()}

    @precondition(lambda self: self.cluster.daemonset)
    @rule(orphan=st.booleans())
    def daemonset_is_deleted(self, orphan):
        self.cluster.delete_daemonset(orphan=orphan)
        self.ledger.out.clear()  # with it goes the record of who is out

    @invariant()
    def keep_the_ledger(self):
        self.ledger.settle(self.operator.pods.values())

    @rule(how=st.sampled_from([{}, {"loses_answer": True}, *({"killed_after": writes} for writes in range(4))]))
    def operator_looks(self, how):
        self.step(**how)

    @rule(what=st.sampled_from(["restart", "update", "hear"]))
    def operator_is_treated(self, what):
        getattr(self, what)()

    @rule(times=st.integers(1, 4), seconds=st.sampled_from([2, 40]))
    def things_go_on(self, times, seconds):
        for _ in range(times):
            self.tick(seconds)

    @rule()
    def a_while_passes(self):
        for _ in range(6):
            self.tick(40)

    def hear(self):
        self.operator.hear()

    def restart(self):
        self.operator = Operator(self.cluster, self.on_delete)

    def update(self):
        self.rendering += 1
        self.restart()

    def tick(self, seconds=2):
        self.cluster.run_controller()
        self.cluster.run_kubelets()
        self.cluster.pass_time(seconds)
        self.operator.hear()
        return self.step()

    # what must come of it in the end

    def settles(self):
        """Let everything go on until nothing changes any more, however long one waits."""
        last, waits = None, 0
        for _ in range(ENOUGH_TICKS):
            plan = self.tick()
            world = (self.operator.writes, self.heard(), repr(self.cluster.daemonset))
            waits = waits + 1 if world == last else 0
            last = world
            if waits and plan.look_again is not None:
                self.cluster.pass_time(max(0, (plan.look_again - self.cluster.now).total_seconds()))
            if waits > ENOUGH_WAITS:
                return plan
        raise AssertionError(f"it never comes to rest: {plan.phase} {plan.reason}")

    def heals(self):
        """Assert that all comes to rest; and with a good spec on good nodes, to a fleet that works."""
        plan = self.settles()
        assert not plan.write
        assert not plan.delete
        self.is_not_in_progress_for_ever()
        self.cluster.killers_kill = False
        for name, node in self.cluster.nodes.items():
            self.cluster.set_ready(name, ready=True)
            node.cordoned = node.harmful = False
        self.cluster.edit(containers=containers(NEVER_FAILED[0]), rollout=None, suspend=None, verification=None)
        plan = self.settles()
        if plan.situation.ownership is Ownership.FOREIGN:
            return  # its owner is gone, and so is all that tells whose it was
        self.works(plan)
        self.is_left_alone()

    def is_not_in_progress_for_ever(self):
        """Assert that after a long time only what may pass by itself is still said to be in progress."""
        self.cluster.pass_time(3 * DEADLINE)
        self.tick()
        if kstatus(self.cluster.agent().generation, self.cluster.status) == IN_PROGRESS:
            ready = next(c for c in self.cluster.status["conditions"] if c["type"] == "Ready")
            assert ready["reason"] in MAY_LAST, ready

    def works(self, plan):
        """Assert that every node that can have the agent has it, and that it is said so."""
        ready = next(c for c in self.cluster.status["conditions"] if c["type"] == "Ready")
        assert (ready["status"] == "True") is bool(plan.situation.fleet.wanted), ready
        images = [self.cluster.pods[state.pod.name].image for state in plan.situation.fleet.wanted]
        assert set(images) <= {self.cluster.image}
        assert not plan.record.out

    def is_left_alone(self):
        """Assert that no agent is restarted without need."""
        before = self.heard().keys()
        self.update()
        self.cluster.edit(tolerations=[{"key": "spare", "operator": "Exists"}])
        self.settles()
        staying = {pod.uid for pod in self.cluster.pods.values() if pod.node in self.wanted()}
        assert staying <= before, "an update of the operator or a change of placement restarts agents"

        self.cluster.edit(containers=containers(NEVER_FAILED[1]))
        self.tick()
        self.tick()
        untouched = {uid for uid, pod in self.heard().items() if not pod.deleting and pod.uid in staying}
        self.update()
        self.cluster.edit(containers=containers(NEVER_FAILED[0]))
        self.works(self.settles())
        assert untouched <= self.heard().keys(), "the way back restarts agents that had never left"

    def wanted(self):
        return {node.name for node in wanted_nodes(self.cluster)}


def act(plan):
    """Return the part of a plan that matters to others."""
    return plan.write, plan.delete, plan.copy, plan.discard, plan.phase, plan.reason, plan.record, plan.look_again


@pytest.mark.timeout(7200)
def test_rollouts():
    run_state_machine_as_test(Rollouts)
