"""The conditions: which are there, since when, and what each part of Ready says."""

from dataclasses import replace

import pytest

from hostprocess_operator.api.conditions import ConditionType
from hostprocess_operator.api.reasons import Reason
from hostprocess_operator.diagnosis.overlap import claims_of
from hostprocess_operator.manifests import placement_of
from hostprocess_operator.observed import Neighbour
from hostprocess_operator.status.conditions import MESSAGE_BYTES
from support import build
from support.build import DAY, MINUTE, NOW, OLD, SECOND

AGENT = build.agent()
UNVERIFIED = build.agent(verification={"mode": "None"})
ABC = build.nodes("a", "b", "c", age=9 * DAY)
PROVEN = build.record(AGENT, proven=build.proven(AGENT))
ALWAYS = ["AdminRightsVerified", "Ready", "RolledOut", "Valid"]
RESTARTED = {"reported": build.report("containerd://an-earlier-run")}
NOW_TEXT, THEN_TEXT = "2026-03-04T05:06:07Z", "2026-03-04T05:05:07Z"


def seen(*pods, asked=AGENT, nodes=ABC, noted=None, **changes):
    noted = noted or build.record(asked, proven=build.proven(asked))
    return build.scene(asked, nodes=nodes, pods=pods, written_as=noted, **changes)


WELL = seen(*build.pods("a", "b", "c"))
DENIED = seen(*build.pods("a", "b"), build.denied_pod("c"))
ROLLING = seen(*build.pods("a"), *build.pods("b", "c", revision=OLD), noted=build.record(AGENT))

OVERLAPPING = replace(WELL, neighbours=(Neighbour("agents", "twin", placement_of(AGENT), claims_of(AGENT)),))


@pytest.mark.parametrize(
    ("world", "beside"),
    [
        pytest.param(OVERLAPPING, ["Overlapping"], id="Overlapping while another agent is in the way"),
        pytest.param(WELL, [], id="nothing beside them while all is well"),
        pytest.param(ROLLING, ["Reconciling"], id="Reconciling while it gets there by itself"),
        pytest.param(DENIED, ["Stalled"], id="Stalled while a person must act"),
    ],
)
def test_types_are_sorted_and_companions_are_there_only_while_true(world, beside, status_of):
    status = status_of(AGENT, world)
    assert [condition.type for condition in status.conditions] == sorted([*ALWAYS, *beside])
    assert all(status.condition(kind).status == "True" for kind in beside)


class TestTransitions:
    """lastTransitionTime moves with the status and with nothing else."""

    def then(self, status_of, world):
        return status_of(AGENT, world, now=NOW - MINUTE)

    def test_the_first_time_is_now(self, status_of):
        status = status_of(AGENT, WELL)
        assert {condition.last_transition_time for condition in status.conditions} == {NOW_TEXT}

    def test_it_stays_while_the_status_stays(self, status_of):
        status = status_of(AGENT, replace(WELL, status=self.then(status_of, WELL)))
        assert {condition.last_transition_time for condition in status.conditions} == {THEN_TEXT}

    def test_it_stays_while_only_reason_and_message_change(self, status_of):
        status = status_of(AGENT, replace(DENIED, status=self.then(status_of, ROLLING)))
        assert status.condition("Ready").reason == Reason.NOT_ADMINISTRATOR
        assert status.condition("Ready").last_transition_time == THEN_TEXT

    def test_it_moves_with_the_status_of_that_condition_alone(self, status_of):
        status = status_of(AGENT, replace(DENIED, status=self.then(status_of, WELL)))
        moved = {c.type for c in status.conditions if c.last_transition_time == NOW_TEXT}
        assert moved == {"AdminRightsVerified", "Ready", "Stalled"}

    def test_a_companion_that_takes_the_others_place_begins_now(self, status_of):
        status = status_of(AGENT, replace(DENIED, status=self.then(status_of, ROLLING)))
        assert status.condition("Stalled").last_transition_time == NOW_TEXT

    def test_another_generation_moves_nothing(self, status_of):
        again = build.agent(generation=2)
        status = status_of(again, replace(WELL, status=self.then(status_of, WELL)))
        assert {condition.last_transition_time for condition in status.conditions} == {THEN_TEXT}
        assert {condition.observed_generation for condition in status.conditions} == {2}


