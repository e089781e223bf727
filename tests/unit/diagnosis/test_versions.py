"""Versions, as nodes of every vendor report them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hostprocess_operator.diagnosis.versions import parse_build, parse_runtime, parse_version


@pytest.mark.parametrize(
    ("text", "version"),
    [
        pytest.param("v1.34.1", (1, 34), id="a release"),
        pytest.param("v1.37.2-eks-1a2b", (1, 37), id="with a vendor's suffix"),
        pytest.param("v1.32.0-gke.1234567", (1, 32), id="with another"),
        pytest.param("v1.23.0+k3s1", (1, 23), id="with a build"),
        pytest.param("1.29", (1, 29), id="without v and patch"),
        pytest.param("v1.9.0", (1, 9), id="numbers, not texts: 9 is less than 23"),
        pytest.param(" v1.30.0\n", (1, 30), id="in white space"),
        pytest.param("", None, id="nothing"),
        pytest.param("v1", None, id="a major version alone"),
        pytest.param("latest", None, id="a word"),
        pytest.param("v1.x.0", None, id="no number"),
        pytest.param("v1.30rc", None, id="a suffix that nothing sets apart"),
        pytest.param("v-1.30.0", None, id="a negative number"),
        pytest.param("v1.²3.0", None, id="a digit that is none"),
        pytest.param("v1.9999999999.0", None, id="a number beyond reason"),
    ],
)
def test_version(text, version):
    assert parse_version(text) == version


@pytest.mark.parametrize(
    ("text", "runtime"),
    [
        pytest.param("containerd://2.0.4+azure", ("containerd", (2, 0)), id="a vendor's build"),
        pytest.param("containerd://1.6.0~rc.1", ("containerd", (1, 6)), id="a candidate"),
        pytest.param("containerd://v1.7.20", ("containerd", (1, 7)), id="with v"),
        pytest.param("Containerd://1.7.20", ("containerd", (1, 7)), id="with a capital"),
        pytest.param("docker://20.10.9", ("docker", (20, 10)), id="Docker"),
        pytest.param("cri-o://1.31.0", ("cri-o", (1, 31)), id="CRI-O"),
        pytest.param("containerd://Unknown", ("containerd", None), id="without a version"),
        pytest.param("containerd://", ("containerd", None), id="with nothing for a version"),
        pytest.param("", None, id="nothing"),
        pytest.param("containerd 1.7", None, id="without a kind"),
        pytest.param("://1.7", None, id="with an empty kind"),
    ],
)
def test_runtime(text, runtime):
    assert parse_runtime(text) == runtime


@pytest.mark.parametrize(
    ("text", "build"),
    [
        pytest.param("10.0.20348.3328", 20348, id="with a revision"),
        pytest.param("10.0.26100", 26100, id="as the label has it"),
        pytest.param("6.1.0-21-amd64", None, id="a Linux kernel"),
        pytest.param("10.0.123", None, id="too short"),
        pytest.param("", None, id="nothing"),
    ],
)
def test_build(text, build):
    assert parse_build(text) == build


@given(st.text() | st.from_regex(r"(containerd://)?v?[0-9]*\.[0-9.]*.*", fullmatch=True))
def test_whatever_a_node_says_is_a_version_or_unknown(text):
    assert parse_version(text) is None or len(parse_version(text)) == 2
    assert parse_runtime(text) is None or parse_runtime(text).kind
    assert parse_build(text) is None or 10000 <= parse_build(text) <= 99999
