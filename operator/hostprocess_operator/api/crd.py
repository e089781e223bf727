"""The CustomResourceDefinition, made from the models.

Turns pydantic's JSON schema into the structural schema that the API server demands. Pure: writes no file.
"""

from collections.abc import Mapping
from typing import Any, Final

from pydantic import BaseModel

from hostprocess_operator.api.agent import AgentSpec
from hostprocess_operator.api.names import CATEGORY, GROUP, KIND, PLURAL, SHORT_NAMES, SINGULAR, VERSION
from hostprocess_operator.api.shape import VALIDATIONS
from hostprocess_operator.api.status import AgentStatus

_Schema = dict[str, Any]

# What pydantic writes and a structural schema must not hold.
_DROPPED: Final = ("title", "additionalProperties", "propertyNames", "$ref", "anyOf", "const", "default", "prefixItems")


def crd() -> dict[str, Any]:
    """Return the CustomResourceDefinition as plain JSON values, in the order of a manifest."""
    version = {
        "name": VERSION,
        "served": True,
        "storage": True,
        "additionalPrinterColumns": _columns(),
        "schema": {"openAPIV3Schema": _root()},
        "subresources": {"status": {}},
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{PLURAL}.{GROUP}"},
        "spec": {
            "group": GROUP,
            "names": {
                "kind": KIND,
                "listKind": f"{KIND}List",
                "plural": PLURAL,
                "singular": SINGULAR,
                "shortNames": list(SHORT_NAMES),
                "categories": [CATEGORY],
            },
            "scope": "Namespaced",
            "versions": [version],
        },
    }


def _root() -> _Schema:
    # The one default that a status has: with it, a new object is not mistaken for one that was already judged.
    status = _without_defaults(structural_schema(AgentStatus)) | {"default": {"observedGeneration": -1}}
    return {
        "type": "object",
        "description": "An agent that runs as a host process on every matching Windows node.",
        "required": ["spec"],
        "properties": {
            "apiVersion": {"type": "string"},
            "kind": {"type": "string"},
            # the name becomes the value of a label
            "metadata": {"type": "object", "properties": {"name": {"type": "string", "maxLength": 63}}},
            "spec": structural_schema(AgentSpec),
            "status": status,
        },
    }


def _columns() -> list[dict[str, Any]]:
    ready = '.status.conditions[?(@.type=="Ready")]'
    rows = (
        (
            "Ready",
            "string",
            0,
            f"{ready}.status",
            "Whether the agent runs, and is verified, on every node that counts.",
        ),
        ("Nodes", "string", 0, ".status.summary.nodes", "Nodes with an available agent, of all that should have one."),
        ("Admin", "string", 0, ".status.summary.adminRights", "Nodes on which administrator rights are proven."),
        ("Reason", "string", 0, f"{ready}.reason", "Why the agent is ready or not."),
        ("Age", "date", 0, ".metadata.creationTimestamp", "Time since the agent was created."),
        ("Updated", "integer", 1, ".status.nodes.updated", "Nodes that run the revision of the current spec."),
        ("Desired", "integer", 1, ".status.nodes.desired", "Nodes that should run the agent."),
        ("Image", "string", 1, ".spec.containers[0].image", "Image of the first container."),
        ("Since", "date", 1, f"{ready}.lastTransitionTime", "Time since the agent became ready or stopped being so."),
        ("Message", "string", 1, f"{ready}.message", "What is going on and what to do."),
    )
    return [
        {"name": name, "type": kind, "description": description, "jsonPath": path} | ({"priority": 1} if wide else {})
        for name, kind, wide, path, description in rows
    ]


def structural_schema(model: type[BaseModel]) -> _Schema:
    """Return the structural schema of a model: references inlined, closed, and without what is only pydantic's."""
    schema = model.model_json_schema(by_alias=True)
    return _structural(schema, schema.get("$defs", {}))


def _structural(schema: Mapping[str, Any], shapes: Mapping[str, Any]) -> _Schema:
    schema = _resolve(schema, shapes)
    result = {key: value for key, value in schema.items() if key not in _DROPPED and not key.startswith("$")}
    if "const" in schema:
        result["enum"] = [schema["const"]]
    if "properties" in schema:
        result["properties"] = {key: _structural(value, shapes) for key, value in schema["properties"].items()}
    if "items" in schema:
        result["items"] = _structural(schema["items"], shapes)
    if isinstance(schema.get("additionalProperties"), Mapping):
        result["additionalProperties"] = _structural(schema["additionalProperties"], shapes)
    if "description" in schema:
        result["description"] = _first_sentence(schema["description"])
    default = _default(schema)
    return result if default is None else result | {"default": default}


def _resolve(schema: Mapping[str, Any], shapes: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the schema with its reference, or its one alternative to null, merged into it."""
    choices = [choice for choice in schema.get("anyOf", ()) if choice.get("type") != "null"]
    if len(choices) > 1:
        raise ValueError(f"a structural schema has no place for a choice between types: {schema}")
    inner = shapes[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else choices[0] if choices else None
    if inner is None:
        return schema
    inner = _resolve(inner, shapes)
    both = [*inner.get(VALIDATIONS, []), *schema.get(VALIDATIONS, [])]
    return {**inner, **schema} | ({VALIDATIONS: both} if both else {})


def _default(schema: Mapping[str, Any]) -> object:
    """Return the default that the API server has to fill in, None for a field that is simply absent."""
    default = schema.get("default")
    if isinstance(default, dict) and "properties" in schema:
        return {}  # the fields of the object have their own defaults
    return None if default in ([], {}) else default


def _without_defaults(schema: _Schema) -> _Schema:
    kept = {key: value for key, value in schema.items() if key != "default"}
    if "properties" in kept:
        kept["properties"] = {key: _without_defaults(value) for key, value in kept["properties"].items()}
    if "items" in kept:
        kept["items"] = _without_defaults(kept["items"])
    return kept


def _first_sentence(description: str) -> str:
    text = " ".join(description.split())
    sentence, dot, _ = text.partition(". ")
    return f"{sentence}." if dot else text
