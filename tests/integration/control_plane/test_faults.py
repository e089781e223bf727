"""Each fault word shows what a kubelet shows: a state of a container, a phase of a pod, an Event."""

import pytest

from control_plane import agent_pod, wait_for
from control_plane.container_log import PROBE
from control_plane.pods import IMAGE, container
from control_plane.stages import CONTAINER_WORDS, POD_WORDS

NODES = ("plain",)
BACK_OFF = "CrashLoopBackOff"
HTTP = {"httpGet": {"port": 9182}, "initialDelaySeconds": 5}
PULL = f'failed to pull and unpack image "{IMAGE}": '
RESOLVE = f'{PULL}failed to resolve reference "{IMAGE}": '
TASK = "failed to create containerd task: failed to create shim task: "
LOGON = ": failed to create user process token: "

# word -> reason why its container waits, text of the message
WAITING = {
    "pull": ("ErrImagePull", f"rpc error: code = NotFound desc = {PULL}no match for platform in manifest: not found"),
    "notfound": ("ErrImagePull", f"rpc error: code = NotFound desc = {RESOLVE}{IMAGE}: not found"),
    "denied": ("ErrImagePull", f"{RESOLVE}pull access denied, repository does not exist or may require authorization"),
    "unauthorized": ("ErrImagePull", f"{RESOLVE}failed to authorize: failed to fetch anonymous token: "),
    "badname": ("InvalidImageName", f'couldn\'t parse image name "{IMAGE}": invalid reference format'),
    "config": ("CreateContainerConfigError", 'secret "agent-config" not found'),
    "configkey": ("CreateContainerConfigError", "couldn't find key token in ConfigMap NAMESPACE/agent-config"),
    "mixed": ("CreateContainerError", "pod spec and all containers inside must have the HostProcess field set to be"),
    "pipe": ("RunContainerError", f"{TASK}named pipe mounts not supported for job containers - interact with the pipe"),
    "bindfilter": (
        "RunContainerError",
        "job object: Do not attach the filter to the volume at this time.: unknown",
    ),
    "logon": ("RunContainerError", f"{LOGON}failed to logon user: Access is denied.: unknown"),
    "nouser": ("RunContainerError", f"{LOGON}failed to logon user: The user name or password is incorrect.: unknown"),
    "emptyuser": ("RunContainerError", f"{LOGON}empty username or group name passed: unknown"),
    "command": ("RunContainerError", 'failed to find executable "powershell.exe": unknown'),
    "hook": ("PostStartHookError", "Exec lifecycle hook ([powershell.exe -File register.ps1])"),
}
# word -> exit code and reason of the last run of a container that backs off
ENDED = {
    "init": (1, "Error"),
    "crash": (1, "Error"),
    "exitzero": (0, "Completed"),
    "oom": (137, "OOMKilled"),
    "nomemory": (-1073741801, "Error"),
    "nodll": (-1073741515, "Error"),
    "liveness": (-1073741510, "Error"),
    "startup": (-1073741510, "Error"),
    "logon": (128, "StartError"),
    "pipe": (128, "StartError"),
    "hook": (-1073741510, "Error"),
}
OF_AGENT, OF_PROBE = "spec.containers{agent}", f"spec.initContainers{{{PROBE}}}"
# word -> reason, type, message, fieldPath of an Event
EVENTS = [
    ("slowpull", "Pulling", "Normal", f'Pulling image "{IMAGE}"', OF_PROBE),
    ("unhealthy", "Unhealthy", "Warning", "Readiness probe failed: HTTP probe failed with statuscode: 503", OF_AGENT),
    ("liveness", "Unhealthy", "Warning", "Liveness probe failed: HTTP probe failed with statuscode: 503", OF_AGENT),
    ("liveness", "Killing", "Normal", "Container agent failed liveness probe, will be restarted", OF_AGENT),
    ("startup", "Unhealthy", "Warning", "Startup probe failed: HTTP probe failed with statuscode: 503", OF_AGENT),
    ("startup", "Killing", "Normal", "Container agent failed startup probe, will be restarted", OF_AGENT),
    ("hook", "FailedPostStartHook", "Warning", "PostStartHook failed", OF_AGENT),
    ("hook", "Killing", "Normal", "FailedPostStartHook", OF_AGENT),
    (
        *("volume", "FailedMount", "Warning"),
        'MountVolume.SetUp failed for volume "config" : configmap "agent-config" not found',
        None,
    ),
    ("sandbox", "FailedCreatePodSandBox", "Warning", "Failed to create pod sandbox: ", None),
    ("evicted", "Evicted", "Warning", "The node was low on resource: ephemeral-storage. ", None),
    ("wrongos", "PodOSNotSupported", "Warning", "Failed to admit pod as the OS field doesn't match node OS", None),
]
# word -> reason why a container still waits, though no pod can be told from one that starts
STARTING = {"slowpull": "PodInitializing", "volume": "PodInitializing", "sandbox": "PodInitializing"}
PROBES = {"unhealthy": "readinessProbe", "liveness": "livenessProbe", "startup": "startupProbe"}
HEALED = ("slowpull", "volume", "sandbox", "unhealthy", "badname", "mixed", "nouser", "nomemory")


