"""Scenario after scenario, and the removal of everything on every way out."""

import contextlib
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from control_plane.api import ApiError
from e2e.evidence import collect, warnings_of
from e2e.installation import MARK, Site, create, is_served, namespace, remove, retire
from e2e.report import Result
from e2e.trial import GivenUp, Skipped, Stage, Trial
from support.operator import NAMESPACE, SERVICE_ACCOUNT, Operator

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
LISTENING = 5
"""Seconds in which an operator that runs somewhere answers; one does so in a fraction of a second."""
HOPELESS = 2
"""So many scenarios in a row that ran out of time: the others would do so as well."""
Scenario = Callable[[Trial], None]
Say = Callable[[str], None]


class SetUpError(Exception):
    """The operator does not run as it should; the message says what to do."""


@dataclass(frozen=True)
class Plan:
    """What is going to be done.

    Attributes:
        mark: of everything that is made.
        site: what is missing in the cluster.
        stage: where scenarios are played.
        scenarios: name -> function, in this order.
        installed: whether an operator that is there already is on trial.
        keep: whether everything is left in the cluster at the end.
        operator_log: log of the operator that runs on this machine.
    """

    mark: str
    site: Site
    stage: Stage
    scenarios: Mapping[str, Scenario]
    installed: bool
    keep: bool
    operator_log: Path

    @property
    def pieces(self) -> list[dict]:
        """Return what is made, in this order."""
        return [*self.site.missing, namespace(self.stage.namespace)]

    @property
    def removal(self) -> str:
        """Return the command by which a person removes all of it."""
        kinds = sorted({piece["kind"].lower() for piece in self.pieces})
        return f"kubectl delete {','.join(kinds)} --all-namespaces -l {MARK}={self.mark}"


@dataclass
class Outcome:
    """How a run went.

    Attributes:
        results: of the scenarios, in order.
        failure: why not every scenario could be played, empty otherwise.
        interrupted: whether a signal ended it.
        left: what of the run could not be removed, and why.
        operator_log: warnings and errors of the operator that ran on this machine.
    """

    results: list[Result] = field(default_factory=list)
    failure: str = ""
    interrupted: bool = False
    left: list[str] = field(default_factory=list)
    operator_log: list[str] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        """Return whether everything was seen that can be seen on this cluster, and nothing was left behind."""
        failed = any(result.outcome == "failed" for result in self.results)
        return not (failed or self.failure or self.interrupted or self.left)


def carry_out(plan: Plan, say: Say) -> Outcome:
    """Make what is missing, play the scenarios, and remove what was made, whatever happens in between."""
    outcome = Outcome()
    with _one_interruption():
        try:
            create(plan.stage.cluster, plan.pieces, plan.mark)
            with _operator(plan, outcome) as is_alive:
                _play(replace(plan.stage, is_alive=is_alive), plan, outcome, say)
        except KeyboardInterrupt:
            outcome.interrupted = True
        except (SetUpError, ApiError, OSError, subprocess.CalledProcessError) as error:
            outcome.failure = _words(error)
            say(f"\n{outcome.failure}")
        finally:
            _ignore_signals()
            _clean_up(plan, outcome, say)
    reason = "interrupted" if outcome.interrupted else "not reached"
    for name, scenario in list(plan.scenarios.items())[len(outcome.results) :]:
        outcome.results.append(Result(name, title_of(scenario), "skipped", 0, reason))
    return outcome


def _clean_up(plan: Plan, outcome: Outcome, say: Say) -> None:
    if plan.keep:
        say(f"\nEverything is left in the cluster. To remove it: {plan.removal}")
        return
    say("\nRemoving what was made; this is not to be interrupted")
    cluster, patience = plan.stage.cluster, plan.stage.patience
    retire(cluster, plan.stage.namespace, patience)
    outcome.left = remove(cluster, plan.pieces, plan.mark, patience)
    if outcome.interrupted:  # a request that was cut off may have arrived after the first look
        outcome.left = remove(cluster, plan.pieces, plan.mark, patience)
    if outcome.left:
        say(f"\nNot everything could be removed. To do so: {plan.removal}")


