"""Outages of the API server that are too much for kopf, and ours goes on. `make faults` runs all, and longer."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from control_plane import wait_for
from faults.matrix import Matrix
from faults.outages import OUTAGES, TOO_MUCH_FOR_KOPF, outage
from faults.subjects import Ours, PlainKopf

SECONDS = {Ours: (8, 150), PlainKopf: (30, 20)}
"""How long the outage lasts (a busy machine is slow to end kopf) and how long an operator may take to recover."""
AT_ONCE = 9
OTHERS = ("every connection is refused", "409 for every write", "the token is rotated")

HASTY = """
from hostprocess_operator.cluster import reflector
from hostprocess_operator.controller import feed

reflector.Reflector.__init__.__kwdefaults__["idle_seconds"] = 2.0
feed.LIST_SECONDS = 2.0
"""
"""Python that makes the operator as impatient as a test has to be: it asks after two seconds of silence, not 70."""


@pytest.fixture(scope="module")
def fared(plane, nursery, tmp_path_factory):
    """Return how both operators fared, several at a time: they mostly wait."""
    matrix = Matrix(plane, nursery, tmp_path_factory.mktemp("outages"))
    rows = [(kind, row) for row in TOO_MUCH_FOR_KOPF for kind in (PlainKopf, Ours)]
    rows += [(Ours, outage(name)) for name in OTHERS]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        results = pool.map(lambda one: matrix.fare(*one, *SECONDS[one[0]]), rows)
        return {(kind, row.name): result for (kind, row), result in zip(rows, results, strict=True)}


@pytest.mark.timeout(400)
@pytest.mark.parametrize("row", [row.name for row in TOO_MUCH_FOR_KOPF])
def test_plain_kopf_ends_or_is_deaf_for_good(fared, row):
    """Its process ends nearly always; now and then it stays, without the task that watches the agents."""
    assert fared[PlainKopf, row].recovered is None


@pytest.mark.timeout(400)
def test_most_of_them_end_plain_kopf(fared):
    assert sum(fared[PlainKopf, row.name].exited for row in TOO_MUCH_FOR_KOPF) > len(TOO_MUCH_FOR_KOPF) / 2


@pytest.mark.timeout(400)
@pytest.mark.parametrize("row", [*(row.name for row in TOO_MUCH_FOR_KOPF), *OTHERS])
def test_ours_lives_and_handles_what_was_asked_meanwhile_and_after(fared, row):
    result = fared[Ours, row]
    assert not result.exited
    assert result.recovered is not None
    assert not result.unwell
    assert result.rate <= 3


def test_readiness_fails_while_the_api_server_is_silent_and_liveness_never_does(place):
    with Ours(*place, prelude=HASTY, arguments=("--stale-seconds", "10")) as ours:
        ours.start()
        operator = ours.stage.operator
        with ours.proxy.fault(*outage("connections are taken, and nothing is ever said").rules):
            ours.proxy.cut_streams()
            wait_for(lambda: operator.status("/readyz") == 503, 60, "readiness to fail")
            assert operator.status("/healthz") == 200
        wait_for(lambda: operator.status("/readyz") == 200, 60, "readiness to come back")


def test_every_row_has_a_name_of_its_own():
    assert len({row.name for row in OUTAGES}) == len(OUTAGES) >= 16
