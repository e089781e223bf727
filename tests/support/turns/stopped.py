"""Rollouts that were stopped: the version has failed, the spec is invalid, the name is taken, somebody suspended it."""

from hostprocess_operator.api.reasons import Reason
from hostprocess_operator.rollout import Phase
from support import build
from support.amid_rollouts import World, amid, blocked
from support.build import MINUTE, new, old
from support.turns import AS_CANARY, CANARY, DOWN, MANUAL, ROLLBACK, SUSPENDED, THIS, Turn, denied, fleet, row, stuck

FAILED_VERSIONS = [
    row("a canary is denied rights",
        amid(*old("a", "b"), *denied("c"), spec=CANARY, serves="proven", **AS_CANARY),
        Phase.HALTED, Reason.HALTED, Reason.HALTED, Turn.PERSONS),
    row("an image cannot be pulled for a minute",
        amid(*old("a", "b"), stuck("c", "ErrImagePull"), out=build.out("c")),
        Phase.HALTED, Reason.HALTED, Reason.HALTED, Turn.PERSONS),
    row("an agent crash-loops",
        amid(*old("a", "b"), *new("c", ready=False, containers=(build.container(restarts=3),)), out=build.out("c")),
        Phase.HALTED, Reason.HALTED, Reason.HALTED, Turn.PERSONS),
    row("a node goes down with the new agent",
        amid(*old("a", "b"), *new("c", containers=(build.container(age=2 * MINUTE),)), nodes=fleet(**DOWN),
             spec={"rollout": {"nodeImpactSeconds": 90}}, out=build.out("c")),
        Phase.HALTED, Reason.HALTED, Reason.HALTED, Turn.PERSONS),
    row("a version that failed is everywhere but on one node",
        amid(*new("a", "b"), *old("c"), serves="proven", blocked=blocked()),
        Phase.HALTED, Reason.HALTED, Reason.HALTED, Turn.PERSONS),
    row("it is halted, and the proven version is gone from the cluster",
        amid(*old("a", "b"), *denied("c"), blocked=blocked(), kept=False, out=build.out("c")),
        Phase.HALTED, Reason.HISTORY_GONE, Reason.HISTORY_GONE, Turn.PERSONS),
    row("it is rolled back, and a node waits for its turn",
        amid(*new("a", "b"), *old("c", ready=False), spec=ROLLBACK, serves="proven", blocked=blocked(ROLLBACK),
             out=build.out("c")),
        Phase.ROLLED_BACK, Reason.ROLLED_BACK, Reason.ROLLED_BACK, Turn.PERSONS),
    row("it is rolled back, and every node works on the proven version",
        amid(*old("a", "b", "c"), spec=ROLLBACK, serves="proven", blocked=blocked(ROLLBACK)),
        Phase.ROLLED_BACK, Reason.ROLLED_BACK, Reason.ROLLED_BACK, Turn.PERSONS),
]  # fmt: skip

FOREIGN = {"owner_uid": "", "foreign_owner": "App/x", "spec": {}}
HANDS_OFF = [
    row("a rule of the spec is broken",
        World(build.agent_body(containers=[]), amid(*new("a", "b", "c"), proven=THIS).seen),
        Phase.STABLE, Reason.SPEC_INVALID, Reason.SPEC_INVALID, Turn.PERSONS),
    row("the name is taken",
        amid(*old("a"), daemonset=build.daemonset(build.agent(), **FOREIGN)),
        Phase.ROLLING, Reason.NAME_CONFLICT, Reason.NAME_CONFLICT, Turn.PERSONS),
    row("suspended with nothing pending",
        amid(*new("a", "b", "c"), spec=SUSPENDED, proven=THIS),
        Phase.STABLE, Reason.SUSPENDED, Reason.ALL_VERIFIED, Turn.SUSPENDERS_AT_PEACE),
    row("suspended, and an agent is denied rights",
        amid(*new("a", "b"), *denied("c"), spec=SUSPENDED, proven=THIS),
        Phase.STABLE, Reason.SUSPENDED, Reason.NOT_ADMINISTRATOR, Turn.PERSONS),
    row("suspended while pods are replaced",
        amid(*new("a", "b"), *old("c"), spec=SUSPENDED),
        Phase.ROLLING, Reason.SUSPENDED, Reason.SUSPENDED, Turn.SUSPENDERS),
    row("suspended while canaries start",
        amid(*old("a", "b"), spec=SUSPENDED | CANARY, **AS_CANARY),
        Phase.CANARY, Reason.SUSPENDED, Reason.SUSPENDED, Turn.SUSPENDERS),
    row("suspended while canaries bake",
        amid(*old("a", "b"), *new("c"), spec=SUSPENDED | CANARY, serves="proven", canaries=("c",)),
        Phase.ROLLING, Reason.SUSPENDED, Reason.SUSPENDED, Turn.SUSPENDERS),
    row("suspended while a person is to approve",
        amid(*old("a", "b"), *new("c"), spec=SUSPENDED | MANUAL, serves="proven", canaries=("c",)),
        Phase.CANARY, Reason.SUSPENDED, Reason.SUSPENDED, Turn.SUSPENDERS),
    row("suspended after a halt",
        amid(*old("a", "b"), *denied("c"), spec=SUSPENDED, serves="proven", blocked=blocked()),
        Phase.HALTED, Reason.SUSPENDED, Reason.HALTED, Turn.PERSONS),
    row("suspended after a rollback",
        amid(*old("a", "b", "c"), spec=SUSPENDED | ROLLBACK, serves="proven", blocked=blocked(ROLLBACK)),
        Phase.ROLLED_BACK, Reason.SUSPENDED, Reason.ROLLED_BACK, Turn.PERSONS),
]  # fmt: skip
