"""Containers print what their words say, and the log endpoint answers as a kubelet does."""

import time

import pytest

from control_plane import wait_for
from control_plane.api import ApiError
from control_plane.container_log import PROBE
from control_plane.pods import IMAGE, container

NODES = ("plain", "log-plain-node", "down-node")


def line(answer):
    return f"Process has admin rights: {answer}\r\n"


def report(admin, sid, error="null"):
    return f'hostprocess.dev/admin-rights {{"version":1,"admin":{admin},"sid":{sid},"error":{error}}}\r\n'


def word(log, **more):
    return {"knobs": {"log": log}, **more}


HEALTHY = line("True") + report("true", '"S-1-5-18"')
STARTED = "agent started, run 1\r\n"
NO_PROBE = {"inits": []}
TAGGED = [container(PROBE, f"{IMAGE}-log-plain")]

# sentence, pod, container, its whole log
LOGS = [
    ("a probe that runs as SYSTEM proves its rights", {}, PROBE, HEALTHY),
    ("a probe that runs as LocalService has none", {"account": "NT AUTHORITY\\Local service"}, PROBE,
     line("False") + report("false", '"S-1-5-19"')),
    ("an agent beside a probe says nothing about rights", word("log-no-admin"), "agent", STARTED),
    ("an agent without a probe says nothing about rights", NO_PROBE, "agent", STARTED),
    ("log-admin: the agent speaks", word("log-admin"), "agent", STARTED + line("True")),
    ("log-admin: the probe speaks as ever", word("log-admin"), PROBE, HEALTHY),
    ("log-no-admin", word("log-no-admin"), PROBE, line("False") + report("false", '"S-1-5-18"')),
    ("log-wrong-account", word("log-wrong-account"), PROBE, line("False") + report("false", '"S-1-5-19"')),
    ("log-not-hostprocess", word("log-not-hostprocess"), PROBE, line("False") + report("false", '"S-1-5-93-2-2"')),
    ("log-blank", word("log-blank"), PROBE,
     "InvalidOperation: Unable to find type [Security.Principal.WindowsPrincipal].\r\n" + line("")),
    ("log-error", word("log-error"), PROBE, line("") + report("null", "null", '"TypeNotFound"')),
    ("log-plain", word("log-plain"), PROBE, line("True")),
    ("log-silent", word("log-silent"), PROBE, ""),
    ("log-huge", word("log-huge"), PROBE, "x" * 2**20 + "\r\n" + HEALTHY),
    ("a word makes an agent without a probe speak", word("log-plain", **NO_PROBE), "agent", STARTED + line("True")),
    ("a word in the image", {"inits": TAGGED}, PROBE, line("True")),
    ("a word in the node's name", {"node": "log-plain-node"}, PROBE, line("True")),
    ("log-healthy wins over the node's name", word("log-healthy", node="log-plain-node"), PROBE, HEALTHY),
    ("the word for later does not count before a restart", {"knobs": {"log-after-restart": "log-500"}}, PROBE, HEALTHY),
]  # fmt: skip
WAITING = f'container "{PROBE}" in pod "refusal-NUMBER" is waiting to start'
# sentence, pod, container, code, what the API server makes of it
REFUSALS = [
    ("log-missing", word("log-missing"), PROBE, 404, "the server could not find the requested resource"),
    ("log-500", word("log-500"), PROBE, 500, "the kubelet failed"),
    ("a container that waits for its turn", {"knobs": {"fault": "fail-config"}}, "agent", 400, "PodInitializing"),
    ("a container without its configuration", {"knobs": {"fault": "fail-config"}}, PROBE, 400,
     f"{WAITING}: CreateContainerConfigError"),
    ("an image that cannot be pulled", {"knobs": {"fault": "fail-pull"}}, PROBE, 400,
     f"{WAITING}: trying and failing to pull image"),
    ("a node that is down", {"node": "down-node"}, PROBE, 500, "EOF"),
]  # fmt: skip
PODS = {
    **{f"log-{at}": made for at, (_, made, *_) in enumerate(LOGS)},
    **{f"refusal-{at}": made for at, (_, made, *_) in enumerate(REFUSALS)},
    "garbage": word("log-garbage"),
    "gone": word("log-gone"),
    "slow": word("log-slow"),
    "restarted": {"knobs": {"sandboxes": "1", "log-after-restart": "log-plain"}},
    "agent-restarted": {"knobs": {"restarts": "1", "log-after-restart": "log-plain"}, **NO_PROBE},
    "crashing": {"knobs": {"fault": "fail-init"}},
    "followed": {},
}


