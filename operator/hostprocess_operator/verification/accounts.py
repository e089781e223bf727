"""Accounts of host processes: their exact spelling and their SIDs.

The container runtime logs a service account on without a password only when the domain is spelled `NT AUTHORITY`
in exactly this case. Any other account is the name of a local group of the node, or does not work.
"""

from __future__ import annotations

from typing import Final

_DOMAIN: Final = "NT AUTHORITY"

# User part, lower case and without spaces -> exact spelling, SID.
_SERVICE_ACCOUNTS: Final = {
    "system": ("SYSTEM", "S-1-5-18"),
    "localservice": ("Local service", "S-1-5-19"),
    "networkservice": ("NetworkService", "S-1-5-20"),
}

SYSTEM: Final = rf"{_DOMAIN}\SYSTEM"
"""The only service account that has administrator rights."""

CONTAINER_ACCOUNTS: Final = {"S-1-5-93-2-1": "ContainerAdministrator", "S-1-5-93-2-2": "ContainerUser"}
"""SID -> account that exists only inside ordinary containers: a run that reports one is no host process."""


def canonical_account(name: str) -> str:
    """Return the account as the container runtime must see it: service accounts exact, others unchanged."""
    domain, user = _split(name)
    if domain.upper() != _DOMAIN:
        return name
    exact, _ = _SERVICE_ACCOUNTS.get(_folded(user), (user, ""))
    return rf"{_DOMAIN}\{exact}"


def well_known_sid(name: str) -> str | None:
    """Return the SID of a service account in any spelling, None for an account whose SID differs per node."""
    domain, user = _split(name)
    if domain.upper() != _DOMAIN:
        return None
    _, sid = _SERVICE_ACCOUNTS.get(_folded(user), ("", None))
    return sid


def _split(name: str) -> tuple[str, str]:
    domain, _, user = name.rpartition("\\")
    return " ".join(domain.split()), user


def _folded(user: str) -> str:
    return "".join(user.split()).lower()
