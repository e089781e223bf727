"""Kill the operator at each of its writes, start it again, and compare what comes of it with an undisturbed run.

`python -m faults.crashes` runs every plan on a control plane of its own and prints one line per scenario.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from control_plane import ControlPlane, ensure_binaries, wait_for
from control_plane.api import ApiError
from faults.nursery import Nursery
from faults.oracles import busiest, difference, differing
from faults.page import CRASHES_HEAD, crash_row, write_table
from faults.rules import Crash, Match, Rule
from faults.scenarios import SCENARIOS, STEP_SECONDS, ready, scenario
from faults.stage import Stage
from support.operator import install

WRITES = Match(frozenset({"create", "update", "patch", "delete"}))
GOAL_SECONDS = 30
SETTLED_SECONDS = 6  # counts of a status are written every five seconds at most
PLANS_AT_ONCE = 3
LENIENT = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
CRD = "hostprocessagents.hostprocess.dev"

# What two runs may differ in. Two undisturbed runs of every scenario are compared on the way; what else they differ in
# is left out as well, and said.
MASK = frozenset(
    {
        # a hash of the nodeSelector too, which is each run's own
        "daemonsets .metadata.annotations.hostprocess.dev/stamp",
        "controllerrevisions .metadata.annotations.hostprocess.dev/stamp",
    }
)


@dataclass(frozen=True)
class Plan:
    """One crash: at which write of a scenario, and on which side of it."""

    scenario: object
    write: int
    after: bool

    def __str__(self):
        return f"{self.scenario.name}: killed {'after' if self.after else 'before'} write {self.write + 1}"


@dataclass(frozen=True)
class Reference:
    """What an undisturbed run of a scenario ends with."""

    state: dict
    summary: dict
    writes: int
    mask: frozenset = MASK


@dataclass
class Outcome:
    """What came of a plan.

    Attributes:
        reached: whether there was such a write at all.
        seconds: from the restart, or the last step if that came later, until the state was the reference's.
        writes: of the whole run from the first step on.
        busiest: requests within the busiest second.
        faults: what is wrong, as sentences; none when everything holds.
    """

    plan: Plan
    reached: bool = False
    seconds: float = 0.0
    writes: int = 0
    busiest: int = 0
    faults: list[str] = field(default_factory=list)


def run_reference(stage, scenario):
    """Run a scenario undisturbed and return what it ends with."""
    mark = _bring_up(stage, scenario)
    for step in scenario.steps:
        step.do(stage)
        stage.wait(step.until, STEP_SECONDS, f"{scenario.name}: {step.do.__name__}")
    state = _settled(stage)
    return Reference(state, stage.summary(), len(stage.proxy.seen(WRITES, mark)))


def run_plan(stage, plan, reference):
    """Run a scenario with one crash and return what came of it."""
    mark, outcome = _bring_up(stage, plan.scenario), Outcome(plan)
    rule = stage.proxy.add(Rule(WRITES, Crash(plan.after), skip=plan.write, times=1))
    began = time.monotonic()
    for step in plan.scenario.steps:
        began = time.monotonic()
        step.do(stage)
        stage.wait(step.until, 2 * STEP_SECONDS, f"{plan}: {step.do.__name__}")
    _compare(stage, reference, outcome)
    crash = next((each for each in stage.proxy.exchanges[mark:] if isinstance(each.struck, Crash)), None)
    outcome.reached = bool(rule.struck)
    outcome.seconds = time.monotonic() - max(began, crash.at if crash else 0)
    time.sleep(1)  # nothing comes after that would undo it
    outcome.faults += difference(stage.end_state(), reference.state, reference.mask)
    outcome.writes = len(stage.proxy.seen(WRITES, mark))
    outcome.busiest = busiest([each.at for each in stage.proxy.exchanges[mark:]], 1.0)
    outcome.faults += [f"its log shows {line}" for line in stage.tracebacks()]
    return outcome


def _bring_up(stage, scenario):
    """Start the operator and the first version; return where the exchanges of the scenario begin."""
    stage.operator.start(timeout=60)
    if scenario.given is not None:
        stage.agent.apply(**scenario.given)
        stage.wait(ready(), STEP_SECONDS, f"the first version of {scenario.name}")
    return len(stage.proxy.exchanges)


def _settled(stage):
    """Return the end state once it has not changed for longer than the operator holds back counts."""
    last, since = stage.end_state(), time.monotonic()

    def look():
        nonlocal last, since
        current = stage.end_state()
        if current != last:
            last, since = current, time.monotonic()
        return time.monotonic() - since > SETTLED_SECONDS

    wait_for(look, STEP_SECONDS, "the state to settle", interval=0.5)
    return last


def _compare(stage, reference, outcome):
    """Wait until state and summary are the reference's; note what is not."""

    def look(stage):
        differs = difference(stage.end_state(), reference.state, reference.mask)
        assert not differs, differs[:5]
        assert stage.summary() == reference.summary, (stage.summary(), reference.summary)
        return True

    try:
        stage.wait(look, GOAL_SECONDS, "the state of the undisturbed run", interval=0.5)
    except TimeoutError as error:
        outcome.faults.append(str(error))


