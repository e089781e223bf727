"""Events, by whichever API they were recorded."""

from datetime import UTC, datetime

import pytest

from hostprocess_operator.observed import Event, observe_event

AT = datetime(2026, 3, 2, 10, tzinfo=UTC)
METADATA = {"creationTimestamp": "2026-03-01T00:00:00Z"}


@pytest.mark.parametrize(
    ("path", "container"),
    [
        pytest.param("spec.containers{agent}", "agent", id="a container"),
        pytest.param("spec.initContainers{verify-admin-rights}", "verify-admin-rights", id="an init container"),
        pytest.param("spec.containers", "", id="all of them"),
        pytest.param("spec.containers{agent}.image", "", id="a part of one"),
        pytest.param("", "", id="empty"),
        pytest.param(None, "", id="the whole object"),
    ],
)
def test_container(path, container):
    event = observe_event({"metadata": METADATA, "involvedObject": {"uid": "u", "fieldPath": path}})
    assert event.container == container


def test_event_of_the_core_api():
    body = {"involvedObject": {"uid": "u"}, "reason": "BackOff", "message": "No.", "count": 3}
    event = observe_event(body | {"metadata": METADATA, "lastTimestamp": "2026-03-02T10:00:00Z"})
    assert event == Event("u", "BackOff", "No.", 3, AT)


def test_series_of_the_events_api():
    series = {"count": 7, "lastObservedTime": "2026-03-02T10:00:00Z"}
    event = observe_event({"metadata": METADATA, "eventTime": "2026-03-01T00:00:00Z", "series": series})
    assert (event.count, event.last) == (7, AT)


def test_event_that_says_nothing():
    assert observe_event({"metadata": {}}) == Event("", "", "", 1, None)
