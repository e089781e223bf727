"""How many nodes were without a working agent at once, by what a watch of the pods has seen."""

from support.agents import condition


def most_out(recording, nodes):
    """Return on how many nodes at most no pod was ready at once, from the first moment on which all were."""
    ready, worst, all_were = {}, 0, False
    for event in recording.events:
        pod = event.object
        node, uid = pod["spec"].get("nodeName"), pod["metadata"]["uid"]
        leaving = event.change == "DELETED" or "deletionTimestamp" in pod["metadata"]
        now = not leaving and condition(pod, "Ready").get("status") == "True"
        ready.setdefault(node, set())
        (ready[node].add if now else ready[node].discard)(uid)
        all_were = all_were or sum(map(bool, ready.values())) == nodes
        if all_were:
            worst = max(worst, nodes - sum(map(bool, ready.values())))
    return worst
