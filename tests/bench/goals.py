"""What the figures are held against: the budgets that the operator promises, and where each comes from."""

import operator
from dataclasses import dataclass

COMPARE = {"<=": operator.le, ">=": operator.ge, "=": operator.eq}


@dataclass(frozen=True)
class Goal:
    """A bound on a figure."""

    comparison: str
    bound: float

    def holds(self, value):
        """Return whether a value keeps to it."""
        return COMPARE[self.comparison](value, self.bound)


def at_most(bound):
    """Return the goal of not exceeding a bound."""
    return Goal("<=", bound)


def at_least(bound):
    """Return the goal of reaching a bound."""
    return Goal(">=", bound)


def exactly(bound):
    """Return the goal of a count."""
    return Goal("=", bound)


GOALS = {
    "create to DaemonSet, median": at_most(2.5),
    "create to DaemonSet, p99": at_most(150),
    "cold start: writes": exactly(0),
    "burst: DaemonSet writes per agent": exactly(1),
    "burst: status writes per agent": at_most(4),
    "burst: CPU per agent": at_most(25),
    "burst: until every DaemonSet is there": at_most(60),
    "writes: create": at_most(5),
    "writes: update": at_most(2),
    "writes: no-op edit": exactly(0),
    "writes: restart of the operator": exactly(0),
    "writes: delete": exactly(0),
    "RSS at start": at_most(75),
    "RSS at 5,000 pods": at_most(95),
    "RSS at 15,000 pods": at_most(120),
    "peak RSS to settled": at_most(1.3),
    "RSS per pod": at_most(3),
    "cold start: CPU": at_most(5),
    "cold start: longest answer of /healthz": at_most(150),
    "events per CPU second": at_least(5000),
    "log reads per container start": at_most(1.05),
    "log reads in flight": at_most(16),
    "status writes of mere counts in any 5 s": at_most(1),
    "update: CPU per 1,000 pods": at_most(6),
    "status size": at_most(32),
    "container start to status, p99": at_most(10),
    "idle CPU": at_most(0.5),
}
