"""What is quoted of components' words: the cause, without what differs from pod to pod and from try to try."""

import pytest

from hostprocess_operator.diagnosis.exit_codes import exit_words
from hostprocess_operator.diagnosis.quoting import because, in_words, quote
from support import build

UID = "5b0c7b1e-6f0a-4d0e-9a57-3a1de2f6c001"
ID = "9bfe2196b3666848efa302d43562d07489d7697636b752f8683309915613a504"
POD = build.pod(name="inspector-x7k2p")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        pytest.param("It is gone.", "It is gone", id="a sentence gives up its full stop"),
        pytest.param("rpc error: code = Unknown desc = no: unknown", "no", id="what gRPC puts around"),
        pytest.param(f'failed to start containerd task "{ID}": no', "no", id="what containerd puts before"),
        pytest.param("failed to create containerd task: failed to create shim task: no", "no", id="and the shim"),
        pytest.param(f"container {ID} is gone", "container ID is gone", id="a container ID"),
        pytest.param(f"volume {UID} is busy", "volume UID is busy", id="a UID"),
        pytest.param(f'for pod "inspector-x7k2p_agents({UID})": no', "for the pod: no", id="a pod"),
        pytest.param("inspector-x7k2p is bad", "POD is bad", id="the pod's name"),
        pytest.param("read tcp 10.0.0.4:51234->10.9.8.7:443: reset", "read tcp IP:443: reset", id="a connection"),
        pytest.param("dial tcp [fe80::1]:443: refused", "dial tcp IP:443: refused", id="an address of IPv6"),
        pytest.param("containerd 1.7.20 and 1.2.3.4.5", "containerd 1.7.20 and 1.2.3.4.5", id="no addresses"),
        pytest.param("a\r\n\tb\x1b[31mc\u202ed", "a bcd", id="hostile characters"),
        pytest.param(" . : ", "", id="nothing left"),
    ],
)
def test_quote(words, expected):
    assert quote(words, POD) == expected


def test_cause_stands_at_the_end_of_a_chain():
    chain = "".join(f"failed to do step {number} of many: " for number in range(20)) + "the disk is full"
    cause = because(chain, POD)
    assert cause.startswith(": failed to do step 1")
    assert cause.endswith("of many: the disk is full")
    assert len(cause) < 160


def test_cause_that_is_too_long_by_itself_is_cut():
    assert because("x" * 9999, POD).endswith("x\u2026")


def test_nothing_is_no_cause():
    assert because("", POD) == ""


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        pytest.param("pod inspector-x7k2p is bad", ": pod inspector-\u2026 is bad", id="a generated name"),
        pytest.param("set pod-security and x-frame", ": set pod-security and x-frame", id="other hyphens"),
        pytest.param("", "", id="no words"),
    ],
)
def test_in_words(words, expected):
    assert in_words(words) == expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        pytest.param(1, "exit code 1", id="of the program's own"),
        pytest.param(9009, "exit code 9009: cmd.exe did not find a command", id="of cmd.exe"),
        pytest.param(-1073741515, "exit code 0xC0000135: a DLL is missing", id="of Windows, as Kubernetes shows it"),
        pytest.param(3221225781, "exit code 0xC0000135: a DLL is missing", id="of Windows, as others show it"),
        pytest.param(-532462766, "exit code 0xE0434352: unhandled .NET exception", id="of .NET"),
        pytest.param(-2147024891, "exit code 0x80070005", id="of Windows, with a meaning that is not listed"),
        pytest.param(-1, "exit code 0xFFFFFFFF", id="minus one"),
    ],
)
def test_exit_words(code, expected):
    assert exit_words(code) == expected