class TestValid:
    """Valid says what is wrong with the spec, or what works less well than it looks."""

    def test_a_spec_without_fault(self, status_of):
        valid = status_of(AGENT, WELL).condition("Valid")
        assert (valid.status, valid.reason) == ("True", Reason.SPEC_VALID)
        assert valid.message == "The spec obeys every rule."

    def test_a_spec_with_warnings(self, status_of):
        valid = status_of(build.agent(terminationGracePeriodSeconds=0), WELL).condition("Valid")
        assert valid.status == "True"
        assert valid.message.startswith("Warning HPC104: spec.terminationGracePeriodSeconds: with 0")

    def test_an_invalid_spec_lists_every_error_with_its_path(self, status_of):
        valid = status_of(build.invalid_agent(hostNetwork=True), WELL).condition("Valid")
        assert (valid.status, valid.reason) == ("False", Reason.SPEC_INVALID)
        paths = [error.split(":")[0] for error in valid.message.split("; ")]
        assert paths == ["spec.containers", "spec.hostNetwork"]

    def test_very_many_errors_are_cut(self, status_of):
        containers = [{"name": f"c-{number}", "image": "", "ports": [{}] * 16} for number in range(8)]
        valid = status_of(build.invalid_agent(containers=containers), WELL).condition("Valid")
        assert len(valid.message.encode()) <= MESSAGE_BYTES
        assert valid.message.endswith("…")


JUST_STARTED = build.pods("a", "b", containers=(build.probe(), build.container(age=SECOND)))


@pytest.mark.parametrize(
    ("asked", "world", "status", "reason"),
    [
        pytest.param(AGENT, WELL, "True", Reason.ROLLED_OUT, id="it was proven"),
        pytest.param(
            AGENT, seen(*build.pods("a", "b", "c"), noted=build.record(AGENT)), "True", Reason.ROLLED_OUT,
            id="every node works, and it is being proven",
        ),
        pytest.param(
            AGENT, DENIED, "True", Reason.ROLLED_OUT, id="it was proven, and an agent was denied its rights since"
        ),
        pytest.param(
            AGENT, seen(*build.pods("a", "b"), *build.pods("c", revision=OLD)), "True", Reason.ROLLED_OUT,
            id="it was proven, and a node came back with an old pod",
        ),
        pytest.param(AGENT, ROLLING, "False", Reason.ROLLING, id="it is on its way"),
        pytest.param(
            AGENT, seen(*build.pods("a", "b", "c", ready=False), noted=build.record(AGENT)), "False",
            Reason.DEADLINE_EXCEEDED, id="it is everywhere, and works nowhere",
        ),
        pytest.param(
            AGENT, seen(*JUST_STARTED, *build.pods("c", ready=False), noted=build.record(AGENT)), "True",
            Reason.ROLLED_OUT, id="it works wherever it still can, and is not proven yet",
        ),
        pytest.param(
            AGENT,
            seen(*build.pods("a", "b", ready=False), *build.pods("c", revision=OLD), noted=build.record(AGENT),
                 nodes=[*ABC[:2], build.node("c", age=9 * DAY, cordoned=True)]),
            "False", Reason.DEADLINE_EXCEEDED, id="it works nowhere, and the former one does",
        ),
        pytest.param(AGENT, seen(nodes=(), noted=build.record(AGENT)), "False", Reason.NO_WINDOWS_NODES, id="none"),
        pytest.param(build.invalid_agent(), WELL, "Unknown", Reason.SPEC_INVALID, id="there is no revision"),
        pytest.param(
            build.agent(image="registry.example/agent:2", suspend=True), WELL, "False", Reason.SUSPENDED,
            id="the former revision was proven, and the new one is held back",
        ),
    ],
)  # fmt: skip
def test_rolled_out(asked, world, status, reason, status_of):
    condition = status_of(asked, world).condition("RolledOut")
    assert (condition.status, condition.reason) == (status, reason)


