"""Account names: which ones are service accounts, and how long one may be."""

import pytest

from hostprocess_operator.api.accounts import is_system, service_account, split_account
from hostprocess_operator.api.agent import AgentSpec, HostProcessAgent
from hostprocess_operator.api.parse import parse_agent


@pytest.mark.parametrize(
    ("account", "sid"),
    [
        pytest.param(r"NT AUTHORITY\SYSTEM", "S-1-5-18", id="SYSTEM"),
        pytest.param(r"nt authority\system", "S-1-5-18", id="case does not matter"),
        pytest.param(r"NT AUTHORITY\Local Service", "S-1-5-19", id="LocalService with a space"),
        pytest.param(r"NT AUTHORITY\NetworkService", "S-1-5-20", id="NetworkService without one"),
        pytest.param(r"NT AUTHORITY\IUSR", None, id="another account of the same authority"),
        pytest.param("SYSTEM", None, id="a name without authority may be a group"),
        pytest.param(r"EXAMPLE\SYSTEM", None, id="the same name of another authority"),
    ],
)
def test_a_service_account_is_known_by_its_sid(account, sid):
    assert service_account(account) == sid


def test_only_local_system_is_system():
    assert is_system(r"NT AUTHORITY\SYSTEM")
    assert not is_system(r"NT AUTHORITY\LocalService")


@pytest.mark.parametrize(
    ("account", "parts"),
    [
        pytest.param(r"EXAMPLE\user", ("EXAMPLE", "user"), id="domain and user"),
        pytest.param("group", (None, "group"), id="no domain"),
        pytest.param(r"\group", ("", "group"), id="an empty domain is not the same as none"),
    ],
)
def test_an_account_is_split_at_its_backslash(account, parts):
    assert split_account(account) == parts


def accepted(account):
    spec = {"containers": [{"name": "agent", "image": "image"}], "runAsUserName": account}
    return isinstance(parse_agent({"metadata": {"name": "sample"}, "spec": spec}), HostProcessAgent)


@pytest.mark.parametrize(
    ("longest", "too_long"),
    [
        pytest.param("u" * 104, "u" * 105, id="a user of ASCII letters"),
        pytest.param("ü" * 52, "ü" * 52 + "u", id="a user of two-byte letters is counted in bytes"),
        pytest.param("N" * 15 + r"\user", "N" * 16 + " " + r"\user", id="a NetBIOS domain"),
        pytest.param(
            ".".join(["d" * 63] * 4) + r"\user", ".".join(["d" * 63] * 4) + r".d\user", id="a DNS domain of 255 bytes"
        ),
    ],
)
def test_an_account_may_be_as_long_as_windows_allows_and_no_longer(longest, too_long):
    assert accepted(longest)
    assert not accepted(too_long)


def test_the_account_is_system_unless_the_spec_says_otherwise():
    assert is_system(AgentSpec.model_validate({"containers": [{"name": "agent", "image": "image"}]}).run_as_user_name)
