"""Waits that grow to a limit."""

from hostprocess_operator.cluster.backoff import Backoff


def test_waits_double_up_to_the_limit_and_are_cut_by_at_most_a_half():
    backoff = Backoff(first=1, limit=5)
    for full in (1, 2, 4, 5, 5):
        assert full / 2 <= backoff.wait() <= full


def test_waits_are_spread():
    assert len({Backoff().wait() for _ in range(20)}) > 1


def test_a_reset_starts_from_the_shortest_wait():
    backoff = Backoff(first=1, limit=64)
    assert backoff.fresh
    for _ in range(5):
        backoff.wait()
    assert not backoff.fresh
    backoff.reset()
    assert backoff.fresh
    assert backoff.wait() <= 1
