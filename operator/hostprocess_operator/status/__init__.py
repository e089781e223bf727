"""From what was seen to the status: counts, conditions, problems and the sentences that users read.

Pure. The status is a function of API objects; nothing in it is remembered that kubectl could not show.
"""

from hostprocess_operator.status.compute import compute_status
from hostprocess_operator.status.failure import Failure
from hostprocess_operator.status.occurrence import Occurrence, drift_corrected
from hostprocess_operator.status.transitions import transitions
from hostprocess_operator.status.unexplained import look_closer, unexplained

__all__ = [
    "Failure",
    "Occurrence",
    "compute_status",
    "drift_corrected",
    "look_closer",
    "transitions",
    "unexplained",
]
