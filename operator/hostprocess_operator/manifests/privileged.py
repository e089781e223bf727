"""Everything that makes a pod a privileged Windows host process: the one file to read in a security review.

`hostProcess` and the account stand at pod level: kubelets of early 1.23 and 1.24 patches ran containers that had
them only at container level without host privileges. `hostNetwork` is demanded by the API server and never
defaulted. `os` makes the API server refuse every field that Windows has not.
"""

from __future__ import annotations

from typing import Any

OS_LABEL = "kubernetes.io/os"
WINDOWS = "windows"


def windows_node_selector() -> dict[str, str]:
    """Return the part of the nodeSelector that no agent can change; the scheduler does not look at `os`."""
    return {OS_LABEL: WINDOWS}


def host_process_pod(account: str) -> dict[str, Any]:
    """Return the pod spec fields of a host process that runs as the account."""
    return {
        "os": {"name": WINDOWS},
        "hostNetwork": True,
        "securityContext": {"windowsOptions": {"hostProcess": True, "runAsUserName": account}},
    }


def container_account(account: str) -> dict[str, Any]:
    """Return the container field that gives one container an account of its own."""
    return {"securityContext": {"windowsOptions": {"runAsUserName": account}}}
