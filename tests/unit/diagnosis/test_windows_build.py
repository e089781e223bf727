"""What an image's tag says of the Windows that it is made for, and which nodes cannot pull that."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hostprocess_operator.api.faults import Fault
from hostprocess_operator.diagnosis import Severity, mismatch
from hostprocess_operator.diagnosis.windows_build import named_build
from support import build

NANO = "mcr.microsoft.com/windows/nanoserver"
SERVER_2019, SERVER_2022, SERVER_23H2, SERVER_2025 = (f"10.0.{b}.1" for b in (17763, 20348, 25398, 26100))


@pytest.mark.parametrize(
    ("image", "named"),
    [
        pytest.param(f"{NANO}:ltsc2019", 17763, id="by the release"),
        pytest.param(f"{NANO}:1809", 17763, id="by its other name"),
        pytest.param(f"{NANO}:ltsc2022-amd64", 20348, id="with an architecture"),
        pytest.param(f"{NANO}:ltsc2022-KB5049983", 20348, id="with an update"),
        pytest.param(f"{NANO}:10.0.26100.2894", 26100, id="by the build"),
        pytest.param("mcr.microsoft.com/windows/servercore:ltsc2025", 26100, id="server core"),
        pytest.param("mcr.microsoft.com/windows/server:ltsc2022", 20348, id="server"),
        pytest.param("mcr.microsoft.com/windows/servercore:ltsc2016", 14393, id="an old one"),
        pytest.param("mcr.microsoft.com/windows:1809", 17763, id="the whole of Windows"),
        pytest.param("mcr.microsoft.com/powershell:lts-nanoserver-1809", 17763, id="made on a base image"),
        pytest.param("mcr.microsoft.com/dotnet/runtime:8.0-windowsservercore-ltsc2022", 20348, id="made on another"),
        pytest.param("mcr.microsoft.com/oss/kubernetes/pause:3.6-windows-1809-amd64", 17763, id="made for a release"),
        pytest.param(NANO, None, id="no tag"),
        pytest.param(f"{NANO}:latest", None, id="a tag that says nothing"),
        pytest.param(f"{NANO}:ltsc2022@sha256:{'0' * 64}", None, id="a digest, which decides alone"),
        pytest.param("registry.example/nanoserver:ltsc2019", None, id="somebody else's registry"),
        pytest.param("example.com/mcr.microsoft.com/windows/nanoserver:1809", None, id="nor one that looks like it"),
        pytest.param("mcr.microsoft.com/tool:1809", None, id="a number that may mean anything"),
        pytest.param("mcr.microsoft.com/windows/nanoserver:1809x", None, id="a word that only begins like one"),
        pytest.param(
            "mcr.microsoft.com/oss/kubernetes/windows-host-process-containers-base-image:v1.0.0", None,
            id="the HostProcess base image, which fits every Windows",
        ),
    ],
)  # fmt: skip
def test_named_build(image, named):
    assert named_build(image) == named


@pytest.mark.parametrize(
    ("tag", "windows", "fits"),
    [
        pytest.param("ltsc2019", SERVER_2019, True, id="2019 takes its own"),
        pytest.param("ltsc2022", SERVER_2019, False, id="2019 takes none that is newer"),
        pytest.param("ltsc2016", SERVER_2019, False, id="2019 takes none that is older"),
        pytest.param("ltsc2019", SERVER_2022, False, id="2022 takes none before it"),
        pytest.param("ltsc2022", SERVER_2022, True, id="2022 takes its own"),
        pytest.param("ltsc2025", SERVER_2022, False, id="2022 takes none that is newer"),
        pytest.param("ltsc2022", SERVER_23H2, True, id="a release in between takes the one before"),
        pytest.param("ltsc2022", SERVER_2025, True, id="2025 takes 2022"),
        pytest.param("ltsc2025", SERVER_2025, True, id="2025 takes its own"),
        pytest.param("ltsc2019", SERVER_2025, False, id="2025 takes none before 2022"),
        pytest.param("ltsc2022", "10.0.30000", True, id="of a later Windows nothing is guessed"),
        pytest.param("ltsc2019", "", True, id="of a node that does not say nothing is known"),
        pytest.param("ltsc2019", "nonsense", True, id="nor of one that talks nonsense"),
        pytest.param("latest", SERVER_2022, True, id="nor of a tag that does not say"),
    ],
)
def test_mismatch(tag, windows, fits):
    assert (mismatch([f"{NANO}:{tag}"], build.node(build=windows)) is None) is fits


def test_it_is_said_what_is_known_and_what_can_be_done():
    found = mismatch([f"{NANO}:ltsc2022", f"{NANO}:ltsc2019"], build.node(build=SERVER_2025))
    assert (found.reason, found.severity) == (Fault.IMAGE_OS_MISMATCH, Severity.TROUBLE)
    assert found.message == (
        f"The tag of {NANO}:ltsc2019 says Windows build 17763; the node is of build 26100, where only images of builds "
        "20348 to 26100 can be pulled. Use an image with a variant for that build, or one without a Windows version, "
        "such as the HostProcess base image."
    )


def test_a_node_that_takes_one_build_only_says_so():
    found = mismatch([f"{NANO}:ltsc2022"], build.node(build=SERVER_2019))
    assert "the node is of build 17763, where only images of build 17763 can be pulled." in found.text


@given(st.text() | st.text().map("mcr.microsoft.com/windows/nanoserver:{}".format))
def test_any_text_names_a_build_or_none(image):
    assert named_build(image) is None or 10000 <= named_build(image) <= 99999
