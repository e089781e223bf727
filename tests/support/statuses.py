"""Statuses of an agent, as one follows the other: revision A is on its way, then asked for is B."""

from hostprocess_operator.api.status import (
    AgentStatus,
    BlockedRevision,
    Condition,
    DaemonSetReference,
    NodeCounts,
    Problem,
    Revisions,
    RolloutStatus,
)
from hostprocess_operator.rollout import Proven, Record, Target, dump_record
from hostprocess_operator.status.occurrence import Related
from support.build import DAY, HOUR, MINUTE, NOW

A, B = "aaaa", "bbbb"
DAEMONSET = Related("DaemonSet", "inspector", "daemonset-uid")
REFERENCE = DaemonSetReference(name="inspector", uid="daemonset-uid", generation=3, template_digest="0")
THEN = NOW - HOUR
FIRST = NodeCounts(desired=3)
ALL = NodeCounts(desired=3, available=3, verified=3)
DENIED = Problem(node="win-2", pod="p", reason="NotAdministrator", message="It has no administrator rights.")
BLANK = Problem(node="win-2", pod="p", reason="UnreadableReport", message="The answer is blank.")
TAINTED = Problem(node="win-3", reason="TaintNotTolerated", message="The taint gpu keeps the agent off the node.")


def text(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def target(rev=A, *, started=THEN, **fields):
    return Target(rev=rev, spec=rev, digest=rev, started=started, **fields)


def proven(rev=A, *, at=NOW - DAY):
    return Proven(rev=rev, spec=rev, digest=rev, at=at)


def block(rev=B, *, at=NOW):
    return BlockedRevision(revision=rev, reason="CrashLoop", nodes=("win-1",), at=text(at))


def status(
    ready="False",
    reason="Rolling",
    *,
    message="Ready's message.",
    since=THEN,
    admin="Unknown",
    admin_reason="Verifying",
    rolled_out="False",
    stalled=False,
    valid="True",
    phase="Rolling",
    to=None,
    noted=None,
    blocked=(),
    **fields,
):
    """Return a status: of an agent whose revision A is on its way, unless said otherwise."""
    said = [
        ("AdminRightsVerified", admin, admin_reason, "The rights' message.", THEN),
        ("Ready", ready, reason, message, since),
        ("RolledOut", rolled_out, "RolledOut", "", THEN),
        ("Valid", valid, "SpecValid", "", THEN),
    ]
    if stalled:
        said.insert(3, ("Stalled", "True", reason, message, since))
    to = to or target()
    return AgentStatus(
        observed_generation=1,
        conditions=tuple(
            Condition(type=kind, status=is_so, reason=why, message=words, last_transition_time=text(when))
            for kind, is_so, why, words, when in said
        ),
        **{
            "daemon_set": REFERENCE,
            "nodes": FIRST,
            "revisions": Revisions(target=to.rev, blocked=blocked),
            "rollout": RolloutStatus(phase=phase),
            "record": dump_record(noted or Record(target=to)),
        }
        | fields,
    )


PROVEN = Record(target=target(), proven=proven(at=THEN + MINUTE))
TO_B = Record(target=target(B, started=NOW), proven=proven())
VERIFIED = {"admin": "True", "admin_reason": "AllVerified"}
WELL = status("True", "AllVerified", **VERIFIED, rolled_out="True", phase="Stable", noted=PROVEN, nodes=ALL)
ON_ITS_WAY = status()
NEW_VERSION = status(to=TO_B.target, noted=TO_B, since=NOW)
CANARY = status(
    reason="CanaryBaking", to=TO_B.target, phase="Canary", noted=TO_B.model_copy(update={"canaries": ("win-1",)})
)
PROMOTED = TO_B.model_copy(update={"target": target(B, started=NOW, promoted=True)})
HALTED = status(reason="Halted", to=TO_B.target, noted=TO_B, phase="Halted", blocked=(block(),))
ROLLED_BACK = status(reason="RolledBack", to=TO_B.target, noted=TO_B, phase="RolledBack", blocked=(block(),))
RETRIED = TO_B.model_copy(update={"target": target(B, started=NOW + MINUTE, retried=NOW + MINUTE)})
BACK_TO_A = Record(target=target(started=NOW + MINUTE), proven=proven())
GOING_BACK = status(to=BACK_TO_A.target, noted=BACK_TO_A, rolled_out="True", since=NOW)
IS_BACK = status("True", "AllVerified", to=BACK_TO_A.target, noted=BACK_TO_A, rolled_out="True", nodes=ALL)
BROKEN_SINCE = status(reason="AgentsNotReady", to=BACK_TO_A.target, noted=BACK_TO_A, rolled_out="True", since=NOW + DAY)
INVALID = status(reason="SpecInvalid", valid="False", rolled_out="Unknown", noted=PROVEN)
INVALID_WELL = INVALID.model_copy(update={"conditions": (WELL.conditions[0], *INVALID.conditions[1:]), "nodes": ALL})
INVALID_HALTED = status(
    reason="SpecInvalid", valid="False", rolled_out="Unknown", to=TO_B.target, noted=TO_B, blocked=(block(),)
)
IS_DENIED = status(
    reason="NotAdministrator", admin="False", admin_reason="NotAdministrator", problems=(DENIED,), noted=PROVEN
)
SILENT = status(
    reason="UnreadableReport", admin_reason="UnreadableReport", stalled=True, problems=(BLANK,), noted=PROVEN
)
REFUSED = status(reason="PodSecurityRejected", noted=PROVEN)
UNFIT = status(
    rolled_out="True", nodes=NodeCounts(desired=3, ineligible=1), problems=(TAINTED,), noted=PROVEN, **VERIFIED
)
