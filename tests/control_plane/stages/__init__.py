"""The life cycle of simulated nodes and pods as kwok plays it; this module only puts the YAML together.

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
``fail-crash``        the agent's containers end after one to two seconds, again and again, with exit code 1
``fail-exitzero``     the same with exit code 0
``fail-oom``          the same with OOMKilled, which no Windows node says
``fail-nomemory``     the same with STATUS_NO_MEMORY, as at the memory limit of a job object
``fail-nodll``        the same with STATUS_DLL_NOT_FOUND
``fail-liveness``     the same by the kubelet, whose liveness probe fails: Events Unhealthy and Killing
``fail-startup``      the same with the startup probe; the containers are never ready in between
``fail-unhealthy``    the agent's containers run, and their readiness probe fails: Event Unhealthy
``fail-hook``         their postStart hook fails, and they are killed: Events FailedPostStartHook and Killing
``fail-init``         the first init container ends as with ``fail-crash``
``fail-pull``         the image has no variant for the node
``fail-notfound``     the registry has no such image
``fail-denied``       the registry hands out the image to nobody unknown, in the words of Docker Hub
``fail-unauthorized`` the same in the words of an Azure registry
``fail-badname``      the image's name cannot be parsed
``fail-slowpull``     the image is being pulled, for ever: Event Pulling
``fail-config``       the container refers to a Secret that does not exist
``fail-configkey``    the container refers to a key that its ConfigMap does not have
``fail-mixed``        the sandbox is not one for host processes: the container cannot be created
``fail-pipe``         the container mounts a named pipe
``fail-bindfilter``   a mount of the container cannot be bound
``fail-logon``        the container cannot log on as its account: the runtime may not
``fail-nouser``       the same: there is no such account
``fail-emptyuser``    the container has no account
``fail-command``      the container's program does not exist
``fail-agent-WORD``   the same for the agent's containers alone; the init containers succeed
--------------------  -------------------------------------------------------------------------------------------------
``fail-sandbox``      the pod's sandbox cannot be created: Event FailedCreatePodSandBox
``fail-volume``       a ConfigMap to mount does not exist: Event FailedMount
``fail-evicted``      the pod is evicted a second after it runs: Event Evicted; its controller makes the next one
``fail-wrongos``      the kubelet refuses the pod: Event PodOSNotSupported; its controller makes the next one
``fail-stuck``        the pod runs, and once deleted it hangs
====================  =================================================================================================

The last five are about whole pods: where a pod's containers have different images, its first container's counts.

Texts are those of the kubelet of Kubernetes 1.37, containerd 2 and hcsshim. Not as in life: back-off is 1, 2, 4 to 32 s
(and always says 10 s) instead of 10 to 300 s; containers that back off at the same time start again together; a pod is
gone half a second after its deletion without a last status; there are no Events but those above, one object for each
pod, container and reason, which counts on when the pod changes and not by the clock; a probe or a hook need not be in
the pod's spec to fail; a pull that takes its time ends only with ``fail-none``.
"""

from copy import deepcopy
from pathlib import Path
from typing import Any

import yaml

STAGES = (
    *("options.yaml", "node-sync.yaml", "pod-sync.yaml"),
    *("pod-event.yaml", "pod-kill.yaml", "pod-failed.yaml", "pod-delete.yaml"),
)
# what goes on top of pod-sync: its delay is theirs, and its steps follow theirs
ON_TOP_OF_SYNC = ("pod-event", "pod-kill")
# pieces of templates that several stages have in common
PIECES = {"${EVENT}": "event.tpl", "${KILLED}": "killed.tpl", "${GIVEN_UP}": "given-up.tpl"}

CONTAINER_WORDS = (
    *("crash", "exitzero", "oom", "nomemory", "nodll", "liveness", "startup", "unhealthy", "hook", "init"),
    *("pull", "notfound", "denied", "unauthorized", "badname", "slowpull", "config", "configkey", "mixed", "pipe"),
    *("bindfilter", "logon", "nouser", "emptyuser", "command"),
)
POD_WORDS = ("sandbox", "volume", "evicted", "wrongos", "stuck")
FAULT_WORDS = rf"fail-(agent-)?({'|'.join((*CONTAINER_WORDS, *POD_WORDS, 'none'))})\b"
# in jq: the word, without fail-, that acts on a pod as a whole
POD_WORD = (
    '([.metadata.annotations["sim.hostprocess.dev/fault"] // "", .spec.containers[0].image, .spec.nodeName] | join(" ")'
    ' | [match("${FAULT_WORDS}").string][0] // "" | sub("^fail-(agent-)?"; ""))'
)

FOLDER = Path(__file__).parent


def render_stages(kubelet_port: int, lease_seconds: int) -> str:
    """Return kwok's configuration, as one stream of YAML documents.

    Args:
        kubelet_port: where the log endpoint of every node listens.
        lease_seconds: how long a node's heartbeat holds (renewed every quarter of it); 0 means no heartbeats.
    """
    blanks = {
        "${KUBELET_PORT}": str(kubelet_port),
        "${LEASE_SECONDS}": str(lease_seconds),
    }
    documents = [yaml.safe_load(_fill((FOLDER / name).read_text(), blanks)) for name in STAGES]
    pieces = {blank: (FOLDER / name).read_text() for blank, name in PIECES.items()}
    # the words once more quoted: they stand inside strings of jq and of Go templates
    words = {"${POD_WORD}": POD_WORD, "${FAULT_WORDS}": FAULT_WORDS.replace("\\", "\\\\")}
    named = {document["metadata"]["name"]: document["spec"] for document in documents[1:]}
    for name in ON_TOP_OF_SYNC:
        named[name]["delay"] = deepcopy(named["pod-sync"]["delay"])
        named[name]["steps"] += deepcopy(named["pod-sync"]["steps"])
    filled = [_fill_strings(document, pieces | words) for document in documents]
    return yaml.dump_all(filled, Dumper=_Dumper, sort_keys=False, width=1000)


def _fill(text: str, blanks: dict[str, str]) -> str:
    for blank, value in blanks.items():
        text = text.replace(blank, value)
    return text


def _fill_strings(node: Any, blanks: dict[str, str]) -> Any:
    match node:
        case str():
            return _fill(node, blanks)
        case list():
            return [_fill_strings(item, blanks) for item in node]
        case dict():
            return {key: _fill_strings(item, blanks) for key, item in node.items()}
    return node


class _Dumper(yaml.SafeDumper):
    """Templates stay readable."""


_Dumper.add_representer(
    str,
    lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None),
)
