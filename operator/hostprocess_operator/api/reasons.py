"""Reasons of conditions: one word for where an agent stands. Beside these only a `Fault` is ever written."""

from __future__ import annotations

from hostprocess_operator.api.vocabulary import Documented

_READ = "Read the message: it names the cause and the nodes."
_WAIT = "Wait; the message names the nodes and what holds them up."


class Reason(Documented):
    """Why a condition is as it is."""

    # all is well
    ALL_VERIFIED = "AllVerified", "Every node that counts runs the agent and its rights are proven."
    ALL_AVAILABLE = "AllAvailable", "Every node that counts runs the agent; verification is switched off."
    SPEC_VALID = "SpecValid", "The spec obeys every rule."
    ROLLED_OUT = "RolledOut", "The spec's revision has once worked on every node that counted."

    # on the way
    PENDING = "Pending", "Not known yet."
    APPLYING = "Applying", "The DaemonSet is being written, or its controller has not acted on it yet.", _WAIT
    APPLY_FAILED = "ApplyFailed", "The API server could not take a write; it is tried again.", _WAIT
    ROLLING = "Rolling", "Pods of the spec's revision are being made.", _WAIT
    STARTING = "Starting", "The pod is being prepared on its node: volumes, sandbox, image, probes.", _WAIT
    PULLING = "Pulling", "The image is being pulled; Windows images take minutes the first time.", _WAIT
    WAITING_FOR_BUDGET = (
        "WaitingForBudget",
        "No agent works on the nodes that were taken, so no further one is.",
        "Correct the spec, or uncordon or repair the nodes that the message names.",
    )
    WAITING_FOR_NODES = (
        "WaitingForNodes",
        "No pod is replaced while most nodes are down or their state is uncertain.",
        _WAIT,
    )
    VERIFYING = "Verifying", "Agents run; what they may do is not proven yet.", _WAIT
    RECHECKING = (
        "Rechecking",
        "An agent restarted; its verdict is about the earlier run until the new one reports.",
        "Wait for its report.",
    )
    AGENTS_NOT_READY = "AgentsNotReady", "An agent that had worked does not work now.", "See status.problems."
    NODES_UNREACHABLE = (
        "NodesUnreachable",
        "Every node that should run the agent is down.",
        "Look at the nodes: `kubectl get nodes -l kubernetes.io/os=windows`.",
    )
    VERIFICATION_OFF = "VerificationOff", "verification.mode is None: nothing is read, nothing is proven."
    SUSPENDED = (
        "Suspended",
        "spec.suspend is true: nothing is written or replaced; what is pending is named.",
        "Set spec.suspend to false to go on.",
    )

    # a rollout under way, and one that failed
    REPAIRING = "Repairing", "Nodes that an earlier version left without a working agent get the proven one back."
    CANARY_STARTING = "CanaryStarting", "The canary nodes are getting the new version.", _WAIT
    CANARY_VERIFYING = (
        "CanaryVerifying",
        "The canary nodes have the new version; it is not proven on all of them yet.",
        _WAIT,
    )
    CANARY_BAKING = "CanaryBaking", "The new version works on the canary nodes and is watched for bakeSeconds.", _WAIT
    AWAITING_APPROVAL = (
        "AwaitingApproval",
        "The canaries have passed; a person has to approve the revision.",
        "Set the annotation hostprocess.dev/approve as the message says.",
    )
    HALTED = (
        "Halted",
        "The new version failed and is blocked; no further node gets it, and no pod is replaced.",
        "Correct the spec, or lift the block as the message says.",
    )
    ROLLED_BACK = (
        "RolledBack",
        "The new version failed and is blocked; every node gets the proven one back.",
        "Correct the spec, or lift the block as the message says.",
    )
    HISTORY_GONE = (
        "HistoryGone",
        "The new version is blocked, and the copy of the proven one is gone.",
        "Correct the spec, or lift the block as the message says.",
    )
    NO_CANARY_NODE = (
        "NoCanaryNode",
        "No node can try the new version: none matches, or none has a working agent.",
        "Correct spec.rollout.canary.nodeSelector, or repair the nodes.",
    )
    NODE_LOST = (
        "NodeLost",
        "The node went down soon after the agent had started on it.",
        "Look at that node before the version is tried again.",
    )

    # the spec and its DaemonSet
    SPEC_INVALID = (
        "SpecInvalid",
        "The spec breaks a rule; the running DaemonSet is left as it is.",
        "Correct the named fields.",
    )
    NAME_CONFLICT = (
        "NameConflict",
        "A DaemonSet of the agent's name belongs to somebody else and is never touched.",
        "Rename the agent or delete the DaemonSet.",
    )
    APPLY_REFUSED = (
        "ApplyRefused",
        "The API server refuses the DaemonSet; the message is its own.",
        "Change what the message names, in the spec or in the cluster's policies.",
    )
    DEADLINE_EXCEEDED = (
        "DeadlineExceeded",
        "An agent does not work though progressDeadlineSeconds have passed.",
        "See status.problems.",
    )

    # verdicts on a run, on pods and in sum
    ADMINISTRATOR = "Administrator", "The run reported administrator rights."
    ACCOUNT_ACCEPTED = "AccountAccepted", "The run reported, and any rights are accepted."
    NOT_ADMINISTRATOR = (
        "NotAdministrator",
        "The run reported that it has no administrator rights.",
        "Run as SYSTEM, or set verification.expect: Any if the account is meant.",
    )
    NOT_HOST_PROCESS = (
        "NotHostProcess",
        "The run reported an account that exists only inside ordinary containers.",
        "Update kubelet and containerd of the named node.",
    )
    WRONG_ACCOUNT = (
        "WrongAccount",
        "The run reported another account than the one it was asked to run as.",
        "Update kubelet and containerd of the named node.",
    )
    NO_REPORT = "NoReport", "The log holds no report.", _READ
    UNREADABLE_REPORT = "UnreadableReport", "The log holds a report that says nothing: blank, broken or too new.", _READ
    PROBE_ERROR = "ProbeError", "The probe ran into an error before it could tell.", _READ
    LOG_UNAVAILABLE = (
        "LogUnavailable",
        "The log could not be read from the node; it is tried again.",
        "Check `kubectl logs` for that pod; if that fails too, look at the node's kubelet.",
    )

    # no node, or none that will do
    NO_WINDOWS_NODES = (
        "NoWindowsNodes",
        "The cluster has no Windows node.",
        "Add one; `kubectl get nodes -l kubernetes.io/os=windows` shows them.",
    )
    NO_MATCHING_NODES = (
        "NoMatchingNodes",
        "No Windows node matches the agent's placement.",
        "Correct spec.nodeSelector and spec.affinity, or the nodes' labels.",
    )
    NO_ELIGIBLE_NODES = (
        "NoEligibleNodes",
        "Every Windows node that matches is unfit for the agent: tainted, too old, or of another runtime.",
        "See status.problems, which names each node and what it lacks.",
    )