@pytest.mark.parametrize(
    ("asked", "world", "status", "reason", "words"),
    [
        pytest.param(AGENT, WELL, "True", Reason.ALL_VERIFIED, "The current run on every node", id="all are proven"),
        pytest.param(UNVERIFIED, WELL, "Unknown", Reason.VERIFICATION_OFF, "nothing is proven", id="nobody asked"),
        pytest.param(AGENT, DENIED, "False", Reason.NOT_ADMINISTRATOR, "on node c.", id="one is denied"),
        pytest.param(
            AGENT, seen(*build.pods("a", "b"), build.denied_pod("c", revision=OLD)), "False", Reason.NOT_ADMINISTRATOR,
            "on node c.", id="one of an older revision is denied: it is so all the same",
        ),
        pytest.param(
            AGENT,
            seen(*build.pods("a", "b"), build.denied_pod("c"), nodes=[*ABC[:2], build.node("c", ready=False)]),
            "True", Reason.ALL_VERIFIED, "every node", id="one on a node that is down is not heard",
        ),
        pytest.param(
            AGENT, seen(*build.pods("a", "b"), build.starting_pod("c")), "Unknown", Reason.VERIFYING, "on node c.",
            id="one has no verdict yet",
        ),
        pytest.param(
            AGENT, seen(*build.pods("a", "b")), "Unknown", Reason.VERIFYING, "on node c.", id="one has no pod yet"
        ),
        pytest.param(
            AGENT, seen(*build.pods("a", "b"), *build.pods("c", **RESTARTED)), "Unknown", Reason.RECHECKING,
            "on node c.", id="one restarted",
        ),
        pytest.param(
            AGENT, seen(*build.pods("a"), build.starting_pod("b"), *build.pods("c", **RESTARTED)), "Unknown",
            Reason.VERIFYING, "on nodes b and c.", id="one restarted, and one has no verdict yet",
        ),
        pytest.param(
            AGENT, seen(build.pod("a"), build.starting_pod("b"), build.silent_pod("c")), "Unknown",
            Reason.UNREADABLE_REPORT, "on nodes b and c.", id="one has no verdict yet, and one said nothing of use",
        ),
        pytest.param(
            AGENT,
            seen(*build.pods("a", "b"), build.starting_pod("c"), nodes=[*ABC[:2], build.node("c", age=MINUTE)]),
            "True", Reason.ALL_VERIFIED, "every node that counts", id="one that just joined does not count",
        ),
        pytest.param(AGENT, seen(nodes=()), "Unknown", Reason.PENDING, "No node has reported yet.", id="no nodes"),
        pytest.param(
            AGENT, seen(nodes=build.nodes("a", ready=False)), "Unknown", Reason.PENDING, "No node", id="none that is up"
        ),
    ],
)  # fmt: skip
def test_admin_rights_verified(asked, world, status, reason, words, status_of):
    condition = status_of(asked, world).condition("AdminRightsVerified")
    assert (condition.status, condition.reason) == (status, reason)
    assert words in condition.message


def test_every_type_is_documented(status_of):
    worlds = (WELL, DENIED, ROLLING, OVERLAPPING)
    shown = {c.type for world in worlds for c in status_of(AGENT, world).conditions}
    assert shown == set(ConditionType)


def test_a_message_is_bounded_however_many_names_it_has(status_of):
    long = [f"{'n' * 240}-{number}" for number in range(4)]
    world = seen(
        *(build.denied_pod(name, gate=build.verdict("False", "NotAdministrator", f"{name} " * 20)) for name in long),
        nodes=build.nodes(*long, age=9 * DAY),
    )
    assert len(status_of(AGENT, world).condition("Ready").message.encode()) <= MESSAGE_BYTES
