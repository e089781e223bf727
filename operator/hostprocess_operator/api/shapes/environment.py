"""Environment variables, and the selectors that read other objects or the pod itself."""

import re
from typing import Annotated, Final, Literal

from pydantic import Field

from hostprocess_operator.api.scalars import FIELD_PATH, DataKey, EnvName, ObjectName, Quantity
from hostprocess_operator.api.shape import ATOMIC_MAP, Rules, Shape, exactly_one, rule

_MAPS: Final = ["metadata.labels", "metadata.annotations"]
_CORES: Final = "^(0|1|1m)$"
_BYTES: Final = "^(0|1|1[kMGTPE]|1[KMGTPE]i)$"

Resource = Literal[
    "limits.cpu",
    "limits.memory",
    "limits.ephemeral-storage",
    "requests.cpu",
    "requests.memory",
    "requests.ephemeral-storage",
]


class ObjectFieldSelector(Shape, json_schema_extra=ATOMIC_MAP):
    """A field of the pod."""

    api_version: Literal["v1"] | None = None
    """Version of the schema that the path is written in."""
    field_path: Annotated[str, Field(min_length=1, max_length=512, pattern=FIELD_PATH)]
    """Path of the field, such as spec.nodeName or metadata.labels['key']."""


EnvFieldSelector = Annotated[
    ObjectFieldSelector,
    Rules(
        rule(
            "a variable holds one label or annotation: write metadata.labels['key'] or metadata.annotations['key']",
            holds=lambda selector: selector.field_path not in _MAPS,
            cel=f"!(self.fieldPath in {_MAPS})",
            at="fieldPath",
        )
    ),
]
FileFieldSelector = Annotated[
    ObjectFieldSelector,
    Rules(
        rule(
            "a file can hold only metadata of the pod: take an environment variable for spec and status",
            holds=lambda selector: selector.field_path.startswith("metadata."),
            cel="self.fieldPath.startsWith('metadata.')",
            at="fieldPath",
        )
    ),
]


class ResourceFieldSelector(Shape, json_schema_extra=ATOMIC_MAP):
    """A request or limit of a container."""

    rules = (
        rule(
            "processors are counted in whole ones or thousandths: write 1 or 1m",
            holds=lambda selector: _is_counted(selector, _CORES) or not selector.resource.endswith(".cpu"),
            cel=f"!has(self.divisor) || !self.resource.endsWith('.cpu') || string(self.divisor).matches('{_CORES}')",
            at="divisor",
        ),
        rule(
            "bytes are counted one by one or in a unit: write 1, or 1 with a unit, such as 1k, 1Mi or 1G",
            holds=lambda selector: _is_counted(selector, _BYTES) or selector.resource.endswith(".cpu"),
            cel=f"!has(self.divisor) || self.resource.endsWith('.cpu') || string(self.divisor).matches('{_BYTES}')",
            at="divisor",
        ),
    )

    container_name: Annotated[str, Field(max_length=63)] | None = None
    """Container to read from, by default the one that has the variable."""
    resource: Resource
    """Request or limit to read."""
    divisor: Quantity | None = None
    """Unit to count in."""


def _is_counted(selector: ResourceFieldSelector, units: str) -> bool:
    return selector.divisor is None or bool(re.search(units, str(selector.divisor)))


class ConfigMapKeySelector(Shape, json_schema_extra=ATOMIC_MAP):
    """A key of a ConfigMap."""

    name: ObjectName
    """Name of the ConfigMap."""
    key: DataKey
    """Key to read."""
    optional: bool | None = None
    """Whether the ConfigMap or the key may be missing."""


class SecretKeySelector(Shape, json_schema_extra=ATOMIC_MAP):
    """A key of a Secret."""

    name: ObjectName
    """Name of the Secret."""
    key: DataKey
    """Key to read."""
    optional: bool | None = None
    """Whether the Secret or the key may be missing."""


class EnvVarSource(Shape):
    """Where the value of an environment variable comes from."""

    rules = (exactly_one("fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef"),)

    field_ref: EnvFieldSelector | None = None
    """A field of the pod."""
    resource_field_ref: ResourceFieldSelector | None = None
    """A request or limit of a container."""
    config_map_key_ref: ConfigMapKeySelector | None = None
    """A key of a ConfigMap."""
    secret_key_ref: SecretKeySelector | None = None
    """A key of a Secret."""


class EnvVar(Shape):
    """An environment variable."""

    rules = (
        rule(
            "has both value and valueFrom: leave out one",
            holds=lambda variable: not variable.value or variable.value_from is None,
            cel="!has(self.value) || self.value == '' || !has(self.valueFrom)",
            at="valueFrom",
        ),
    )

    name: EnvName
    """Name of the variable."""
    value: Annotated[str, Field(max_length=32_767)] | None = None
    """Value, in which $(NAME) stands for an earlier variable."""
    value_from: EnvVarSource | None = None
    """Where the value comes from."""


class ConfigMapEnvSource(Shape):
    """A ConfigMap whose keys become variables."""

    name: ObjectName
    """Name of the ConfigMap."""
    optional: bool | None = None
    """Whether the ConfigMap may be missing."""


class SecretEnvSource(Shape):
    """A Secret whose keys become variables."""

    name: ObjectName
    """Name of the Secret."""
    optional: bool | None = None
    """Whether the Secret may be missing."""


class EnvFromSource(Shape):
    """An object whose keys become variables."""

    rules = (exactly_one("configMapRef", "secretRef"),)

    prefix: Annotated[str, Field(max_length=128, pattern="^[ -<>-~]*$")] | None = None
    """Text put before every name."""
    config_map_ref: ConfigMapEnvSource | None = None
    """The ConfigMap."""
    secret_ref: SecretEnvSource | None = None
    """The Secret."""
