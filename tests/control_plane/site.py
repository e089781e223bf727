"""The folder of one control plane: where its files are, and those that must be there before it starts."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from control_plane.audit import audit_policy
from control_plane.credentials import make_certificate, make_key, make_tokens, write_kubeconfig
from control_plane.ports import Ports
from control_plane.stages import render_stages

LEASE_SECONDS = 20


@dataclass(frozen=True)
class Site:
    """One control plane's folder, binaries, ports and settings."""

    directory: Path
    binaries: Path
    ports: Ports
    leases: bool
    qps: int
    api_server_extra_args: Sequence[str]

    @property
    def server(self) -> str:
        """Return the API server's address."""
        return f"https://127.0.0.1:{self.ports.api_server}"

    def file(self, name: str) -> Path:
        """Return the path of a file in the folder."""
        return self.directory / name

    def log(self, component: str) -> Path:
        """Return the file that a component's output goes to."""
        return self.directory / f"{component}.log"

    def prepare(self, audited_users: Sequence[str], audited_groups: Sequence[str]) -> str:
        """Write keys, kubeconfigs, the audit policy and the stages; return the administrator's token."""
        self.directory.mkdir(parents=True, exist_ok=True)
        make_certificate(self.file("ca.crt"), self.file("ca.key"))
        make_key(self.file("service-account.key"))
        tokens = make_tokens(self.file("tokens.csv"))
        cluster = {"server": self.server, "certificate-authority": str(self.file("ca.crt"))}
        write_kubeconfig(self.file("kubeconfig"), cluster, tokens["admin"])
        write_kubeconfig(self.file("operator.kubeconfig"), cluster, tokens["operator"])
        self.file("audit-policy.json").write_text(json.dumps(audit_policy(audited_users, audited_groups)))
        self.file("kwok.yaml").write_text(render_stages(self.ports.kubelet, LEASE_SECONDS if self.leases else 0))
        return tokens["admin"]
