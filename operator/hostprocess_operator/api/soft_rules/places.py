"""Places of a spec that several soft rules look at: each as a walk in Python and as a variable in CEL.

The fields of containers and init containers have types of their own in CEL. Only lists of plain texts can be joined,
so what a rule has to see of both is made of such lists.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from pydantic.alias_generators import to_snake

from hostprocess_operator.api.names import DEFAULT_ACCOUNT
from hostprocess_operator.api.shape import Loc

if TYPE_CHECKING:
    from hostprocess_operator.api.agent import AgentSpec
    from hostprocess_operator.api.shapes.containers import Container, InitContainer

MOUNT_POINT: Final = "CONTAINER_SANDBOX_MOUNT_POINT"
"""The variable whose value is the root of a container's files on the node."""

PROBES: Final = ("livenessProbe", "readinessProbe", "startupProbe")

_OF_ANY_CONTAINER: Final = (
    "command",
    "args",
    "lifecycle.postStart.exec.command",
    "lifecycle.preStop.exec.command",
)
_OF_PROBES: Final = tuple(f"{probe}.exec.command" for probe in PROBES)


def containers(spec: "AgentSpec") -> Iterator[tuple[Loc, "Container | InitContainer"]]:
    """Yield every container and where it is."""
    lists: Sequence[tuple[str, Sequence[Container | InitContainer]]] = (
        ("containers", spec.containers),
        ("initContainers", spec.init_containers),
    )
    return (((name, index), each) for name, items in lists for index, each in enumerate(items))


def accounts(spec: "AgentSpec") -> Iterator[tuple[Loc, str]]:
    """Yield every account that is written down."""
    yield ("runAsUserName",), spec.run_as_user_name
    for loc, container in containers(spec):
        if container.run_as_user_name is not None:
            yield (*loc, "runAsUserName"), container.run_as_user_name


def judged_account(spec: "AgentSpec") -> str:
    """Return the account of the process whose rights are looked at: the container of AgentLog, or the first."""
    name = spec.verification.container or spec.containers[0].name
    own = next(each.run_as_user_name for each in spec.containers if each.name == name)
    return own or spec.run_as_user_name


def command_items(spec: "AgentSpec") -> Iterator[tuple[Loc, str]]:
    """Yield every item of every command line, of hooks and probes too."""
    for loc, container in containers(spec):
        for field in (*_OF_ANY_CONTAINER, *_OF_PROBES):
            for index, item in enumerate(_at(container, field) or ()):
                yield (*loc, *field.split("."), index), item


def settings(spec: "AgentSpec") -> Iterator[tuple[Loc, str]]:
    """Yield what a process finds as it starts: the values of its variables and its working directory."""
    for loc, container in containers(spec):
        for index, variable in enumerate(container.env):
            yield (*loc, "env", index, "value"), variable.value or ""
        yield (*loc, "workingDir"), container.working_dir or ""


def _at(value: Any, field: str) -> Any:  # noqa: ANN401 -- any shape, and whatever its field holds
    for step in field.split("."):
        value = getattr(value, to_snake(step), None)
    return value


def every_container(kept: str) -> str:
    """Return a CEL expression that is true if `kept` is true of every `container`."""
    return (
        f"object.spec.containers.all(container, {kept}) && "
        f"object.spec.?initContainers.orValue([]).all(container, {kept})"
    )


def _of_containers(cel: str, of_init: str) -> str:
    return (
        f"object.spec.containers.map(container, {cel}) + "
        f"object.spec.?initContainers.orValue([]).map(container, {of_init})"
    )


def _joined(fields: Sequence[str]) -> str:
    return " + ".join(f"container.?{field.replace('.', '.?')}.orValue([])" for field in fields)


_OWN_ACCOUNT: Final = "container.?runAsUserName.orValue(variables.account)"
_SETTINGS: Final = (
    "container.?env.orValue([]).map(variable, variable.?value.orValue('')) + [container.?workingDir.orValue('')]"
)

VARIABLES: Final = {
    "account": f"object.spec.?runAsUserName.orValue(r'{DEFAULT_ACCOUNT}')",
    "accounts": f"[variables.account] + {_of_containers(_OWN_ACCOUNT, _OWN_ACCOUNT)}",
    "judgedAccount": "object.spec.containers.filter(container, "
    "container.name == object.spec.?verification.?container.orValue(object.spec.containers[0].name))"
    f".map(container, {_OWN_ACCOUNT})[0]",
    "commandItems": _of_containers(_joined((*_OF_ANY_CONTAINER, *_OF_PROBES)), _joined(_OF_ANY_CONTAINER)),
    "settings": _of_containers(_SETTINGS, _SETTINGS),
}
"""The variables of CEL. An account is a text; command items and settings are a list of texts for each container."""
