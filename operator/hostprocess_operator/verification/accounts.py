"""Accounts as the container runtime must see them, and the accounts that give an ordinary container away.

The runtime logs a service account on without a password only when the domain is spelled `NT AUTHORITY` in exactly
this case. Any other name is that of a local group of the node, or does not work.
"""

from __future__ import annotations

from typing import Final

from hostprocess_operator.api.accounts import AUTHORITY, service_account, split_account

# The spellings of the Kubernetes documentation.
_USERS: Final = {"S-1-5-18": "SYSTEM", "S-1-5-19": "Local service", "S-1-5-20": "NetworkService"}

CONTAINER_ACCOUNTS: Final = {"S-1-5-93-2-1": "ContainerAdministrator", "S-1-5-93-2-2": "ContainerUser"}
"""SID -> account that exists only inside ordinary containers: a run that reports one is no host process."""


def canonical_account(name: str) -> str:
    """Return the account in the spelling that the container runtime needs; accounts of the node unchanged."""
    domain, user = split_account(name)
    if domain is None or domain.upper() != AUTHORITY:
        return name
    sid = service_account(name)
    return rf"{AUTHORITY}\{_USERS[sid] if sid else user}"


def well_known_sid(name: str) -> str | None:
    """Return the SID of a service account in any spelling, None for an account whose SID differs per node."""
    return service_account(name)
