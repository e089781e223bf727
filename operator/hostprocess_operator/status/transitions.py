"""What has happened between two statuses of an agent: a table with a row for each thing that can happen.

Both statuses stand on the API server, so a restarted operator tells nothing twice. Without a status before, what is
wrong now is told and what was achieved is not: it may have been so for long.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hostprocess_operator.api.conditions import ConditionType
from hostprocess_operator.api.event_reasons import EventReason
from hostprocess_operator.api.faults import REFUSALS, Fault
from hostprocess_operator.api.reasons import Reason
from hostprocess_operator.diagnosis.words import names, on_nodes
from hostprocess_operator.observed.objects import moment
from hostprocess_operator.rollout import Phase, load_record
from hostprocess_operator.status.occurrence import Occurrence, Related, related_daemonset

if TYPE_CHECKING:
    from collections.abc import Callable

    from hostprocess_operator.api.status import AgentStatus, BlockedRevision, Condition, Problem
    from hostprocess_operator.rollout import Record, Target

_FAILED: Final = {Phase.HALTED.value: EventReason.ROLLOUT_HALTED, Phase.ROLLED_BACK.value: EventReason.ROLLED_BACK}
_DENIALS: Final = frozenset({Reason.NOT_ADMINISTRATOR, Reason.NOT_HOST_PROCESS, Reason.WRONG_ACCOUNT})
_SILENCES: Final = frozenset({Reason.NO_REPORT, Reason.UNREADABLE_REPORT, Reason.PROBE_ERROR, Reason.LOG_UNAVAILABLE})
_REFUSALS: Final = REFUSALS | {Reason.APPLY_REFUSED}
_UNFIT: Final = frozenset(
    {Fault.TAINT_NOT_TOLERATED, Fault.KUBELET_TOO_OLD, Fault.RUNTIME_TOO_OLD, Fault.RUNTIME_UNSUPPORTED}
)


def transitions(before: AgentStatus | None, after: AgentStatus) -> tuple[Occurrence, ...]:
    """Return what has happened, in the order in which it reads best.

    Args:
        before: the status that stood on the agent until now, None when it had none.
    """
    change = _Change(before, after, load_record(before.record) if before else None, load_record(after.record))
    return tuple(occurrence for row in ROWS if (occurrence := row(change)) is not None)


@dataclass(frozen=True, slots=True)
class _Change:
    """Two statuses with their records of the rollout, None where there is none that can be read."""

    before: AgentStatus | None
    after: AgentStatus
    former: Record | None
    record: Record | None

    def was(self, kind: ConditionType) -> Condition | None:
        return self.before.condition(kind) if self.before else None

    def turned(self, kind: ConditionType, status: str) -> bool:
        """Return whether the condition has that status now and had not before."""
        was, now = self.was(kind), self.after.condition(kind)
        return now is not None and now.status == status and (was is None or was.status != status)

    def message(self, kind: ConditionType) -> str:
        now = self.after.condition(kind)
        return now.message if now else ""

    @property
    def target(self) -> Target | None:
        return self.record.target if self.record else None

    @property
    def former_target(self) -> Target | None:
        return self.former.target if self.former else None

    @property
    def same_rollout(self) -> bool:
        """Return whether it is the same revision, and not one that was asked for anew."""
        was, now = self.former_target, self.target
        return was is not None and now is not None and (was.rev, was.started) == (now.rev, now.started)

    @property
    def phase(self) -> str:
        return self.after.rollout.phase if self.after.rollout else ""

    @property
    def former_phase(self) -> str:
        return self.before.rollout.phase if self.before and self.before.rollout else ""

    @property
    def rolled_out(self) -> bool:
        """Return whether the revision was on its way and has now worked on every node that counts."""
        was = self.was(ConditionType.ROLLED_OUT)
        return (
            self.same_rollout
            and was is not None
            and was.status == "False"
            and self.turned(ConditionType.ROLLED_OUT, "True")
        )

    def tell(self, reason: EventReason, note: str, related: Related | None = None) -> Occurrence:
        return Occurrence(reason, note, related or related_daemonset(self.after.daemon_set))


def _spec_became_invalid(change: _Change) -> Occurrence | None:
    if not change.turned(ConditionType.VALID, "False"):
        return None
    return Occurrence(EventReason.SPEC_INVALID, change.message(ConditionType.READY))


def _rollout_started(change: _Change) -> Occurrence | None:
    record, target = change.record, change.target
    if record is None or target is None or change.same_rollout or change.phase in _FAILED:
        return None
    if change.former is None and record.proven is not None:
        return None  # a status that was wiped, of an agent that has long been running
    if record.proven is not None and record.proven.rev == target.rev:
        note = f"Revision {target.rev}, which is proven, goes back to the nodes that have another one."
    elif target.retried == target.started:
        note = f"The block on revision {target.rev} is lifted, and it is tried again."
    else:
        canaries = record.canaries if change.phase == Phase.CANARY else ()
        first = f" It is tried on {on_nodes(canaries)} first." if canaries else ""
        note = f"Revision {target.rev} is on its way to the nodes.{first}"
    return change.tell(EventReason.ROLLOUT_STARTED, note)


def _canary_passed(change: _Change) -> Occurrence | None:
    was, now = change.former_target, change.target
    if was is None or now is None or was.rev != now.rev or was.promoted or not now.promoted:
        return None
    canaries = change.former.canaries if change.former else ()
    where = f" on {on_nodes(canaries)}" if canaries else ""
    note = f"Revision {now.rev} has worked{where} for long enough; the other nodes follow."
    return change.tell(EventReason.CANARY_PASSED, note)


def _rollout_failed(change: _Change) -> Occurrence | None:
    reason, block = _FAILED.get(change.phase), _block(change.after)
    if change.before is None or reason is None or block is None:
        return None
    known = any((each.revision, each.at) == (block.revision, block.at) for each in change.before.revisions.blocked)
    switched = change.former_phase in _FAILED and change.former_phase != change.phase
    if known and change.same_rollout and not switched:
        return None
    return change.tell(reason, change.message(ConditionType.READY))


def _block(status: AgentStatus) -> BlockedRevision | None:
    """Return the block on the revision that the spec asks for; a spec may be blocked by another revision of it."""
    youngest = status.revisions.blocked[::-1]
    own = [block for block in youngest if block.revision == status.revisions.target]
    return next(iter((*own, *youngest)), None)


def _rights_were_denied(change: _Change) -> Occurrence | None:
    if not change.turned(ConditionType.ADMIN_RIGHTS_VERIFIED, "False"):
        return None
    denied = [problem for problem in change.after.problems if problem.reason in _DENIALS]
    ready = change.after.condition(ConditionType.READY)
    note = ready.message if ready and ready.reason in _DENIALS else _sentences(denied)
    return change.tell(
        EventReason.ADMIN_RIGHTS_DENIED, note or change.message(ConditionType.ADMIN_RIGHTS_VERIFIED), _node(denied)
    )


def _rights_stayed_unknown(change: _Change) -> Occurrence | None:
    if not _is_silent(change.after) or _is_silent(change.before):
        return None
    silent = [problem for problem in change.after.problems if problem.reason in _SILENCES]
    return change.tell(EventReason.ADMIN_RIGHTS_UNKNOWN, change.message(ConditionType.READY), _node(silent))


def _is_silent(status: AgentStatus | None) -> bool:
    """Return whether what keeps the agent from being Ready is that nothing was reported, and none of it will pass."""
    stalled = status.condition(ConditionType.STALLED) if status else None
    return stalled is not None and stalled.reason in _SILENCES


def _rights_were_verified(change: _Change) -> Occurrence | None:
    was, now = (
        change.was(ConditionType.ADMIN_RIGHTS_VERIFIED),
        change.after.condition(ConditionType.ADMIN_RIGHTS_VERIFIED),
    )
    rolled_out = change.after.condition(ConditionType.ROLLED_OUT)
    if was is None or now is None or now.status != "True":
        return None
    # halfway through an update every node may be proven for a moment: what counts is the end of it
    is_over = rolled_out is not None and rolled_out.status != "False"
    # an agent that restarted and reported the same again is no news
    turned = was.status != "True" and was.reason != Reason.RECHECKING
    if not (change.rolled_out or (turned and is_over)):
        return None
    nodes = change.after.nodes
    note = f"Proven on {nodes.verified} of {nodes.desired} nodes. {now.message}"
    return change.tell(EventReason.ADMIN_RIGHTS_VERIFIED, note)


def _rollout_completed(change: _Change) -> Occurrence | None:
    target = change.target
    if target is None or not (change.rolled_out or _went_back(change, target)):
        return None
    nodes = change.after.nodes
    note = f"Revision {target.rev} works on {nodes.available} of {nodes.desired} nodes, which is every one that counts."
    return change.tell(EventReason.ROLLOUT_COMPLETED, note)


def _went_back(change: _Change, target: Target) -> bool:
    """Return whether the spec was set back to the proven revision, and the agent is Ready with it for the first time.

    RolledOut is True from the start then: Ready has to tell, which was not True since the spec was set back.
    """
    proven, was = change.record.proven if change.record else None, change.was(ConditionType.READY)
    if proven is None or proven.rev != target.rev or proven.at >= target.started or was is None:
        return False
    since = moment(was.last_transition_time)
    waited = since is not None and since <= target.started
    return change.same_rollout and change.turned(ConditionType.READY, "True") and waited


def _admission_was_refused(change: _Change) -> Occurrence | None:
    was, now = change.was(ConditionType.READY), change.after.condition(ConditionType.READY)
    if now is None or now.reason not in _REFUSALS or (was is not None and was.reason == now.reason):
        return None
    return change.tell(EventReason.ADMISSION_REFUSED, now.message)


def _node_became_unfit(change: _Change) -> Occurrence | None:
    before = change.before.nodes.ineligible if change.before else 0
    count = change.after.nodes.ineligible
    if count <= before:
        return None
    known = {(problem.node, problem.reason) for problem in change.before.problems} if change.before else set()
    unfit = [problem for problem in change.after.problems if problem.reason in _UNFIT]
    fresh = [problem for problem in unfit if (problem.node, problem.reason) not in known] or unfit
    which = f": {names(problem.node for problem in fresh)}" if fresh else ""
    note = (
        f"{count} matching {'node is' if count == 1 else 'nodes are'} unfit for the agent{which}. {_sentences(fresh)}"
    )
    return change.tell(EventReason.NODE_INELIGIBLE, note.rstrip(), _node(fresh))


def _sentences(problems: list[Problem]) -> str:
    """Return the first of the problems as a sentence."""
    return "".join(f"On node {problem.node}: {problem.message}" for problem in problems[:1])


def _node(problems: list[Problem]) -> Related | None:
    return Related("Node", problems[0].node) if problems else None


ROWS: Final[tuple[Callable[[_Change], Occurrence | None], ...]] = (
    _spec_became_invalid,
    _rollout_started,
    _canary_passed,
    _rollout_failed,
    _rights_were_denied,
    _rights_stayed_unknown,
    _rights_were_verified,
    _rollout_completed,
    _admission_was_refused,
    _node_became_unfit,
)
