"""Reasons of the Events that the operator records about a HostProcessAgent. No other is ever recorded."""

from __future__ import annotations

from hostprocess_operator.api.vocabulary import Documented


class EventReason(Documented):
    """What has just happened to an agent."""

    ROLLOUT_STARTED = "RolloutStarted", "A new revision is on its way to the nodes."
    ROLLOUT_COMPLETED = "RolloutCompleted", "The revision works on every node that counts."
    CANARY_PASSED = "CanaryPassed", "The new revision has worked on the canary nodes for long enough."
    ROLLOUT_HALTED = "RolloutHalted", "The new revision failed and is blocked.", "See the agent's Ready condition."
    ROLLED_BACK = (
        "RolledBack",
        "The new revision failed; the nodes get the proven one back.",
        "See the agent's Ready condition.",
    )
    ADMIN_RIGHTS_VERIFIED = "AdminRightsVerified", "The rights are proven on every node that counts."
    ADMIN_RIGHTS_DENIED = (
        "AdminRightsDenied",
        "A process reported that it lacks the rights that were asked for.",
        "See the agent's AdminRightsVerified condition.",
    )
    ADMIN_RIGHTS_UNKNOWN = (
        "AdminRightsUnknown",
        "A process reported nothing that tells which rights it has; that counts as a failure.",
        "See the agent's Ready condition.",
    )
    SPEC_INVALID = "SpecInvalid", "The spec breaks a rule and is not applied.", "See the agent's Valid condition."
    DRIFT_CORRECTED = (
        "DriftCorrected",
        "Somebody else had changed or deleted the DaemonSet; it is as generated again.",
        "Edit, or delete, the HostProcessAgent instead.",
    )
    ADMISSION_REFUSED = (
        "AdmissionRefused",
        "The API server refuses the agent's pods, or what the operator writes.",
        "See the agent's Ready condition.",
    )
    NODE_INELIGIBLE = (
        "NodeIneligible",
        "A node that matches the placement is unfit for the agent.",
        "See the agent's problems.",
    )
