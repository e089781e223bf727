"""What a simulated container has printed, as a function of its pod; no I/O.

The probe container reports the rights of its account, as the real one does on a healthy node. A word makes it say
something else: the first one found in the pod annotation ``sim.hostprocess.dev/log``, the images, the node's name. It
speaks to the probe when the pod has one, else to the agent's own containers, which otherwise print a harmless line.
The annotation ``sim.hostprocess.dev/log-after-restart`` takes the place of all three once a container was restarted.

====================== ===============================================================================================
``log-healthy``        as without any word
``log-admin``          the agent's containers print that they have administrator rights, the probe is not concerned
``log-no-admin``       the account has no administrator rights
``log-wrong-account``  the process runs as another account: LocalService
``log-not-hostprocess`` the process runs inside a container, as ContainerUser
``log-plain``          only the line for people
``log-blank``          the failure on Microsoft's page: an error, and a line that ends where the answer should stand
``log-error``          the probe itself failed
``log-garbage``        random bytes, terminal codes, bidirectional marks, a broken report
``log-huge``           a line of a megabyte before the report
``log-silent``         nothing
``log-missing``        the kubelet answers 404
``log-gone``           the kubelet has no log any more, and says so with 200
``log-slow``           the kubelet answers after 30 s
``log-500``            the kubelet fails
====================== ===============================================================================================
"""

import hashlib
import json
import random
import re
from typing import Any

PROBE = "verify-admin-rights"
REPORT_PREFIX = "hostprocess.dev/admin-rights"
WORDS = (
    "admin|blank|error|garbage|gone|healthy|huge|missing|no-admin|not-hostprocess|plain|silent|slow|wrong-account|500"
)
_WORD = re.compile(rf"log-({WORDS})(?![a-z0-9])")
_ANNOTATION = "sim.hostprocess.dev/log"

SYSTEM, LOCAL_SERVICE, NETWORK_SERVICE, CONTAINER_USER = "S-1-5-18", "S-1-5-19", "S-1-5-20", "S-1-5-93-2-2"
WELL_KNOWN = {"system": SYSTEM, "localservice": LOCAL_SERVICE, "networkservice": NETWORK_SERVICE}

Pod = dict[str, Any]


def word_for(pod: Pod, container: str, run: int) -> str:
    """Return the word, without ``log-``, that decides what a run of a container prints; ``healthy`` when none does.

    Args:
        pod: the Pod object.
        container: a name of its spec.
        run: 0 for the first run, its restartCount after that.
    """
    names = {kind: [c["name"] for c in pod["spec"].get(kind) or []] for kind in ("initContainers", "containers")}
    word = _first_word(pod, run)
    if container == PROBE:
        return "healthy" if word == "admin" else word
    if container not in names["containers"]:
        return "healthy"
    has_probe = PROBE in names["containers"] + names["initContainers"]
    return "healthy" if has_probe and word != "admin" else word


def printed_lines(pod: Pod, container: str, run: int) -> list[bytes]:
    """Return the lines that a run of a container has printed, without their line ends (CR LF)."""
    word = word_for(pod, container, run)
    if word == "silent":
        return []
    if container == PROBE:
        return _report(word, account_of(pod, container), pod["metadata"].get("uid", ""))
    start = f"{container} started, run {run + 1}".encode()
    if word in ("admin", "plain"):
        return [start, _plain(admin=True)]
    if word == "healthy":
        return [start]
    return [start, *_report(word, account_of(pod, container), pod["metadata"].get("uid", ""))]


def account_of(pod: Pod, container: str) -> str:
    """Return the runAsUserName in effect for a container, or the empty string."""
    specs = [*(pod["spec"].get("initContainers") or []), *pod["spec"]["containers"]]
    own = next(spec for spec in specs if spec["name"] == container)
    options = [(part.get("securityContext") or {}).get("windowsOptions") or {} for part in (own, pod["spec"])]
    return next((o["runAsUserName"] for o in options if o.get("runAsUserName")), "")


def rights_of(account: str) -> tuple[bool, str]:
    """Return whether an account is an administrator, and its SID.

    An account that Windows does not bring along is taken for a local group, whose members are administrators.
    """
    name = account.rpartition("\\")[2].replace(" ", "").lower()
    if sid := WELL_KNOWN.get(name):
        return sid == SYSTEM, sid
    digest = hashlib.sha256(name.encode()).digest()
    parts = [str(int.from_bytes(digest[at : at + 4])) for at in (0, 4, 8)]
    return True, f"S-1-5-21-{'-'.join(parts)}-1001"


def _first_word(pod: Pod, run: int) -> str:
    annotations = pod["metadata"].get("annotations") or {}
    if run and f"{_ANNOTATION}-after-restart" in annotations:
        sources = [annotations[f"{_ANNOTATION}-after-restart"]]
    else:
        images = [c["image"] for kind in ("initContainers", "containers") for c in pod["spec"].get(kind) or []]
        sources = [annotations.get(_ANNOTATION, ""), *images, pod["spec"].get("nodeName", "")]
    found = _WORD.search(" ".join(sources))
    return found[1] if found else "healthy"


def _report(word: str, account: str, seed: str) -> list[bytes]:
    admin, sid = rights_of(account)
    match word:
        case "no-admin":
            return [_plain(admin=False), _json(admin=False, sid=sid)]
        case "wrong-account":
            return [_plain(admin=False), _json(admin=False, sid=LOCAL_SERVICE)]
        case "not-hostprocess":
            return [_plain(admin=False), _json(admin=False, sid=CONTAINER_USER)]
        case "plain":
            return [_plain(admin=True)]
        case "blank":
            error = b"InvalidOperation: Unable to find type [Security.Principal.WindowsPrincipal]."
            return [error, _plain(admin=None)]
        case "error":
            return [_plain(admin=None), _json(admin=None, sid=None, error="TypeNotFound")]
        case "garbage":
            return _garbage(seed)
        case "huge":
            return [b"x" * 2**20, _plain(admin=admin), _json(admin=admin, sid=sid)]
    return [_plain(admin=admin), _json(admin=admin, sid=sid)]


def _plain(*, admin: bool | None) -> bytes:
    # what PowerShell makes of 'Process has admin rights: ' + $admin: nothing stands for $null
    return f"Process has admin rights: {'' if admin is None else admin}".encode()


def _json(*, admin: bool | None, sid: str | None, error: str | None = None) -> bytes:
    report = {"version": 1, "admin": admin, "sid": sid, "error": error}
    return f"{REPORT_PREFIX} {json.dumps(report, separators=(',', ':'))}".encode()


def _garbage(seed: str) -> list[bytes]:
    noise = random.Random(seed)
    return [
        *(noise.randbytes(200).replace(b"\n", b"") for _ in range(20)),
        b"\x1b[31mProcess has admin rights: \x1b[0m\x1b]0;title\x07",
        "Process has admin rights: \u202eeurT\u202c\u2066".encode(),
        f'{REPORT_PREFIX} {{"version":1,"admin":tru'.encode(),
        f"{REPORT_PREFIX} {'[' * 5000}".encode(),
    ]
