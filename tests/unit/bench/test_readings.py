"""What the benchmark reads from the kernel, from the audit log and from a profile."""

import os
import pstats

import pytest

from bench.fleet import counts_only, delays
from bench.profiles import name_of
from bench.site import most_in_flight, most_within
from bench.soak import Sample, quarters, slope
from bench.usage import usage
from control_plane.recording import Recording, Seen


def request(start, end, resource="pods", subresource="log"):
    stamp = "2026-01-05T06:00:{:09.6f}Z"
    target = {"resource": resource, "subresource": subresource}
    return {"requestReceivedTimestamp": stamp.format(start), "stageTimestamp": stamp.format(end), "objectRef": target}


def status_write(generation, status, reason, message=""):
    ready = {"type": "Ready", "status": status, "reason": reason, "message": message}
    value = {"observedGeneration": generation, "conditions": [ready]}
    return request(0, 0, "hostprocessagents", "status") | {"requestObject": [{"op": "test"}, {"value": value}]}


def test_this_process_uses_something():
    found = usage(os.getpid())
    assert found.cpu > 0
    assert 0 < found.rss <= found.peak
    assert found.threads >= 1
    assert found.descriptors >= 3


@pytest.mark.parametrize(
    ("requests", "most"),
    [
        pytest.param([], 0, id="none"),
        pytest.param([(0, 1), (1, 2)], 1, id="one ends when the other begins"),
        pytest.param([(0, 3), (1, 2), (1.5, 4)], 3, id="three overlap"),
    ],
)
def test_requests_in_flight(requests, most):
    assert most_in_flight([request(*each) for each in requests]) == most


def test_requests_within_a_window_do_not_count_its_end():
    assert most_within([request(at, at) for at in (0, 2, 5, 6)], 5) == 3


def test_a_status_write_that_changes_no_headline_is_one_of_mere_counts():
    first, second = status_write(1, "False", "Rolling", "1 of 5"), status_write(1, "False", "Rolling", "2 of 5")
    third = status_write(1, "True", "AllVerified")
    assert counts_only([first, second, third]) == [second]


def test_the_delay_is_from_the_kth_start_to_the_first_status_that_counts_k():
    pods, statuses = Recording(None, "pods"), Recording(None, "agents")
    running = {"containerStatuses": [{"state": {"running": {}}}]}
    pods.events = [
        Seen(at, "MODIFIED", {"metadata": {"uid": uid}, "status": running}) for at, uid in ((1, "a"), (3, "b"))
    ]
    statuses.events = [Seen(at, "MODIFIED", {"status": {"nodes": {"verified": n}}}) for at, n in ((2, 1), (7, 2))]
    assert delays(pods, statuses) == [1, 4]


def test_pods_that_ran_before_the_recording_began_are_not_waited_for():
    pods, statuses = Recording(None, "pods"), Recording(None, "agents")
    running = {"containerStatuses": [{"state": {"running": {}}}]}
    pods.events = [Seen(at, "ADDED", {"metadata": {"uid": uid}, "status": running}) for at, uid in ((5, "a"), (6, "b"))]
    # while the last version was rolled out two were verified as well
    statuses.events = [
        Seen(at, "MODIFIED", {"status": {"nodes": {"verified": n}}}) for at, n in ((2, 2), (4, 1), (9, 2))
    ]
    assert delays(pods, statuses, before=1) == [3]


def test_the_slope_is_that_of_the_line_through_the_samples():
    samples = [Sample(seconds=at, rss=80 + at / 10, descriptors=10, threads=4, tasks=12) for at in range(10)]
    assert slope(samples, "rss") == pytest.approx(0.1)
    assert slope(samples, "tasks") == 0


@pytest.mark.parametrize(
    ("seconds", "parts"),
    [
        pytest.param((), [], id="none"),
        pytest.param((1, 2), [[1], [2]], id="two"),
        pytest.param((1, 2, 3, 4, 5, 6), [[1, 2], [3], [4], [5, 6]], id="six"),
    ],
)
def test_quarters_hold_every_sample_once(seconds, parts):
    samples = [Sample(at, 80, 10, 4, 12) for at in seconds]
    assert [[sample.seconds for sample in part] for part in quarters(samples)] == parts


def test_one_sample_has_no_slope():
    assert slope([Sample(1, 80, 10, 4, 12)], "rss") == 0


@pytest.mark.parametrize(
    ("where", "name"),
    [
        pytest.param((pstats.__file__, 5, "f"), "pstats.py:5(f)", id="a module of Python"),
        pytest.param((pytest.__file__, 5, "f"), "pytest/__init__.py:5(f)", id="a package"),
        pytest.param(("~", 0, "<built-in method len>"), "<built-in method len>", id="a function in C"),
        pytest.param(("/somewhere/else.py", 5, "f"), "else.py:5(f)", id="anything else"),
        pytest.param(("<string>", 1, "<module>"), "", id="what runs around it all"),
    ],
)
def test_functions_of_a_profile_are_named_without_paths_of_this_machine(where, name):
    assert name_of(where) == name
