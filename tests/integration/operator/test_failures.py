"""Every failure that the control plane can play: REASON and message name cause, node and next step, within seconds.

All of them are made at once, each by an agent with a node of its own, and then awaited one by one.
"""

import contextlib
import re
import time

import pytest

from control_plane import wait_for
from control_plane.stages import CONTAINER_WORDS, POD_WORDS
from support.agents import OneAgent, condition
from support.refusals import REFUSALS

HTTP = {"httpGet": {"path": "/", "port": 8080}}
SECONDS = 45
"""How long a loaded machine may take; what it took is printed (-s), and is below 10 s on one that is not."""

REASONS = {
    "agent-crash": "CrashLoop",
    "agent-exitzero": "CrashLoop",
    "agent-nodll": "CrashLoop",
    "agent-oom": "MemoryLimit",
    "agent-nomemory": "MemoryLimit",
    "agent-liveness": "ProbeFailed",
    "agent-startup": "ProbeFailed",
    "agent-unhealthy": "ProbeFailed",
    "agent-hook": "HookFailed",
    "init": "InitFailed",
    "pull": "ImageOSMismatch",
    "notfound": "ImageNotFound",
    "denied": "ImagePullDenied",
    "unauthorized": "ImagePullDenied",
    "badname": "InvalidImageName",
    "slowpull": "Pulling",
    "agent-config": "ConfigMissing",
    "agent-configkey": "ConfigMissing",
    "mixed": "MixedHostProcess",
    "agent-pipe": "UnsupportedMount",
    "agent-bindfilter": "BindFilterConflict",
    "logon": "RuntimeNotLocalSystem",
    "nouser": "UserAccountUnavailable",
    "emptyuser": "RunAsUserMissing",
    "agent-command": "CommandNotFound",
    "sandbox": "SandboxFailed",
    "volume": "VolumeUnavailable",
    "evicted": "Evicted",
    "wrongos": "WrongNodeOS",
}
PROBES = {
    "agent-liveness": {"livenessProbe": HTTP},
    "agent-startup": {"startupProbe": HTTP},
    "agent-unhealthy": {"readinessProbe": HTTP},
    "agent-hook": {"lifecycle": {"postStart": {"exec": {"command": ["powershell.exe", "-File", "hook.ps1"]}}}},
}
REFUSED = {
    "pod_security": "PodSecurityRejected",
    "quota": "QuotaExceeded",
    "compute_quota": "AdmissionRejected",
    "priority_class": "PriorityClassMissing",
    "service_account": "ServiceAccountMissing",
    "validating_policy": "PolicyDenied",
    "webhook_denies": "WebhookDenied",
    "webhook_unreachable": "WebhookUnavailable",
}


def test_every_word_is_tried_but_one_that_takes_minutes_to_show():
    words = {word.removeprefix("agent-") for word in REASONS}
    assert words == {*CONTAINER_WORDS, *POD_WORDS} - {"stuck"}
    assert set(REFUSED) == set(REFUSALS)


@pytest.fixture(scope="module")
def told(plane, operator, module_nodes, module_namespace):
    """Return, by word, the node of the agent that fails so, and the agent as it was when it said what is wrong."""
    nodes, began, found = {}, {}, {}
    for word in REASONS:
        [nodes[word]] = module_nodes(1, labels={"test.hostprocess.dev/only": word})
    for word in REASONS:
        selector = module_nodes.selector | {"test.hostprocess.dev/only": word}
        container = {"name": "agent", "image": f"registry.example/agent:1.0-fail-{word}"} | PROBES.get(word, {})
        OneAgent(plane, module_namespace, selector, name=word).apply(containers=[container])
        began[word] = time.monotonic()

    def all_told():
        for agent in plane.get("hostprocessagents", namespace=module_namespace)["items"]:
            word = agent["metadata"]["name"]
            if word not in found and condition(agent, "Ready").get("reason") == REASONS[word]:
                found[word] = agent
                print(f"{word}: {time.monotonic() - began[word]:.1f} s after the apply")  # noqa: T201
        assert len(found) == len(REASONS), set(REASONS) - set(found)
        return True

    with contextlib.suppress(TimeoutError):  # each test says what its own agent lacks
        wait_for(all_told, SECONDS, "every failure to be told", interval=0.3)
    return {word: (nodes[word], found.get(word)) for word in REASONS}


@pytest.mark.parametrize("word", REASONS)
def test_the_agent_says_what_is_wrong_on_which_node_and_what_to_do(told, plane, module_namespace, word):
    node, found = told[word]
    assert found, condition(plane.get("hostprocessagents", word, module_namespace), "Ready")
    ready = condition(found, "Ready")
    assert ready["status"] == "False"
    assert f"node {node}" in ready["message"]
    assert found["status"]["summary"]["nodes"] == "0/1"
    [problem] = found["status"]["problems"]
    assert (problem["node"], problem["reason"]) == (node, REASONS[word])
    assert problem["message"] in ready["message"]
    assert str(found["status"]).isprintable()
    if word != "slowpull":
        assert re.search(r"[.:] [A-Z].*|kubectl ", problem["message"]), "a next step"


@pytest.mark.parametrize("way", REFUSED)
def test_a_refusal_is_told_with_its_cure_and_heals_when_it_is_cured(one, nodes, plane, namespace, way):
    nodes(1)
    with REFUSALS[way](plane, namespace) as fields:
        one.apply(**fields)
        found = one.wait(ready="False", reason=REFUSED[way], timeout=SECONDS)
        assert condition(found, "Stalled")["status"] == "True"
        assert nodes.names[0] in condition(found, "Ready")["message"]
    one.wait_verified(1, timeout=SECONDS)


def test_a_host_port_that_another_agent_has_is_told(one, nodes, plane, namespace):
    nodes(1)
    port = {"name": "agent", "image": "registry.example/listener:1.0", "ports": [{"containerPort": 9182}]}
    one.apply(containers=[port])
    one.wait_verified(1)
    other = OneAgent(plane, namespace, nodes.selector, name="other")
    other.apply(containers=[port | {"image": "registry.example/other:1.0"}])
    found = other.wait(ready="False", reason="PortConflict", timeout=SECONDS)
    assert nodes.names[0] in condition(found, "Ready")["message"]
    overlapping = wait_for(lambda: condition(one.get(), "Overlapping") or None, SECONDS, "both to be told")
    assert overlapping["reason"] == "HostPortClaimedTwice"


def test_a_node_with_too_little_memory_is_told(one, nodes):
    nodes(1)
    resources = {"requests": {"memory": "900Gi"}}
    one.apply(containers=[{"name": "agent", "image": "registry.example/agent:1.0", "resources": resources}])
    found = one.wait(ready="False", reason="InsufficientResources", timeout=SECONDS)
    assert nodes.names[0] in condition(found, "Ready")["message"]
