"""Pods live, fail and come back as the kubelet's do."""

import pytest

from control_plane import wait_for
from control_plane.container_log import PROBE
from control_plane.pods import GATE, IMAGE, container

NODES = ("plain", "fail-pull-node")
BACK_OFF = "waiting CrashLoopBackOff"
RUN_ERROR = "waiting RunContainerError"


def fault(word, **more):
    return {"knobs": {"fault": word}, **more}


def image(tag):
    return {"inits": [container(PROBE, f"{IMAGE}-{tag}")], "mains": [container("agent", f"{IMAGE}-{tag}")]}


# sentence, pod, container, states that it goes through in this order, its restartCount then, text of a message
FAULTS = [
    (
        "an agent that crashes backs off and runs again",
        fault("fail-crash", gate=False),
        *(
            "agent",
            ["running", BACK_OFF, "running", BACK_OFF],
            1,
            "back-off 10s restarting failed container=agent pod=",
        ),
    ),
    (
        "an init container that crashes holds the agent back",
        fault("fail-init"),
        *(PROBE, ["running", BACK_OFF, "running", BACK_OFF], 1, f"restarting failed container={PROBE} pod="),
    ),
    (
        "an image that cannot be pulled is tried and backed off",
        fault("fail-pull"),
        *(
            PROBE,
            ["waiting ErrImagePull", "waiting ImagePullBackOff"],
            0,
            f'Back-off pulling image "{IMAGE}": ErrImage',
        ),
    ),
    (
        "a denied logon is a run error and backs off",
        fault("fail-logon"),
        *(PROBE, [RUN_ERROR, BACK_OFF, RUN_ERROR], 1, "failed to logon user: Access is denied.: unknown"),
    ),
    (
        "a program that does not exist is a run error and backs off",
        fault("fail-command"),
        *(PROBE, [RUN_ERROR, BACK_OFF], 0, 'failed to find executable "powershell.exe": unknown'),
    ),
    (
        "a missing secret is a config error without restarts",
        fault("fail-config"),
        *(PROBE, ["waiting CreateContainerConfigError"], 0, 'secret "agent-config" not found'),
    ),
    (
        "a word for the agent lets the init container pass",
        fault("fail-agent-logon"),
        *("agent", ["waiting PodInitializing", RUN_ERROR, BACK_OFF], 0, "failed to logon user"),
    ),
    (
        "a word in the image acts like the annotation",
        image("fail-agent-pull"),
        *("agent", ["waiting ErrImagePull", "waiting ImagePullBackOff"], 0, f'"{IMAGE}-fail-agent-pull"'),
    ),
    (
        "a word in the image of one container acts on that container",
        {"mains": [container("agent"), container("exporter", f"{IMAGE}-fail-config")]},
        *("exporter", ["waiting CreateContainerConfigError"], 0, "not found"),
    ),
    (
        "a word in the node's name acts on its pods",
        {"node": "fail-pull-node"},
        *(PROBE, ["waiting ErrImagePull", "waiting ImagePullBackOff"], 0, "no match for platform in manifest"),
    ),
    (
        "the annotation wins over the node's name",
        fault("fail-none", node="fail-pull-node"),
        *("agent", ["waiting PodInitializing", "running"], 0, ""),
    ),
    (
        "a restart in place is a new run each time",
        {"knobs": {"restarts": "2"}},
        *("agent", ["running", "running", "running"], 2, ""),
    ),
    (
        "the reboot of a node starts the whole pod again",
        {"knobs": {"sandboxes": "1"}},
        *("agent", ["running", "waiting PodInitializing", "running"], 1, ""),
    ),
]
PODS = {
    **{f"fault-{at}": made for at, (_, made, *_) in enumerate(FAULTS)},
    "healthy": {},
    "gate": {},
    "turned": {},
    "three-inits": {"inits": [container(PROBE), container("firewall"), container("config")]},
    "sidecar": {"inits": [container(PROBE), container("tunnel", restartPolicy="Always"), container("config")]},
    "two-mains": {"mains": [container("agent"), container("exporter")], "gate": False},
    "half-ready": {"mains": [container("agent"), container("exporter", f"{IMAGE}-fail-pull")], "gate": False},
    **{f"sandbox-{at}": fault("fail-sandbox") for at in range(6)},
    "gated-crash": fault("fail-crash"),
    "deleted": {},
}


