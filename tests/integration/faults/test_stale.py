"""An operator that is shown the past, or not shown something, never destroys anything for it and always catches up."""

import json
import os
import time

import pytest

from control_plane import ControlPlane, wait_for
from faults.oracles import difference
from faults.rules import Answer, Double, Drop, Mute, Rule, requests
from faults.scenarios import QUICK, apply, delete, gone, image, ready
from faults.stage import Stage
from support.agents import OneAgent
from support.operator import install

WRITES = requests("create update patch delete")
STREAMS = ("hostprocessagents", "daemonsets", "pods", "controllerrevisions")
LABELLED = {"pods", "controllerrevisions"}
PAST_SECONDS = 3.0
EVENTS, LEAST_EVENTS = int(os.environ.get("EVENTS", "1")), 20
"""How many events of an update are missed one at a time; `EVENTS=60` is all of them. It has at least so many."""


@pytest.fixture
def stage(place):
    with Stage(*place, nodes=2) as made:
        made.operator.start(timeout=60)
        made.agent.apply(rollout=QUICK)
        made.wait(ready(), 60, "the first version")
        yield made
        assert not made.tracebacks()


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


@pytest.mark.parametrize(
    "resources",
    [
        pytest.param(STREAMS, id="of everything"),
        pytest.param(("daemonsets",), id="of DaemonSets alone"),
        pytest.param(("pods",), id="of pods alone"),
        pytest.param(("hostprocessagents",), id="of agents alone"),
        pytest.param(("daemonsets", "pods"), id="of DaemonSets and pods"),
    ],
)
def test_lists_from_before_an_update_make_a_new_operator_destroy_nothing(stage, resources):
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


def test_an_agent_made_again_while_the_operator_sees_the_former_one_keeps_its_daemonset(stage):
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


def test_an_agent_made_again_while_the_stream_is_lost_keeps_its_daemonset(stage):
    rule = stage.proxy.add(Rule(requests("watch"), Mute()))
    stage.proxy.cut_streams()
    delete(stage)
    wait_for(lambda: gone(stage), 60, "everything to be collected")
    apply(stage)
    stage.proxy.lift(rule)
    stage.wait(ready(), 90, "the new agent to be ready")
    owner = stage.agent.daemonset()["metadata"]["ownerReferences"][0]["uid"]
    assert owner == stage.agent.get()["metadata"]["uid"]


def test_a_daemonset_that_went_with_its_agent_is_not_made_again_though_the_deletion_is_not_heard_of(stage):
    mark = len(stage.proxy.exchanges)
    stage.plane.patch("hostprocessagents", "demo", {"metadata": {"labels": {"heard": "lately"}}}, stage.namespace)
    wait_for(lambda: stage.proxy.events, 10, "the operator to hear of its agent")
    stage.proxy.add(Rule(requests("watch", "hostprocessagents"), Drop()))
    delete(stage)
    wait_for(lambda: not stage.plane.get("daemonsets", namespace=stage.namespace)["items"], 30, "the DaemonSet to go")
    wait_for(lambda: stage.proxy.seen(requests("list", "hostprocessagents", single=True), mark), 30, "a look at it")
    wait_for(lambda: gone(stage), 60, "everything to be collected")
    assert carried_out(stage, mark, "create", "daemonsets") == 0


def test_every_event_of_an_update_may_come_twice(stage):
    mark = len(stage.proxy.exchanges)
    with stage.proxy.fault(Rule(requests("watch"), Double())):
        image("2.0")(stage)
        stage.wait(ready("2.0"), 60, "the update")
    assert carried_out(stage, mark, "delete", "pods") == 2
    assert carried_out(stage, mark, "create", "daemonsets") == 0


HASTY = """
from hostprocess_operator.controller import feed, loop

feed.LIST_SECONDS = loop.DOUBT_SECONDS = 2.0
"""
"""Python that makes the operator doubt what it sees after two seconds without progress, not 30."""


@pytest.fixture
def hasty(place):
    with Stage(*place, nodes=2, prelude=HASTY) as made:
        made.operator.start(timeout=60)
        made.agent.apply(rollout=QUICK)
        made.wait(ready(), 60, "the first version")
        yield made
        assert not made.tracebacks()


@pytest.mark.parametrize("resource", STREAMS)
def test_every_event_of_an_update_on_one_stream_may_be_missed(hasty, resource):
    mark = len(hasty.proxy.exchanges)
    with hasty.proxy.fault(Rule(requests("watch", resource), Drop())) as (dropped,):
        image("2.0")(hasty)
        hasty.wait(ready("2.0"), 120, f"the update without an event of {resource}")
    assert dropped.struck
    assert carried_out(hasty, mark, "delete", "pods") == 2
    assert carried_out(hasty, mark, "create", "daemonsets") == 0


@pytest.mark.parametrize("fault", [Drop(), Double()], ids=["missed", "told twice"])
@pytest.mark.parametrize("number", range(EVENTS))
def test_any_one_event_of_an_update_may_be(hasty, number, fault):
    mark = len(hasty.proxy.exchanges)
    with hasty.proxy.fault(Rule(requests("watch", " ".join(STREAMS)), fault, skip=number, times=1)) as (rule,):
        image("2.0")(hasty)
        hasty.wait(ready("2.0"), 120, f"the update with event {number} {fault}")
    assert rule.struck or number > LEAST_EVENTS
    assert carried_out(hasty, mark, "delete", "pods") == 2
    assert carried_out(hasty, mark, "create", "daemonsets") == 0


def test_a_compacted_etcd_leaves_nothing_of_what_was_deleted_meanwhile(binaries, tmp_path, nursery):
    with ControlPlane.start(binaries, tmp_path / "plane", progress=print) as plane:
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
