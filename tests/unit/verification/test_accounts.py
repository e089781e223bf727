"""Account names in the spelling that the container runtime needs."""

import pytest

from hostprocess_operator.verification.accounts import canonical_account, well_known_sid

SYSTEM = r"NT AUTHORITY\SYSTEM"
LOCAL_SERVICE = r"NT AUTHORITY\Local service"
NETWORK_SERVICE = r"NT AUTHORITY\NetworkService"


@pytest.mark.parametrize(
    ("name", "exact", "sid"),
    [
        pytest.param(SYSTEM, SYSTEM, "S-1-5-18", id="the exact spelling stays"),
        pytest.param(r"nt authority\system", SYSTEM, "S-1-5-18", id="lower case is corrected"),
        pytest.param(r"Nt Authority\sYstem", SYSTEM, "S-1-5-18", id="mixed case is corrected"),
        pytest.param(r"NT AUTHORITY\Local Service", LOCAL_SERVICE, "S-1-5-19", id="Local Service with a space"),
        pytest.param(r"NT AUTHORITY\LocalService", LOCAL_SERVICE, "S-1-5-19", id="LocalService without a space"),
        pytest.param(r"nt authority\NETWORK SERVICE", NETWORK_SERVICE, "S-1-5-20", id="Network Service with a space"),
        pytest.param(r"NT AUTHORITY\networkservice", NETWORK_SERVICE, "S-1-5-20", id="NetworkService without a space"),
        pytest.param(r"nt authority\IUSR", r"NT AUTHORITY\IUSR", None, id="another account keeps its user part"),
        pytest.param("hpc-localgroup", "hpc-localgroup", None, id="a local group stays"),
        pytest.param("system", "system", None, id="a bare user name may be a local group and stays"),
        pytest.param(r"CONTOSO\System", r"CONTOSO\System", None, id="another domain stays"),
    ],
)
def test_an_account_is_spelled_for_the_runtime_and_has_a_sid_if_it_is_a_service(name, exact, sid):
    assert (canonical_account(name), well_known_sid(name)) == (exact, sid)
