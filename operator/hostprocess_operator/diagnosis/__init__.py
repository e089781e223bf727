"""Why an agent does not run somewhere: from what the cluster shows to a fault, a sentence and the next step.

Pure: each decision takes observed values and returns a `Finding`, or None where there is nothing to say.
"""

from hostprocess_operator.diagnosis.finding import Finding, Severity
from hostprocess_operator.diagnosis.image import mismatch
from hostprocess_operator.diagnosis.node import keeps_out, notes, preflight, refusal

__all__ = ["Finding", "Severity", "keeps_out", "mismatch", "notes", "preflight", "refusal"]
