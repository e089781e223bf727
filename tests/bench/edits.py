"""Edits of a HostProcessAgent's spec, made from the CRD's own schema, good ones and bad ones. Pure but for chance."""

import copy
from dataclasses import dataclass

from bench import schema_values
from hostprocess_operator.api.agent import HostProcessAgent
from hostprocess_operator.api.parse import parse_agent

TRIES = 60


@dataclass(frozen=True)
class Edit:
    """One edit.

    Attributes:
        spec: the whole spec after it.
        valid: what the operator's own model says of it.
        what: the field, and what was done to it.
    """

    spec: dict
    valid: bool
    what: str


def next_edit(spec, schema, chance, *, valid, others=()):
    """Return an edit of a spec after which the model accepts it, or does not.

    Args:
        spec: as it is now.
        schema: of a spec.
        chance: source of chance.
        valid: whether the edited spec is to be accepted.
        others: accepted specs to take a field from.
    """
    for _ in range(TRIES):
        edited = copy.deepcopy(spec)
        what = change(edited, schema, chance, valid=valid, others=others)
        if edited != spec and is_valid(edited) == valid:
            return Edit(edited, valid, what)
    # whatever chance made of it was no use: the plainest specs there are
    image = f"registry.example/agent:{chance.randrange(10**6)}" if valid else "not an image"
    return Edit({"containers": [{"name": "agent", "image": image}]}, valid, "the whole spec")


def is_valid(spec):
    """Return what the operator's model says of a spec."""
    metadata = {"name": "one", "namespace": "agents", "uid": "u", "generation": 1}
    return isinstance(parse_agent({"metadata": metadata, "spec": spec}), HostProcessAgent)


def change(spec, schema, chance, *, valid, others):
    """Change one field of the spec in place, and return which and how."""
    holder, key, inner, path = place(spec, schema, chance)
    kind = chance.random()
    if valid and others and kind < 0.15:
        name = chance.choice(list(schema["properties"]))
        return borrow(spec, chance.choice(others), name)
    if kind < 0.3 and isinstance(holder, dict) and key in holder:
        del holder[key]
        return f"{path} removed"
    made = schema_values.value(inner, chance) if valid or kind < 0.5 else schema_values.broken(inner, chance)
    if isinstance(holder, list) and key == len(holder):
        holder.append(made)
    else:
        holder[key] = made
    return f"{path} set"


def borrow(spec, other, name):
    """Give a field the value that it has in another spec."""
    spec.pop(name, None)
    if name in other:
        spec[name] = copy.deepcopy(other[name])
    return f"{name} taken from a sample"


def place(spec, schema, chance):
    """Walk down from a spec by chance; return what holds the field, its key, the field's schema, and its path."""
    holder, inner, path = spec, schema, "spec"
    while True:
        if isinstance(holder, list):
            key, field = chance.randint(0, len(holder)), inner["items"]
            path += f"[{key}]"
        else:
            fields = inner.get("properties") or {"app": inner["additionalProperties"]}
            key = chance.choice(list(fields))
            field = fields[key]
            path += f".{key}"
        there = key < len(holder) if isinstance(holder, list) else key in holder
        if not there or not leads_on(holder[key], field) or chance.random() < 0.3:
            return holder, key, field, path
        holder, inner = holder[key], field


def leads_on(found, schema):
    """Return whether a value has parts of which the schema speaks; a broken spec may hold anything anywhere."""
    if isinstance(found, list):
        return "items" in schema
    return isinstance(found, dict) and bool(schema.get("properties") or schema.get("additionalProperties"))
