"""Fields that every object has: what is absent is empty, never an error."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from hostprocess_operator.observed.objects import annotation, condition, controller_of, label, moment, text

ONE_O_CLOCK = datetime(2026, 3, 4, 13, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param("2026-03-04T13:00:00Z", ONE_O_CLOCK, id="the API server's form"),
        pytest.param("2026-03-04T13:00:00.250000Z", ONE_O_CLOCK + timedelta(seconds=0.25), id="with microseconds"),
        pytest.param("2026-03-04T14:00:00+01:00", ONE_O_CLOCK, id="with an offset"),
        pytest.param("2026-03-04T13:00:00", ONE_O_CLOCK, id="without a zone it is UTC"),
        pytest.param(None, None, id="absent"),
        pytest.param("", None, id="empty"),
        pytest.param("yesterday", None, id="not a time"),
        pytest.param(1772629200, None, id="a number"),
    ],
)
def test_moment(value, expected):
    assert moment(value) == expected


def test_a_moment_is_aware_whatever_its_zone():
    zones = [moment(f"2026-03-04T13:00:00{zone}").tzinfo for zone in ("", "Z", "+01:00")]
    assert zones == [UTC, UTC, timezone(timedelta(hours=1))]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param(None, "", id="nothing is empty"),
        pytest.param("", "", id="empty stays empty"),
        pytest.param(7, "7", id="a number becomes its digits"),
    ],
)
def test_text(value, expected):
    assert text(value) == expected


def test_equal_texts_are_one_object():
    one, other = (text(b"node-a".decode()) for _ in range(2))
    assert one is other


CONTROLLER = {"kind": "DaemonSet", "name": "agent", "uid": "u1", "controller": True}
OWNER = {"kind": "Team", "name": "platform", "uid": "u2"}


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        pytest.param({}, {}, id="no owner"),
        pytest.param({"ownerReferences": None}, {}, id="null"),
        pytest.param({"ownerReferences": [OWNER]}, {}, id="an owner that does not control"),
        pytest.param({"ownerReferences": [OWNER, CONTROLLER]}, CONTROLLER, id="the one of several that controls"),
        pytest.param({"ownerReferences": [CONTROLLER | {"controller": False}]}, {}, id="one that no longer controls"),
    ],
)
def test_controller_of(metadata, expected):
    assert controller_of({"metadata": metadata}) == expected


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        pytest.param({}, ("", None), id="no labels and no annotations"),
        pytest.param({"labels": None, "annotations": None}, ("", None), id="null"),
        pytest.param({"labels": {"other": "x"}, "annotations": {"other": "x"}}, ("", None), id="others only"),
        pytest.param({"labels": {"key": "v"}, "annotations": {"key": "v"}}, ("v", "v"), id="set"),
        pytest.param({"labels": {"key": ""}, "annotations": {"key": ""}}, ("", ""), id="an empty annotation is set"),
    ],
)
def test_label_and_annotation(metadata, expected):
    body = {"metadata": metadata}
    assert (label(body, "key"), annotation(body, "key")) == expected


READY = {"type": "Ready", "status": "True"}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param({}, {}, id="no status"),
        pytest.param({"status": None}, {}, id="a null status"),
        pytest.param({"status": {"conditions": None}}, {}, id="null conditions"),
        pytest.param({"status": {"conditions": [{"type": "PodScheduled"}, {}]}}, {}, id="others only"),
        pytest.param({"status": {"conditions": [{"type": "PodScheduled"}, READY]}}, READY, id="among others"),
    ],
)
def test_condition(body, expected):
    assert condition(body, "Ready") == expected
