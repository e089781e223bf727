"""The command line of each component; nothing is started and no file is written here.

What differs from a production control plane is written beside the flag.
"""

import sys
from pathlib import Path

from control_plane.build import tool
from control_plane.site import Site

CONTROLLERS = (
    "clusterrole-aggregation-controller",
    "daemonset-controller",
    "disruption-controller",
    "garbage-collector-controller",
    "namespace-controller",
    "node-lifecycle-controller",
    "pod-garbage-collector-controller",
    "resourcequota-controller",
    "root-ca-certificate-publisher-controller",
    "serviceaccount-controller",
    "taint-eviction-controller",
    "validatingadmissionpolicy-status-controller",
)


def etcd(site: Site) -> list[str | Path]:
    """Return etcd's command line; its data need not survive a crash of the machine."""
    clients, peers = (f"http://127.0.0.1:{port}" for port in (site.ports.etcd, site.ports.etcd_peer))
    return [
        tool(site.binaries, "server"),
        f"--data-dir={site.file('etcd')}",
        f"--listen-client-urls={clients}",
        f"--advertise-client-urls={clients}",
        f"--listen-peer-urls={peers}",
        f"--initial-advertise-peer-urls={peers}",
        f"--initial-cluster=default={peers}",
        "--unsafe-no-fsync",
        "--quota-backend-bytes=8589934592",
        "--log-level=error",
    ]


def api_server(site: Site) -> list[str | Path]:
    """Return the API server's command line: TLS, RBAC, ServiceAccounts and the audit log are as in production."""
    return [
        site.binaries / "kube-apiserver",
        f"--etcd-servers=http://127.0.0.1:{site.ports.etcd}",
        "--bind-address=127.0.0.1",
        f"--secure-port={site.ports.api_server}",
        f"--tls-cert-file={site.file('ca.crt')}",
        f"--tls-private-key-file={site.file('ca.key')}",
        f"--token-auth-file={site.file('tokens.csv')}",
        "--authorization-mode=RBAC",
        f"--service-account-key-file={site.file('service-account.key')}",
        f"--service-account-signing-key-file={site.file('service-account.key')}",
        "--service-account-issuer=https://kubernetes.default.svc",
        "--service-cluster-ip-range=10.0.0.0/24",
        "--allow-privileged=true",
        # no node's host name resolves here
        "--kubelet-preferred-address-types=InternalIP",
        f"--audit-policy-file={site.file('audit-policy.json')}",
        f"--audit-log-path={site.file('audit.log')}",
        # a line is on disk before its request is answered, and the file is never rotated away
        "--audit-log-mode=blocking",
        "--audit-log-maxsize=100000",
        # one client after the other, in a hurry: nobody needs protection from the others
        "--enable-priority-and-fairness=false",
        "--max-requests-inflight=2000",
        "--max-mutating-requests-inflight=1000",
        "--endpoint-reconciler-type=none",
        "--profiling=false",
        *site.api_server_extra_args,
    ]


def controller_manager(site: Site) -> list[str | Path]:
    """Return the controller manager's command line: the controllers that agents meet, and no listening port."""
    grace = "20s" if site.leases else "3600s"
    return [
        site.binaries / "kube-controller-manager",
        f"--kubeconfig={site.file('kubeconfig')}",
        f"--root-ca-file={site.file('ca.crt')}",
        "--leader-elect=false",
        "--secure-port=0",
        f"--controllers={','.join(CONTROLLERS)}",
        f"--kube-api-qps={site.qps}",
        f"--kube-api-burst={2 * site.qps}",
        "--concurrent-gc-syncs=5",
        # a node counts as lost after 20 s rather than 50
        "--node-monitor-period=2s",
        f"--node-monitor-grace-period={grace}",
        f"--node-startup-grace-period={'60s' if site.leases else grace}",
    ]


def scheduler(site: Site) -> list[str | Path]:
    """Return the scheduler's command line; no listening port."""
    return [
        site.binaries / "kube-scheduler",
        f"--kubeconfig={site.file('kubeconfig')}",
        "--leader-elect=false",
        "--secure-port=0",
        f"--kube-api-qps={site.qps}",
        f"--kube-api-burst={2 * site.qps}",
    ]


def kubelet(site: Site) -> list[str | Path]:
    """Return the command line of the log endpoint that stands in for every node's kubelet."""
    return [
        sys.executable,
        "-m",
        "control_plane.kubelet",
        f"--port={site.ports.kubelet}",
        f"--certificate={site.file('ca.crt')}",
        f"--key={site.file('ca.key')}",
        f"--kubeconfig={site.file('kubeconfig')}",
    ]


def kwok(site: Site) -> list[str | Path]:
    """Return kwok's command line; without a server address it listens on no port."""
    return [site.binaries / "kwok", f"--kubeconfig={site.file('kubeconfig')}", f"--config={site.file('kwok.yaml')}"]
