"""The verifier: whose trouble is told."""

from dataclasses import replace

import pytest

from hostprocess_operator.cluster.store import Store
from hostprocess_operator.controller.metrics import Metrics
from hostprocess_operator.controller.trouble import Trouble
from hostprocess_operator.controller.verifier import Verifier
from hostprocess_operator.errors import ServerError
from support import build
from support.build import NOW


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
