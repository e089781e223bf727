"""Condition types and reasons: a vocabulary that users, alerts and GitOps rules rely on.

No other type and no other reason is ever written. Each says what it means in `.meaning`, from which the catalogue in
the documentation is generated.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Self


class _Documented(StrEnum):
    """A string with its meaning beside it."""

    meaning: str

    def __new__(cls, value: str, meaning: str) -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.meaning = meaning
        return member


class ConditionType(_Documented):
    """The conditions of a HostProcessAgent."""

    READY = "Ready", "The agent is valid, applied, rolled out, available and verified on every node that counts."
    RECONCILING = "Reconciling", "Present only while True: the operator is getting there by itself."
    STALLED = "Stalled", "Present only while True: a person must act before it can go on."
    VALID = "Valid", "The spec obeys every rule; if False the message lists every error with its path."
    ROLLED_OUT = "RolledOut", "The spec's revision has once worked on every node that counted."
    ADMIN_RIGHTS_VERIFIED = "AdminRightsVerified", "The current run on every node reported the rights asked for."


class Reason(_Documented):
    """Why a condition is as it is."""

    # all is well
    ALL_VERIFIED = "AllVerified", "Every node that counts runs the agent and its rights are proven."
    ALL_AVAILABLE = "AllAvailable", "Every node that counts runs the agent; verification is switched off."
    SPEC_VALID = "SpecValid", "The spec obeys every rule."
    ROLLED_OUT = "RolledOut", "The spec's revision has once worked on every node that counted."

    # on the way
    PENDING = "Pending", "Not known yet."
    APPLYING = "Applying", "The DaemonSet is being written, or its controller has not acted on it yet."
    APPLY_FAILED = "ApplyFailed", "The API server could not take a write; it is tried again."
    ROLLING = "Rolling", "Pods of the spec's revision are being made."
    WAITING_FOR_BUDGET = "WaitingForBudget", "The next pods are replaced once a node that is out works again."
    WAITING_FOR_NODES = "WaitingForNodes", "No pod is replaced while most nodes are down or their state is uncertain."
    VERIFYING = "Verifying", "Agents run; what they may do is not proven yet."
    RECHECKING = "Rechecking", "An agent restarted; its verdict is about the earlier run until the new one reports."
    AGENTS_NOT_READY = "AgentsNotReady", "An agent that had worked does not work now."
    NODES_UNREACHABLE = "NodesUnreachable", "Every node that should run the agent is down."
    VERIFICATION_OFF = "VerificationOff", "verification.mode is None: nothing is read, nothing is proven."
    SUSPENDED = "Suspended", "spec.suspend is true: nothing is written or replaced; what is pending is named."

    REPAIRING = "Repairing", "Nodes that an earlier version left without a working agent get the proven one back."
    CANARY_STARTING = "CanaryStarting", "The canary nodes are getting the new version."
    CANARY_VERIFYING = "CanaryVerifying", "The canary nodes have the new version; it is not proven on all of them yet."
    CANARY_BAKING = "CanaryBaking", "The new version works on the canary nodes and is watched for bakeSeconds."
    AWAITING_APPROVAL = "AwaitingApproval", "The canaries have passed; a person has to approve the revision."

    # a person must act
    HALTED = "Halted", "The new version failed and is blocked; no further node gets it, and no pod is replaced."
    ROLLED_BACK = "RolledBack", "The new version failed and is blocked; every node gets the proven one back."
    HISTORY_GONE = "HistoryGone", "The new version is blocked, and the copy of the proven one is gone."
    NO_CANARY_NODE = "NoCanaryNode", "No node can try the new version: none matches, or none has a working agent."
    CRASH_LOOP = "CrashLoop", "The agent keeps ending."
    IMAGE_PULL_FAILED = "ImagePullFailed", "The image cannot be pulled."
    START_FAILED = "StartFailed", "The container runtime cannot start the agent."
    NODE_LOST = "NodeLost", "The node went down soon after the agent had started on it."
    SPEC_INVALID = "SpecInvalid", "The spec breaks a rule; the running DaemonSet is left as it is."
    NAME_CONFLICT = "NameConflict", "A DaemonSet of the agent's name belongs to somebody else and is never touched."
    NO_MATCHING_NODES = "NoMatchingNodes", "No Windows node matches the agent's placement."
    APPLY_REFUSED = "ApplyRefused", "The API server refuses the DaemonSet; the message is its own."
    DEADLINE_EXCEEDED = "DeadlineExceeded", "An agent does not work though progressDeadlineSeconds have passed."

    # verdicts on a run, on pods and in sum
    ADMINISTRATOR = "Administrator", "The run reported administrator rights."
    ACCOUNT_ACCEPTED = "AccountAccepted", "The run reported, and any rights are accepted."
    NOT_ADMINISTRATOR = "NotAdministrator", "The run reported that it has no administrator rights."
    NOT_HOST_PROCESS = "NotHostProcess", "The run reported an account that exists only inside ordinary containers."
    WRONG_ACCOUNT = "WrongAccount", "The run reported another account than the one it was asked to run as."
    NO_REPORT = "NoReport", "The log holds no report."
    UNREADABLE_REPORT = "UnreadableReport", "The log holds a report that says nothing: blank, broken or too new."
    PROBE_ERROR = "ProbeError", "The probe ran into an error before it could tell."
    LOG_UNAVAILABLE = "LogUnavailable", "The log could not be read from the node; it is tried again."
