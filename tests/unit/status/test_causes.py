"""How a message tells what causes a situation."""

import pytest

from hostprocess_operator.api.faults import Fault
from hostprocess_operator.api.reasons import Reason
from hostprocess_operator.diagnosis import Finding, Severity, group
from hostprocess_operator.status.causes import with_causes

PULL = Finding(Fault.IMAGE_NOT_FOUND, "There is no image.", "Correct it.", Severity.FAILURE)
CRASH = Finding(Fault.CRASH_LOOP, "It keeps ending.", "Read its log.", Severity.TROUBLE)
SLOW = Finding(Reason.PULLING, "The image is being pulled.", "", Severity.PROGRESS)


def told(reason, *found):
    groups = group((node, True, finding) for node, finding in found)
    return with_causes(groups, reason, "Waiting.")


@pytest.mark.parametrize(
    ("reason", "found", "expected"),
    [
        pytest.param(Reason.VERIFYING, [], (Reason.VERIFYING, "Waiting."), id="nothing is known"),
        pytest.param(
            Reason.ROLLING, [("a", PULL)],
            (Fault.IMAGE_NOT_FOUND, "On node a: There is no image. Correct it. Waiting."),
            id="the cause gives the word and comes first",
        ),
        pytest.param(
            Reason.CANARY_VERIFYING, [("a", CRASH)],
            (Fault.CRASH_LOOP, "On node a: It keeps ending. Read its log. Waiting."),
            id="on canaries too",
        ),
        pytest.param(
            Reason.VERIFYING, [("a", SLOW)], (Reason.PULLING, "On node a: The image is being pulled. Waiting."),
            id="what takes its time gives the word where no better is known",
        ),
        pytest.param(
            Reason.WAITING_FOR_NODES, [("a", SLOW)],
            (Reason.WAITING_FOR_NODES, "On node a: The image is being pulled. Waiting."),
            id="and else is only told",
        ),
        pytest.param(
            Reason.ROLLING, [("a", SLOW), ("b", CRASH), ("c", CRASH), ("d", PULL)],
            (
                Fault.IMAGE_NOT_FOUND,
                (
                    "On node d: There is no image. Correct it. On 2 nodes: b and c: It keeps ending. Read its log. "
                    "On node a: The image is being pulled. Waiting."
                ),
            ),
            id="the worst comes first, whatever it is most of",
        ),
    ],
)  # fmt: skip
def test_reason_and_message(reason, found, expected):
    assert told(reason, *found) == expected


def test_no_more_than_three_are_told_and_the_rest_is_counted():
    found = [
        (f"node-{number}", Finding(Fault.CRASH_LOOP, f"Text {number}.", "", Severity.TROUBLE)) for number in range(5)
    ]
    _, message = told(Reason.ROLLING, *found)
    assert message.count("Text") == 3
    assert "There are 2 more causes, see status.problems." in message
