"""Two statuses in a row, and what has happened between them."""

import pytest

from hostprocess_operator.api.event_reasons import EventReason
from hostprocess_operator.api.faults import Fault
from hostprocess_operator.api.reasons import Reason
from hostprocess_operator.api.status import AgentStatus, NodeCounts
from hostprocess_operator.rollout import Record, dump_record
from hostprocess_operator.status import transitions
from hostprocess_operator.status.occurrence import ACTIONS, Occurrence, Related
from support.build import HOUR, NOW
from support.statuses import (
    ALL,
    BACK_TO_A,
    BROKEN_SINCE,
    CANARY,
    DAEMONSET,
    DENIED,
    GOING_BACK,
    HALTED,
    INVALID,
    INVALID_HALTED,
    INVALID_WELL,
    IS_BACK,
    IS_DENIED,
    NEW_VERSION,
    ON_ITS_WAY,
    PROMOTED,
    PROVEN,
    REFUSED,
    RETRIED,
    ROLLED_BACK,
    SILENT,
    TAINTED,
    TO_B,
    UNFIT,
    VERIFIED,
    WELL,
    block,
    proven,
    status,
)

HAS_PASSED = status(to=TO_B.target, noted=PROMOTED)
PROVEN_ANEW = BACK_TO_A.model_copy(update={"proven": proven(at=BACK_TO_A.target.started)})
REFUSALS = (Reason.APPLY_REFUSED, *list(Fault)[list(Fault).index(Fault.POD_SECURITY_REJECTED) :][:8])