def states_of(status):
    """Return container name -> (its state in one or two words, its containerStatus)."""
    found = {}
    for entry in [*status.get("initContainerStatuses", []), *status.get("containerStatuses", [])]:
        ((state, detail),) = entry["state"].items()
        word = detail.get("reason") if state == "waiting" else None
        found[entry["name"]] = (f"{state} {word}" if word else state, entry)
    return found


def in_this_order(wanted, seen):
    rest = iter(seen)
    return all(item in rest for item in wanted)


def conditions_of(status):
    return {condition["type"]: condition for condition in status.get("conditions", [])}


def ready(status):
    return conditions_of(status).get("Ready", {}).get("status") == "True"


def containers_ready(status):
    return conditions_of(status).get("ContainersReady", {}).get("status") == "True"


@pytest.mark.parametrize(
    ("number", "name", "wanted", "restarts", "message"),
    [pytest.param(at, *row[2:], id=row[0]) for at, row in enumerate(FAULTS)],
)
def test_fault(scene, number, name, wanted, restarts, message):
    def played():
        seen = [states_of(status)[name] for status in scene.history(f"fault-{number}") if status.get("startTime")]
        runs = [(state, entry.get("containerID", "")) for state, entry in seen]
        changes = [run for at, run in enumerate(runs) if not at or run != runs[at - 1]]
        assert in_this_order(wanted, [state for state, _ in changes]), changes
        assert seen[-1][1]["restartCount"] >= restarts
        assert message in str([entry for _, entry in seen])
        return seen

    last = wait_for(played, 30, "the fault to be played")[-1][1]
    if restarts:
        assert last["lastState"]["terminated"]["containerID"].startswith("containerd://")


def test_an_agent_that_crashes_was_ready_in_between(scene):
    wait_for(lambda: any(ready(status) for status in scene.history("fault-0")), 20, "a Ready agent that will crash")


def test_containers_ready_waits_for_the_gate_in_the_kubelets_words(scene):
    status = scene.wait_until("healthy", "have ready containers", containers_ready)
    verdict = conditions_of(status)["Ready"]
    assert (verdict["status"], verdict["reason"]) == ("False", "ReadinessGatesNotReady")
    assert verdict["message"] == f'corresponding condition of pod readiness gate "{GATE}" does not exist.'
    assert status["phase"] == "Running"


def test_a_pod_is_pending_until_its_init_container_is_done(scene):
    scene.wait_until("healthy", "have ready containers", containers_ready)
    phases = [(s["phase"], states_of(s)[PROBE][0]) for s in scene.history("healthy") if s.get("startTime")]
    assert {phase for phase, probe in phases if probe != "terminated"} == {"Pending"}
    assert phases[-1] == ("Running", "terminated")


def test_a_run_has_an_id_of_its_own(scene):
    status = scene.wait_until("fault-11", "restart twice", lambda s: s["containerStatuses"][0]["restartCount"] == 2)
    runs = {states_of(s)["agent"][1].get("containerID") for s in scene.history("fault-11") if states_of(s)}
    assert len(runs - {None}) == 3
    assert status["containerStatuses"][0]["containerID"] in runs


def test_ready_follows_the_gate_both_ways(scene):
    scene.wait_until("gate", "have ready containers", containers_ready)
    scene.set_gate("gate", "True")
    scene.wait_until("gate", "be Ready", ready)
    scene.set_gate("gate", "False")
    status = scene.wait_until("gate", "be unready", lambda status: not ready(status))
    assert 'is not "True", but False' in conditions_of(status)["Ready"]["message"]
    assert conditions_of(status)[GATE]["status"] == "False"


