"""The HostProcessAgent: what a user asks for.

A pod spec that already knows it is a Windows host process. Field names and shapes are Kubernetes' own; what a host
process cannot have is not here, or is here only to be refused with the way out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Final, Literal

from pydantic import Field

from hostprocess_operator.api.accounts import AccountName
from hostprocess_operator.api.markers import Atomic, IntOrString, ListMap
from hostprocess_operator.api.names import DEFAULT_ACCOUNT
from hostprocess_operator.api.rules import SPEC_RULES
from hostprocess_operator.api.scalars import (
    LABEL_KEYS,
    MAX_INT32,
    MAX_SECONDS,
    OUR_KEYS,
    DnsLabel,
    LabelValue,
    ObjectName,
    Seconds,
    every_key,
)
from hostprocess_operator.api.shape import ATOMIC_MAP, Rules, Shape, rule
from hostprocess_operator.api.shapes.containers import Container, InitContainer
from hostprocess_operator.api.shapes.placement import Affinity, LocalObjectReference, Toleration
from hostprocess_operator.api.shapes.refused import (
    RefusedDnsPolicy,
    RefusedHostNamespace,
    RefusedHostNetwork,
    RefusedOS,
    RefusedRestartPolicy,
    RefusedRuntimeClass,
    RefusedSecurityContext,
)
from hostprocess_operator.api.shapes.volumes import Volume

Mode = Literal["Probe", "AgentLog", "None"]
Expectation = Literal["Administrator", "Any"]

# Labels that say who made a pod and of which revision it is: the operator and the DaemonSet controller write them.
_MADE_LABELS: Final = ("app.kubernetes.io/managed-by", "controller-revision-hash", "pod-template-generation")
_NOT_MADE: Final = every_key(
    f"{', '.join(_MADE_LABELS)} are written by the operator and Kubernetes: leave them out",
    holds=lambda key: key not in _MADE_LABELS,
    cel=f"!(key in {list(_MADE_LABELS)})",
)
_WINDOWS_ONLY: Final = rule(
    "an agent runs on Windows nodes only: leave kubernetes.io/os out",
    holds=lambda selector: selector.get("kubernetes.io/os", "windows") == "windows",
    cel="!('kubernetes.io/os' in self) || self['kubernetes.io/os'] == 'windows'",
)


_NodeSelector = Annotated[
    dict[str, LabelValue],
    Field(max_length=32, json_schema_extra=ATOMIC_MAP),
    Rules(LABEL_KEYS, _WINDOWS_ONLY),
]
_Labels = Annotated[dict[str, LabelValue], Field(max_length=32), Rules(LABEL_KEYS, OUR_KEYS, _NOT_MADE)]
_Annotations = Annotated[
    dict[str, Annotated[str, Field(max_length=4096)]], Field(max_length=32), Rules(LABEL_KEYS, OUR_KEYS)
]


class PodMetadata(Shape):
    """Labels and annotations for the pods."""

    labels: _Labels = Field(default_factory=dict)
    """Labels of the pods."""
    annotations: _Annotations = Field(default_factory=dict)
    """Annotations of the pods."""


class Verification(Shape):
    """How the administrator rights of the agent are proven."""

    rules = (
        rule(
            "only AgentLog reads the log of a container of the agent: set mode: AgentLog, or leave it out",
            holds=lambda verification: verification.container is None or verification.mode == "AgentLog",
            cel="!has(self.container) || self.mode == 'AgentLog'",
            at="container",
            reason="FieldValueForbidden",
        ),
    )

    mode: Mode = "Probe"
    """Probe asks in an init container of the operator's, AgentLog reads the agent's own log, None proves nothing."""
    container: DnsLabel | None = None
    """AgentLog: the container whose log is read, by default the first."""
    expect: Expectation | None = None
    """What counts as verified, by default Administrator for SYSTEM and Any for every other account."""
    timeout_seconds: Annotated[int, Field(ge=10, le=3600)] = 300
    """How long a started agent may go without a report before its rights are called unknown."""


class Canary(Shape):
    """Nodes that try a new version first."""

    nodes: Annotated[int, Field(ge=1, le=MAX_INT32)] = 1
    """How many."""
    node_selector: Annotated[dict[str, LabelValue], Field(max_length=32), Rules(LABEL_KEYS)] = Field(
        default_factory=dict
    )
    """Labels that a canary node must have."""
    bake_seconds: Seconds | None = None
    """How long the version has to work on them before it goes on, by default nodeImpactSeconds."""
    approval: Literal["Automatic", "Manual"] = "Automatic"
    """Manual: it goes on only once the annotation hostprocess.dev/approve names its revision."""


class Rollout(Shape):
    """How a new version reaches the nodes."""

    rules = (
        rule(
            "must be greater than minReadySeconds, or no node could ever make it in time",
            holds=lambda rollout: rollout.progress_deadline_seconds > rollout.min_ready_seconds,
            # the API server judges the default {} before it fills in the defaults of the fields
            cel="!has(self.progressDeadlineSeconds) || !has(self.minReadySeconds) || "
            "self.progressDeadlineSeconds > self.minReadySeconds",
            at="progressDeadlineSeconds",
        ),
    )

    max_unavailable: Annotated[
        int | str,
        IntOrString(
            message="must be a number of nodes from 1 up, without quotes, or a share of them from 1% to 100%",
            pattern="^(100|[1-9][0-9]?)%$",
            max_length=4,
            minimum=1,
            maximum=MAX_INT32,
        ),
    ] = 1
    """How many nodes may be without a working agent because of a rollout; a share is rounded up."""
    min_ready_seconds: Seconds = 0
    """How long a new agent has to be ready before it counts as available."""
    progress_deadline_seconds: Annotated[int, Field(ge=1, le=MAX_SECONDS)] = 1800
    """How long one node may take to run the new version; Windows images are large."""
    canary: Canary | None = None
    """A few nodes that try a new version before all others; the first version has no canaries."""
    on_failure: Literal["Halt", "Rollback"] = "Halt"
    """What becomes of a version that failed: Halt leaves it where it is, Rollback brings the proven one back."""
    max_failures: Annotated[int, Field(ge=0, le=MAX_INT32)] = 0
    """On how many nodes a version may fail before it is blocked; on canary nodes on none."""
    node_impact_seconds: Seconds = 60
    """A node that goes down so soon after the agent started on it is a failure of the version; with 0 none is."""


class AgentSpec(Shape):
    """What is to run, where, and how its rights are proven."""

    rules = SPEC_RULES

    containers: Annotated[tuple[Container, ...], Field(min_length=1, max_length=8), ListMap("name")]
    """Containers of the agent."""
    init_containers: Annotated[tuple[InitContainer, ...], Field(max_length=8), ListMap("name")] = ()
    """Containers that run before the agent."""
    run_as_user_name: AccountName = DEFAULT_ACCOUNT
    r"""Windows account of the agent: NT AUTHORITY\SYSTEM, LocalService or NetworkService, or a local group."""
    volumes: Annotated[tuple[Volume, ...], Field(max_length=32), ListMap("name")] = ()
    """Volumes that the containers can mount."""
    node_selector: _NodeSelector = Field(default_factory=dict)
    """Labels that a node must have, besides kubernetes.io/os: windows."""
    affinity: Affinity | None = None
    """Conditions on nodes that a nodeSelector cannot say."""
    tolerations: Annotated[tuple[Toleration, ...], Field(max_length=32), Atomic()] = ()
    """Taints that the pods put up with, besides the usual ones of Windows nodes."""
    pod_metadata: PodMetadata | None = None
    """Labels and annotations for the pods."""
    service_account_name: ObjectName | None = None
    """ServiceAccount of the pods."""
    automount_service_account_token: bool = False
    """Whether the pods get a token of their ServiceAccount."""
    image_pull_secrets: Annotated[tuple[LocalObjectReference, ...], Field(max_length=16), ListMap("name")] = ()
    """Secrets with which the images are pulled."""
    priority_class_name: ObjectName | None = None
    """PriorityClass of the pods."""
    termination_grace_period_seconds: Seconds = 30
    """How long the agent has to stop."""
    verification: Verification = Verification()
    """How the administrator rights of the agent are proven."""
    rollout: Rollout = Rollout()
    """How a new version reaches the nodes."""
    suspend: bool = False
    """Whether the operator keeps its hands off the DaemonSet and its pods; verdicts and status go on."""

    security_context: RefusedSecurityContext | None = None
    """Refused: the operator writes it."""
    host_network: RefusedHostNetwork | None = None
    """Refused: the operator sets it."""
    host_pid: Annotated[RefusedHostNamespace | None, Field(alias="hostPID")] = None
    """Refused: Windows has no such namespace."""
    host_ipc: Annotated[RefusedHostNamespace | None, Field(alias="hostIPC")] = None
    """Refused: Windows has no such namespace."""
    share_process_namespace: RefusedHostNamespace | None = None
    """Refused: Windows has no such namespace."""
    dns_policy: RefusedDnsPolicy | None = None
    """Refused: a host process uses the DNS of its node."""
    runtime_class_name: RefusedRuntimeClass | None = None
    """Refused: a host process runs on the node itself."""
    os: RefusedOS | None = None
    """Refused: the operator sets it."""
    restart_policy: RefusedRestartPolicy | None = None
    """Refused: the pods of an agent are always restarted."""


@dataclass(frozen=True, slots=True)
class HostProcessAgent:
    """A valid HostProcessAgent: the part of its metadata that the operator acts on, and its spec."""

    name: str
    namespace: str
    uid: str
    generation: int
    annotations: Mapping[str, str]
    spec: AgentSpec
