"""Which revision a spec asks for: renderings are kept until the spec changes what pods are."""

from dataclasses import replace

import pytest

from hostprocess_operator.manifests import pod_template, shape_hash
from hostprocess_operator.observed import template_digest
from hostprocess_operator.rollout import Keep, Record, Render, Target
from hostprocess_operator.rollout.target import choose_target
from support import build
from support.build import DAY, NOW

A = build.agent(image="registry.example/agent:a")
B = build.agent(image="registry.example/agent:b")
RENDERED = template_digest(pod_template(A))
ANEW = Target(rev=RENDERED, spec=shape_hash(A), digest=None, started=NOW)
SERVED = build.target(A)
BY_AN_OLDER_OPERATOR = build.target(A, rev="older", digest="older-digest")
PROVEN_BY_AN_OLDER = build.proven(A).model_copy(update={"rev": "older", "digest": "older-digest"})

EMPTY = build.Seen()
IN_REVISIONS = replace(EMPTY, revisions=(build.revision(build.OLD, "older-digest"),))
IN_DAEMONSET = replace(EMPTY, daemonset=build.daemonset(A, digest="older-digest"))


@pytest.mark.parametrize(
    ("record", "seen", "target", "serve"),
    [
        pytest.param(Record(), EMPTY, ANEW, Render(), id="the first of all is rendered"),
        pytest.param(Record(target=SERVED), EMPTY, SERVED, Render(), id="the served one stays, since when it is"),
        pytest.param(Record(target=build.target(B)), EMPTY, ANEW, Render(), id="another spec is rendered"),
        pytest.param(
            Record(target=BY_AN_OLDER_OPERATOR), IN_DAEMONSET, BY_AN_OLDER_OPERATOR, Keep("older-digest"),
            id="what an older operator rendered is kept: the DaemonSet has it",
        ),
        pytest.param(
            Record(target=BY_AN_OLDER_OPERATOR), IN_REVISIONS, BY_AN_OLDER_OPERATOR, Keep("older-digest"),
            id="or a ControllerRevision, when the DaemonSet was edited",
        ),
        pytest.param(Record(target=BY_AN_OLDER_OPERATOR), EMPTY, ANEW, Render(), id="what nobody has is rendered anew"),
        pytest.param(
            Record(target=BY_AN_OLDER_OPERATOR.model_copy(update={"digest": None})), IN_REVISIONS, ANEW, Render(),
            id="so is what was never answered to",
        ),
        pytest.param(
            Record(target=build.target(B), proven=PROVEN_BY_AN_OLDER), IN_REVISIONS,
            BY_AN_OLDER_OPERATOR.model_copy(update={"started": NOW}), Keep("older-digest"),
            id="back to the proven spec is back to its rendering",
        ),
        pytest.param(
            Record(target=build.target(B), proven=build.proven(A)), EMPTY,
            SERVED.model_copy(update={"started": NOW}), Render(),
            id="which this operator may render just so",
        ),
        pytest.param(
            Record(target=build.target(B), proven=PROVEN_BY_AN_OLDER), EMPTY, ANEW, Render(),
            id="unless nobody has it any more",
        ),
        pytest.param(
            Record(target=SERVED.model_copy(update={"spec": "in other words"})), EMPTY, SERVED, Render(),
            id="the same pods in other words are the same target, since when it is",
        ),
    ],
)  # fmt: skip
def test_choose_target(record, seen, target, serve):
    assert choose_target(A, record, seen, NOW) == (target, serve)


def test_the_template_of_somebody_elses_daemonset_is_not_kept():
    foreign = replace(EMPTY, daemonset=build.daemonset(A, owner_uid="", digest="", spec={}))
    record = Record(target=build.target(A, rev="older", digest="older-digest", age=DAY))
    assert choose_target(A, record, foreign, NOW) == (ANEW, Render())
