"""Every state of a rollout, and what kstatus (Flux, Helm, `kubectl wait`) and Argo CD make of it.

The statuses are the operator's own, after it has done its part. Two promises to whoever waits for an agent: it is never
green while the spec's revision does not work on every node that counts, and never in progress for ever where a person
must act. The one exception is an approval: kstatus has no word for it, Argo CD has.
"""

from dataclasses import replace

import pytest

from hostprocess_operator.api.faults import Fault
from hostprocess_operator.api.reasons import Reason
from hostprocess_operator.rollout import Phase
from support import build
from support.argocd import argo_health
from support.build import DAY, MINUTE, NEW, NOW, SECOND, new, old
from support.kstatus import CURRENT, IN_PROGRESS, kstatus
from support.turns import ANSWERS, GREEN, Turn, denied, starting
from support.turns.going_on import CANARIES, ROLLING, STABLE
from support.turns.stopped import FAILED_VERSIONS, HANDS_OFF

TABLE = [*STABLE, *ROLLING, *CANARIES, *FAILED_VERSIONS, *HANDS_OFF]
ROLLOUT = pytest.mark.parametrize(("world", "phase", "reason", "ready", "turn"), TABLE)
GREEN_WORLDS = pytest.mark.parametrize(
    "world", [pytest.param(each.values[0].settled(), id=each.id) for each in TABLE if each.values[-1] in GREEN]
)
WORLDS_ON_THEIR_WAY = pytest.mark.parametrize(
    "world", [pytest.param(each.values[0], id=each.id) for each in TABLE if each.values[-1] is Turn.OPERATORS]
)

# What can be the matter with a node on which all was well.
FLAWS = {
    "it has no pod": lambda _: (),
    "its pod is of the former version": old,
    "its pod is on its way": starting,
    "its pod is going": lambda name: new(name, deleting=True),
    "its pod is not Ready": lambda name: new(name, ready=False, ready_for=SECOND),
    "its pod is denied rights": denied,
    "its pod is of a revision that nobody knows": lambda name: build.pods(name, revision="unheard-of"),
}


def answers(world):
    """Return what kstatus and Argo CD say."""
    resource = world.resource
    return kstatus(resource["metadata"]["generation"], resource["status"]), argo_health(resource)[0]


def is_green(world):
    """Return whether anybody would take the rollout for done."""
    return answers(world)[0] == CURRENT or answers(world)[1] == "Healthy"


def counting(world):
    """Return the names of the nodes that are up, not cordoned, and were there before the revision was proven."""
    return [
        node.name
        for node in world.seen.nodes
        if node.ready and not node.unschedulable and node.created < NOW - 30 * MINUTE
    ]


@ROLLOUT
def test_what_the_operator_says(world, phase, reason, ready, turn):
    settled = world.settled()
    plan = settled.plan()
    assert (plan.phase, plan.reason) == (phase, reason)
    assert settled.seen.status.condition("Ready").reason == ready


@ROLLOUT
def test_what_is_made_of_it(world, phase, reason, ready, turn):
    assert answers(world.settled()) == ANSWERS[turn]


@ROLLOUT
def test_argo_cd_shows_the_message_of_ready(world, phase, reason, ready, turn):
    settled = world.settled()
    assert argo_health(settled.resource)[1] == settled.seen.status.condition("Ready").message


@ROLLOUT
def test_it_is_green_only_where_the_revision_works_on_every_node_that_counts(world, phase, reason, ready, turn):
    well = {pod.node for pod in world.seen.pods if pod.revision == NEW and pod.ready and not pod.deleting}
    assert not is_green(world.settled()) or well.issuperset(counting(world))


@pytest.mark.parametrize("flaw", [pytest.param(flaw, id=sentence) for sentence, flaw in FLAWS.items()])
@GREEN_WORLDS
def test_one_flaw_on_one_node_is_enough_for_green_to_go(world, flaw):
    for node in counting(world):
        others = tuple(pod for pod in world.seen.pods if pod.node != node)
        flawed = replace(world, seen=replace(world.seen, pods=(*others, *flaw(node))))
        assert not is_green(flawed.settled()), node


@GREEN_WORLDS
def test_green_goes_with_the_next_spec_before_the_operator_sees_it_and_after(world):
    container = world.body["spec"]["containers"][0] | {"image": "registry.example/agent:next"}
    spec = world.body["spec"] | {"containers": [container]}
    edited = replace(world, body=world.body | {"metadata": world.body["metadata"] | {"generation": 2}, "spec": spec})
    assert answers(edited) == (IN_PROGRESS, "Progressing")
    assert not is_green(edited.settled())


@WORLDS_ON_THEIR_WAY
def test_nothing_that_stands_still_is_in_progress_for_ever(world):
    """The nodes are up, the control plane works, and no agent makes a step."""
    later = world.after(DAY, step=10 * MINUTE)
    assert answers(later) == ANSWERS[Turn.PERSONS]


@ROLLOUT
def test_a_status_about_an_earlier_spec_says_nothing_about_this_one(world, phase, reason, ready, turn):
    status = world.settled().seen.status
    edited = replace(world, seen=replace(world.seen, status=status.model_copy(update={"observed_generation": 0})))
    assert answers(edited) == (IN_PROGRESS, "Progressing")


def test_before_the_operator_has_ever_looked_the_default_of_the_crd_says_so():
    resource = build.agent_body() | {"status": {"observedGeneration": -1}}
    assert (kstatus(1, resource["status"]), argo_health(resource)[0]) == (IN_PROGRESS, "Progressing")


def test_every_phase_is_in_the_table():
    assert {each.values[1] for each in TABLE} == set(Phase)


def test_every_reason_that_ready_can_have_is_in_the_table():
    never_of_ready = {
        *(Reason.PENDING, Reason.SPEC_VALID, Reason.ROLLED_OUT, Reason.VERIFICATION_OFF),
        Reason.NODE_LOST,
        *(Reason.ADMINISTRATOR, Reason.ACCOUNT_ACCEPTED, Reason.NOT_HOST_PROCESS, Reason.WRONG_ACCOUNT),
    }
    assert {each.values[3] for each in TABLE} - set(Fault) == set(Reason) - never_of_ready
