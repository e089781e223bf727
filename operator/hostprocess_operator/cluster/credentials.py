"""Where the API server is and how we prove who we are: a kubeconfig, or the pod's ServiceAccount.

Reads files and the environment, and may run the credential plugin that a kubeconfig names. Keeps nothing: every call
reads anew, so a rotated token is found.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import yaml
from kubernetes.aio.client import Configuration
from kubernetes.aio.config import ConfigException, load_kube_config
from kubernetes.aio.config.incluster_config import InClusterConfigLoader

from hostprocess_operator.errors import SettingsError

SERVICE_ACCOUNT: Final = Path("/var/run/secrets/kubernetes.io/serviceaccount")

_TOKEN = "BearerToken"  # noqa: S105 - the client's name for the header's slot, not a token


@dataclass(frozen=True, slots=True)
class LoginInfo:
    """What another client needs to log in as we do; paths may name temporary files of this process.

    Attributes:
        scheme: first word of the Authorization header, such as `Bearer`; empty when there is no token.
        insecure: whether the server's certificate is not to be verified.
    """

    server: str
    ca_path: str | None
    certificate_path: str | None
    private_key_path: str | None
    scheme: str
    token: str = field(repr=False)
    insecure: bool
    proxy_url: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Credentials:
    """Which credentials are used: those of a kubeconfig, else of the pod, else of the user's default kubeconfig."""

    kubeconfig: Path | None = None
    context: str | None = None
    service_account: Path = SERVICE_ACCOUNT

    @property
    def in_cluster(self) -> bool:
        """Whether the pod's ServiceAccount is used."""
        return self.kubeconfig is None and self.context is None and (self.service_account / "token").is_file()

    async def load(self) -> Configuration:
        """Return a client configuration that holds the credentials of this moment.

        Raises:
            SettingsError: They cannot be read; the message names no secret.
        """
        configuration = Configuration()
        # Proxies and ~/.netrc of the environment are not for the API server; a kubeconfig may name a proxy.
        configuration.client_session_kwargs = {"trust_env": False}
        # Python 3.13 refuses CA certificates without key identifiers, which many clusters have and kubectl accepts.
        configuration.disable_strict_ssl_verification = True
        configuration.retries = None
        try:
            if self.in_cluster:
                self._load_service_account(configuration)
            else:
                await self._load_kubeconfig(configuration)
        except yaml.YAMLError as error:
            # The error's own text quotes the file, which holds secrets.
            raise SettingsError(f"{self._name()} is not valid YAML.") from error
        except (ConfigException, OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise SettingsError(f"{self._name()} cannot be used: {error}") from error
        # A token file may end in a newline, which no header may hold.
        configuration.api_key = {key: " ".join(value.split()) for key, value in configuration.api_key.items()}
        return configuration

    def _load_service_account(self, configuration: Configuration) -> None:
        InClusterConfigLoader(  # type: ignore[no-untyped-call]
            token_filename=str(self.service_account / "token"),
            cert_filename=str(self.service_account / "ca.crt"),
            try_refresh_token=False,
        ).load_and_set(configuration)

    async def _load_kubeconfig(self, configuration: Configuration) -> None:
        files = self._files()
        await load_kube_config(  # type: ignore[no-untyped-call]
            config_file=files, context=self.context, client_configuration=configuration, persist_config=False
        )

    def _files(self) -> str:
        """Return the path of the kubeconfig, or of several to be merged, as KUBECONFIG names them."""
        files = str(self.kubeconfig or os.environ.get("KUBECONFIG") or Path.home() / ".kube" / "config")
        if not any(Path(file).expanduser().is_file() for file in files.split(os.pathsep)):
            raise FileNotFoundError(f"there is no file {files}. Name one with --kubeconfig, or run in a pod.")
        return files

    def _name(self) -> str:
        if self.in_cluster:
            return f"The ServiceAccount in {self.service_account}"
        return f"The kubeconfig {self.kubeconfig}" if self.kubeconfig else "The default kubeconfig"


def pod_namespace(service_account: Path = SERVICE_ACCOUNT) -> str | None:
    """Return the namespace of the pod that this process runs in, None when it runs in none."""
    try:
        return (service_account / "namespace").read_text(encoding="utf-8").strip() or None
    except OSError:
        return None


def authorization(configuration: Configuration) -> str:
    """Return the value of the Authorization header, empty when a client certificate does the work."""
    return configuration.api_key.get(_TOKEN) or ""


def login_info(configuration: Configuration) -> LoginInfo:
    """Return what a configuration holds, for another client."""
    scheme, _, token = authorization(configuration).partition(" ")
    return LoginInfo(
        server=configuration.host,
        ca_path=configuration.ssl_ca_cert,
        certificate_path=configuration.cert_file,
        private_key_path=configuration.key_file,
        scheme=scheme,
        token=token,
        insecure=not configuration.verify_ssl,
        proxy_url=configuration.proxy,
    )