def pod_of(word):
    more = {PROBES[word]: HTTP} if word in PROBES else {}
    return {"knobs": {"fault": f"fail-{word}"}, "mains": [container("agent", **more)], "gate": False}


PODS = {
    **{word: pod_of(word) for word in (*CONTAINER_WORDS, *POD_WORDS)},
    **{f"agent-{word}": {"knobs": {"fault": f"fail-agent-{word}"}, "gate": False} for word in ("slowpull", "denied")},
    **{f"healed-{word}": pod_of(word) for word in HEALED},
    "tcp": {
        "knobs": {"fault": "fail-unhealthy"},
        "mains": [container("agent", readinessProbe={"tcpSocket": {"port": 9182}})],
        "gate": False,
    },
}


def entries(status):
    return [*status.get("initContainerStatuses", []), *status.get("containerStatuses", [])]


def waiting(status):
    """Return container name -> (reason, message) of those that wait."""
    found = [(entry["name"], entry["state"].get("waiting")) for entry in entries(status)]
    return {name: (state["reason"], state.get("message", "")) for name, state in found if state}


def event_of(scene, name, reason):
    selector = f"involvedObject.name={name},reason={reason}"
    return scene.plane.get("events", namespace=scene.namespace, field_selector=selector)["items"][0]


def is_ready(status):
    return any(c["type"] == "Ready" and c["status"] == "True" for c in status.get("conditions", []))


@pytest.mark.parametrize("word", WAITING)
def test_a_container_waits_for_this_reason(scene, word):
    reason, text = WAITING[word]

    def seen():
        every = [held for status in scene.history(word) for held in waiting(status).values()]
        assert any(why == reason and text.replace("NAMESPACE", scene.namespace) in told for why, told in every), every
        return True

    wait_for(seen, 30, f"{word} to be played")


@pytest.mark.parametrize("word", ENDED)
def test_a_container_that_backs_off_tells_how_its_last_run_ended(scene, word):
    def ended():
        for status in scene.history(word):
            for entry in entries(status):
                if entry["state"].get("waiting", {}).get("reason") == BACK_OFF:
                    return entry["lastState"]["terminated"]
        return None

    last = wait_for(ended, 30, f"{word} to back off")
    assert (last["exitCode"], last["reason"]) == ENDED[word]


@pytest.mark.parametrize(("word", "reason", "kind", "message", "field"), EVENTS)
def test_an_event_of_the_nodes_kubelet_tells_it(scene, word, reason, kind, message, field):
    event = wait_for(lambda: event_of(scene, word, reason), 30, f"{word} to be told")
    assert event["message"].startswith(message)
    assert (event["type"], event["source"]) == (kind, {"component": "kubelet", "host": scene.nodes["plain"]})
    about = event["involvedObject"]
    assert (about["name"], about.get("fieldPath")) == (word, field)
    assert about["uid"] == scene.get(word)["metadata"]["uid"]
    assert event["count"] >= 1
    assert event["firstTimestamp"] <= event["lastTimestamp"]


@pytest.mark.parametrize("word", STARTING)
def test_a_pod_looks_as_if_it_merely_started(scene, word):
    wait_for(lambda: event_of(scene, word, {w: r for w, r, *_ in EVENTS}[word]), 30, f"{word} to be told")
    status = scene.get(word)["status"]
    assert status["phase"] == "Pending"
    assert set(waiting(status).values()) == {(STARTING[word], "")}