def test_a_gate_is_answered_before_the_agent_crashes(scene):
    def run_of(status):
        return states_of(status)["agent"][1].get("containerID")

    for _ in range(3):  # on a busy machine a run of two seconds may be over before the gate is set
        # its back-off may be 32 s by now
        run = run_of(scene.wait_until("gated-crash", "run", containers_ready, timeout=40))
        scene.set_gate("gated-crash", "True")
        scene.wait_until("gated-crash", "crash", lambda status: states_of(status)["agent"][0] == BACK_OFF)
        history = [status for status in scene.history("gated-crash") if status.get("startTime")]
        if any(ready(status) for status in history if run_of(status) == run):
            return
        scene.set_gate("gated-crash", "False")
    raise AssertionError("the gate was never answered while the agent ran")


def test_a_live_pod_can_be_broken_and_healed(scene):
    scene.wait_until("turned", "run", containers_ready)
    scene.turn("turned", fault="fail-crash")
    scene.wait_until("turned", "crash", lambda status: states_of(status)["agent"][0] == BACK_OFF)
    scene.turn("turned", fault="fail-none")
    status = scene.wait_until("turned", "run again", containers_ready)
    assert states_of(status)["agent"][1]["restartCount"] == 1


def test_init_containers_run_one_after_the_other(scene):
    scene.wait_until("three-inits", "run", containers_ready)
    running = []
    for status in scene.history("three-inits"):
        now = [name for name, (state, _) in states_of(status).items() if state == "running"]
        assert len(now) <= 1
        running += [name for name in now if name not in running]
    assert running == [PROBE, "firewall", "config", "agent"]


def test_a_sidecar_stays_and_lets_the_next_init_container_start(scene):
    status = scene.wait_until("sidecar", "run", containers_ready)
    assert {name: state for name, (state, _) in states_of(status).items()} == {
        PROBE: "terminated",
        "tunnel": "running",
        "config": "terminated",
        "agent": "running",
    }
    for earlier in scene.history("sidecar"):
        states = {name: state for name, (state, _) in states_of(earlier).items()}
        if states.get("config", "waiting").startswith("waiting") is False:
            assert states["tunnel"] == "running"
        if states.get("tunnel") == "running":
            assert states[PROBE] == "terminated"


def test_all_containers_of_an_agent_make_it_ready(scene):
    status = scene.wait_until("two-mains", "be Ready", ready)
    assert [entry["ready"] for entry in status["containerStatuses"]] == [True, True]


def test_one_container_that_is_not_ready_is_named(scene):
    status = scene.wait_until("half-ready", "run in part", lambda s: states_of(s).get("agent", [""])[0] == "running")
    assert not ready(status)
    assert conditions_of(status)["Ready"]["message"] == "containers with unready status: [exporter]"


@pytest.mark.parametrize("number", range(6))  # two stages match such a pod: which one is played must not be luck
def test_a_sandbox_that_cannot_be_created_is_an_event_of_the_nodes_kubelet(scene, number):
    name = f"sandbox-{number}"

    def event():
        selector = f"involvedObject.name={name},reason=FailedCreatePodSandBox"
        return scene.plane.get("events", namespace=scene.namespace, field_selector=selector)["items"][0]

    found = wait_for(event, 20, "the event")
    assert found["source"] == {"component": "kubelet", "host": scene.nodes["plain"]}
    assert found["involvedObject"]["uid"] == scene.get(name)["metadata"]["uid"]
    status = scene.get(name)["status"]
    assert (status["phase"], states_of(status)[PROBE][0]) == ("Pending", "waiting PodInitializing")
    assert conditions_of(status)["PodReadyToStartContainers"]["reason"] == "PodSandboxNotReady"


def test_a_deleted_pod_is_gone_in_a_moment(scene):
    scene.wait_until("deleted", "run", containers_ready)
    scene.plane.delete("pod", "deleted", scene.namespace, wait=5)
