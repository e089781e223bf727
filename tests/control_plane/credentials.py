"""Throw-away keys, tokens and kubeconfigs of a control plane, made with the openssl command."""

import json
import secrets
import shutil
import subprocess
from pathlib import Path
from typing import Any

# Every extension is spelled out: what a machine's own openssl.cnf adds varies, and Python >= 3.13 is strict
CERTIFICATE = """\
[req]
distinguished_name = subject
x509_extensions = extensions
prompt = no
[subject]
CN = local-control-plane
[extensions]
basicConstraints = critical, CA:TRUE
keyUsage = critical, digitalSignature, keyCertSign
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid:always
subjectAltName = IP:127.0.0.1, DNS:localhost, DNS:kubernetes.default.svc
"""


class OpenSslError(Exception):
    """The openssl command is missing or failed."""


def make_certificate(certificate: Path, key: Path) -> None:
    """Make a self-signed server certificate for 127.0.0.1 that is its own authority."""
    config = certificate.with_suffix(".cnf")
    config.write_text(CERTIFICATE)
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    _openssl("req", "-x509", *curve, "-days", "30", "-config", config, "-keyout", key, "-out", certificate)


def make_key(key: Path) -> None:
    """Make the private key that signs the tokens of ServiceAccounts, in the older form that the API server reads."""
    _openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", key)


def make_tokens(path: Path) -> dict[str, str]:
    """Write a static token file and return user -> token: ``admin`` may do everything, ``operator`` nothing yet."""
    tokens = {user: secrets.token_urlsafe(24) for user in ("admin", "operator")}
    groups = {"admin": "system:masters", "operator": "operators"}
    path.write_text("".join(f'{token},{user},{user},"{groups[user]}"\n' for user, token in tokens.items()))
    path.chmod(0o600)
    return tokens


def write_kubeconfig(path: Path, cluster: dict[str, Any], token: str) -> None:
    """Write a kubeconfig with one context; it is JSON, which is YAML, and which nobody needs a library to read."""
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "local", "cluster": cluster}],
        "users": [{"name": "local", "user": {"token": token}}],
        "contexts": [{"name": "local", "context": {"cluster": "local", "user": "local"}}],
        "current-context": "local",
    }
    path.touch(mode=0o600)
    path.write_text(json.dumps(config, indent=2) + "\n")


def _openssl(*args: str | Path) -> None:
    if not shutil.which("openssl"):
        raise OpenSslError("the openssl command is needed for the control plane's certificate: install openssl")
    done = subprocess.run(["openssl", *args], capture_output=True, text=True, check=False)
    if done.returncode:
        raise OpenSslError(f"openssl {args[0]} failed: {done.stderr.strip()}")