@pytest.mark.parametrize(
    ("before", "after", "reasons"),
    [
        # a rollout and its end
        pytest.param(None, ON_ITS_WAY, ["RolloutStarted"], id="an agent is new"),
        pytest.param(ON_ITS_WAY, ON_ITS_WAY, [], id="nothing changed"),
        pytest.param(
            status(noted=Record()), ON_ITS_WAY, ["RolloutStarted"], id="its first spec was invalid and is corrected"
        ),
        pytest.param(WELL, NEW_VERSION, ["RolloutStarted"], id="a new version is asked for"),
        pytest.param(
            WELL, status(reason="Suspended", to=TO_B.target, noted=PROVEN), [], id="one is asked for while suspended"
        ),
        pytest.param(
            ON_ITS_WAY, status("True", **VERIFIED, rolled_out="True", nodes=ALL),
            ["AdminRightsVerified", "RolloutCompleted"], id="the version works everywhere",
        ),
        pytest.param(
            status(**VERIFIED), status("True", **VERIFIED, rolled_out="True"),
            ["AdminRightsVerified", "RolloutCompleted"], id="it works everywhere, and was proven a while before",
        ),
        pytest.param(
            status(admin="Unknown", admin_reason="VerificationOff"),
            status("True", "AllAvailable", admin="Unknown", admin_reason="VerificationOff", rolled_out="True"),
            ["RolloutCompleted"], id="it works everywhere, and nothing is verified",
        ),
        pytest.param(CANARY, CANARY.model_copy(update={"record": dump_record(PROMOTED)}), ["CanaryPassed"],
                     id="the canaries have passed"),
        pytest.param(CANARY, NEW_VERSION, [], id="canaries are taken from the spec halfway"),
        pytest.param(HAS_PASSED, HAS_PASSED, [], id="they have passed, and that was told"),
        pytest.param(
            ON_ITS_WAY, HAS_PASSED, ["RolloutStarted"], id="those of another version have passed, unseen: that is late"
        ),
        pytest.param(
            NEW_VERSION, status("True", to=TO_B.target, noted=TO_B, phase="Stable"), [],
            id="it works everywhere, and is not proven yet",
        ),
        # one that failed
        pytest.param(NEW_VERSION, HALTED, ["RolloutHalted"], id="the version failed and is halted"),
        pytest.param(NEW_VERSION, ROLLED_BACK, ["RolledBack"], id="the version failed and is rolled back"),
        pytest.param(HALTED, HALTED, [], id="it is halted still"),
        pytest.param(HALTED, ROLLED_BACK, ["RolledBack"], id="rollback is switched on for one that was halted"),
        pytest.param(WELL, HALTED, ["RolloutHalted"], id="a version that is blocked is asked for again"),
        pytest.param(
            WELL.model_copy(update={"revisions": HALTED.revisions}), HALTED, ["RolloutHalted"],
            id="also if its block is an old one",
        ),
        pytest.param(
            HALTED, status(to=TO_B.target, noted=TO_B, phase="Halted", blocked=(block(), block("c", at=NOW + HOUR))),
            [], id="the block on another version is of no concern",
        ),
        pytest.param(AgentStatus(), HALTED, ["RolloutHalted"], id="nothing is known of the time before it"),
        pytest.param(INVALID_HALTED, HALTED, [], id="a halted one, after the spec was invalid in between"),
        pytest.param(
            HALTED, status(to=RETRIED.target, noted=RETRIED), ["RolloutStarted"], id="the block on it is lifted"
        ),
        pytest.param(
            HALTED, status(to=RETRIED.target, noted=RETRIED, phase="Halted", blocked=(block(at=NOW + HOUR),)),
            ["RolloutHalted"], id="it was tried again and has failed again at once",
        ),
        pytest.param(HALTED, GOING_BACK, ["RolloutStarted"], id="the spec is set back to the proven version"),
        pytest.param(GOING_BACK, IS_BACK, ["RolloutCompleted"], id="the proven version is back everywhere"),
        pytest.param(
            status(to=BACK_TO_A.target, noted=BACK_TO_A, rolled_out="True", since=BACK_TO_A.target.started), IS_BACK,
            ["RolloutCompleted"], id="it is back everywhere, and was not Ready from the moment it was asked for",
        ),
        pytest.param(IS_BACK, IS_BACK, [], id="it is back still"),
        pytest.param(HALTED, IS_BACK, ["RolloutStarted"], id="it is set back, and nobody had anything else"),
        pytest.param(
            status(to=BACK_TO_A.target, noted=PROVEN_ANEW, rolled_out="True", since=NOW),
            status("True", to=BACK_TO_A.target, noted=PROVEN_ANEW, rolled_out="True"), [],
            id="it was proven since it was asked for, and that was told",
        ),
        pytest.param(BROKEN_SINCE, IS_BACK, [], id="it is back, and an agent that was broken since works again"),
        # rights
        pytest.param(WELL, IS_DENIED, ["AdminRightsDenied"], id="a process is denied its rights"),
        pytest.param(ON_ITS_WAY, IS_DENIED, ["AdminRightsDenied"], id="one is denied them during a rollout"),
        pytest.param(IS_DENIED, IS_DENIED, [], id="it is denied them still"),
        pytest.param(IS_DENIED, WELL, ["AdminRightsVerified", "RolloutCompleted"], id="the last node is cured"),
        pytest.param(
            status(admin="False", admin_reason="NotAdministrator", rolled_out="True", noted=PROVEN), WELL,
            ["AdminRightsVerified"], id="a node is cured, long after the rollout",
        ),
        pytest.param(WELL, SILENT, ["AdminRightsUnknown"], id="a process reports nothing that can be understood"),
        pytest.param(ON_ITS_WAY, SILENT, ["AdminRightsUnknown"], id="one reports nothing of use during a rollout"),
        pytest.param(SILENT, SILENT, [], id="it is silent still"),
        pytest.param(
            SILENT, status(reason="NoReport", stalled=True, noted=PROVEN), [], id="it is silent in another way"
        ),
        pytest.param(
            WELL, status(reason="LogUnavailable", noted=PROVEN), [], id="a log cannot be read, and it is tried again"
        ),
        pytest.param(
            WELL, status(reason="LogUnavailable", stalled=True, noted=PROVEN), ["AdminRightsUnknown"],
            id="a log could not be read for too long",
        ),
        pytest.param(SILENT, WELL, ["AdminRightsVerified", "RolloutCompleted"], id="the silent one has spoken"),
        pytest.param(
            status(noted=PROVEN), status(**VERIFIED, noted=PROVEN), [], id="all are proven for a moment of a rollout"
        ),
        pytest.param(
            status(admin_reason="Rechecking", rolled_out="True", noted=PROVEN), WELL, [],
            id="an agent restarted and is proven again",
        ),
        # the spec, the cluster, the nodes
        pytest.param(WELL, INVALID, ["SpecInvalid"], id="the spec becomes invalid"),
        pytest.param(INVALID, INVALID, [], id="it is invalid still"),
        pytest.param(INVALID_WELL, WELL, [], id="it is set back to what it was"),
        pytest.param(WELL, REFUSED, ["AdmissionRefused"], id="the namespace refuses pods"),
        pytest.param(REFUSED, REFUSED, [], id="it refuses them still"),
        pytest.param(
            REFUSED, status(reason="QuotaExceeded", noted=PROVEN), ["AdmissionRefused"], id="it refuses them otherwise"
        ),
        pytest.param(WELL, UNFIT, ["NodeIneligible"], id="a node becomes unfit"),
        pytest.param(UNFIT, UNFIT, [], id="it is unfit still"),
        pytest.param(UNFIT, WELL, [], id="it is fit again"),
        # without a status before
        pytest.param(None, WELL, [], id="the status of an agent at peace was wiped"),
        pytest.param(None, NEW_VERSION, [], id="the status was wiped during a rollout"),
        pytest.param(None, HALTED, [], id="the status was wiped while halted"),
        pytest.param(None, INVALID, ["SpecInvalid"], id="an agent is invalid from the start"),
        pytest.param(None, IS_DENIED, ["AdminRightsDenied"], id="the status was wiped while rights are denied"),
        pytest.param(None, SILENT, ["AdminRightsUnknown"], id="the status was wiped while one is silent"),
        pytest.param(None, REFUSED, ["AdmissionRefused"], id="the status was wiped while pods are refused"),
        pytest.param(None, UNFIT, ["NodeIneligible"], id="the status was wiped while a node is unfit"),
        pytest.param(
            WELL.model_copy(update={"record": None}), WELL, [], id="the record of a status was too large for it"
        ),
    ],
)  # fmt: skip
def test_what_has_happened(before, after, reasons):
    assert [occurrence.reason for occurrence in transitions(before, after)] == reasons


