"""The pod template of an agent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hostprocess_operator.api.names import AGENT_LABEL, GATE, MANAGER, RESTARTED_AT_ANNOTATION
from hostprocess_operator.manifests.containers import container
from hostprocess_operator.manifests.placement import placement_of
from hostprocess_operator.manifests.privileged import host_process_pod
from hostprocess_operator.manifests.probe import probe_container
from hostprocess_operator.observed.revision import PLACEMENT_FIELDS, canonical_hash
from hostprocess_operator.verification.accounts import canonical_account

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hostprocess_operator.api.agent import HostProcessAgent
    from hostprocess_operator.observed import Placement

_NOT_POD_SHAPING: Mapping[str, Any] = {
    "affinity": True,
    "node_selector": True,
    "rollout": True,
    "suspend": True,
    "tolerations": True,
    "verification": {"container", "expect", "timeout_seconds"},
}


def pod_template(agent: HostProcessAgent, token: str = "") -> dict[str, Any]:
    """Return the pod template that this version of the operator renders for the agent, placement included.

    Args:
        token: value of the restart annotation, which makes another revision of the same spec; empty for none.
    """
    metadata = _metadata(agent)
    if token:
        metadata["annotations"] |= {RESTARTED_AT_ANNOTATION: token}
    return {"metadata": metadata, "spec": _pod_spec(agent)}


def shape_hash(agent: HostProcessAgent) -> str:
    """Return 16 hex digits that change only with fields that shape a pod.

    Made from the stored spec with defaults dropped, not from what is rendered: a new version of the operator that
    renders the same spec differently has the same hash, and so has no reason to replace a pod.
    """
    shape = agent.spec.to_dict(_NOT_POD_SHAPING)
    # an object is left empty where only fields that shape no pod are set, and counts as absent then
    return canonical_hash({name: value for name, value in shape.items() if value != {}})


def with_placement(template: Mapping[str, Any], placement: Placement) -> dict[str, Any]:
    """Return the template with the given placement in place of its own, and without a `$patch` marker."""
    spec = {k: v for k, v in template["spec"].items() if k not in PLACEMENT_FIELDS}
    return {"metadata": template.get("metadata") or {}, "spec": spec | placement.to_pod_spec()}


def _metadata(agent: HostProcessAgent) -> dict[str, Any]:
    own = agent.spec.pod_metadata
    labels = {"app.kubernetes.io/name": agent.name} | (own.labels if own else {}) | pod_labels(agent.name)
    default = {"kubectl.kubernetes.io/default-container": agent.spec.containers[0].name}
    return {"labels": labels, "annotations": default | (own.annotations if own else {})}


def pod_labels(agent_name: str) -> dict[str, str]:
    """Return the labels that every pod of the agent carries whatever the spec says; the first is the selector."""
    return {AGENT_LABEL: agent_name, "app.kubernetes.io/managed-by": MANAGER}


def _pod_spec(agent: HostProcessAgent) -> dict[str, Any]:
    spec = agent.spec
    containers = [container(asked) for asked in spec.containers]
    init = [container(asked) for asked in spec.init_containers]
    if spec.verification.mode == "Probe":
        init.insert(0, probe_container(containers[0]))
    pod: dict[str, Any] = placement_of(agent).to_pod_spec() | host_process_pod(canonical_account(spec.run_as_user_name))
    if spec.verification.mode != "None":
        pod["readinessGates"] = [{"conditionType": GATE}]
    if spec.service_account_name:
        pod["serviceAccountName"] = spec.service_account_name
    pod["automountServiceAccountToken"] = spec.automount_service_account_token
    pod["enableServiceLinks"] = False
    if spec.image_pull_secrets:
        pod["imagePullSecrets"] = [secret.to_dict() for secret in spec.image_pull_secrets]
    if spec.priority_class_name:
        pod["priorityClassName"] = spec.priority_class_name
    pod["terminationGracePeriodSeconds"] = spec.termination_grace_period_seconds
    if init:
        pod["initContainers"] = init
    pod["containers"] = containers
    if spec.volumes:
        pod["volumes"] = [volume.to_dict() for volume in spec.volumes]
    return pod
