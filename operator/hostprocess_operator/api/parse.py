"""From the body that the API server sends to a HostProcessAgent, or to everything that is wrong with it.

Never raises, whatever the body holds: an object stored under an older schema, or sent past validation, must not stop
the operator from telling its owner what is wrong.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from hostprocess_operator.api.agent import AgentSpec, HostProcessAgent, Verification
from hostprocess_operator.api.scalars import PATTERNS_IN_WORDS
from hostprocess_operator.api.shape import Loc
from hostprocess_operator.errors import FieldError

_MAX_NAME: Final = 63
_MAX_KEY: Final = 64
_MAX_DEPTH: Final = 32
_STAND_IN: Final = [{"name": "stand-in", "image": "stand-in"}]

# By pydantic's type of the error. Only what the schema says is filled in, never what the user wrote.
_SENTENCES: Final = {
    "missing": "is required",
    "extra_forbidden": "is not a field of a HostProcessAgent: remove it, or correct its spelling",
    "tuple_type": "must be a list",
    "dict_type": "must be an object",
    "model_type": "must be an object",
    "string_type": "must be a text: put it in quotes",
    "int_type": "must be a whole number, without quotes",
    "bool_type": "must be true or false, without quotes",
    "literal_error": "must be {expected}",
    "string_too_short": "must not be empty",
    "string_too_long": "can have at most {max_length} characters",
    "string_pattern_mismatch": "must match {pattern}",
    "too_short": "needs at least {min_length}",
    "too_long": "can have at most {max_length}",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "rule": "{message}",
}
_NOT_A_VALUE: Final = "is not a value that this field can have"


@dataclass(frozen=True, slots=True)
class InvalidAgent:
    """A HostProcessAgent that breaks a rule.

    Attributes:
        errors: Every error that can be told at once, sorted; at least one.
        verification: The verification as asked for, so that running agents go on being judged; the default if
            that part is broken too.
    """

    name: str
    namespace: str
    uid: str
    generation: int
    annotations: Mapping[str, str]
    errors: tuple[FieldError, ...]
    verification: Verification


def parse_agent(body: Mapping[str, Any]) -> HostProcessAgent | InvalidAgent:
    """Return the agent that a HostProcessAgent object describes, or all that is wrong with it."""
    metadata = _object(_object(body).get("metadata"))
    name, namespace, uid = (_text(metadata.get(key)) for key in ("name", "namespace", "uid"))
    generation = metadata.get("generation")
    identity = (name, namespace, uid, generation if isinstance(generation, int) else 0)
    annotations = {key: value for key, value in _object(metadata.get("annotations")).items() if isinstance(value, str)}

    data = _as_stored(_object(body).get("spec"))
    spec, errors = _parse_spec(data)
    if len(name) > _MAX_NAME:
        errors = [*errors, FieldError("metadata.name", f"can have at most {_MAX_NAME} characters: it becomes a label")]
    if spec is None or errors:
        return InvalidAgent(*identity, annotations, tuple(sorted(set(errors))), _verification(data))
    return HostProcessAgent(*identity, annotations, spec)


def _parse_spec(data: object) -> tuple[AgentSpec | None, list[FieldError]]:
    if data is None:
        return None, [FieldError("spec", _SENTENCES["missing"])]
    try:
        return AgentSpec.model_validate(data), []
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
    return None, list(_field_errors([*found, *_of_rules_still_judged(_object(data), found)]))


def _of_rules_still_judged(data: Mapping[str, Any], found: Iterable[ErrorDetails]) -> Iterable[ErrorDetails]:
    """Yield what rules between fields say about the fields that are in order.

    Such rules wait until every field keeps its bounds. So that a wrong image does not hide that two ports collide
    elsewhere, broken fields are replaced by something harmless, and rules that read one of them are not heard.
    """
    broken = {each["loc"][0] for each in found if each["loc"]}
    sound = {key: value for key, value in data.items() if key not in broken}
    try:
        AgentSpec.model_validate({"containers": _STAND_IN} | sound)
    except ValidationError as error:
        for each in error.errors(include_url=False, include_input=False):
            if each["type"] == "rule" and broken.isdisjoint(each["ctx"].get("reads", ())):
                yield each


def _verification(data: object) -> Verification:
    try:
        return Verification.model_validate(_object(data).get("verification", {}))
    except ValidationError:
        return Verification()


def _field_errors(found: Iterable[ErrorDetails]) -> Iterator[FieldError]:
    within = {each["loc"][:depth] for each in found for depth in range(len(each["loc"]))}
    for each in found:
        if each["type"] == "too_short" and each["loc"] in within:
            continue  # pydantic counts only the items that are in order
        context = each.get("ctx", {})
        sentence = PATTERNS_IN_WORDS.get(context.get("pattern", "")) or _SENTENCES.get(each["type"], _NOT_A_VALUE)
        yield FieldError(path_of(("spec", *each["loc"])), sentence.format(**context))


def path_of(loc: Loc) -> str:
    """Return a location as the API server writes it; a key is the user's text, so it is cut and kept printable."""
    path = ""
    for step in loc:
        if isinstance(step, int):
            path += f"[{step}]"
        else:
            key = "".join(letter if letter.isprintable() else "?" for letter in step[:_MAX_KEY])
            path += f".{key}" if path else key
    return path


def _as_stored(value: object, depth: int = 0) -> object:
    """Return the value as the API server stores it: an object has no nulls, and 1.0 is 1."""
    if depth > _MAX_DEPTH:
        return value  # deeper than any field of ours
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Mapping):
        return {key: _as_stored(item, depth + 1) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_as_stored(item, depth + 1) for item in value]
    return value


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