@contextmanager
def lenient_crd(plane):
    """Let invalid specs in for a while, as an older CRD would."""
    strict = plane.get("customresourcedefinitions", CRD)["spec"]
    (version,) = strict["versions"]

    def replace(spec):
        plane.patch(
            "customresourcedefinitions", CRD, [{"op": "replace", "path": "/spec", "value": spec}], patch_type="json"
        )

    replace(strict | {"versions": [version | {"schema": LENIENT}]})
    try:
        yield
    finally:
        replace(strict)


class Crashes:
    """Plans and references of one control plane, run a few at a time."""

    def __init__(self, plane, nursery, kubeconfig, directory):
        self._place = (plane, nursery, kubeconfig, directory)

    def references(self, scenarios, *, twice):
        """Return scenario name -> its reference; run twice, two runs must not differ beyond the mask."""
        runs = [scenario for scenario in scenarios for _ in range(2 if twice else 1)]
        with ThreadPoolExecutor(PLANS_AT_ONCE) as pool:
            found = list(pool.map(self._reference, runs))
        return {scenario.name: self._merge(scenario, runs, found) for scenario in scenarios}

    def outcomes(self, plans: Iterable[Plan], references):
        """Yield what came of each plan, as they end."""
        with ThreadPoolExecutor(PLANS_AT_ONCE) as pool:
            yield from pool.map(lambda plan: self._outcome(plan, references[plan.scenario.name]), plans)

    def _merge(self, scenario, runs, found):
        mine = [reference for run, reference in zip(runs, found, strict=True) if run is scenario]
        beyond = {path for other in mine[1:] for path in differing(mine[0].state, other.state)} - MASK
        if beyond:
            sys.stderr.write(f"{scenario.name}: undisturbed runs differ in {sorted(beyond)}\n")
        return Reference(mine[0].state, mine[0].summary, max(one.writes for one in mine), MASK | beyond)

    def _reference(self, scenario):
        with Stage(*self._place, nodes=scenario.nodes) as stage:
            return run_reference(stage, scenario)

    def _outcome(self, plan, reference):
        with Stage(*self._place, nodes=plan.scenario.nodes) as stage:
            try:
                return run_plan(stage, plan, reference)
            except (TimeoutError, RuntimeError, ApiError) as error:
                return Outcome(plan, reached=True, faults=[str(error)])


def every_plan(scenario, reference):
    """Return a plan for each side of each write of a scenario."""
    return [Plan(scenario, write, after) for write in range(reference.writes) for after in (False, True)]


def main(arguments=None):
    """Run every plan and print what came of them; return 1 when something does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scenarios", nargs="*", help="names of scenarios; all of them when none is given")
    parser.add_argument("--write", action="store_true", help="write the table into docs/resilience.md")
    options = parser.parse_args(arguments)
    chosen = [scenario(name) for name in options.scenarios] or list(SCENARIOS)
    with (
        tempfile.TemporaryDirectory() as folder,
        ControlPlane.start(ensure_binaries(print)) as plane,
        Nursery() as nursery,
    ):
        runs = Crashes(plane, nursery, install(plane, policies=False), Path(folder))
        results = {row.name: _report(runs, row) for row in chosen if not row.lenient}
        with lenient_crd(plane):
            results |= {row.name: _report(runs, row) for row in chosen if row.lenient}
    if options.write:
        write_table("crashes", CRASHES_HEAD, {name: crash_row(name, *cells) for name, cells in results.items()})
    return 0 if all(held == plans for plans, held, *_ in results.values()) else 1


def _report(runs, row):
    """Run every plan of a scenario; return the cells of its row, and print them and what does not hold."""
    references = runs.references([row], twice=True)
    reference = references[row.name]
    outcomes = [one for one in runs.outcomes(every_plan(row, reference), references) if one.reached]
    held = [one for one in outcomes if not one.faults and one.seconds <= GOAL_SECONDS]
    cells = (
        len(outcomes),
        len(held),
        max((one.seconds for one in held), default=0.0),
        reference.writes,
        max((one.writes for one in held), default=0),
        max((one.busiest for one in held), default=0),
    )
    print(row.name, *cells, flush=True)
    for one in outcomes:
        for fault in one.faults:
            print(f"  {one.plan}: {fault}", flush=True)
    return cells


if __name__ == "__main__":
    sys.exit(main())
