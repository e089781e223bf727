"""Install deploy/ into a control plane of `make cluster-up` and run the operator from this checkout against it."""

import argparse
import os
import sys
from pathlib import Path

from control_plane import Cluster, ensure_binaries
from support.operator import install

PORT = "8080"


def main():
    """Install, then become the operator, so that Ctrl-C and the exit status are its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--directory", type=Path, required=True, help="folder of the control plane")
    directory = parser.parse_args().directory.absolute()
    if not (directory / "kubeconfig").exists():
        return f"no control plane in {directory}: make cluster-up"
    with Cluster.from_kubeconfig(directory / "kubeconfig", directory, ensure_binaries(print)) as cluster:
        kubeconfig = install(cluster)
    print("Apply an agent from another shell, with what `make cluster-up` said to export", flush=True)
    print(f"Running as the operator's ServiceAccount; http://127.0.0.1:{PORT}/healthz, /readyz, /metrics", flush=True)
    command = [sys.executable, "-m", "hostprocess_operator", "--kubeconfig", str(kubeconfig)]
    os.execv(sys.executable, [*command, "--health-address", "127.0.0.1", "--health-port", PORT])  # noqa: S606 - itself
    return None


if __name__ == "__main__":
    sys.exit(main())