def running(status):
    return status.get("phase") == "Running"


@pytest.mark.parametrize(
    ("number", "name", "text"), [pytest.param(at, *row[2:], id=row[0]) for at, row in enumerate(LOGS)]
)
def test_log(scene, number, name, text):
    scene.wait_until(f"log-{number}", "run", running)
    assert scene.log(f"log-{number}", name) == text


@pytest.mark.parametrize(
    ("number", "name", "code", "message"), [pytest.param(at, *row[2:], id=row[0]) for at, row in enumerate(REFUSALS)]
)
def test_refusal(scene, number, name, code, message):
    if "down" in scene.get(f"refusal-{number}")["spec"]["nodeName"]:
        scene.wait_until(f"refusal-{number}", "run", running)
        down = {"metadata": {"labels": {"sim.hostprocess.dev/down": "true"}}}
        scene.plane.patch("node", scene.nodes["down-node"], down)

    def refused():
        with pytest.raises(ApiError) as refusal:
            scene.log(f"refusal-{number}", name)
        assert refusal.value.code == code
        assert message.replace("NUMBER", str(number)) in refusal.value.message
        return True

    wait_for(refused, 20, "the refusal")


def test_garbage_has_terminal_codes_bidirectional_marks_and_a_broken_report(scene):
    scene.wait_until("garbage", "run", running)
    text = scene.log("garbage", PROBE)
    assert "\x1b[31m" in text
    assert "\u202e" in text
    assert "\ufffd" in text  # bytes that are no UTF-8
    assert '"admin":tru\r\n' in text
    assert text == scene.log("garbage", PROBE)


def test_a_log_that_is_gone_is_said_with_the_id_of_the_run(scene):
    status = scene.wait_until("gone", "run", running)
    run = status["initContainerStatuses"][0]["containerID"]
    assert scene.log("gone", PROBE) == f"unable to retrieve container logs for {run}"


def test_a_slow_kubelet_keeps_the_reader_waiting(scene):
    scene.wait_until("slow", "run", running)
    with pytest.raises(TimeoutError):
        scene.log("slow", PROBE, timeout=2)


@pytest.mark.parametrize(("name", "speaker"), [("restarted", PROBE), ("agent-restarted", "agent")])
def test_a_restarted_container_gets_the_word_for_later_and_keeps_its_previous_log(scene, name, speaker):
    def restarted(status):
        return running(status) and status["containerStatuses"][0]["restartCount"] == 1

    scene.wait_until(name, "run again", restarted)
    assert scene.log(name, speaker).endswith(line("True"))
    assert "hostprocess.dev" not in scene.log(name, speaker)
    assert scene.log(name, speaker, previous="true") == (HEALTHY if speaker == PROBE else STARTED)


def test_a_container_that_backs_off_has_the_log_of_its_last_run(scene):
    def backs_off(status):
        return (
            "waiting" in status["initContainerStatuses"][0]["state"] and status["initContainerStatuses"][0]["lastState"]
        )

    scene.wait_until("crashing", "back off", backs_off)
    assert scene.log("crashing", PROBE) == HEALTHY


def test_there_is_no_previous_log_before_a_restart(scene):
    scene.wait_until("log-0", "run", running)
    with pytest.raises(ApiError, match=f'previous terminated container "{PROBE}" in pod "log-0" not found'):
        scene.log("log-0", PROBE, previous="true")


def test_tail_limit_and_timestamps_reach_the_kubelet(scene):
    scene.wait_until("log-0", "run", running)
    assert scene.log("log-0", PROBE, tailLines=1) == HEALTHY.splitlines(keepends=True)[1]
    assert scene.log("log-0", PROBE, limitBytes=7) == "Process"
    assert scene.log("log-0", PROBE, sinceTime="2999-01-01T00:00:00Z") == ""
    stamp = scene.log("log-0", PROBE, timestamps="true").split()[0]
    started = scene.get("log-0")["status"]["initContainerStatuses"][0]["state"]["terminated"]["startedAt"]
    assert stamp == started.replace("Z", ".000000000Z")


def test_a_followed_log_ends_with_its_run(scene):
    scene.wait_until("followed", "run", running)
    path = scene.plane.api.path("pod", scene.namespace, "followed", "log", container="agent", follow="true")
    connection, response = scene.plane.api.open(path, timeout=10)
    assert response.readline() == STARTED.encode()
    scene.turn("followed", restarts="1")
    begin = time.monotonic()
    assert response.read() == b""
    assert time.monotonic() - begin < 5
    connection.close()
