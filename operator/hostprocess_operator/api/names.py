"""Every name that the operator puts on the wire: group, kind, labels, annotations, condition keys.

Constants only. Nobody else spells one of these strings.
"""

from typing import Final

GROUP: Final = "hostprocess.dev"
VERSION: Final = "v1alpha1"
API_VERSION: Final = f"{GROUP}/{VERSION}"
KIND: Final = "HostProcessAgent"
PLURAL: Final = "hostprocessagents"
SINGULAR: Final = "hostprocessagent"
SHORT_NAMES: Final = ("hpagent", "hpagents")
CATEGORY: Final = "hostprocess"

# Label on the DaemonSet and its pods, and the DaemonSet's whole selector: the agent's name.
AGENT_LABEL: Final = f"{GROUP}/agent"
# Readiness gate and pod condition that carry the verdict.
GATE: Final = f"{GROUP}/AdminRightsVerified"
# On a pod: what its current run reported about itself, as JSON.
REPORT_ANNOTATION: Final = f"{GROUP}/report"
# On the DaemonSet: the record of the rollout, as JSON.
ROLLOUT_ANNOTATION: Final = f"{GROUP}/rollout"
# On the DaemonSet: which spec and which rendering its template was built from.
STAMP_ANNOTATION: Final = f"{GROUP}/stamp"
# On the DaemonSet: the Pod Security level that its namespace enforced when it was last written. When that changes, the
# DaemonSet is written again, which has its controller try at once to make the pods that were refused before.
POD_SECURITY_ANNOTATION: Final = f"{GROUP}/pod-security"

# On an agent, by people: the revision whose block is lifted, with or without a slash and anything behind it.
RETRY_ANNOTATION: Final = f"{GROUP}/retry"
# On an agent, by people: the revision that may go on after its canaries.
APPROVE_ANNOTATION: Final = f"{GROUP}/approve"
# On an agent, by people, and on the pods made after that: a new value restarts the agent as an update does.
RESTARTED_AT_ANNOTATION: Final = f"{GROUP}/restarted-at"

# Init container that reports the rights of the pod's account. Reserved: no agent container may be called so.
PROBE_CONTAINER: Final = "verify-admin-rights"
# Field manager of every write, and the value of `app.kubernetes.io/managed-by`.
MANAGER: Final = "hostprocess-operator"
# Who records our Events: a qualified name, as the API demands.
EVENT_CONTROLLER: Final = f"{GROUP}/operator"

DEFAULT_ACCOUNT: Final = r"NT AUTHORITY\SYSTEM"
