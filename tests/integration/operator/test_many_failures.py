"""A fleet on which every pod fails: a bounded status, written seldom, and no flood of Events."""

import json
import os
import time
from collections import Counter

from control_plane import wait_for
from support.agents import condition

FAILING = int(os.environ.get("FAILING", "60"))
"""So many pods fail; a few show the same as a thousand, sooner."""
AT_ONCE = 50
"""Nodes that are added together: more take longer to become Ready than is waited for."""
WATCHED_SECONDS = 30
COUNTS_SECONDS = 5


def test_a_fleet_that_fails_everywhere_is_told_once_and_quietly(one, nodes, audit):
    for start in range(0, FAILING, AT_ONCE):
        nodes(min(AT_ONCE, FAILING - start))
    one.apply(tag="1.0-fail-agent-crash", rollout={"nodeImpactSeconds": 0})

    def told():
        found = one.get()
        assert condition(found, "Ready").get("reason") == "CrashLoop", condition(found, "Ready")
        assert found["status"]["nodes"]["current"] == FAILING
        return found

    found = wait_for(told, 30 + FAILING, "the crash loop to be told")
    assert condition(found, "Ready")["message"].count("keeps ending") == 1  # one cause, however many nodes have it
    audit.mark()
    until = time.monotonic() + WATCHED_SECONDS
    headlines = [headline(found)]
    while time.monotonic() < until:  # watched for a while: that nothing happens cannot be awaited
        found = one.get()
        status = found["status"]
        assert len(status.get("problems", [])) <= 20
        assert len(json.dumps(status).encode()) <= 32 * 1024
        assert str(status).isprintable()
        if headline(found) != headlines[-1]:
            headlines.append(headline(found))
        time.sleep(0.5)
    writes = audit.count("hostprocessagents/status", "patch")
    assert writes <= WATCHED_SECONDS / COUNTS_SECONDS + len(headlines)
    told = one.cluster.get("events.events.k8s.io", namespace=one.namespace)["items"]
    reasons = {event["metadata"]["name"]: event["reason"] for event in told}
    told_again = Counter(reasons[event.name] for event in audit.events("events"))
    assert set(told_again.values()) <= {1}, told_again  # within half a minute: at most once for each reason


def headline(found):
    """Return what is written at once when it changes."""
    ready = condition(found, "Ready")
    return ready["status"], ready["reason"], tuple(each["type"] for each in found["status"]["conditions"])
