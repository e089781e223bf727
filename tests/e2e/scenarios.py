"""What must be seen on a cluster: each scenario is a function whose first line says it, with an agent of its own.

Nothing is broken on purpose but agents of the run itself: rights are lost by asking for an account that has none.
"""

import json
import time
from collections.abc import Callable, Iterable
from typing import Any

from control_plane.api import ApiError
from control_plane.recording import Seen
from e2e.trial import Skipped, Trial
from hostprocess_operator.api.names import AGENT_LABEL, GATE, PROBE_CONTAINER, REPORT_ANNOTATION
from hostprocess_operator.verification.parser import parse_log
from hostprocess_operator.verification.report import load_report
from support.agents import condition

SYSTEM, LOCAL_SERVICE = "S-1-5-18", "S-1-5-19"
LOCAL_SERVICE_ACCOUNT = r"NT AUTHORITY\LocalService"
POLICY = "hostprocess-daemonsets"


def microsofts_sample_is_verified_on_every_node(trial: Trial) -> None:
    """Microsoft's sample is Ready and has administrator rights on every node."""
    trial.apply_sample("microsoft-sample.yaml")
    found, every = trial.reaches_verified(), f"{len(trial.stage.nodes)}/{len(trial.stage.nodes)}"
    table = trial.cluster.kubectl("get", "hostprocessagents", trial.name, "-n", trial.namespace).stdout
    trial.note("kubectl get hostprocessagents", *table.splitlines())
    assert found["status"]["summary"] == {"nodes": every, "adminRights": every}, found["status"]["summary"]


def pods_show_the_gate_and_the_reason(trial: Trial) -> None:
    """Pods show the readiness gate, and the condition behind it says why."""
    trial.apply_plain()
    trial.reaches_verified()
    for node, pod in sorted(trial.pods().items()):
        gate = condition(pod, GATE)
        assert (gate["status"], gate["reason"]) == ("True", "Administrator"), (node, gate)
        trial.note(f"{node}: {gate['reason']}: {gate['message']}")
    wide = trial.cluster.kubectl(
        *("get", "pods", "-n", trial.namespace, "-l", f"{AGENT_LABEL}={trial.name}", "-o", "wide")
    ).stdout.splitlines()
    assert "READINESS GATES" in wide[0], wide[0]
    assert all(row.endswith("1/1") for row in wide[1:]), wide


def the_probe_says_what_the_operator_has_read(trial: Trial) -> None:
    """The probe ends with 0, and what it printed is what the operator has read."""
    trial.apply_plain()
    trial.reaches_verified()
    for node, pod in sorted(trial.pods().items()):
        printed = trial.log(pod, PROBE_CONTAINER)
        trial.note(f"{node}: what {PROBE_CONTAINER} printed, and the report made of it", *shown(printed))
        trial.notes[-1]["lines"] += [f"report: {pod['metadata']['annotations'].get(REPORT_ANNOTATION)}"]
        (probe,) = (each for each in pod["status"]["initContainerStatuses"] if each["name"] == PROBE_CONTAINER)
        assert probe["state"]["terminated"]["exitCode"] == 0, probe
        stored = load_report(pod["metadata"]["annotations"][REPORT_ANNOTATION])
        assert stored is not None, "the report on the pod cannot be read"
        assert (stored.run, stored.report) == (probe["containerID"], parse_log(printed)), stored
        assert (stored.report.admin, stored.report.sid) == (True, SYSTEM), stored


def local_service_is_accepted(trial: Trial) -> None:
    """LocalService is accepted as the account that was asked for, and reports its own SID."""
    trial.apply_sample("local-service.yaml")
    trial.reaches_verified()
    for node, pod in sorted(trial.pods().items()):
        assert condition(pod, GATE)["reason"] == "AccountAccepted", (node, condition(pod, GATE))
        report = json.loads(pod["metadata"]["annotations"][REPORT_ANNOTATION])
        trial.note(f"{node}: admin {report.get('admin')}, SID {report.get('sid')}")
        assert (report.get("admin"), report.get("sid")) == (False, LOCAL_SERVICE), report


