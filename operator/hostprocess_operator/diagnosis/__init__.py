"""Why an agent does not run somewhere: from what the cluster shows to a fault, a sentence and the next step.

Pure: each decision takes observed values and returns a `Finding`, or None where there is nothing to say. What is told
to users names no node: `group` puts together what is the same on several nodes, and says where.
"""

from hostprocess_operator.diagnosis.admission import diagnose_refusal, foresee_refusal
from hostprocess_operator.diagnosis.finding import Finding, Severity
from hostprocess_operator.diagnosis.grouping import Group, group
from hostprocess_operator.diagnosis.node import keeps_out, notes, preflight, refusal
from hostprocess_operator.diagnosis.pod import diagnose_pod, wants_events
from hostprocess_operator.diagnosis.windows_build import mismatch

__all__ = [
    "Finding",
    "Group",
    "Severity",
    "diagnose_pod",
    "diagnose_refusal",
    "foresee_refusal",
    "group",
    "keeps_out",
    "mismatch",
    "notes",
    "preflight",
    "refusal",
    "wants_events",
]
