"""From what was seen to the status: counts, conditions, problems and the sentences that users read.

Pure. The status is a function of API objects; nothing in it is remembered that kubectl could not show.
"""

from hostprocess_operator.status.compute import compute_status
from hostprocess_operator.status.failure import Failure
from hostprocess_operator.status.unexplained import look_closer, unexplained

__all__ = ["Failure", "compute_status", "look_closer", "unexplained"]
