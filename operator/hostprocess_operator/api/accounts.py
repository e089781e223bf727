"""Windows account names: which ones a host process can be asked to run as, and what is known about them.

The limits are those of the API server's own check of `runAsUserName`, which counts bytes, not characters.
"""

import re
from functools import lru_cache
from typing import Annotated, Final

from pydantic import Field

from hostprocess_operator.api.names import DEFAULT_ACCOUNT
from hostprocess_operator.api.shape import Rules, rule

AUTHORITY: Final = "NT AUTHORITY"
LOCAL_SYSTEM_SID: Final = "S-1-5-18"
SERVICE_SIDS: Final = {
    "system": LOCAL_SYSTEM_SID,
    "localservice": "S-1-5-19",
    "networkservice": "S-1-5-20",
}

_DOMAIN_BYTES: Final = 255
_USER_BYTES: Final = 104
_NETBIOS: Final = r'^[^\\/:*?"<>|.][^\\/:*?"<>|]{0,14}$'
_DNS_LABEL: Final = "[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
_DNS: Final = rf"^{_DNS_LABEL}(\.{_DNS_LABEL})*$"
_CONTROL: Final = r"[\x00-\x1f\x7f]"
_USER_CHARACTERS: Final = r'["/:;|=,+*?<>@\[\]]'
_CONTAINER_ACCOUNT: Final = r"(^|\\)container(administrator|user)$"
_BARE_SERVICE: Final = "^(system|localsystem|local ?service|network ?service)$"
_ANY_CASE: Final = re.IGNORECASE | re.ASCII  # as CEL's lowerAscii

# Sub-expressions for CEL: what stands before and behind the backslash.
_CEL_DOMAIN: Final = r"self.substring(0, self.indexOf('\\'))"
_CEL_USER: Final = r"(self.contains('\\') ? self.substring(self.indexOf('\\') + 1) : self)"


def split_account(account: str) -> tuple[str | None, str]:
    r"""Return the domain, None if there is none, and the user of `DOMAIN\user` or `user`."""
    domain, backslash, user = account.partition("\\")
    return (domain, user) if backslash else (None, account)


@lru_cache(maxsize=256)  # asked at every look at every pod
def service_account(account: str) -> str | None:
    """Return the SID of SYSTEM, LocalService or NetworkService; None for every other account."""
    domain, user = split_account(account)
    known = domain is not None and re.fullmatch(AUTHORITY, domain, _ANY_CASE)
    return SERVICE_SIDS.get(user.encode().lower().decode().replace(" ", "")) if known else None  # bytes: ASCII only


def is_system(account: str) -> bool:
    """Return whether the account is LocalSystem, which always has administrator rights."""
    return service_account(account) == LOCAL_SYSTEM_SID


def _domain_is_known_form(account: str) -> bool:
    domain, _ = split_account(account)
    return domain is None or bool(re.fullmatch(_NETBIOS, domain) or re.fullmatch(_DNS, domain))


_RULES: Final = (
    rule(
        "an account name cannot contain control characters",
        holds=lambda account: not re.search(_CONTROL, account),
        cel=f"!self.matches(r'{_CONTROL}')",
    ),
    rule(
        r"an account name has at most one backslash: write NT AUTHORITY\SYSTEM",
        holds=lambda account: account.count("\\") <= 1,
        cel=r"self.matches(r'^[^\\]*\\?[^\\]*$')",
    ),
    rule(
        "the domain of an account name can have at most 255 bytes",
        holds=lambda account: len((split_account(account)[0] or "").encode()) <= _DOMAIN_BYTES,
        cel=rf"!self.contains('\\') || bytes({_CEL_DOMAIN}).size() <= {_DOMAIN_BYTES}",
    ),
    rule(
        r"the domain of an account name must be a NetBIOS or DNS name; for a local group leave out `.\`",
        holds=_domain_is_known_form,
        cel=rf"!self.contains('\\') || {_CEL_DOMAIN}.matches(r'{_NETBIOS}') || {_CEL_DOMAIN}.matches(r'{_DNS}')",
    ),
    rule(
        "an account name needs a user behind the backslash",
        holds=lambda account: split_account(account)[1] != "",
        cel=rf"{_CEL_USER} != ''",
    ),
    rule(
        "the user of an account name can have at most 104 bytes",
        holds=lambda account: len(split_account(account)[1].encode()) <= _USER_BYTES,
        cel=f"bytes({_CEL_USER}).size() <= {_USER_BYTES}",
    ),
    rule(
        "the user of an account name cannot be only periods and spaces",
        holds=lambda account: not re.fullmatch(r"[. ]+", split_account(account)[1]),
        cel=f"!{_CEL_USER}.matches('^[. ]+$')",
    ),
    rule(
        r'the user of an account name cannot contain any of "/:;|=,+*?<>@[]: '
        "take SYSTEM, LocalService or NetworkService of NT AUTHORITY, or a local group",
        holds=lambda account: not re.search(_USER_CHARACTERS, split_account(account)[1]),
        cel=f"!{_CEL_USER}.matches(r'{_USER_CHARACTERS}')",
    ),
    rule(
        "this account exists only inside containers, and a host process runs on the node itself: "
        rf"write {DEFAULT_ACCOUNT} or leave the field out",
        holds=lambda account: not re.search(_CONTAINER_ACCOUNT, account, _ANY_CASE),
        cel=f"!self.lowerAscii().matches(r'{_CONTAINER_ACCOUNT}')",
    ),
    rule(
        r"Windows finds its service accounts only with their authority: write NT AUTHORITY\SYSTEM, "
        r"NT AUTHORITY\LocalService or NT AUTHORITY\NetworkService",
        holds=lambda account: not re.search(_BARE_SERVICE, account, _ANY_CASE),
        cel=f"!self.lowerAscii().matches('{_BARE_SERVICE}')",
    ),
)

AccountName = Annotated[str, Field(min_length=1, max_length=360), Rules(*_RULES)]
r"""A service account (`NT AUTHORITY\SYSTEM`) or the name of a local group."""
