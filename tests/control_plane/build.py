"""Find the control plane's binaries, or build them once from ``binaries/go.mod``; nothing is started here."""

import contextlib
import fcntl
import hashlib
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from control_plane import last_rites

MODULE = Path(__file__).parent / "binaries"
# etcd's main package is called `server`, and so is its binary
TOOLS = ("server", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl", "kwok")
OWN_FOLDER = "HOSTPROCESS_CONTROL_PLANE_BINARIES"
COMMON_FOLDER = "KUBEBUILDER_ASSETS"


class BinariesError(Exception):
    """The binaries are not there and cannot be built; the message says what to do."""


def ensure_binaries(progress: Callable[[str], None]) -> Path:
    """Return a folder that holds every tool, building it when this machine has none yet.

    In this order: the folder that ``HOSTPROCESS_CONTROL_PLANE_BINARIES`` or a complete ``KUBEBUILDER_ASSETS``
    names; the cache folder of exactly this ``go.mod`` and ``go.sum``; a build into that cache folder.

    Raises:
        BinariesError: the named folder is incomplete, Go is missing or too old, or the build failed.
    """
    if named := _named_folder(progress):
        return named
    folder = cache_folder()
    if _missing(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        with _only_builder(folder, progress):
            if _missing(folder):  # nobody else built it while we waited
                _build(folder, progress)
    return folder


def cache_folder() -> Path:
    """Name the folder for the binaries of this ``go.mod`` and ``go.sum``; it need not exist."""
    sums = b"".join((MODULE / name).read_bytes() for name in ("go.mod", "go.sum"))
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return home / "hostprocess-operator" / "control-plane" / hashlib.sha256(sums).hexdigest()[:16]


def tool(binaries: Path, name: str) -> Path:
    """Return the path of a tool; a folder in the layout of ``KUBEBUILDER_ASSETS`` calls ``server`` ``etcd``."""
    path = binaries / name
    return binaries / "etcd" if name == "server" and not path.exists() else path


def _missing(folder: Path) -> list[str]:
    return [name for name in TOOLS if not os.access(tool(folder, name), os.X_OK)]


def _named_folder(progress: Callable[[str], None]) -> Path | None:
    if own := os.environ.get(OWN_FOLDER):
        if missing := _missing(Path(own)):
            raise BinariesError(f"{OWN_FOLDER}={own} lacks {', '.join(missing)}; complete it or unset the variable")
        return Path(own).absolute()
    if common := os.environ.get(COMMON_FOLDER):
        if not (missing := _missing(Path(common))):
            return Path(common).absolute()
        # the usual content is etcd, kube-apiserver and kubectl: meant for somebody else's tests, no mistake
        progress(f"{COMMON_FOLDER}={common} is not used: it lacks {', '.join(missing)}")
    return None


@contextlib.contextmanager
def _only_builder(folder: Path, progress: Callable[[str], None]) -> Iterator[None]:
    with folder.with_suffix(".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress("another process is building the control plane's binaries: waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _build(folder: Path, progress: Callable[[str], None]) -> None:
    _check_go()
    for abandoned in folder.parent.glob(f"{folder.name}.*/"):  # of a builder that was killed; ours is not there yet
        shutil.rmtree(abandoned)
    draft = Path(tempfile.mkdtemp(prefix=f"{folder.name}.", dir=folder.parent))
    log = folder.with_suffix(".log")
    progress("building the control plane's binaries, once: 6 to 12 minutes on two idle cores, 0.5 GB and Go's caches")
    try:
        _run_build(
            ["go", "build", "-trimpath", f"-ldflags={_version_flags()}", "-o", f"{draft}/", "tool"], log, progress
        )
        if missing := _missing(draft):
            raise BinariesError(f"go build made no {', '.join(missing)}; its output is in {log}")
        draft.chmod(0o755)
        if folder.exists():  # incomplete, or the caller would not be here
            shutil.rmtree(folder)
        draft.rename(folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _run_build(command: list[str], log: Path, progress: Callable[[str], None], every: float = 15) -> None:
    start = time.monotonic()
    with (
        log.open("w") as output,
        subprocess.Popen(
            command,
            cwd=MODULE,
            env={**os.environ, "GOWORK": "off"},
            stdout=output,
            stderr=subprocess.STDOUT,
            process_group=0,
        ) as build,
    ):
        stop = partial(_stop_group, build)
        last_rites.add(stop)
        try:
            while (code := _wait(build, every)) is None:
                progress(f"still building, {_duration(time.monotonic() - start)} so far (output: {log})")
        except BaseException:
            stop()
            raise
        finally:
            last_rites.remove(stop)
    if code:
        raise BinariesError(f"go build ended with {code}:\n{_tail(log)}")
    progress(f"built in {_duration(time.monotonic() - start)}")


def _wait(process: "subprocess.Popen[bytes]", seconds: float) -> int | None:
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        return None


def _stop_group(build: "subprocess.Popen[bytes]") -> None:
    """Stop go and its compilers, which are a process group of their own."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(build.pid, signal.SIGTERM)


def _check_go() -> None:
    need = re.search(r"^go (\d+)\.(\d+)", (MODULE / "go.mod").read_text(), re.MULTILINE)
    assert need, "go.mod names the Go version that it needs"
    wanted = f"Go {need[1]}.{need[2]} or newer is needed to build the local control plane"
    hint = f"install it from https://go.dev/dl/, or name a folder with ready binaries in {OWN_FOLDER}"
    if not shutil.which("go"):
        raise BinariesError(f"{wanted}, and there is no `go` on the PATH: {hint}")
    answer = subprocess.run(["go", "env", "GOVERSION"], cwd=MODULE, capture_output=True, text=True, check=False)
    have = re.match(r"go(\d+)\.(\d+)", answer.stdout)
    if not have or (int(have[1]), int(have[2])) < (int(need[1]), int(need[2])):
        found = answer.stdout.strip() or answer.stderr.strip() or "none that answers"
        raise BinariesError(f"{wanted}, found {found}: {hint}")


def _version_flags() -> str:
    """Return linker flags that make the server call itself by the version that go.mod requires, not v0.0.0."""
    version = re.search(r"^\s*k8s\.io/kubernetes (v(\d+)\.(\d+)\S*)", (MODULE / "go.mod").read_text(), re.MULTILINE)
    assert version, "go.mod requires k8s.io/kubernetes"
    where = "k8s.io/component-base/version"
    return f"-s -w -X {where}.gitVersion={version[1]} -X {where}.gitMajor={version[2]} -X {where}.gitMinor={version[3]}"


def _duration(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"


def _tail(log: Path, lines: int = 20) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
