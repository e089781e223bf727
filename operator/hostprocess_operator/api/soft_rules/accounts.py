"""Soft rules about the account of an agent and the rights that it is expected to have."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from hostprocess_operator.api.accounts import (
    AUTHORITY,
    LOCAL_SYSTEM_SID,
    SERVICE_SIDS,
    service_account,
    split_account,
)
from hostprocess_operator.api.names import DEFAULT_ACCOUNT
from hostprocess_operator.api.shape import Loc
from hostprocess_operator.api.soft_rules.places import accounts, judged_account
from hostprocess_operator.api.soft_rules.soft_rule import SoftRule

if TYPE_CHECKING:
    from hostprocess_operator.api.agent import AgentSpec

_WITHOUT_RIGHTS: Final = frozenset(SERVICE_SIDS.values()) - {LOCAL_SYSTEM_SID}

_IS_WRITTEN: Final = "spec.runAsUserName, or that of a container"


def _cel_is_service_account(account: str, sids: frozenset[str]) -> str:
    """Return whether the account is one of these, as `service_account` knows them."""
    prefix = rf"{AUTHORITY}\\".lower()
    users = [user for user, sid in SERVICE_SIDS.items() if sid in sids]
    return (
        f"({account}.lowerAscii().startsWith('{prefix}') && "
        f"{account}.substring({len(AUTHORITY) + 1}).lowerAscii().replace(' ', '') in {users})"
    )


def _local_groups(spec: "AgentSpec") -> Iterator[Loc]:
    return (loc for loc, account in accounts(spec) if split_account(account)[0] is None)


def _with_password(spec: "AgentSpec") -> Iterator[Loc]:
    for loc, account in accounts(spec):
        if split_account(account)[0] is not None and service_account(account) is None:
            yield loc


def _expects_too_much(spec: "AgentSpec") -> Iterator[Loc]:
    asked = spec.verification
    never = service_account(judged_account(spec)) in _WITHOUT_RIGHTS
    if asked.mode != "None" and asked.expect == "Administrator" and never:
        yield ("verification", "expect")


RULES: Final = (
    SoftRule(
        "HPC101",
        "a local group as account",
        "this is taken as the name of a local group: it must exist on every node, "
        "and the nodes need containerd 1.7 or later",
        where=_IS_WRITTEN,
        breaches=_local_groups,
        cel=r"variables.accounts.all(account, account.contains('\\'))",
    ),
    SoftRule(
        "HPC102",
        "an account that needs a password",
        rf"a process cannot log on as this account without its password: take one of {AUTHORITY}\SYSTEM, "
        "LocalService and NetworkService, or a local group",
        where=_IS_WRITTEN,
        breaches=_with_password,
        cel=r"variables.accounts.all(account, !account.contains('\\') || "
        f"{_cel_is_service_account('account', frozenset(SERVICE_SIDS.values()))})",
    ),
    SoftRule(
        "HPC103",
        "rights that the account never has",
        rf"this account never has administrator rights, so every node will be denied: run as {DEFAULT_ACCOUNT}, "
        "or expect Any",
        where="spec.verification.expect",
        breaches=_expects_too_much,
        cel="object.spec.?verification.?expect.orValue('') != 'Administrator' || "
        "object.spec.?verification.?mode.orValue('') == 'None' || "
        f"!{_cel_is_service_account('variables.judgedAccount', _WITHOUT_RIGHTS)}",
    ),
)
