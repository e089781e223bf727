"""How many nodes are ever without a working agent because of us, beside the native controller on the same plane."""

import os
import random
import time

from control_plane import Recording, wait_for
from support.agents import condition, is_current

NODES, BUDGET = 12, 2
FLEET = int(os.environ.get("FLEET", "20"))
BAD = ("2.0-fail-pull", "3.0-fail-pull", "4.0-fail-pull")


def without_agent(pods, nodes):
    """Return how many nodes have no Ready pod, by the pods of an API list."""
    ready = {pod["spec"].get("nodeName") for pod in pods["items"] if condition(pod, "Ready").get("status") == "True"}
    return nodes - len(ready)


def native(name, namespace, selector, tag):
    """Return a DaemonSet that is updated by the native controller."""
    labels = {"app": name}
    container = {"name": "agent", "image": f"registry.example/agent:{tag}"}
    strategy = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": BUDGET}}
    privileged = {"windowsOptions": {"hostProcess": True, "runAsUserName": r"NT AUTHORITY\SYSTEM"}}
    spec = {"nodeSelector": selector, "os": {"name": "windows"}, "hostNetwork": True, "securityContext": privileged}
    spec |= {"containers": [container]}
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "selector": {"matchLabels": labels},
            "updateStrategy": strategy,
            "template": {"metadata": {"labels": labels}, "spec": spec},
        },
    }


def blink(plane, namespace, pods, count):
    """Let the agents of some pods crash for a while, as a full disk or a slow node would; they would come back."""
    for pod in sorted(pods, key=lambda pod: pod["spec"]["nodeName"])[:count]:
        crash = {"metadata": {"annotations": {"sim.hostprocess.dev/fault": "fail-crash"}}}
        plane.patch("pods", pod["metadata"]["name"], crash, namespace)

    def down():
        names = {pod["metadata"]["name"] for pod in pods}
        now = plane.get("pods", namespace=namespace)["items"]
        unready = [p for p in now if p["metadata"]["name"] in names and condition(p, "Ready").get("status") != "True"]
        return len(unready) >= count

    wait_for(down, 20, f"{count} agents to crash")


def test_a_bad_update_takes_more_than_the_budget_from_the_native_controller(plane, namespace, nodes):
    nodes(NODES)
    plane.apply(native("native", namespace, nodes.selector, "1.0"))
    wait_for(lambda: without_agent(plane.get("pods", namespace=namespace), NODES) == 0, 30, "the first version")
    blink(plane, namespace, plane.get("pods", namespace=namespace)["items"], 2 * BUDGET)
    plane.apply(native("native", namespace, nodes.selector, BAD[0]))

    def lost():
        pods = plane.get("pods", namespace=namespace)["items"]
        return sum(pod["spec"]["containers"][0]["image"].endswith(BAD[0]) for pod in pods) > BUDGET

    wait_for(lost, 30, "the bad version on more nodes than may be out")


def test_three_bad_updates_take_no_more_than_the_budget_from_us(one, nodes, plane, audit):
    nodes(NODES)
    one.apply(rollout={"maxUnavailable": BUDGET, "nodeImpactSeconds": 0, "maxFailures": NODES})
    one.wait_verified(NODES)
    blink(plane, one.namespace, one.pods().values(), 2 * BUDGET)
    for tag in BAD:
        audit.mark()
        container = one.get()["spec"]["containers"][0] | {"image": f"registry.example/agent:{tag}"}
        one.edit(containers=[container])
        wait_for(lambda tag=tag: list(one.images().values()).count(tag) >= BUDGET, 30, f"pods of {tag}")
        one.edit(rollout={"minReadySeconds": BAD.index(tag) + 1})  # a further look takes nobody else
        wait_for(lambda: is_current(one.get()), 10, "the further look")
        assert list(one.images().values()).count("1.0") == NODES - BUDGET
        assert audit.count("pods", "delete") == BUDGET


def test_nodes_that_were_down_before_are_skipped_named_and_served_when_they_return(one, nodes, plane):
    names = nodes(FLEET)
    down = names[:5]
    one.apply(rollout={"maxUnavailable": "10%", "nodeImpactSeconds": 1})
    one.wait_verified(FLEET, timeout=60)
    ready(plane, down, "false")
    one.wait(unreachable=5)
    container = one.get()["spec"]["containers"][0] | {"image": "registry.example/agent:2.0"}
    one.edit(containers=[container])
    found = one.wait(ready="True", updated=FLEET - 5, timeout=120)
    assert f"{down[0]}, {down[1]}, {down[2]} and 2 more" in condition(found, "Ready")["message"]
    ready(plane, down, None)
    one.wait(ready="True", updated=FLEET, verified=FLEET, timeout=60)


def ready(plane, names, value):
    """Let the nodes' kubelets report that they are (not) ready; None is as they are without a word."""
    for name in names:
        plane.patch("nodes", name, {"metadata": {"annotations": {"sim.hostprocess.dev/ready": value}}})


def test_twenty_kills_at_random_moments_change_nothing_but_the_time(one, nodes, operator, plane, audit):
    count, budget = 30, 3
    nodes(count)
    one.apply(rollout={"maxUnavailable": budget, "nodeImpactSeconds": 1, "canary": {"nodes": 2, "bakeSeconds": 2}})
    one.wait_verified(count, timeout=60)
    wait_for(lambda: one.get()["status"]["revisions"].get("proven"), 30, "the first version to be proven")
    audit.mark()
    chance = random.Random(11)
    with Recording(plane.api, plane.api.path("hostprocessagents", one.namespace)) as statuses:
        container = one.get()["spec"]["containers"][0] | {"image": "registry.example/agent:2.0"}
        generation = one.edit(containers=[container])["metadata"]["generation"]
        for _ in range(20):
            time.sleep(chance.uniform(0, 0.6))  # a kill at no particular moment
            operator.kill()
            operator.launch()
            time.sleep(chance.uniform(0.8, 2.0))
        operator.restart()
        one.wait(ready="True", reason="AllVerified", updated=count, timeout=120)
    assert audit.count("pods", "delete") == count
    assert set(one.images().values()) == {"2.0"}
    green = [
        state["status"]["nodes"]["updated"]
        for state in statuses.states(one.name)
        if state.get("status", {}).get("observedGeneration") == generation
        and condition(state, "Ready").get("status") == "True"
    ]
    assert set(green) == {count}
