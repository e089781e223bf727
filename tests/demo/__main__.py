"""Show the main job: one HostProcessAgent in, proven agents out, and what happens when a node has no rights."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from control_plane import ChildExitedError, ControlPlane, ensure_binaries, fleet, wait_for
from support.operator import DEPLOY, Operator, install

NAMESPACE, NAME = "agents", "node-inspector"
BEGAN = time.monotonic()


def step(text):
    """Say what happens next, with the seconds since the start."""
    print(f"\n[{time.monotonic() - BEGAN:4.1f} s] {text}", flush=True)


def tell_progress(line):
    """Say what the control plane is doing."""
    print(f"  {line}", flush=True)


def show(cluster, *arguments):
    """Run kubectl and print command and output as a person would see them."""
    print(f"$ kubectl {' '.join(arguments)}")
    print(cluster.kubectl(*arguments).stdout.rstrip(), flush=True)


def follow(cluster, done, timeout):
    """Show what `kubectl get --watch` prints until `done` is true of the agent."""
    arguments = ["get", "hostprocessagents", NAME, "-n", NAMESPACE, "--watch"]
    print(f"$ kubectl {' '.join(arguments)}", flush=True)
    command = [str(ensure_binaries(print) / "kubectl"), f"--kubeconfig={cluster.kubeconfig}", *arguments]
    with subprocess.Popen(command) as watching:
        try:
            wait_for(lambda: done(cluster.get("hostprocessagents", NAME, NAMESPACE)), timeout, "the table to show it")
        finally:
            time.sleep(0.3)  # the last row is on its way to the terminal
            watching.terminate()


def has_counts(agent, **counts):
    """Return whether `status.nodes` has these counts."""
    return counts.items() <= agent.get("status", {}).get("nodes", {}).items()


def condition(agent, kind):
    """Return one condition of an agent, empty when it is not set."""
    every = agent.get("status", {}).get("conditions", [])
    return next((entry for entry in every if entry["type"] == kind), {})


def main():
    """Run the demo; return the exit status."""
    # SIGTERM ends it as Ctrl-C does: everything that was started is stopped on the way out
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    binaries = ensure_binaries(print)
    with tempfile.TemporaryDirectory(prefix="hostprocess-demo-") as folder:
        step("Starting a control plane: etcd, API server, controller manager, scheduler, and kwok for the nodes")
        definition = (DEPLOY.parent / "crds" / "hostprocess.dev_hostprocessagents.yaml").read_text()
        with ControlPlane.start(binaries, Path(folder), definitions=[definition], progress=tell_progress) as plane:
            try:
                tell(plane, Path(folder))
            except KeyboardInterrupt:
                step("Stopped")
    step("Everything is gone again")
    return 0


def tell(plane, folder):
    """Tell the story on a running control plane."""
    step("Adding five Windows nodes; win-4 is tainted, win-5 runs Windows Server 2025")
    plane.add_nodes(*fleet(5))
    show(
        plane,
        "get",
        "nodes",
        "-o",
        "custom-columns=NAME:.metadata.name,OS:.status.nodeInfo.osImage,TAINTS:.spec.taints[*].key",
    )
    step("Installing deploy/default (CRD, RBAC, policies) and starting the operator under its ServiceAccount")
    kubeconfig = install(plane)
    with Operator(kubeconfig, folder / "operator.log"):
        apply_sample(plane)
        lose_rights(plane)
        clean_up(plane, folder)


def apply_sample(plane):
    """Apply Microsoft's sample and follow it until every node is proven."""
    step("Applying Microsoft's sample as a HostProcessAgent")
    samples = DEPLOY / "samples"
    plane.kubectl("apply", "-f", str(samples / "00-namespace.yaml"))
    print("$ kubectl apply -f deploy/samples/microsoft-sample.yaml")
    print(plane.kubectl("apply", "-f", str(samples / "microsoft-sample.yaml")).stdout.rstrip())
    follow(plane, lambda agent: condition(agent, "Ready").get("reason") == "AllVerified", 30)
    show(plane, "get", "pods", "-n", NAMESPACE, "-o", "wide")


def lose_rights(plane):
    """Reboot one node so that its agent comes back without rights, and show what the operator says of it."""
    pod = next(
        pod["metadata"]["name"]
        for pod in plane.get("pods", namespace=NAMESPACE)["items"]
        if pod["spec"]["nodeName"] == "win-2"
    )
    step("Rebooting win-2; a policy there now takes the administrator rights from SYSTEM")
    marks = {"sim.hostprocess.dev/log-after-restart": "log-no-admin", "sim.hostprocess.dev/sandboxes": "1"}
    plane.patch("pods", pod, {"metadata": {"annotations": marks}}, NAMESPACE)
    follow(plane, lambda agent: has_counts(agent, denied=1, available=4), 30)
    show(
        plane,
        "get",
        "hostprocessagents",
        "-n",
        NAMESPACE,
        NAME,
        "-o",
        "jsonpath={.status.conditions[?(@.type=='Ready')].message}",
    )
    step("A new pod on win-2 has its rights again")
    plane.kubectl("delete", "pod", pod, "-n", NAMESPACE)
    follow(plane, lambda agent: condition(agent, "Ready").get("status") == "True", 30)


def clean_up(plane, folder):
    """Delete the agent and see garbage collection take everything, unless it is to be kept."""
    if os.environ.get("DEMO_KEEP"):
        step("Left running because DEMO_KEEP is set; Ctrl-C stops everything")
        print(f"export PATH={ensure_binaries(print)}:$PATH KUBECONFIG={plane.kubeconfig}")
        print(f"operator log: {folder / 'operator.log'}", flush=True)
        while True:
            signal.pause()
    step("Deleting the agent: garbage collection takes the DaemonSet and its pods")
    plane.kubectl("delete", "hostprocessagent", NAME, "-n", NAMESPACE)
    wait_for(lambda: not plane.get("daemonsets", namespace=NAMESPACE)["items"], 30, "the DaemonSet to go")
    wait_for(lambda: not plane.get("pods", namespace=NAMESPACE)["items"], 30, "the pods to go")


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("stopped")
    except (TimeoutError, ChildExitedError) as error:
        sys.exit(f"demo: {error}")
