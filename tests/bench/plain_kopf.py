"""The baseline: an operator for HostProcessAgents in the style that most kopf operators have.

One handler for create, update and resume builds the DaemonSet and creates or patches it with the official client; an
index of the pods tells how many are ready; a timer writes that into the status. It verifies nothing, has no rollout of
its own and keeps kopf's settings. Run it with ``kopf run -m bench.plain_kopf``.
"""

import kopf
import kubernetes

GROUP, VERSION, PLURAL = "hostprocess.dev", "v1alpha1", "hostprocessagents"
LABEL = "hostprocess.dev/agent"
TIMER_SECONDS = 10


@kopf.on.startup()
def configure(settings, **_):
    """Use the credentials that kopf uses, and post no events: they would count as writes."""
    kubernetes.config.load_kube_config()
    settings.posting.enabled = False


@kopf.index("pods", labels={LABEL: kopf.PRESENT})
def pods_by_agent(namespace, name, meta, status, **_):
    """Index pods by the agent that they belong to, with whether they are ready."""
    ready = any(c["type"] == "Ready" and c["status"] == "True" for c in status.get("conditions", ()))
    return {(namespace, meta["labels"][LABEL]): (name, ready)}


@kopf.on.create(GROUP, VERSION, PLURAL)
@kopf.on.update(GROUP, VERSION, PLURAL)
@kopf.on.resume(GROUP, VERSION, PLURAL)
def apply(name, namespace, spec, body, patch, **_):
    """Create the DaemonSet or patch it."""
    daemonset = build(name, spec)
    kopf.adopt(daemonset, owner=body)
    api = kubernetes.client.AppsV1Api()
    try:
        api.create_namespaced_daemon_set(namespace, daemonset)
    except kubernetes.client.ApiException as error:
        if error.status != 409:
            raise
        api.patch_namespaced_daemon_set(name, namespace, daemonset)
    patch.status["observedGeneration"] = body["metadata"]["generation"]


@kopf.timer(GROUP, VERSION, PLURAL, interval=TIMER_SECONDS)
def report(name, namespace, status, patch, pods_by_agent, **_):
    """Write into the status how many pods are ready, if it changed."""
    pods = list(pods_by_agent.get((namespace, name), ()))
    nodes = {"desired": len(pods), "ready": sum(ready for _, ready in pods)}
    if {key: status.get("nodes", {}).get(key) for key in nodes} != nodes:
        patch.status["nodes"] = nodes


def build(name, spec):
    """Return the DaemonSet of an agent."""
    labels = {LABEL: name}
    windows = {"hostProcess": True, "runAsUserName": spec.get("runAsUserName", "NT AUTHORITY\\SYSTEM")}
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": name, "labels": labels},
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {
                    "nodeSelector": {"kubernetes.io/os": "windows", **spec.get("nodeSelector", {})},
                    "tolerations": list(spec.get("tolerations", ())),
                    "hostNetwork": True,
                    "securityContext": {"windowsOptions": windows},
                    "containers": [dict(container) for container in spec["containers"]],
                },
            },
        },
    }
