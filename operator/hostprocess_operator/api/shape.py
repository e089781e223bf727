"""What every model of the API is made of: a closed frozen base class, rules, and markers of the CRD schema.

A bound (a length, a pattern, a range) is pydantic's and becomes the same bound of the CRD's schema. What a bound
cannot say is a `Rule`: one sentence for people, one condition in Python for the operator, and the same condition
in CEL for the API server, side by side so that they change together.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    JsonValue,
    ValidationError,
    model_validator,
)
from pydantic.alias_generators import to_camel, to_snake
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, InitErrorDetails, PydanticCustomError, core_schema

Loc = tuple[str | int, ...]
"""Where in a value something is: keys in the API's spelling and list indices."""

# Not FieldValueDuplicate: with it the API server keeps the message to itself.
CelReason = Literal["FieldValueInvalid", "FieldValueForbidden", "FieldValueRequired"]

VALIDATIONS: Final = "x-kubernetes-validations"
ATOMIC_MAP: Final[dict[str, JsonValue]] = {"x-kubernetes-map-type": "atomic"}
"""Schema of an object, or a map, that server-side apply replaces as a whole."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that a value must keep to.

    Attributes:
        message: What is wrong and the way out. The operator and the API server both say exactly this.
        breaches: Return where a value breaks the rule, relative to the value; nothing if it keeps to it.
        cel: The same as a CEL expression over `self`; None if the API server knows it from the schema.
        at: The field of the value that the API server names; empty for the value itself.
        reason: The API server's machine-readable class of the error.
        reads: Top-level fields of the spec that the rule looks at; empty if it looks only at its own value.
    """

    message: str
    breaches: Callable[[Any], Iterable[Loc]]
    cel: str | None
    at: Loc = ()
    reason: CelReason = "FieldValueInvalid"
    reads: frozenset[str] = frozenset()

    def to_cel(self) -> dict[str, str]:
        """Return the rule as an entry of `x-kubernetes-validations`."""
        entry = {"rule": self.cel or "", "message": self.message, "reason": self.reason}
        return entry | ({"fieldPath": "".join(f".{name}" for name in self.at)} if self.at else {})


def rule(
    message: str, *, holds: Callable[[Any], bool], cel: str, at: str = "", reason: CelReason = "FieldValueInvalid"
) -> Rule:
    """Return a rule that is either kept or broken, with the error at `at` or at the value itself."""
    loc: Loc = (at,) if at else ()

    def breaches(value: Any) -> Iterable[Loc]:  # noqa: ANN401 -- a rule sees the type it is attached to
        return () if holds(value) else (loc,)

    return Rule(message, breaches, cel, at=loc, reason=reason)


def exactly_one(*fields: str) -> Rule:
    """Return the rule of a shape that is a choice between `fields`, named in the API's spelling."""
    *most, last = fields
    return rule(
        f"needs exactly one of {', '.join(most)} and {last}",
        holds=lambda shape: sum(getattr(shape, to_snake(name)) is not None for name in fields) == 1,
        cel=f"[{', '.join(f'has(self.{name})' for name in fields)}].exists_one(set, set)",
    )


def refused(message: str) -> "Rules":
    """Return the rules of a field that is declared only so that its presence can be answered with the way out."""
    return Rules(rule(message, holds=lambda _: False, cel="false", reason="FieldValueForbidden"))


def _judge(value: Any, rules: Iterable[Rule]) -> None:  # noqa: ANN401 -- any model or scalar
    """Raise one pydantic error with a line for every breach."""
    lines = [
        InitErrorDetails(
            type=PydanticCustomError("rule", "{message}", {"message": each.message, "reads": each.reads}),
            loc=loc,
            input=None,
        )
        for each in rules
        for loc in each.breaches(value)
    ]
    if lines:
        raise ValidationError.from_exception_data("rule", lines)


def _add_rules(schema: JsonSchemaValue, rules: Iterable[Rule]) -> None:
    entries = [each.to_cel() for each in rules if each.cel is not None]
    if entries:
        schema[VALIDATIONS] = [*schema.get(VALIDATIONS, []), *entries]


class Rules:
    """Marker for `Annotated`: the rules of one field, list item or map."""

    def __init__(self, *rules: Rule) -> None:
        self._rules = rules

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:  # noqa: ANN401
        """Judge the value once its bounds hold."""
        return self.judging(handler(source))

    def judging(self, schema: CoreSchema) -> CoreSchema:
        """Return the schema with the rules judged after it."""

        def check(value: Any) -> Any:  # noqa: ANN401
            _judge(value, self._rules)
            return value

        return core_schema.no_info_after_validator_function(check, schema)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Carry the rules into the CRD's schema."""
        json_schema = dict(handler(schema))
        _add_rules(json_schema, self._rules)
        return json_schema


class Shape(BaseModel):
    """Base of every model: strict, closed, frozen, snake_case here and camelCase on the wire."""

    model_config = ConfigDict(
        strict=True, extra="forbid", frozen=True, alias_generator=to_camel, use_attribute_docstrings=True
    )

    rules: ClassVar[tuple[Rule, ...]] = ()
    """Rules between the fields of the shape."""

    @model_validator(mode="after")
    def _keep_rules(self) -> Self:
        _judge(self, self.rules)
        return self

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Carry the rules into the CRD's schema."""
        json_schema = handler(schema)
        _add_rules(handler.resolve_ref_schema(json_schema), cls.rules)
        return json_schema

    # the ignore is for the whole class: a model is read from JSON, so that mypy need not know its keywords
    def to_dict(self, exclude: Mapping[str, Any] | set[str] | None = None) -> dict[str, Any]:
        """Return the shape as plain JSON values in the API's spelling, without what is not set or a default.

        Args:
            exclude: attributes to leave out, in the form that pydantic's `model_dump` takes.
        """
        return self.model_dump(mode="json", by_alias=True, exclude_defaults=True, exclude=exclude)
