"""An operator that is shown the past, or not shown something, never destroys anything for it and always catches up.

The cases mostly wait, so they run several at a time, each on a stage of its own; a test tells how its case ended.
"""

import json
import os
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from control_plane import ControlPlane, wait_for
from faults.oracles import difference
from faults.rules import Answer, Double, Drop, Mute, Rule, requests
from faults.scenarios import QUICK, apply, delete, gone, image, ready
from faults.stage import Stage
from support.agents import OneAgent
from support.operator import install

STREAMS = ("hostprocessagents", "daemonsets", "pods", "controllerrevisions")
LABELLED = {"pods", "controllerrevisions"}
PAST_SECONDS = 3.0
AT_ONCE = 5
EVENTS, LEAST_EVENTS = int(os.environ.get("EVENTS", "1")), 20
"""How many events of an update are missed one at a time; `EVENTS=60` is all of them. It has at least so many."""

HASTY = """
from hostprocess_operator.controller import feed, loop

feed.LIST_SECONDS = loop.DOUBT_SECONDS = 2.0
"""
"""Python that makes the operator doubt what it sees after two seconds without progress, not 30."""

CRD = Path(__file__).parents[3] / "crds" / "hostprocess.dev_hostprocessagents.yaml"


def recorded_lists(stage, resources):
    """Return rules that answer the lists of now, however old they will be, and keep the watches silent."""
    rules = []
    for resource in resources:
        query = {"labelSelector": "hostprocess.dev/agent"} if resource in LABELLED else {}
        body = stage.plane.api.request("GET", stage.plane.api.path(resource, stage.namespace, **query))
        rules.append(Rule(requests("list", resource, single=False), Answer(200, json.dumps(body).encode())))
        rules.append(Rule(requests("watch", resource), Mute()))
    return rules


def carried_out(stage, mark, verb, resource):
    """Return how many requests the API server carried out since a mark."""
    return sum(one.status < 300 for one in stage.proxy.seen(requests(verb, resource), mark))


def show_lists_from_before_an_update(stage, resources):
    """Whatever is shown, nothing is deleted or made."""
    rules = recorded_lists(stage, resources)
    image("2.0")(stage)
    stage.wait(ready("2.0"), 60, "the update")
    stage.operator.kill()
    before, summary, mark = stage.end_state(), stage.summary(), len(stage.proxy.exchanges)
    with stage.proxy.fault(*rules):
        stage.operator.start(timeout=60)
        time.sleep(PAST_SECONDS)  # the past lasts for a while
    wait_for(lambda: not difference(stage.end_state(), before, ()), 60, "the state of before", interval=0.5)
    stage.wait(ready("2.0"), 30, "it to be ready")
    assert stage.summary() == summary
    for verb, resource in (("delete", "pods"), ("create", "daemonsets"), ("delete", "daemonsets")):
        assert carried_out(stage, mark, verb, resource) == 0


def show_an_agent_that_was_made_again_meanwhile(stage):
    """One DaemonSet is made, of the agent that there is."""
    rules = recorded_lists(stage, ("hostprocessagents",))
    stage.operator.kill()
    delete(stage)
    wait_for(lambda: gone(stage), 60, "everything to be collected")
    apply(stage)
    mark = len(stage.proxy.exchanges)
    with stage.proxy.fault(*rules):
        stage.operator.start(timeout=60)
        time.sleep(PAST_SECONDS)
    stage.wait(ready(), 60, "the new agent to be ready")
    assert carried_out(stage, mark, "create", "daemonsets") == 1
    owner = stage.agent.daemonset()["metadata"]["ownerReferences"][0]["uid"]
    assert owner == stage.agent.get()["metadata"]["uid"]


def make_an_agent_again_while_streams_are_silent(stage):
    """The new one has its DaemonSet."""
    rule = stage.proxy.add(Rule(requests("watch"), Mute()))
    stage.proxy.cut_streams()
    delete(stage)
    wait_for(lambda: gone(stage), 60, "everything to be collected")
    apply(stage)
    stage.proxy.lift(rule)
    stage.wait(ready(), 90, "the new agent to be ready")
    owner = stage.agent.daemonset()["metadata"]["ownerReferences"][0]["uid"]
    assert owner == stage.agent.get()["metadata"]["uid"]


