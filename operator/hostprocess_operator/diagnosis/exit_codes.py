"""What the exit code of a Windows process says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_WORD: Final = 0xFFFFFFFF
_STATUS: Final = 0x40000000
"""From here on a code is an NTSTATUS or HRESULT, which is looked up in hexadecimal."""

NOT_RECOGNIZED: Final = 9009
"""cmd.exe did not find the command."""

OUT_OF_MEMORY: Final = frozenset({0xC0000017, 0xC000012D})

_MEANINGS: Final[Mapping[int, str]] = {
    NOT_RECOGNIZED: "cmd.exe did not find a command",
    0xC0000005: "access violation",
    0xC0000017: "no memory left",
    0xC000001D: "illegal instruction",
    0xC0000022: "access denied",
    0xC000007B: "a file is no valid image, such as a DLL of the wrong architecture",
    0xC00000FD: "stack overflow",
    0xC000012D: "commitment limit reached",
    0xC0000135: "a DLL is missing",
    0xC0000139: "a DLL lacks a function",
    0xC000013A: "ended by Ctrl-C",
    0xC0000142: "a DLL failed to initialize",
    0xC0000374: "heap corruption",
    0xC0000409: "the program gave itself up: fail fast or a buffer overrun",
    0xE0434352: "unhandled .NET exception",
}


def unsigned(code: int) -> int:
    """Return the code as Windows means it: 32 bits, which Kubernetes shows with a sign."""
    return code & _WORD


def exit_words(code: int) -> str:
    """Return `exit code 1`, or `exit code 0xC0000135: a DLL is missing` where the meaning is known."""
    value = unsigned(code)
    shown = f"0x{value:08X}" if value >= _STATUS else str(code)
    meaning = _MEANINGS.get(value)
    return f"exit code {shown}: {meaning}" if meaning else f"exit code {shown}"