def test_a_word_for_the_agent_lets_the_init_container_pull(scene):
    event = wait_for(lambda: event_of(scene, "agent-slowpull", "Pulling"), 30, "the agent's pull")
    assert event["involvedObject"]["fieldPath"] == OF_AGENT
    assert set(waiting(scene.get("agent-slowpull")["status"])) == {"agent"}


def test_a_refused_connection_is_told_in_the_words_of_windows(scene):
    event = wait_for(lambda: event_of(scene, "tcp", "Unhealthy"), 30, "a failed probe")
    assert "connectex: No connection could be made because the target machine actively refused it." in event["message"]


def test_an_unhealthy_agent_runs_and_is_not_ready(scene):
    status = scene.wait_until("unhealthy", "run", lambda s: "running" in entries(s)[-1]["state"] if s else False)
    (agent,) = status["containerStatuses"]
    assert (status["phase"], agent["ready"], agent["started"], agent["restartCount"]) == ("Running", False, True, 0)


def test_an_agent_that_fails_its_startup_probe_is_never_ready(scene):
    scene.wait_until("startup", "be restarted", lambda s: s.get("containerStatuses", [{}])[0].get("restartCount"))
    assert not any(is_ready(status) for status in scene.history("startup"))


def test_an_agent_that_fails_its_liveness_probe_is_ready_in_between_and_is_restarted(scene):
    scene.wait_until("liveness", "be restarted", lambda s: s.get("containerStatuses", [{}])[0].get("restartCount"))
    assert any(is_ready(status) for status in scene.history("liveness"))

    def counted():
        return event_of(scene, "liveness", "Killing")["count"] > 1

    wait_for(counted, 30, "another restart")


@pytest.mark.parametrize(
    ("word", "reason", "message"),
    [
        ("evicted", "Evicted", "The node was low on resource: ephemeral-storage. "),
        ("wrongos", "PodOSNotSupported", "Pod was rejected: Failed to admit pod as the OS field doesn't match node OS"),
    ],
)
def test_a_pod_that_is_given_up_is_failed(scene, word, reason, message):
    status = scene.wait_until(word, "be failed", lambda s: s["phase"] == "Failed")
    assert status["reason"] == reason
    assert status["message"].startswith(message)
    assert not is_ready(status)


def test_an_evicted_pod_has_run_and_its_containers_have_ended(scene):
    scene.wait_until("evicted", "be failed", lambda s: s["phase"] == "Failed")
    assert any(is_ready(status) for status in scene.history("evicted"))
    (agent,) = scene.get("evicted")["status"]["containerStatuses"]
    assert "terminated" in agent["state"]


def test_a_stuck_pod_stays_until_it_is_healed(scene):
    scene.wait_until("stuck", "run", is_ready)
    scene.plane.delete("pod", "stuck", scene.namespace, wait=0)
    other = agent_pod("bystander", scene.nodes["plain"])
    scene.plane.api.request("POST", scene.plane.api.path("pods", scene.namespace), other)
    scene.plane.delete("pod", "bystander", scene.namespace, wait=10)
    assert scene.get("stuck")["metadata"]["deletionTimestamp"]
    scene.turn("stuck", fault="fail-none")
    wait_for(lambda: not is_there(scene, "stuck"), 10, "the pod to go")


def is_there(scene, name):
    pods = scene.plane.get("pods", namespace=scene.namespace, field_selector=f"metadata.name={name}")
    return bool(pods["items"])


def has_failed(status):
    return bool(waiting(status)) or any("running" in e["state"] and not e["ready"] for e in entries(status))


@pytest.mark.parametrize("word", HEALED)
def test_a_healed_pod_becomes_ready(scene, word):
    name = f"healed-{word}"
    scene.wait_until(name, "fail", has_failed)
    scene.turn(name, fault="fail-none")
    scene.wait_until(name, "be Ready", is_ready, timeout=40)


def test_each_word_is_played():
    told = {word for word, *_ in EVENTS}
    assert set(WAITING) | set(ENDED) | told | {"stuck"} == {*CONTAINER_WORDS, *POD_WORDS}
