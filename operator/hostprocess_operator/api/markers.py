"""Markers for `Annotated` that say how Kubernetes treats a list or a value that is a number or a text."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.alias_generators import to_snake
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from hostprocess_operator.api.shape import Loc, Rule, Rules


@dataclass(frozen=True, slots=True)
class Atomic:
    """A list that server-side apply replaces as a whole."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:  # noqa: ANN401
        """Take the list that JSON has for the tuple that a frozen model holds."""
        return _tuple_from_list(handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Name the list type."""
        return dict(handler(schema)) | {"x-kubernetes-list-type": "atomic"}


class ListMap:
    """A list of objects told apart by the values of some fields; two items with the same ones are refused."""

    def __init__(self, *keys: str) -> None:
        self._keys = keys

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:  # noqa: ANN401
        """Take a list and refuse duplicates, as the API server does for this list type."""
        unique = Rule(
            message=f"must be unique: an earlier item has the same {' and '.join(self._keys)}",
            breaches=self._duplicates,
            cel=None,
        )
        return Rules(unique).judging(_tuple_from_list(handler(source)))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Name the list type and its keys."""
        return dict(handler(schema)) | {
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": list(self._keys),
        }

    def _duplicates(self, items: Sequence[Any]) -> Iterable[Loc]:
        seen = set()
        for index, item in enumerate(items):
            key = tuple(getattr(item, to_snake(name)) for name in self._keys)
            if key in seen:
                yield (index,)
            seen.add(key)


@dataclass(frozen=True, slots=True)
class IntOrString:
    """A value that is a number within a range or a text of a pattern.

    Attributes:
        message: What is wrong with anything else.
        pattern: What a text has to match.
        max_length: Longest text.
        minimum: Smallest number.
        maximum: Greatest number.
    """

    message: str
    pattern: str
    max_length: int
    minimum: int
    maximum: int

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:  # noqa: ANN401
        """Accept either form and answer everything else with one error."""
        del source, handler
        return core_schema.union_schema(
            [
                core_schema.int_schema(strict=True, ge=self.minimum, le=self.maximum),
                core_schema.str_schema(strict=True, pattern=self.pattern, max_length=self.max_length),
            ],
            custom_error_type="rule",
            custom_error_message="{message}",
            custom_error_context={"message": self.message},
        )

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Return the form that the API server knows for such values."""
        del schema, handler
        return {
            "x-kubernetes-int-or-string": True,
            "minimum": self.minimum,
            "maximum": self.maximum,
            "pattern": self.pattern,
            "maxLength": self.max_length,
        }


def _tuple_from_list(schema: CoreSchema) -> CoreSchema:
    """Return the schema of a tuple loosened just enough to take a list."""
    return {**schema, "strict": False}
