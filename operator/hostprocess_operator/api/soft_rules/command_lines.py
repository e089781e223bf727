"""Soft rules about texts that reach a process: command lines, variables and working directories."""

import re
from collections.abc import Iterator
from itertools import chain
from typing import TYPE_CHECKING, Final

from hostprocess_operator.api.shape import Loc
from hostprocess_operator.api.soft_rules.places import MOUNT_POINT, command_items, settings
from hostprocess_operator.api.soft_rules.soft_rule import SoftRule

if TYPE_CHECKING:
    from hostprocess_operator.api.agent import AgentSpec

_ANY_CASE: Final = re.IGNORECASE | re.ASCII  # as CEL's lowerAscii

# What the runtime itself puts the path in place of, in either spelling and exactly this case.
_REPLACED: Final = (f"%{MOUNT_POINT}%", f"$env:{MOUNT_POINT}")

_SPECIAL: Final = r"[\^&|<>]"
_SPACE: Final = r"[ \t]"
_EXPANDED: Final = "%[^%]+%"
_TOKEN: Final = r"[\\/]var[\\/]run[\\/]secrets[\\/]kubernetes\.io[\\/]serviceaccount"  # noqa: S105 -- where it lies

# Variables that every node has. A percent sign between other words is as likely to be a date or part of an address.
_KNOWN: Final = (
    "allusersprofile|appdata|commonprogramfiles|computername|comspec|homedrive|homepath|hostname|localappdata|"
    r"number_of_processors|path|processor_architecture|programdata|programfiles|programfiles\(x86\)|programw6432|"
    "psmodulepath|public|systemdrive|systemroot|temp|tmp|userdomain|username|userprofile|windir"
)
_LEFT_AS_IT_IS: Final = rf"%({_KNOWN})%|\$env:({_KNOWN})([^a-z0-9_]|$)"


def _without_replaced(text: str) -> str:
    for spelling in _REPLACED:
        text = text.replace(spelling, "")
    return text


def _cel_without_replaced(text: str) -> str:
    return text + "".join(f".replace('{spelling}', '')" for spelling in _REPLACED)


def _is_taken_by_cmd(item: str) -> bool:
    r"""Return whether cmd.exe takes something of an item of a command line for itself.

    The runtime puts an item in quotes if it holds a space or tab and writes `\"` for a quote within, which cmd.exe
    takes for the end of the quotes. Percent signs have their meaning within quotes too.
    """
    bare = '"' in item or not re.search(_SPACE, item)
    return bool((bare and re.search(_SPECIAL, item)) or re.search(_EXPANDED, _without_replaced(item)))


def _taken_by_cmd(spec: "AgentSpec") -> Iterator[Loc]:
    return (loc for loc, item in command_items(spec) if _is_taken_by_cmd(item))


def _paths_of_the_token(spec: "AgentSpec") -> Iterator[Loc]:
    for loc, text in chain(command_items(spec), settings(spec)):
        if re.search(_TOKEN, text, _ANY_CASE) and MOUNT_POINT not in text:
            yield loc


def _left_as_they_are(spec: "AgentSpec") -> Iterator[Loc]:
    return (loc for loc, text in settings(spec) if re.search(_LEFT_AS_IT_IS, _without_replaced(text), _ANY_CASE))


RULES: Final = (
    SoftRule(
        "HPC108",
        "characters that cmd.exe takes for itself",
        "cmd.exe runs the command on containerd 1.7 and later and takes % ^ & | < > for itself: "
        "use powershell.exe -EncodedCommand, or run a script from a ConfigMap",
        where="the command or args of a container, or the command of a hook or probe",
        breaches=_taken_by_cmd,
        cel="variables.commandItems.all(items, items.all(item, "
        f"!((item.contains('\"') || !item.matches(r'{_SPACE}')) && item.matches(r'{_SPECIAL}')) && "
        f"!{_cel_without_replaced('item')}.matches('{_EXPANDED}')))",
    ),
    SoftRule(
        "HPC109",
        "a ServiceAccount token where only some nodes have it",
        "not every node has the ServiceAccount's files at this path: "
        rf"put $env:{MOUNT_POINT} in front of it, which works on all",
        where="a command, variable or working directory of a container",
        breaches=_paths_of_the_token,
        cel="(variables.commandItems + variables.settings).all(texts, texts.all(text, "
        f"!text.lowerAscii().matches(r'{_TOKEN.lower()}') || text.contains('{MOUNT_POINT}')))",
    ),
    SoftRule(
        "HPC110",
        "a variable that nothing replaces",
        f"only {MOUNT_POINT} is replaced here, everything else reaches the process as it is written: "
        "write the value itself, or let the process read the variable",
        where="the value of a variable or the working directory of a container",
        breaches=_left_as_they_are,
        cel="variables.settings.all(texts, texts.all(text, "
        f"!{_cel_without_replaced('text')}.lowerAscii().matches(r'{_LEFT_AS_IT_IS}')))",
    ),
)
