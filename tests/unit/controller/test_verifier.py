"""The verifier: whose trouble is told, and how much is written at once."""

import asyncio
from dataclasses import replace

import pytest

from hostprocess_operator.cluster.store import Store
from hostprocess_operator.controller import verifier as module
from hostprocess_operator.controller.metrics import Metrics
from hostprocess_operator.controller.trouble import Trouble
from hostprocess_operator.controller.verifier import MARKS_AT_ONCE, Verifier
from hostprocess_operator.errors import NotFound, ServerError
from support import build
from support.build import NOW
from support.eventually import eventually


@pytest.fixture
def verifier():
    return Verifier(None, None, Store(), Metrics(), lambda *_: None, lambda: NOW)


def in_trouble(verifier, pod, times):
    trouble = None
    for _ in range(times):
        trouble = Trouble.after(trouble, ServerError(f"of {pod.node}"), NOW)
    verifier._troubles[pod.uid] = trouble


def test_the_trouble_of_the_pod_that_has_had_it_most_often_is_told(verifier):
    a, b = build.pod("a"), build.pod("b")
    in_trouble(verifier, a, 1)
    in_trouble(verifier, b, 3)
    assert str(verifier.trouble([a, b]).error) == "of b"


def test_where_all_goes_well_there_is_none(verifier):
    assert verifier.trouble([build.pod("a")]) is None


def test_of_a_pod_that_is_going_nothing_is_tried_any_more(verifier):
    a = build.pod("a")
    in_trouble(verifier, a, 3)
    assert verifier.trouble([replace(a, deleting=True)]) is None


async def test_very_many_pods_are_marked_a_few_at_a_time(verifier, monkeypatch):
    under_way, most, done, may_end = 0, 0, 0, asyncio.Event()

    async def patch(*_, **__):
        nonlocal under_way, most, done
        under_way += 1
        most = max(most, under_way)
        await may_end.wait()
        under_way -= 1
        done += 1
        raise NotFound("the pod is gone")

    monkeypatch.setattr(module.writes, "patch_pod_verdict", patch)
    unmarked = [build.pod(f"win-{number}", gate=build.verdict("Unknown", "NoReport")) for number in range(50)]
    verifier.verify(("agents", "inspector"), build.agent().spec.verification, unmarked, NOW)
    await eventually(lambda: under_way == MARKS_AT_ONCE)
    may_end.set()
    await eventually(lambda: done == len(unmarked))
    assert most == MARKS_AT_ONCE
