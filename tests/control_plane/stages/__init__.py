"""The life cycle of simulated nodes and pods as kwok plays it; this module only fills in the blanks of the YAML.

Words choose what goes wrong, knobs are labels and annotations under ``sim.hostprocess.dev/``:

=================================  ====================================================================================
where                              what
=================================  ====================================================================================
a fault word (below) in            the pod annotation ``sim.hostprocess.dev/fault``, the container's image or the
                                   node's name, in this order; it acts on new and on live pods, and ``fail-none`` in
                                   the annotation heals
pod annotation ``restarts: "N"``   the agent's containers restart, in place, until their restartCount is N
pod annotation ``sandboxes: "N"``  as after a reboot of the node, the whole pod starts again whenever it runs, until the
                                   restartCount of its first container is N
node label ``down=true``           the node's kubelet is gone: heartbeats and logs stop, pods hang
node annotation ``ready: "false"`` the kubelet says that it is not ready
node annotation ``boot``,          boot ID, versions of the container runtime (``docker://20.10.9``) and of the kubelet
``runtime``, ``kubelet``
=================================  ====================================================================================

====================  =================================================================================================
fault word            what happens
====================  =================================================================================================
``fail-crash``        the agent's containers end after one to two seconds, again and again
``fail-init``         the first init container does
``fail-pull``         the image cannot be pulled
``fail-logon``        the container cannot log on as its account
``fail-command``      the container's program does not exist
``fail-config``       the container refers to a Secret that does not exist
``fail-sandbox``      the pod's sandbox cannot be created
``fail-agent-WORD``   the same for the agent's containers alone; the init containers succeed
====================  =================================================================================================

Not as in life: back-off is 1, 2, 4 to 32 s (and always says 10 s) instead of 10 to 300 s; containers that back off at
the same time start again together; a pod is gone half a second after its deletion without a last status; there are no
Events but FailedCreatePodSandBox; the texts of fail-config and fail-sandbox are made up.
"""

from pathlib import Path

STAGES = ("options.yaml", "node-sync.yaml", "pod-sync.yaml", "pod-sandbox-failed.yaml", "pod-delete.yaml")
FAULT_WORDS = r"fail-(agent-)?(crash|init|pull|logon|command|config|sandbox|none)\b"


def render_stages(kubelet_port: int, lease_seconds: int) -> str:
    """Return kwok's configuration, as one stream of YAML documents.

    Args:
        kubelet_port: where the log endpoint of every node listens.
        lease_seconds: how long a node's heartbeat holds (renewed every quarter of it); 0 means no heartbeats.
    """
    text = "---\n".join((Path(__file__).parent / name).read_text() for name in STAGES)
    blanks = {
        "${KUBELET_PORT}": str(kubelet_port),
        "${LEASE_SECONDS}": str(lease_seconds),
        # once more quoted: it stands inside strings of jq and of Go templates
        "${FAULT_WORDS}": FAULT_WORDS.replace("\\", "\\\\"),
    }
    for blank, value in blanks.items():
        text = text.replace(blank, value)
    return text
