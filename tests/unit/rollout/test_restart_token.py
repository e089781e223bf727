"""Which restart a revision is rendered with once the annotation is gone."""

import pytest

from hostprocess_operator.manifests import pod_template
from hostprocess_operator.observed import template_digest
from hostprocess_operator.rollout import Block, Record, Render
from hostprocess_operator.rollout.target import choose_target
from support import build
from support.build import NOW

A = build.agent(image="registry.example/agent:a")
B = build.agent(image="registry.example/agent:b")
SEEN = build.Seen()


def target(agent, token):
    """Return the target of the spec, restarted with the token."""
    return build.target(agent, rev=template_digest(pod_template(agent, token)), token=token)


def proven(agent, token):
    return build.proven(agent).model_copy(update={"rev": target(agent, token).rev, "token": token})


def block(wanted):
    return Block(rev=wanted.rev, spec=wanted.spec, reason="CrashLoop", at=NOW)


RESTARTED = target(A, "2")
FAILED = (block(RESTARTED),)


@pytest.mark.parametrize(
    ("record", "token"),
    [
        pytest.param(Record(), "", id="none was ever asked for"),
        pytest.param(Record(target=RESTARTED, proven=proven(A, "1")), "2", id="the last one: nothing restarts"),
        pytest.param(Record(target=target(B, "2")), "2", id="that of another spec too"),
        pytest.param(Record(proven=proven(A, "1")), "1", id="that of the proven revision, if no target is known"),
        pytest.param(
            Record(target=RESTARTED, proven=proven(A, "1"), blocked=FAILED), "1",
            id="that of the proven revision, if the last one failed",
        ),
        pytest.param(
            Record(target=RESTARTED, proven=proven(A, "1"), blocked=(block(target(B, "2")),)), "2",
            id="the last one though another revision failed",
        ),
        pytest.param(
            Record(target=RESTARTED, proven=proven(A, "1"), blocked=(*FAILED, block(target(B, "2")))), "1",
            id="whatever else failed beside it",
        ),
        pytest.param(
            Record(target=RESTARTED, proven=proven(B, "1"), blocked=FAILED), "2",
            id="the last one, if the proven revision is of another spec: nothing of this one is proven",
        ),
        pytest.param(Record(target=RESTARTED, blocked=FAILED), "2", id="the last one, if nothing is proven"),
    ],
)  # fmt: skip
def test_without_the_annotation(record, token):
    chosen, source = choose_target(A, record, SEEN, NOW)
    assert (chosen.token, source) == (token, Render(token))


def test_with_the_annotation_its_value_counts():
    chosen, source = choose_target(A, Record(target=RESTARTED), SEEN, NOW, "3" * 100)
    assert (chosen.token, source) == ("3" * 64, Render("3" * 64))
