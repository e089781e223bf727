"""docs/rollouts.md says what the operator does: its names exist, its numbers are those of the plan."""

import re
from pathlib import Path

import pytest

from hostprocess_operator.api import names
from hostprocess_operator.api.agent import Canary, Rollout
from hostprocess_operator.api.faults import Fault
from hostprocess_operator.api.reasons import Reason
from hostprocess_operator.rollout import Phase
from support import build
from support.amid_rollouts import amid
from support.build import DAY, NEW, OLD

PAGE = (Path(__file__).parents[3] / "docs" / "rollouts.md").read_text()
SETTINGS = PAGE[PAGE.index("## Settings") : PAGE.index("## What counts")]
DIAGRAM = PAGE[PAGE.index("```mermaid") : PAGE.index("| phase |")]
CODE = re.findall(r"`([^`\n]+)`", PAGE)
ANNOTATIONS = {names.RETRY_ANNOTATION, names.APPROVE_ANNOTATION, names.RESTARTED_AT_ANNOTATION}
# Words in capitals that are none of ours: what the kubelet says.
KUBELETS = {"ErrImagePull", "ImagePullBackOff"}

HUNDRED = [f"win-{number:03}" for number in range(100)]
NODES = build.nodes(*HUNDRED, age=9 * DAY)


def update(*, failed=0, **rollout):
    """Return the plan for 100 nodes of the former version, on some of which the new one has failed."""
    bad, rest = HUNDRED[:failed], HUNDRED[failed:]
    pods = (*(build.denied_pod(name, revision=NEW) for name in bad), *build.pods(*rest, revision=OLD))
    return amid(*pods, nodes=NODES, spec={"rollout": rollout}, out=build.out(*bad)).plan()


def test_every_reason_and_phase_exists():
    written = {word for word in CODE if re.fullmatch(r"[A-Z][a-z]+[A-Za-z]*", word)}
    settings = {"Halt", "Rollback", "Manual", "None"}
    assert written <= {*Reason, *Fault, *Phase, *settings, *KUBELETS}


def test_every_phase_is_in_the_diagram_and_in_the_table():
    assert set(re.findall(r"--> (\w+)", DIAGRAM)) == set(Phase)
    assert set(re.findall(r"^\| `(\w+)` \|", PAGE[: PAGE.index("## Settings")], re.MULTILINE)) == set(Phase)


def test_every_reason_that_counts_is_listed_and_no_other():
    [table] = re.findall(r"counts against the version \| reason \|\n\|---\|---\|\n((?:\|.*\n)+)", PAGE)
    assert set(re.findall(r"`([A-Z]\w+)`", table)) == {
        *(Reason.NOT_ADMINISTRATOR, Reason.NOT_HOST_PROCESS, Reason.WRONG_ACCOUNT, Fault.CRASH_LOOP),
        *(Fault.IMAGE_PULL_FAILED, Fault.START_FAILED, Reason.DEADLINE_EXCEEDED, Reason.NODE_LOST),
    }


def test_every_setting_is_there_with_its_default():
    shown = dict(re.findall(r"^\| `([\w.]+)` \| `(\w+)` \(default\) \|", SETTINGS, re.MULTILINE))
    defaults = {field.alias: str(field.default) for field in Rollout.model_fields.values() if field.alias in shown}
    assert shown == defaults
    listed = set(re.findall(r"^\| `([\w.]+)` \|", SETTINGS, re.MULTILINE))
    fields = {field.alias for field in Rollout.model_fields.values()} - {"canary"}
    assert listed == fields | {f"canary.{field.alias}" for field in Canary.model_fields.values()}


def test_every_annotation_is_ours():
    assert set(re.findall(rf"{re.escape(names.GROUP)}/[\w-]+", PAGE)) == ANNOTATIONS


@pytest.mark.parametrize(
    ("rollout", "taken"),
    [
        pytest.param({"maxUnavailable": 1}, 1, id="one at a time"),
        pytest.param({"maxUnavailable": 10}, 10, id="ten at a time"),
        pytest.param({"maxUnavailable": "10%"}, 10, id="a tenth is ten"),
        pytest.param({"maxUnavailable": 10, "canary": {"nodes": 2}}, 2, id="two canaries"),
        pytest.param({"maxUnavailable": 1, "canary": {"nodes": 2}}, 1, id="two canaries, one after the other"),
    ],
)
def test_so_many_of_a_hundred_are_taken_first(rollout, taken):
    assert len(update(**rollout).delete) == taken


@pytest.mark.parametrize(
    ("rollout", "failed", "phase", "taken"),
    [
        pytest.param({"maxUnavailable": 10}, 1, Phase.HALTED, 0, id="the first failure blocks"),
        pytest.param({"maxUnavailable": 10, "maxFailures": 3}, 3, Phase.ROLLING, 7, id="three may fail: seven go on"),
        pytest.param({"maxUnavailable": 10, "maxFailures": 3}, 4, Phase.HALTED, 0, id="the fourth blocks"),
        pytest.param({"maxUnavailable": 3, "maxFailures": 3}, 2, Phase.ROLLING, 1, id="one place is left"),
        pytest.param({"maxUnavailable": 3, "maxFailures": 3}, 3, Phase.HALTED, 0, id="no place is left of three"),
        pytest.param({"maxUnavailable": 1, "maxFailures": 3}, 1, Phase.HALTED, 0, id="no place is left of one"),
        pytest.param({"maxUnavailable": 10, "maxFailures": 3, "canary": {}}, 1, Phase.HALTED, 0, id="a canary failed"),
    ],
)
def test_so_many_of_a_hundred_may_fail(rollout, failed, phase, taken):
    plan = update(failed=failed, **rollout)
    assert (plan.phase, len(plan.delete)) == (phase, taken)