@pytest.mark.parametrize("reason", REFUSALS)
def test_every_refusal_of_the_api_server_is_told(reason):
    (told,) = transitions(WELL, status(reason=reason.value, noted=PROVEN))
    assert (told.reason, told.type, told.note) == (EventReason.ADMISSION_REFUSED, "Warning", "Ready's message.")


@pytest.mark.parametrize(
    ("before", "after", "note", "related"),
    [
        pytest.param(None, ON_ITS_WAY, "Revision aaaa is on its way to the nodes.", DAEMONSET, id="a rollout"),
        pytest.param(
            WELL, CANARY, "Revision bbbb is on its way to the nodes. It is tried on node win-1 first.", DAEMONSET,
            id="a rollout with canaries",
        ),
        pytest.param(
            WELL, status(to=TO_B.target, noted=TO_B.model_copy(update={"canaries": ("win-1",)})),
            "Revision bbbb is on its way to the nodes.", DAEMONSET, id="a rollout whose canaries are not tried",
        ),
        pytest.param(
            HALTED, status(to=RETRIED.target, noted=RETRIED),
            "The block on revision bbbb is lifted, and it is tried again.", DAEMONSET, id="another try",
        ),
        pytest.param(
            HALTED, GOING_BACK, "Revision aaaa, which is proven, goes back to the nodes that have another one.",
            DAEMONSET, id="the way back",
        ),
        pytest.param(
            CANARY, CANARY.model_copy(update={"record": dump_record(PROMOTED)}),
            "Revision bbbb has worked on node win-1 for long enough; the other nodes follow.", DAEMONSET,
            id="canaries that passed",
        ),
        pytest.param(
            NEW_VERSION, HAS_PASSED, "Revision bbbb has worked for long enough; the other nodes follow.", DAEMONSET,
            id="canaries that passed and are not known",
        ),
        pytest.param(NEW_VERSION, HALTED, "Ready's message.", DAEMONSET, id="a failure is told as Ready tells it"),
        pytest.param(WELL, IS_DENIED, "Ready's message.", Related("Node", "win-2"), id="a denial names its node"),
        pytest.param(WELL, SILENT, "Ready's message.", Related("Node", "win-2"), id="a silence names its node"),
        pytest.param(
            WELL, status(reason="Halted", admin="False", problems=(DENIED,), noted=PROVEN),
            "On node win-2: It has no administrator rights.", Related("Node", "win-2"),
            id="a denial of which Ready does not speak",
        ),
        pytest.param(
            WELL, status(reason="Halted", admin="False", problems=(TAINTED, DENIED), noted=PROVEN),
            "On node win-2: It has no administrator rights.", Related("Node", "win-2"),
            id="a denial among other problems",
        ),
        pytest.param(
            WELL, status(reason="Halted", admin="False", noted=PROVEN), "The rights' message.", DAEMONSET,
            id="a denial of which no problem speaks",
        ),
        pytest.param(
            status(admin="False", rolled_out="True", noted=PROVEN), WELL,
            "Proven on 3 of 3 nodes. The rights' message.", DAEMONSET, id="proven rights",
        ),
        pytest.param(WELL, INVALID, "Ready's message.", None, id="an invalid spec is about no other object"),
        pytest.param(
            WELL, UNFIT,
            "1 matching node is unfit for the agent: win-3. On node win-3: The taint gpu keeps the agent off the node.",
            Related("Node", "win-3"), id="an unfit node",
        ),
        pytest.param(
            UNFIT, UNFIT.model_copy(update={"nodes": NodeCounts(desired=3, ineligible=2), "problems": (
                TAINTED, TAINTED.model_copy(update={"node": "win-4"}))}),
            "2 matching nodes are unfit for the agent: win-4. On node win-4: The taint gpu keeps the agent off the "
            "node.", Related("Node", "win-4"), id="one more unfit node is the one that is named",
        ),
        pytest.param(
            UNFIT, UNFIT.model_copy(update={"nodes": NodeCounts(desired=3, ineligible=2)}),
            "2 matching nodes are unfit for the agent: win-3. On node win-3: The taint gpu keeps the agent off the "
            "node.", Related("Node", "win-3"), id="one more that no problem names: the known one is",
        ),
        pytest.param(
            WELL, UNFIT.model_copy(update={"problems": (DENIED, TAINTED)}),
            "1 matching node is unfit for the agent: win-3. On node win-3: The taint gpu keeps the agent off the node.",
            Related("Node", "win-3"), id="an unfit node among other problems",
        ),
        pytest.param(
            WELL, status(nodes=NodeCounts(desired=3, ineligible=2), noted=PROVEN),
            "2 matching nodes are unfit for the agent.", DAEMONSET, id="unfit nodes that no problem names",
        ),
    ],
)  # fmt: skip
def test_what_is_said_and_of_which_other_object(before, after, note, related):
    (told,) = transitions(before, after)
    assert (told.note, told.related) == (note, related)


def test_the_completion_says_of_how_many_nodes():
    *_, told = transitions(ON_ITS_WAY, status("True", **VERIFIED, rolled_out="True", nodes=ALL))
    assert told.note == "Revision aaaa works on 3 of 3 nodes, which is every one that counts."


@pytest.mark.parametrize(
    ("after", "types"),
    [
        pytest.param(NEW_VERSION, ["Normal"], id="a rollout"),
        pytest.param(HALTED, ["Warning"], id="one that failed"),
        pytest.param(UNFIT, ["Warning"], id="a node that is unfit"),
    ],
)
def test_what_went_wrong_is_a_warning(after, types):
    assert [occurrence.type for occurrence in transitions(WELL, after)] == types


def test_every_reason_has_an_action():
    assert set(ACTIONS) == set(EventReason)


def test_whatever_is_not_progress_is_a_warning():
    normal = {reason for reason in EventReason if Occurrence(reason, "").type == "Normal"}
    assert normal == {"RolloutStarted", "CanaryPassed", "RolloutCompleted", "AdminRightsVerified"}
