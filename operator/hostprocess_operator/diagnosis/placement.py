"""Why a pod finds no place, or was given up by its node."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from hostprocess_operator.api.faults import Fault
from hostprocess_operator.diagnosis.finding import Finding, found
from hostprocess_operator.diagnosis.quoting import because, name
from hostprocess_operator.diagnosis.texts import GIVEN_UP, SCHEDULING, fault_in

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hostprocess_operator.observed import Pod

_TAINT: Final = re.compile(r"\btaints?(?:\(s\))? \{([^{}]{1,300})\}")
_LACKING: Final = re.compile(r"Insufficient ([a-z0-9][\w./-]{0,100})|(Too many pods)|(enough free storage)")
_LACKING_ON_NODE: Final = re.compile(r"enough resource: ([a-z0-9][\w./-]{0,100})")

# Text and advice by fault.
_SENTENCES: Final[Mapping[Fault, tuple[str, str]]] = {
    Fault.PORT_CONFLICT: (
        "Another pod on the node has a host port that the agent wants.",
        (
            "Choose another port, or find who has it: `kubectl get pods -A --field-selector spec.nodeName={node} "
            "-o custom-columns=NS:.metadata.namespace,POD:.metadata.name,PORTS:.spec.containers[*].ports[*].hostPort`."
        ),
    ),
    Fault.INSUFFICIENT_RESOURCES: (
        "The node has too little left for the agent{lacking}.",
        "Lower resources.requests in the spec, or make room: `kubectl describe node {node}`.",
    ),
    Fault.TAINT_NOT_TOLERATED: (
        "{taint} keeps the agent off the node.",
        "Add a toleration to spec.tolerations, or remove the taint, which `kubectl describe node {node}` shows.",
    ),
    Fault.NO_MATCHING_NODE: (
        "The node is gone, or it no longer matches the pod's placement.",
        "Compare spec.nodeSelector and spec.affinity with `kubectl get node {node} --show-labels`.",
    ),
    Fault.UNSCHEDULABLE: (
        "The scheduler finds no place for the pod{words}.",
        "See what it says: `kubectl describe pod {pod} -n {namespace}`.",
    ),
}


def unscheduled(words: str, pod: Pod) -> Finding:
    """Return why the scheduler does not bind the pod to its node, from the scheduler's words."""
    fault = fault_in(words, SCHEDULING) or Fault.UNSCHEDULABLE
    return _no_place(fault, words, pod)


def given_up(pod: Pod) -> Finding:
    """Return why the kubelet gave the whole pod up, from the pod's reason and message."""
    fault = fault_in(pod.reason, GIVEN_UP)
    if fault is Fault.WRONG_NODE_OS:
        return found(
            fault,
            "The pod is for Windows, and the node says that it is something else.",
            f"See its labels: `kubectl get node {pod.node} --show-labels`; kubernetes.io/os has to be windows.",
            examples=(pod.node,),
        )
    if fault is Fault.EVICTED:
        return found(
            fault,
            f"The node gave the pod up{because(_first_sentence(pod.message), pod)}.",
            f"Make room on the node; `kubectl describe node {pod.node}` shows what it lacks.",
            examples=(pod.node,),
        )
    if fault is not None:
        return _no_place(fault, pod.message, pod)
    return found(
        Fault.START_FAILED,
        f"The node gave the pod up ({name(pod.reason)}){because(pod.message, pod)}.",
        f"See what the node says: `kubectl describe pod {pod.name} -n {pod.namespace}`.",
        examples=(pod.name,),
    )


def _no_place(fault: Fault, words: str, pod: Pod) -> Finding:
    text, advice = _SENTENCES[fault]
    taint = name(match[1]).replace(": ", "=").removesuffix(":") if (match := _TAINT.search(words[:4096])) else ""
    fields = {
        "taint": f"The taint {taint}" if taint else "A taint",
        "lacking": f": {', '.join(lacking)}" if (lacking := _lacking(words)) else "",
        "words": because(words, pod),
        "node": pod.node or "NODE",
        "pod": pod.name,
        "namespace": pod.namespace,
    }
    examples = tuple(fields[key] for key in ("node", "pod") if f"{{{key}}}" in advice)
    return found(fault, text.format(**fields), advice.format(**fields), examples=examples)


def _lacking(words: str) -> list[str]:
    """Return what the node has too little of, each once, sorted."""
    window = words[:4096]
    every = {next(part for part in match if part) for match in _LACKING.findall(window)}
    every |= set(_LACKING_ON_NODE.findall(window))
    spoken = {"Too many pods": "room for pods", "enough free storage": "storage", "pods": "room for pods"}
    return sorted(spoken.get(each, each) for each in every)


def _first_sentence(words: str) -> str:
    """Return what comes before the first full stop: behind it stand figures of the moment."""
    return words[:4096].split(". ", 1)[0]