def an_agent_is_verified_from_its_own_log(trial: Trial) -> None:
    """An agent that reports its own rights is verified from its own log, without a probe."""
    # PowerShell runs on real nodes only; simulated ones are told what it would print
    told = {"podMetadata": {"annotations": {"sim.hostprocess.dev/log": "log-admin"}}} if trial.stage.simulated else {}
    trial.apply_sample("agent-log.yaml", **told)
    trial.reaches_verified()
    for node, pod in sorted(trial.pods().items()):
        trial.note(f"{node}: what the agent printed", *shown(trial.log(pod, "agent")))
        assert not pod["spec"].get("initContainers"), "the pod has an init container"
        assert condition(pod, GATE)["reason"] == "Administrator", (node, condition(pod, GATE))


def missing_rights_are_denied_by_name(trial: Trial) -> None:
    """An agent that has to be administrator and is not is denied, with the reason and every node named."""
    trial.apply_sample("local-service.yaml", verification={"expect": "Administrator"})
    found = trial.reaches(ready="False", reason="NotAdministrator", denied=len(trial.stage.nodes))
    message, problems = condition(found, "Ready")["message"], found["status"]["problems"]
    trial.note(message)
    wanted = {(node.name, "NotAdministrator") for node in trial.stage.nodes}
    assert {(problem["node"], problem["reason"]) for problem in problems} == wanted, problems
    assert any(node.name in message for node in trial.stage.nodes), message
    assert condition(found, "Stalled")["status"] == "True", "it is not Stalled"


def an_update_replaces_one_pod_at_a_time(trial: Trial) -> None:
    """An update to another image reaches every node, one at a time."""
    trial.apply_plain(rollout={"maxUnavailable": 1})
    trial.reaches_verified()
    before, began = trial.uids(), time.monotonic()
    with trial.cluster.record("pods", trial.namespace) as recording:
        trial.edit_image(trial.stage.other_image)
        trial.reaches_verified()
    worst = most_out(recording.events, trial.name, len(trial.stage.nodes))
    trial.note(f"{len(before)} nodes in {time.monotonic() - began:.0f} s, at most {worst} without a Ready pod at once")
    images = {pod["spec"]["containers"][0]["image"] for pod in trial.pods().values()}
    assert images == {trial.stage.other_image}, images
    assert not set(before.values()) & set(trial.uids().values()), "a pod was not replaced"
    assert worst == 1, f"{worst} nodes were without a Ready pod at once"


def drift_is_refused_or_restored(trial: Trial) -> None:
    """An image changed behind the operator's back is refused or restored, and no pod restarts."""
    trial.apply_plain()
    trial.reaches_verified()
    pods, before = trial.uids(), trial.daemonset()
    path, began = "/spec/template/spec/containers/0/image", time.monotonic()
    try:
        trial.edit_daemonset({"op": "replace", "path": path, "value": trial.stage.other_image})
    except ApiError as error:
        if POLICY not in str(error):
            raise
        trial.note(f"refused by the policy {POLICY}")
    else:
        trial.until(lambda: _is_restored(trial, before), "the DaemonSet to be restored")
        trial.note(f"restored within {max(0.1, time.monotonic() - began):.1f} s")
    trial.reaches_verified()
    assert trial.uids() == pods, "a pod was replaced"
    assert trial.daemonset()["spec"] == before["spec"], "the DaemonSet is not as it was"


def a_change_of_placement_restarts_nothing(trial: Trial) -> None:
    """Another toleration and another nodeSelector that fits the same nodes restart no agent."""
    trial.apply_plain()
    trial.reaches_verified()
    pods, generation = trial.uids(), trial.daemonset()["metadata"]["generation"]
    tolerations = trial.get()["spec"]["tolerations"]
    trial.edit(
        tolerations=[*tolerations, {"key": "e2e.hostprocess.dev/none", "operator": "Exists"}],
        nodeSelector={"kubernetes.io/arch": trial.stage.nodes[0].facts["architecture"]},
    )
    trial.until(lambda: trial.daemonset()["metadata"]["generation"] > generation, "the DaemonSet to be written")
    trial.reaches_verified()
    assert trial.uids() == pods, "a pod was replaced"