def title_of(scenario: Scenario) -> str:
    """Return the sentence that says what a scenario shows."""
    return (scenario.__doc__ or scenario.__name__).partition("\n")[0]


def _play(stage: Stage, plan: Plan, outcome: Outcome, say: Say) -> None:
    late = 0
    for number, (name, scenario) in enumerate(plan.scenarios.items(), 1):
        say(f"\n[{number}/{len(plan.scenarios)}] {title_of(scenario)}")
        if late >= HOPELESS:
            outcome.results.append(Result(name, title_of(scenario), "skipped", 0, "the last ones ran out of time"))
            continue
        if not stage.is_alive():
            raise SetUpError(f"The operator ended; its log is {plan.operator_log}.")
        trial, began = Trial(stage, name), time.monotonic()
        try:
            result, ran_out = _play_one(trial, name, scenario, began)
        finally:
            if not plan.keep:
                with contextlib.suppress(ApiError, OSError):
                    trial.delete()
        late = late + 1 if ran_out else 0
        outcome.results.append(result)
        say(f"      {result.outcome} after {result.seconds:.0f} s{f': {result.reason}' if result.reason else ''}")


def _play_one(trial: Trial, name: str, scenario: Scenario, began: float) -> tuple[Result, bool]:
    """Return the result of one scenario, and whether it ran out of time."""
    outcome, reason, evidence, ran_out = "passed", "", None, False
    try:
        scenario(trial)
    except Skipped as skipped:
        outcome, reason = "skipped", str(skipped)
    except Exception as error:  # noqa: BLE001  whatever goes wrong in a scenario is its result
        outcome, reason, evidence = "failed", _words(error), collect(trial)
        ran_out = isinstance(error, TimeoutError)
    return Result(name, title_of(scenario), outcome, time.monotonic() - began, reason, trial.notes, evidence), ran_out


@contextlib.contextmanager
def _operator(plan: Plan, outcome: Outcome) -> Iterator[Callable[[], bool]]:
    """Run the operator of this checkout, for the namespace of the run alone; or see that the installed one runs."""
    cluster, where = plan.stage.cluster, plan.stage.namespace
    if plan.installed:
        if not is_served(cluster, where, 60):
            raise SetUpError(
                "No operator answers in a new namespace within a minute: does it run, and for all of them?"
            )
        yield lambda: True
        return
    if plan.site.has_kind and is_served(cluster, where, LISTENING):
        raise SetUpError(
            "An operator runs for this cluster already: end it first, or put it on trial with --installed."
        )
    kubeconfig = cluster.service_account_kubeconfig(NAMESPACE, SERVICE_ACCOUNT, "4h")
    plan.operator_log.unlink(missing_ok=True)
    operator = Operator(kubeconfig, plan.operator_log, arguments=("--namespaces", where))
    try:
        try:
            operator.start(timeout=60)
        except (TimeoutError, RuntimeError) as error:
            raise SetUpError(
                f"The operator does not become ready: {error}. Its log is {plan.operator_log}. An API server behind a "
                "proxy with accounts of its own (Rancher, Teleport) knows no ServiceAccounts: use --installed there."
            ) from error
        yield lambda: operator.running
    finally:
        if operator.running:
            with contextlib.suppress(subprocess.TimeoutExpired):
                operator.stop()
        operator.kill()
        outcome.operator_log = warnings_of(operator.lines())


@contextlib.contextmanager
def _one_interruption() -> Iterator[None]:
    """Let the first signal end the scenarios; those after it are ignored, by the processes started later too."""

    def end(*_: object) -> None:
        _ignore_signals()
        raise KeyboardInterrupt

    former = {each: signal.signal(each, end) for each in ENDING}
    try:
        yield
    finally:
        for each, handler in former.items():
            signal.signal(each, handler)


def _ignore_signals() -> None:
    for each in ENDING:
        signal.signal(each, signal.SIG_IGN)


def _words(error: Exception) -> str:
    """Return what a person needs to know of an error."""
    known = isinstance(error, AssertionError | TimeoutError | GivenUp | SetUpError)
    text = str(error) if known and str(error) else f"{type(error).__name__}: {error}"
    return "\n".join([text, *getattr(error, "__notes__", [])])
