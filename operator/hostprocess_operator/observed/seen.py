"""One immutable snapshot of everything that a reconcile of one agent looks at."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from hostprocess_operator.api.status import AgentStatus
    from hostprocess_operator.observed.daemonset import DaemonSet
    from hostprocess_operator.observed.event import Event
    from hostprocess_operator.observed.namespace import Namespace
    from hostprocess_operator.observed.neighbour import Neighbour
    from hostprocess_operator.observed.node import Node
    from hostprocess_operator.observed.pod import Pod
    from hostprocess_operator.observed.revision import Revision


@dataclass(frozen=True, slots=True)
class Written:
    """What the API server answered to our last write of the DaemonSet.

    Attributes:
        generation: metadata.generation of the answer: any other value now means that somebody else wrote the spec.
        digest: digest of the pod template of the answer, which holds the API server's defaults.
    """

    uid: str
    generation: int
    digest: str


@dataclass(frozen=True, slots=True)
class Seen:
    """The world around one agent at one moment.

    Attributes:
        daemonset: the DaemonSet of the agent's name, whoever owns it.
        pods: pods that carry the agent's label, sorted by name.
        nodes: every Windows node, sorted by name.
        revisions: ControllerRevisions that carry the agent's label.
        written: our last DaemonSet write, from memory or, after a restart, from the status.
        status: the status as the API server has it, None before the first write.
        lost_logs: UIDs of pods whose current run can never be read again (its log is gone from the node).
        namespace: the agent's namespace, None while it is not known.
        events: Events by the UID of the pod or DaemonSet that they are about; only of those that had to be asked for.
        neighbours: other agents that claim a port or a program which this one claims too, on whatever nodes; sorted.
        relisted: when a cache last had to be rebuilt after its stream was lost, None when that never happened.
    """

    daemonset: DaemonSet | None = None
    pods: tuple[Pod, ...] = ()
    nodes: tuple[Node, ...] = ()
    revisions: tuple[Revision, ...] = ()
    written: Written | None = None
    status: AgentStatus | None = None
    lost_logs: frozenset[str] = frozenset()
    namespace: Namespace | None = None
    events: Mapping[str, tuple[Event, ...]] = field(default_factory=dict)
    neighbours: tuple[Neighbour, ...] = ()
    relisted: datetime | None = None

    def digests(self) -> Mapping[str, str]:
        """Return the template digest of each controller-revision-hash."""
        return {revision.hash: revision.digest for revision in self.revisions if not revision.is_copy}
