"""The log endpoint picks the run and the part of its log that the kubelet would."""

import datetime as dt

import pytest

from control_plane.kubelet import find_run, select, timed_lines

START = "2026-01-01T00:00:00Z"
STARTED = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
LATER = "2026-01-01T00:00:09Z"
RUNNING = {"running": {"startedAt": LATER}}
ENDED = {"terminated": {"startedAt": START, "finishedAt": LATER, "containerID": "containerd://0"}}


def rows(table):
    return [pytest.param(*row, id=sentence) for sentence, *row in table]


def pod(state, *, last=None, restarts=0, container_id="containerd://1"):
    status = {"name": "agent", "state": state, "restartCount": restarts, "containerID": container_id}
    status |= {"lastState": last} if last else {}
    return {"metadata": {"name": "a"}, "status": {"containerStatuses": [status]}}


@pytest.mark.parametrize(
    ("made", "previous", "run"),
    rows(
        [
            ("a running container", pod(RUNNING), False, (9, 0, "containerd://1")),
            ("an ended one", pod(ENDED, container_id="containerd://0"), False, (0, 0, "containerd://0")),
            ("a restarted one", pod(RUNNING, last=ENDED, restarts=1), False, (9, 1, "containerd://1")),
            ("its previous run", pod(RUNNING, last=ENDED, restarts=1), True, (0, 0, "containerd://0")),
            (
                "one that backs off: the run that ended",
                pod({"waiting": {"reason": "CrashLoopBackOff"}}, last=ENDED, restarts=2, container_id="containerd://0"),
                *(False, (0, 2, "containerd://0")),
            ),
            (
                "one whose pod starts again: the run before",
                pod({"waiting": {"reason": "PodInitializing"}}, last=ENDED, restarts=1, container_id=""),
                *(False, (0, 0, "containerd://0")),
            ),
        ]
    ),
)
def test_run(made, previous, run):
    started, number, container_id = find_run(made, "agent", previous=previous)
    assert ((started - STARTED).total_seconds(), number, container_id) == run


@pytest.mark.parametrize(
    ("made", "previous", "words"),
    rows(
        [
            (
                "a container that waits",
                pod({"waiting": {"reason": "PodInitializing"}}),
                *(False, 'container "agent" in pod "a" is waiting to start: PodInitializing'),
            ),
            (
                "an image on its first try",
                pod({"waiting": {"reason": "ErrImagePull"}}),
                *(False, """container "agent" in pod "a" is waiting to start: image can't be pulled"""),
            ),
            (
                "an image that is backed off",
                pod({"waiting": {"reason": "ImagePullBackOff"}}),
                *(False, 'container "agent" in pod "a" is waiting to start: trying and failing to pull image'),
            ),
            (
                "no previous run",
                pod(RUNNING),
                *(True, 'previous terminated container "agent" in pod "a" not found'),
            ),
            (
                "a pod without statuses",
                {"metadata": {"name": "a"}, "status": {}},
                *(False, 'container "agent" in pod "a" is not available'),
            ),
        ]
    ),
)
def test_no_run_is_explained_in_the_kubelets_words(made, previous, words):
    with pytest.raises(LookupError) as explained:
        find_run(made, "agent", previous=previous)
    assert explained.value.args == (words,)


@pytest.mark.parametrize(
    ("query", "text"),
    rows(
        [
            ("everything", {}, b"one\r\ntwo\r\nthree\r\n"),
            ("the last two lines", {"tailLines": "2"}, b"two\r\nthree\r\n"),
            ("no line", {"tailLines": "0"}, b""),
            ("more lines than there are", {"tailLines": "9"}, b"one\r\ntwo\r\nthree\r\n"),
            ("the first bytes", {"limitBytes": "4"}, b"one\r"),
            ("the first bytes of the last line", {"limitBytes": "2", "tailLines": "1"}, b"th"),
            ("since a time", {"sinceTime": "2026-01-01T01:00:00.001+01:00"}, b"two\r\nthree\r\n"),
            ("since some seconds ago", {"sinceSeconds": "10"}, b"one\r\ntwo\r\nthree\r\n"),
            ("since fewer seconds ago", {"sinceSeconds": "4"}, b""),
            (
                "with timestamps",
                {"timestamps": "true", "tailLines": "1"},
                b"2026-01-01T00:00:00.002000000Z three\r\n",
            ),
        ]
    ),
)
def test_part_of_a_log(query, text):
    lines = timed_lines([b"one", b"two", b"three"], STARTED)
    assert select(lines, query, STARTED + dt.timedelta(seconds=5)) == text
