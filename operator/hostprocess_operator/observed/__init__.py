"""What the API server shows, as slim frozen values.

Every function here takes an object as the API server sends it (a dict in API spelling) and returns a frozen value
that holds only what a decision needs, so that two equal values mean "nothing happened" and a cache of thousands of
pods stays small. Nothing here decides anything, talks to the API server or reads a clock.
"""

from hostprocess_operator.observed.container import Container, Ended
from hostprocess_operator.observed.daemonset import DaemonSet, observe_daemonset
from hostprocess_operator.observed.event import Event, observe_event
from hostprocess_operator.observed.namespace import Namespace, observe_namespace
from hostprocess_operator.observed.neighbour import Claims, HostPort, Neighbour, Program
from hostprocess_operator.observed.node import Node, Taint, observe_node
from hostprocess_operator.observed.placement import Placement
from hostprocess_operator.observed.pod import GateCondition, Pod, observe_pod, stuck_container
from hostprocess_operator.observed.revision import Revision, observe_revision, template_digest, template_of
from hostprocess_operator.observed.seen import Seen, Written

__all__ = [
    "Claims",
    "Container",
    "DaemonSet",
    "Ended",
    "Event",
    "GateCondition",
    "HostPort",
    "Namespace",
    "Neighbour",
    "Node",
    "Placement",
    "Pod",
    "Program",
    "Revision",
    "Seen",
    "Taint",
    "Written",
    "observe_daemonset",
    "observe_event",
    "observe_namespace",
    "observe_node",
    "observe_pod",
    "observe_revision",
    "stuck_container",
    "template_digest",
    "template_of",
]