def an_update_that_loses_its_rights_stops_after_one_node(trial: Trial) -> None:
    """An update that loses its rights stops after one node, and a good spec repairs that node."""
    if len(trial.stage.nodes) < 2:
        raise Skipped("it needs two Windows nodes")
    trial.apply_plain(rollout={"maxUnavailable": 1}, verification={"expect": "Administrator"})
    trial.reaches_verified()
    before = trial.uids()
    trial.edit(runAsUserName=LOCAL_SERVICE_ACCOUNT)
    trial.reaches(ready="False", reason="NotAdministrator", denied=1)
    # one more look of the operator, at a spec that changes no pod, finds nothing more to do
    trial.edit(rollout={"minReadySeconds": 1})
    found = trial.reaches(ready="False", reason="NotAdministrator", denied=1)
    trial.note(condition(found, "Ready")["message"])
    after = trial.uids()
    replaced = [node for node, uid in before.items() if after.get(node) != uid]
    assert len(replaced) == 1, f"replaced on {replaced}"
    trial.edit(runAsUserName=None)
    trial.reaches_verified()


def deletion_leaves_nothing(trial: Trial) -> None:
    """Deleting the agent removes its DaemonSet, its pods and their revisions."""
    trial.apply_plain()
    trial.reaches_verified()
    began = time.monotonic()
    trial.delete()
    for kind in ("daemonsets", "pods", "controllerrevisions"):
        trial.until(lambda kind=kind: not _of_agent(trial, kind), f"{kind} to be collected")
    trial.note(f"gone after {time.monotonic() - began:.0f} s")


def most_out(events: Iterable[Seen], agent: str, nodes: int) -> int:
    """Return on how many nodes at most an agent had no Ready pod at once, from the moment when all had one."""
    ready: dict[str, set[str]] = {}
    worst, complete = 0, False
    for event in events:
        pod = event.object
        if pod.get("metadata", {}).get("labels", {}).get(AGENT_LABEL) != agent or not pod["spec"].get("nodeName"):
            continue
        leaving = event.change == "DELETED" or "deletionTimestamp" in pod["metadata"]
        is_ready = not leaving and condition(pod, "Ready").get("status") == "True"
        of_node = ready.setdefault(pod["spec"]["nodeName"], set())
        (of_node.add if is_ready else of_node.discard)(pod["metadata"]["uid"])
        working = sum(map(bool, ready.values()))
        complete = complete or working == nodes
        worst = max(worst, nodes - working) if complete else worst
    return worst


def shown(printed: bytes, lines: int = 40, length: int = 400) -> list[str]:
    """Return the first lines of a log with every byte that is no ordinary character spelled out."""
    text = printed.decode(errors="backslashreplace")
    spelled = "".join(char if char == "\n" or char.isprintable() else _spelled(char) for char in text)
    every = spelled.removesuffix("\n").split("\n")
    more = [f"... and {len(every) - lines} lines more"] if len(every) > lines else []
    return [line[:length] for line in every[:lines]] + more


def _spelled(char: str) -> str:
    return char.encode("unicode_escape").decode()


def _is_restored(trial: Trial, before: dict[str, Any]) -> bool:
    """Return whether the DaemonSet is as it was, after an edit and a second one that mended it."""
    now = trial.daemonset()
    moved = now["metadata"]["generation"] - before["metadata"]["generation"]
    return moved > 1 and now["spec"] == before["spec"]


def _of_agent(trial: Trial, kind: str) -> list[dict[str, Any]]:
    return trial.cluster.get(kind, namespace=trial.namespace, label_selector=f"{AGENT_LABEL}={trial.name}")["items"]


SCENARIOS: dict[str, Callable[[Trial], None]] = {
    "sample": microsofts_sample_is_verified_on_every_node,
    "gate": pods_show_the_gate_and_the_reason,
    "probe": the_probe_says_what_the_operator_has_read,
    "local-service": local_service_is_accepted,
    "agent-log": an_agent_is_verified_from_its_own_log,
    "denied": missing_rights_are_denied_by_name,
    "update": an_update_replaces_one_pod_at_a_time,
    "drift": drift_is_refused_or_restored,
    "placement": a_change_of_placement_restarts_nothing,
    "bad-update": an_update_that_loses_its_rights_stops_after_one_node,
    "deletion": deletion_leaves_nothing,
}
"""Short name, by which one is chosen and its agent is called -> what is played."""