def delete_an_agent_and_hide_it(stage):
    """Its DaemonSet is not made again, though the deletion is not heard of."""
    mark = len(stage.proxy.exchanges)
    stage.plane.patch("hostprocessagents", "demo", {"metadata": {"labels": {"heard": "lately"}}}, stage.namespace)
    wait_for(lambda: stage.proxy.events, 10, "the operator to hear of its agent")
    stage.proxy.add(Rule(requests("watch", "hostprocessagents"), Drop()))
    delete(stage)
    wait_for(lambda: not stage.plane.get("daemonsets", namespace=stage.namespace)["items"], 30, "the DaemonSet to go")
    wait_for(lambda: stage.proxy.seen(requests("list", "hostprocessagents", single=True), mark), 30, "a look at it")
    wait_for(lambda: gone(stage), 60, "everything to be collected")
    assert carried_out(stage, mark, "create", "daemonsets") == 0


def update(stage, fault, resources=STREAMS, **which):
    """Each pod is replaced once, whatever happens to the events of the update."""
    mark = len(stage.proxy.exchanges)
    with stage.proxy.fault(Rule(requests("watch", " ".join(resources)), fault, **which)) as (rule,):
        image("2.0")(stage)
        stage.wait(ready("2.0"), 120, f"the update with {fault}")
    assert rule.struck or which["skip"] > LEAST_EVENTS
    assert carried_out(stage, mark, "delete", "pods") == 2
    assert carried_out(stage, mark, "create", "daemonsets") == 0


CASES = {
    "lists from before an update, of everything": (partial(show_lists_from_before_an_update, resources=STREAMS), ""),
    "lists of DaemonSets from before an update": (
        partial(show_lists_from_before_an_update, resources=("daemonsets",)),
        "",
    ),
    "lists of pods from before an update": (partial(show_lists_from_before_an_update, resources=("pods",)), ""),
    "lists of agents from before an update": (
        partial(show_lists_from_before_an_update, resources=("hostprocessagents",)),
        "",
    ),
    "lists of DaemonSets and pods from before an update": (
        partial(show_lists_from_before_an_update, resources=("daemonsets", "pods")),
        "",
    ),
    "an agent that was made again is shown as the former one": (show_an_agent_that_was_made_again_meanwhile, ""),
    "an agent is made again while the streams are silent": (make_an_agent_again_while_streams_are_silent, ""),
    "an agent is deleted and nobody says so": (delete_an_agent_and_hide_it, ""),
    "every event of an update comes twice": (partial(update, fault=Double()), ""),
    **{
        f"every event of {resource} is missed in an update": (
            partial(update, fault=Drop(), resources=(resource,)),
            HASTY,
        )
        for resource in STREAMS
    },
    **{
        f"event {number} of an update {word}": (partial(update, fault=fault, skip=number, times=1), HASTY)
        for number in range(EVENTS)
        for fault, word in ((Drop(), "is missed"), (Double(), "comes twice"))
    },
}


@pytest.fixture(scope="module")
def ended(place):
    """Return the future of each case by its name."""

    def run(case, prelude):
        with Stage(*place, nodes=2, prelude=prelude) as stage:
            stage.operator.start(timeout=60)
            stage.agent.apply(rollout=QUICK)
            stage.wait(ready(), 60, "the first version")
            case(stage)
            assert not stage.tracebacks()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield {name: pool.submit(run, *case) for name, case in CASES.items()}


@pytest.mark.timeout(600)
@pytest.mark.parametrize("case", CASES)
def test_nothing_is_destroyed_and_everything_converges_when(ended, case):
    ended[case].result()


def test_a_compacted_etcd_leaves_nothing_of_what_was_deleted_meanwhile(binaries, tmp_path, nursery):
    with ControlPlane.start(binaries, tmp_path / "plane", definitions=[CRD.read_text("utf-8")]) as plane:
        kubeconfig = install(plane, policies=False)
        with Stage(plane, nursery, kubeconfig, tmp_path) as stage:
            stage.operator.start(timeout=60)
            stage.agent.apply()
            stage.wait(lambda stage: stage.status().get("conditions"), 30, "the first status")
            assert named(stage, "demo")
            stage.proxy.refuse()
            delete(stage)
            wait_for(lambda: gone(stage), 60, "everything to be collected")
            after = OneAgent(plane, stage.namespace, stage.selector, name="after")
            after.apply()
            plane.stop_api_server()
            plane.compact()
            plane.start_api_server()
            mark = len(stage.proxy.exchanges)
            stage.proxy.listen()
            wait_for(lambda: after.get().get("status", {}).get("conditions"), 90, "the agent made meanwhile")
            wait_for(lambda: not named(stage, "demo"), 90, "the agent deleted meanwhile to be forgotten")
            assert not stage.proxy.seen(requests("delete"), mark)


def named(stage, name):
    """Return whether the operator knows an agent of that name."""
    return f'name="{name}"' in stage.operator.fetch("/metrics")[1]
