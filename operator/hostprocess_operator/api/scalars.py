"""Bounded texts and numbers that several shapes use: names, labels, paths, commands, ports, quantities."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Final

from pydantic import Field

from hostprocess_operator.api.markers import IntOrString
from hostprocess_operator.api.names import GROUP
from hostprocess_operator.api.quantity import QUANTITY_PATTERN
from hostprocess_operator.api.shape import Loc, Rule, Rules, rule

_DNS_LABEL: Final = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_DNS_SUBDOMAIN: Final = rf"{_DNS_LABEL}(\.{_DNS_LABEL})*"
_QUALIFIED_NAME: Final = "[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?"
_LABEL_KEY: Final = rf"^({_DNS_SUBDOMAIN}/)?{_QUALIFIED_NAME}$"
_PORT_NAME: Final = "^[a-z0-9]+(-[a-z0-9]+)*$"

MAX_PORT: Final = 65535
MAX_INT32: Final = 2**31 - 1
MAX_SECONDS: Final = 86_400

_LABEL: Final = f"^{_DNS_LABEL}$"
_NAME: Final = f"^{_DNS_SUBDOMAIN}$"
_DATA_KEY: Final = r"^\.?[-_a-zA-Z0-9][-._a-zA-Z0-9]*$"
_NO_TWO_DOTS: Final = r"^(\.?[^.]|\.$)"
_ENV_NAME: Final = "^[ -<>-~]+$"
# Kubernetes lowers some names before it looks at them.
_ANY_SUBDOMAIN: Final = _DNS_SUBDOMAIN.replace("a-z", "a-zA-Z")
DRIVER_NAME: Final = f"^{_ANY_SUBDOMAIN}$"
FIELD_PATH: Final = (
    r"^(metadata\.(name|namespace|uid|labels|annotations)|"
    rf"metadata\.labels\['({_DNS_SUBDOMAIN}/)?{_QUALIFIED_NAME}'\]|"
    rf"metadata\.annotations\['({_ANY_SUBDOMAIN}/)?{_QUALIFIED_NAME}'\]|"
    r"spec\.(nodeName|serviceAccountName)|status\.(hostIPs?|podIPs?))$"
)
_IMAGE: Final = "^[!-~]+$"
_LABEL_VALUE: Final = "^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$"

PATTERNS_IN_WORDS: Final = {
    _LABEL: "must be lower-case letters, digits and -, and begin and end with a letter or digit",
    _NAME: "must be lower-case letters, digits, - and ., and begin and end with a letter or digit",
    _DATA_KEY: "must be letters, digits, -, _ and ., and not begin with ..",
    _NO_TWO_DOTS: "must not begin with ..",
    _ENV_NAME: "must be printable ASCII without =",
    DRIVER_NAME: "must be letters, digits, - and ., and begin and end with a letter or digit",
    FIELD_PATH: "must be a field of the pod, such as spec.nodeName or metadata.labels['example.com/name']",
    _IMAGE: "must be printable ASCII without spaces",
    _LABEL_VALUE: "must be letters, digits, -, _ and ., and begin and end with a letter or digit",
    _LABEL_KEY: "must be a label name, optionally with a DNS prefix: example.com/name",
    _PORT_NAME: "must be lower-case letters and digits, with single - between them",
}
"""What the API server shows as a pattern, for people."""

DnsLabel = Annotated[str, Field(min_length=1, max_length=63, pattern=_LABEL)]
ObjectName = Annotated[str, Field(min_length=1, max_length=253, pattern=_NAME)]
DataKey = Annotated[str, Field(min_length=1, max_length=253, pattern=_DATA_KEY)]
EnvName = Annotated[str, Field(min_length=1, max_length=256, pattern=_ENV_NAME)]
Image = Annotated[str, Field(min_length=1, max_length=512, pattern=_IMAGE)]
LabelValue = Annotated[str, Field(max_length=63, pattern=_LABEL_VALUE)]
LabelKey = Annotated[str, Field(min_length=1, max_length=317, pattern=_LABEL_KEY)]

Port = Annotated[int, Field(ge=1, le=MAX_PORT)]
PortName = Annotated[
    str,
    Field(min_length=1, max_length=15, pattern=_PORT_NAME),
    Rules(
        rule(
            "a port name needs at least one letter",
            holds=lambda name: bool(re.search("[a-z]", name)),
            cel="self.matches('[a-z]')",
        )
    ),
]
PortOrName = Annotated[
    int | str,
    IntOrString(
        message="must be a port number from 1 to 65535 or the name of a port of this container",
        pattern=_PORT_NAME,
        max_length=15,
        minimum=1,
        maximum=MAX_PORT,
    ),
]
Quantity = Annotated[
    int | str,
    IntOrString(
        message="must be a quantity such as 500m, 2 or 128Mi; write a fraction as text, in quotes",
        pattern=QUANTITY_PATTERN,
        max_length=32,
        minimum=0,
        maximum=2**53,
    ),
]
FileMode = Annotated[int, Field(ge=0, le=0o777)]
Count = Annotated[int, Field(ge=0, le=MAX_INT32)]
Seconds = Annotated[int, Field(ge=0, le=MAX_SECONDS)]


CommandItem = Annotated[
    str,
    Field(max_length=8192),
    Rules(
        rule(
            "must be one line: containerd 1.7 and later runs it through cmd.exe, where a line break ends the command. "
            "Join the statements with `;`, or run a script from a ConfigMap",
            holds=lambda text: "\n" not in text,
            cel=r"!self.contains('\n')",
        )
    ),
]
"""One item of a command line. cmd.exe, which runs it, takes at most 8,191 characters in all."""


_BACKSTEP: Final = r"(^|[\\/])\.\.([\\/]|$)"
_NOT_RELATIVE: Final = rf"^[\\/]|^[A-Za-z]:|{_BACKSTEP}"

NO_BACKSTEPS: Final = rule(
    "a path must not contain `..`",
    holds=lambda path: not re.search(_BACKSTEP, path),
    cel=f"!self.matches(r'{_BACKSTEP}')",
)
HostPath = Annotated[str, Field(min_length=1, max_length=260)]
_IS_RELATIVE: Final = rule(
    r"must be a relative path: no leading / or \, no drive letter, no `..`",
    holds=lambda path: not re.search(_NOT_RELATIVE, path),
    cel=f"!self.matches(r'{_NOT_RELATIVE}')",
)
RelativePath = Annotated[str, Field(min_length=1, max_length=260), Rules(_IS_RELATIVE)]
FileToWrite = Annotated[str, Field(min_length=1, max_length=260, pattern=_NO_TWO_DOTS), Rules(_IS_RELATIVE)]
"""A file of a volume. Those that begin with two dots are the kubelet's own."""


def every_key(message: str, *, holds: Callable[[str], bool], cel: str) -> Rule:
    """Return a rule over the keys of a map; `cel` speaks about one key, called `key`."""

    def breaches(items: Mapping[str, str]) -> Iterable[Loc]:
        return ((key,) for key in items if not holds(key))

    return Rule(message, breaches, f"self.all(key, {cel})")


LABEL_KEYS: Final = every_key(
    f"a key {PATTERNS_IN_WORDS[_LABEL_KEY]}",
    holds=lambda key: bool(re.fullmatch(_LABEL_KEY, key)) and key.find("/") <= 253,  # noqa: PLR2004 -- a DNS name's
    cel=f"key.matches(r'{_LABEL_KEY}') && key.indexOf('/') <= 253",
)
OUR_KEYS: Final = every_key(
    f"keys under {GROUP}/ belong to the operator: leave it out, the operator writes what it needs",
    holds=lambda key: not key.startswith(f"{GROUP}/"),
    cel=f"!key.startsWith('{GROUP}/')",
)
