"""Faults: one word for why an agent does not run somewhere. Problems carry them, and conditions the worst of them."""

from __future__ import annotations

from typing import Final

from hostprocess_operator.api.vocabulary import Documented

_READ = "Read the message: it names the cause and the nodes."


class Fault(Documented):
    """Why an agent does not run on a node, or beside another one."""

    # why a pod does not run, in the words of the field
    IMAGE_OS_MISMATCH = (
        "ImageOSMismatch",
        "The image has no variant for the Windows build of the node.",
        "Use an image with a variant for that build, such as the HostProcess base image, which has none to match.",
    )
    IMAGE_NOT_FOUND = "ImageNotFound", "The registry has no such image or tag.", "Correct the image in the spec."
    IMAGE_PULL_DENIED = (
        "ImagePullDenied",
        "The registry refuses to hand out the image.",
        "Name a Secret with credentials in spec.imagePullSecrets, in the agent's namespace.",
    )
    INVALID_IMAGE_NAME = "InvalidImageName", "The image's name cannot be read.", "Correct the image in the spec."
    IMAGE_PULL_FAILED = "ImagePullFailed", "The image cannot be pulled.", _READ
    USER_ACCOUNT_UNAVAILABLE = (
        "UserAccountUnavailable",
        "Windows does not let the account log on: it does not exist on the node, or it needs a password.",
        r"Use NT AUTHORITY\SYSTEM, LocalService or NetworkService, or a local group that exists on the node.",
    )
    RUNTIME_NOT_LOCAL_SYSTEM = (
        "RuntimeNotLocalSystem",
        "containerd is not allowed to start processes as another account.",
        "Run the containerd service of the node as LocalSystem.",
    )
    RUN_AS_USER_MISSING = (
        "RunAsUserMissing",
        "The process has no account to run as.",
        "Set spec.runAsUserName.",
    )
    COMMAND_NOT_FOUND = (
        "CommandNotFound",
        "The program to start does not exist on the node.",
        "Name it by its path under $env:CONTAINER_SANDBOX_MOUNT_POINT, or one that Windows brings along.",
    )
    UNSUPPORTED_MOUNT = (
        "UnsupportedMount",
        "A host process cannot mount this kind of volume.",
        "Remove the mount: a host process reaches pipes and files of the node directly.",
    )
    MIXED_HOST_PROCESS = (
        "MixedHostProcess",
        "The node takes some containers of the pod for host processes and some not.",
        "Update the kubelet of the node to a patch release that knows hostProcess at pod level.",
    )
    ALLOW_PRIVILEGED_DISABLED = (
        "AllowPrivilegedDisabled",
        "The API server runs with --allow-privileged=false, which forbids host processes.",
        "Ask the cluster's administrator to allow privileged containers.",
    )
    BIND_FILTER_CONFLICT = (
        "BindFilterConflict",
        "The agent attaches a file system filter, which host processes cannot do since containerd 1.7.",
        "Run that part of the agent outside of a container, as a Windows service.",
    )
    SANDBOX_FAILED = "SandboxFailed", "The pod's sandbox cannot be created.", _READ
    WRONG_NODE_OS = (
        "WrongNodeOS",
        "The pod is for Windows and the node says that it is something else.",
        "Correct the label kubernetes.io/os of the node.",
    )
    START_FAILED = "StartFailed", "The container runtime cannot start the agent.", _READ
    INIT_FAILED = (
        "InitFailed",
        "An init container fails, so the agent's own containers do not start.",
        "Read its log with `kubectl logs`, as the message says.",
    )
    CRASH_LOOP = (
        "CrashLoop",
        "The agent keeps ending.",
        "Read the log of its last run with `kubectl logs --previous`, as the message says.",
    )
    MEMORY_LIMIT = (
        "MemoryLimit",
        "The agent ran into its memory limit: on Windows allocations fail there, and most programs end.",
        "Raise resources.limits.memory.",
    )
    PROBE_FAILED = (
        "ProbeFailed",
        "A liveness, readiness or startup probe of the agent fails.",
        "Correct the probe or the agent. Prefer httpGet and tcpSocket: exec probes leak memory on Windows.",
    )
    HOOK_FAILED = "HookFailed", "A lifecycle hook of the agent fails.", "Correct the hook's command."
    CONFIG_MISSING = (
        "ConfigMissing",
        "A ConfigMap or Secret that a container refers to does not exist, or lacks the key.",
        "Create it in the agent's namespace.",
    )
    VOLUME_UNAVAILABLE = (
        "VolumeUnavailable",
        "A volume of the pod cannot be mounted.",
        "Create what it refers to in the agent's namespace, or correct the volume.",
    )
    PORT_CONFLICT = (
        "PortConflict",
        "Another pod on the node has the host port.",
        "Choose another port, or remove the other pod.",
    )
    TAINT_NOT_TOLERATED = (
        "TaintNotTolerated",
        "A taint keeps the agent off the node.",
        "Add a toleration to spec.tolerations, or remove the taint.",
    )
    NO_MATCHING_NODE = (
        "NoMatchingNode",
        "The node no longer matches the pod's placement.",
        "Correct spec.nodeSelector and spec.affinity, or the node's labels.",
    )
    INSUFFICIENT_RESOURCES = (
        "InsufficientResources",
        "The node has not enough free memory, CPU or room for pods.",
        "Lower resources.requests, or make room on the node.",
    )
    UNSCHEDULABLE = "Unschedulable", "The scheduler finds no place for the pod.", _READ
    EVICTED = "Evicted", "The node gave the pod up because it ran out of something.", "Make room on the node."
    STUCK_TERMINATING = (
        "StuckTerminating",
        "A pod does not go away though its grace period is over.",
        "Look at the node's kubelet; `kubectl delete pod --force` gives the pod up without its word.",
    )

    # why no pod is made
    POD_SECURITY_REJECTED = (
        "PodSecurityRejected",
        "The Pod Security labels of the namespace do not admit host processes.",
        "Label it: `kubectl label namespace NAME pod-security.kubernetes.io/enforce=privileged --overwrite`.",
    )
    WEBHOOK_DENIED = (
        "WebhookDenied",
        "An admission webhook refuses the pods.",
        "Ask who runs the named webhook for an exception.",
    )
    WEBHOOK_UNAVAILABLE = (
        "WebhookUnavailable",
        "An admission webhook that has to be asked does not answer.",
        "Repair the named webhook.",
    )
    POLICY_DENIED = (
        "PolicyDenied",
        "A ValidatingAdmissionPolicy refuses the pods.",
        "Ask who owns the named policy for an exception.",
    )
    QUOTA_EXCEEDED = "QuotaExceeded", "A ResourceQuota of the namespace is used up.", "Raise the named quota."
    PRIORITY_CLASS_MISSING = (
        "PriorityClassMissing",
        "The PriorityClass does not exist.",
        "Create it, or correct spec.priorityClassName.",
    )
    SERVICE_ACCOUNT_MISSING = (
        "ServiceAccountMissing",
        "The ServiceAccount does not exist in the agent's namespace.",
        "Create it, or correct spec.serviceAccountName.",
    )
    ADMISSION_REJECTED = "AdmissionRejected", "The API server refuses the pods; the message is its own.", _READ

    # why a node is unfit
    KUBELET_TOO_OLD = (
        "KubeletTooOld",
        "The node's kubelet cannot run host processes, which takes 1.23 or later.",
        "Update the node.",
    )
    RUNTIME_TOO_OLD = (
        "RuntimeTooOld",
        "The node's containerd cannot run host processes, which takes 1.6 or later.",
        "Update containerd on the node.",
    )
    RUNTIME_UNSUPPORTED = (
        "RuntimeUnsupported",
        "The node's container runtime cannot run host processes: only containerd can.",
        "Move the node to containerd.",
    )

    NODE_CORDONED = (
        "NodeCordoned",
        "The node is cordoned, so no pod is replaced there.",
        "Let it back in with `kubectl uncordon`, or wait until its maintenance is over.",
    )

    # what a node works with, less well than it could
    KUBELET_OLD = (
        "KubeletOld",
        "The node's kubelet knows host processes only as a beta feature, as all before 1.26 do.",
        "Update the node.",
    )
    RUNTIME_OLD = (
        "RuntimeOld",
        "The node's containerd is older than 1.7: mounts are seen elsewhere, and no local group can be the account.",
        "Update containerd on the node to 1.7 or later.",
    )

    # two agents on one node
    HOST_PORT_CLAIMED_TWICE = (
        "HostPortClaimedTwice",
        "Another agent wants the same host port on the same nodes.",
        "Give one of them another port, or other nodes.",
    )
    SAME_AGENT_TWICE = (
        "SameAgentTwice",
        "Another agent runs the same image and command on the same nodes.",
        "Delete one of them, or give them different nodes.",
    )


REFUSALS: Final = frozenset(
    {
        Fault.ALLOW_PRIVILEGED_DISABLED,
        Fault.POD_SECURITY_REJECTED,
        Fault.WEBHOOK_DENIED,
        Fault.WEBHOOK_UNAVAILABLE,
        Fault.POLICY_DENIED,
        Fault.QUOTA_EXCEEDED,
        Fault.PRIORITY_CLASS_MISSING,
        Fault.SERVICE_ACCOUNT_MISSING,
        Fault.ADMISSION_REJECTED,
    }
)
"""Faults by which no pod is made: the API server refuses it."""
