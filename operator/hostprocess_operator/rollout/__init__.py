"""Which revision to serve and which pods to replace now.

Pure: `plan_rollout` takes an agent, a snapshot and the time, and returns what to do. The same world and time give
the same plan, so a restarted operator goes on where the former one stopped.
"""

from hostprocess_operator.rollout.decision import blocks
from hostprocess_operator.rollout.fleet import Fleet, NodeState, Unfit, survey
from hostprocess_operator.rollout.ownership import Ownership
from hostprocess_operator.rollout.phase import Phase
from hostprocess_operator.rollout.plan import POD_GRACE, Plan, plan_rollout
from hostprocess_operator.rollout.record import (
    Block,
    Out,
    Proven,
    Record,
    Target,
    dump_record,
    load_record,
    merge_records,
)
from hostprocess_operator.rollout.serving import Serving
from hostprocess_operator.rollout.target import Keep, Render

__all__ = [
    "POD_GRACE",
    "Block",
    "Fleet",
    "Keep",
    "NodeState",
    "Out",
    "Ownership",
    "Phase",
    "Plan",
    "Proven",
    "Record",
    "Render",
    "Serving",
    "Target",
    "Unfit",
    "blocks",
    "dump_record",
    "load_record",
    "merge_records",
    "plan_rollout",
    "survey",
]
