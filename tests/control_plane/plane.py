"""One control plane: started, watched, paused, restarted and stopped."""

import http.client
import json
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from control_plane import components, last_rites
from control_plane.api import ApiClient, ApiError
from control_plane.audit import AuditEvent, audit_mark, read_audit
from control_plane.cluster import Cluster
from control_plane.ports import Ports
from control_plane.process import Child, start_child, stop_children
from control_plane.site import Site
from control_plane.waiting import wait_for

# whoever only talks to the API server goes first, etcd last
STOP_ORDER = (
    ("kwok", "kubelet", "kube-scheduler", "kube-controller-manager"),
    ("kube-apiserver",),
    ("etcd",),
)


class ControlPlane(Cluster):
    """A running control plane; made by ``start``, ended by ``stop`` or the end of a ``with`` block.

    It is also stopped when this process ends by itself or on a signal (see ``last_rites``); a process that is killed
    takes its control plane along.
    """

    def __init__(self, site: Site, token: str, *, temporary: bool) -> None:
        self.server = site.server
        self.ca_file = site.file("ca.crt")
        self.operator_kubeconfig = site.file("operator.kubeconfig")  # user `operator`, without any right yet
        api = ApiClient(self.server, token=token, ca_file=self.ca_file)
        super().__init__(api, site.file("kubeconfig"), site.directory, site.binaries)
        self._site = site
        self._temporary = temporary
        self._owner = os.getpid()
        self._children: dict[str, Child] = {}
        self._group = 0

    @classmethod
    def start(
        cls,
        binaries: Path,
        directory: Path | None = None,
        *,
        leases: bool = True,
        qps: int = 500,
        api_server_extra_args: Sequence[str] = (),
        audited_users: Sequence[str] = ("operator",),
        audited_groups: Sequence[str] = ("system:serviceaccounts:hostprocess-system",),
        definitions: Sequence[str] = (),
        timeout: float = 60,
        progress: Callable[[str], None] = lambda _: None,
    ) -> Self:
        """Start a control plane and return it once it is ready for nodes.

        Args:
            binaries: see ``ensure_binaries``.
            directory: for every file and log of the plane; it is made, and its logs stay. None means a folder that is
                removed when the plane stops.
            leases: nodes send heartbeats and are lost 20 s after the last; switch it off for thousands of nodes.
            qps: requests per second of the controller manager and of the scheduler.
            api_server_extra_args: flags that are added to, and win over, the API server's.
            audited_users: whose requests ``audit`` returns, by user name ...
            audited_groups: ... and by group.
            definitions: CustomResourceDefinitions, as YAML, that are there before the controller manager starts: of a
                kind that appears later its garbage collector takes notice after half a minute only.
            timeout: seconds until everything must be ready.
            progress: is told each step in one line.

        Raises:
            ChildExitedError: a component ended; the message holds the end of its log.
            TimeoutError: a component was not ready in time.
        """
        home = (directory or Path(tempfile.mkdtemp(prefix="control-plane-"))).absolute()
        site = Site(home, binaries.absolute(), Ports(), leases, qps, api_server_extra_args)
        try:
            token = site.prepare(audited_users, audited_groups)
            plane = cls(site, token, temporary=directory is None)
        except BaseException:
            site.ports.release()
            if directory is None:
                shutil.rmtree(home)
            raise
        last_rites.add(plane.stop)
        try:
            plane._start_all(definitions, timeout, progress)
        except BaseException:
            plane.stop()
            raise
        return plane

    def stop(self) -> None:
        """Stop every component, remove etcd's data, and the folder when it was a temporary one. Idempotent."""
        if os.getpid() != self._owner:  # a fork of the process that the plane belongs to
            return
        for names in STOP_ORDER:
            stop_children([self._children[name] for name in names if name in self._children])
        self._children.clear()
        self._site.ports.release()
        shutil.rmtree(self.directory if self._temporary else self._site.file("etcd"), ignore_errors=True)
        last_rites.remove(self.stop)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def check(self) -> None:
        """Raise ChildExitedError when a component has ended by itself."""
        for child in self._children.values():
            child.check()

    def stop_api_server(self) -> None:
        """Kill the API server and wait until its process is gone: asked to end, it would wait for every watch."""
        stop_children([self._children.pop("kube-apiserver")], grace=0)

    def start_api_server(self, timeout: float = 60) -> None:
        """Start the API server again, on its port, and wait until it is ready."""
        self._start("kube-apiserver", components.api_server(self._site))
        self._wait_for_api_server("/readyz", timeout)

    def compact(self) -> None:
        """Have etcd forget every revision but the present one; an API server that starts later knows no other."""
        etcd = http.client.HTTPConnection("127.0.0.1", self._site.ports.etcd, timeout=10)

        def ask(path: str, body: dict[str, str]) -> dict[str, Any]:
            etcd.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
            answer: dict[str, Any] = json.loads(etcd.getresponse().read())
            return answer

        try:
            revision = ask("/v3/kv/range", {"key": "AA=="})["header"]["revision"]
            ask("/v3/kv/compaction", {"revision": revision})
        finally:
            etcd.close()

    def pause(self, component: str) -> None:
        """Freeze a component (SIGSTOP): its connections stay open and nothing answers.

        Args:
            component: etcd, kube-apiserver, kube-controller-manager, kube-scheduler, kwok or kubelet.
        """
        self._children[component].signal(signal.SIGSTOP)

    def resume(self, component: str) -> None:
        """Let a paused component go on."""
        self._children[component].signal(signal.SIGCONT)

    def audit_mark(self) -> int:
        """Return a mark for ``audit``: the events from now on."""
        return audit_mark(self._site.file("audit.log"))

    def audit(self, since: int = 0) -> list[AuditEvent]:
        """Return the finished requests of the audited users behind a mark (see ``read_audit``)."""
        return read_audit(self._site.file("audit.log"), since)

    def _start_all(self, definitions: Sequence[str], timeout: float, progress: Callable[[str], None]) -> None:
        begin = time.monotonic()
        self._start("etcd", components.etcd(self._site))
        self._start("kube-apiserver", components.api_server(self._site))
        package_root = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
        self._start("kubelet", components.kubelet(self._site), package_root)
        progress(f"etcd and the API server are starting in {self.directory}")
        # both give up when no API server answers within 10 s of their start, and take a while to start themselves
        self._wait_for_api_server("/readyz" if definitions else "/livez", timeout, ready=bool(definitions))
        self.apply(*definitions)
        self._start("kube-controller-manager", components.controller_manager(self._site))
        self._start("kube-scheduler", components.scheduler(self._site))
        self._wait_for_api_server("/readyz", timeout)
        progress(f"the API server is ready after {time.monotonic() - begin:.1f} s at {self.server}")
        self._start("kwok", components.kwok(self._site))
        self._wait_for_log("kwok", "Watch nodes", timeout)
        self._wait_for_log("kubelet", "listening", timeout)

    def _start(self, name: str, command: Sequence[str | Path], env: dict[str, str] | None = None) -> None:
        child = start_child(name, command, self._site.log(name), group=self._group, env=env)
        self._children[name] = child
        self._group = self._group or child.process.pid

    def _wait_for_api_server(self, path: str, timeout: float, *, ready: bool = True) -> None:
        def answers() -> bool:
            self.check()
            try:
                self.api.request("GET", path, timeout=5)
            except ApiError:
                return not ready
            except OSError:
                return False
            return True

        wait_for(answers, timeout, f"the API server's {path}", interval=0.05)

    def _wait_for_log(self, component: str, text: str, timeout: float) -> None:
        def said() -> bool:
            self.check()
            return text in self._site.log(component).read_text(errors="replace")

        wait_for(said, timeout, f"{component} to say {text!r}", interval=0.05)
