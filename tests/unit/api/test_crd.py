"""The CRD is current, small, and a schema that the API server and GitOps tools can live with."""

import json
import re
from pathlib import Path

import pytest
import yaml
from pydantic import BaseModel

from hostprocess_operator.api.crd import crd, structural_schema
from hostprocess_operator.api.shape import VALIDATIONS

FILE = Path(__file__).parents[3] / "crds" / "hostprocess.dev_hostprocessagents.yaml"
CRD = crd()
VERSION = CRD["spec"]["versions"][0]
ROOT = VERSION["schema"]["openAPIV3Schema"]


def walk(schema, path):
    """Yield every schema below this one with its path."""
    yield path, schema
    for name, inner in schema.get("properties", {}).items():
        yield from walk(inner, f"{path}.{name}")
    if "items" in schema:
        yield from walk(schema["items"], f"{path}[]")
    if "additionalProperties" in schema:
        yield from walk(schema["additionalProperties"], f"{path}{{}}")


SPEC = list(walk(ROOT["properties"]["spec"], "spec"))
STATUS = list(walk(ROOT["properties"]["status"], "status"))
ALL = [*SPEC, *STATUS]
RULES = [(path, schema, rule) for path, schema in ALL for rule in schema.get(VALIDATIONS, ())]


def missing(schemas, condition, keyword):
    return [path for path, schema in schemas if condition(schema) and keyword not in schema]


def is_text(schema):
    return (schema.get("type") == "string" and "enum" not in schema) or "x-kubernetes-int-or-string" in schema


def is_list(schema):
    return schema.get("type") == "array"


def is_map(schema):
    return "additionalProperties" in schema


class TestFile:
    """What lies in crds/."""

    def test_it_is_what_the_models_say(self):
        assert yaml.safe_load(FILE.read_text(encoding="utf-8")) == CRD, "run `make crds`"

    def test_it_stays_far_below_what_kubectl_apply_can_store(self):
        assert len(json.dumps(CRD, separators=(",", ":"))) <= 200_000

    def test_it_is_made_of_plain_json(self):
        assert json.loads(json.dumps(CRD)) == CRD


class TestBounds:
    """Without bounds on everything, the API server takes every rule for too expensive."""

    def test_every_text_has_a_length(self):
        assert missing(ALL, is_text, "maxLength") == []

    def test_every_list_has_a_length(self):
        assert missing(ALL, is_list, "maxItems") == []

    def test_every_map_has_a_size(self):
        assert missing(ALL, is_map, "maxProperties") == []

    def test_the_name_can_be_the_value_of_a_label(self):
        assert ROOT["properties"]["metadata"]["properties"]["name"]["maxLength"] == 63


class TestStructure:
    """What a structural schema must and must not hold."""

    def test_every_schema_has_a_type(self):
        assert missing(ALL, lambda schema: "x-kubernetes-int-or-string" not in schema, "type") == []

    def test_the_schema_is_closed(self):
        assert "x-kubernetes-preserve-unknown-fields" not in json.dumps(CRD)

    @pytest.mark.parametrize(
        "keyword", ["$ref", "$defs", "anyOf", "const", "title", "propertyNames", "exclusiveMinimum"]
    )
    def test_nothing_is_left_of_what_only_pydantic_understands(self, keyword):
        assert [path for path, schema in ALL if keyword in schema] == []

    def test_every_list_says_how_it_is_merged(self):
        assert missing(ALL, is_list, "x-kubernetes-list-type") == []

    def test_the_keys_of_a_list_are_always_there(self):
        keyless = [
            path
            for path, schema in ALL
            for key in schema.get("x-kubernetes-list-map-keys", ())
            if key not in schema["items"].get("required", ()) and "default" not in schema["items"]["properties"][key]
        ]
        assert keyless == []

    def test_every_field_is_described_in_one_sentence(self):
        fields = {path: schema.get("description", "") for path, schema in ALL if re.search(r"\.\w+$", path)}
        refused = [path for path, schema in ALL if any(rule["rule"] == "false" for rule in schema.get(VALIDATIONS, ()))]
        below = tuple(f"{path}{step}" for path in refused for step in ".[")

        assert [
            path for path in fields if not re.fullmatch(r"[A-Z].*\.", fields[path]) and not path.startswith(below)
        ] == []

    def test_a_choice_between_types_is_an_error_of_ours(self):
        class Choice(BaseModel):
            value: int | str

        with pytest.raises(ValueError, match="choice between types"):
            structural_schema(Choice)


class TestRules:
    """Rules that the API server judges."""

    def test_each_has_a_message_of_one_line_and_a_reason(self):
        wordless = [rule for _, _, rule in RULES if not rule["message"] or "\n" in rule["message"]]

        assert wordless == []
        assert {rule["reason"] for _, _, rule in RULES} <= {
            "FieldValueInvalid",
            "FieldValueForbidden",
            "FieldValueRequired",
        }

    def test_each_names_a_field_that_exists(self):
        known = {path for path, _ in ALL}

        assert [f"{path}{rule['fieldPath']}" for path, _, rule in RULES if "fieldPath" in rule] != []
        assert {f"{path}{rule.get('fieldPath', '')}" for path, _, rule in RULES} <= known

    def test_no_rule_stands_twice_at_one_place(self):
        for path, schema in ALL:
            rules = [rule["rule"] for rule in schema.get(VALIDATIONS, ()) if rule["rule"] != "false"]
            assert len(rules) == len(set(rules)), path


class TestDefaults:
    """A default in the schema is written into every object and can never be changed again."""

    def test_only_permanent_ones_are_in_the_spec(self):
        defaults = {path: schema["default"] for path, schema in SPEC if "default" in schema}

        assert defaults == {
            "spec.automountServiceAccountToken": False,
            "spec.containers[].ports[].protocol": "TCP",
            "spec.initContainers[].ports[].protocol": "TCP",
            "spec.rollout": {},
            "spec.rollout.canary.approval": "Automatic",
            "spec.rollout.canary.nodes": 1,
            "spec.rollout.maxFailures": 0,
            "spec.rollout.maxUnavailable": 1,
            "spec.rollout.minReadySeconds": 0,
            "spec.rollout.nodeImpactSeconds": 60,
            "spec.rollout.onFailure": "Halt",
            "spec.rollout.progressDeadlineSeconds": 1800,
            "spec.runAsUserName": r"NT AUTHORITY\SYSTEM",
            "spec.suspend": False,
            "spec.terminationGracePeriodSeconds": 30,
            "spec.verification": {},
            "spec.verification.mode": "Probe",
            "spec.verification.timeoutSeconds": 300,
        }

    def test_a_new_object_says_that_nobody_has_looked_at_it(self):
        defaults = {path: schema["default"] for path, schema in STATUS if "default" in schema}

        assert defaults == {"status": {"observedGeneration": -1}}

    def test_nothing_is_written_that_the_api_server_fills_in(self):
        filled_in = {"conversion", "preserveUnknownFields"} & CRD["spec"].keys()
        filled_in |= {"deprecated", "selectableFields"} & VERSION.keys()
        filled_in |= {path for path, schema in ALL if "nullable" in schema}
        filled_in |= {column["name"] for column in VERSION["additionalPrinterColumns"] if column.get("priority") == 0}

        assert filled_in == set()


class TestKubectl:
    """What a person at a keyboard sees."""

    def test_the_table_answers_is_it_fine_and_how_far(self):
        columns = VERSION["additionalPrinterColumns"]

        assert [column["name"] for column in columns if "priority" not in column] == [
            "Ready",
            "Nodes",
            "Admin",
            "Reason",
            "Age",
        ]
        assert [column["name"] for column in columns if column.get("priority") == 1] == [
            "Updated",
            "Desired",
            "Image",
            "Since",
            "Message",
        ]
        assert all(column["description"] for column in columns)

    def test_every_column_shows_a_field_of_the_schema(self):
        known = {path for path, _ in walk(ROOT, "")} | {".metadata.creationTimestamp"}
        shown = [re.sub(r"\[.*?\]", "[]", column["jsonPath"]) for column in VERSION["additionalPrinterColumns"]]

        assert [path for path in shown if path not in known] == []

    def test_it_can_be_asked_for_by_short_names_and_category(self):
        names = CRD["spec"]["names"]

        assert names["shortNames"] == ["hpagent", "hpagents"]
        assert names["categories"] == ["hostprocess"]

    def test_status_is_a_subresource(self):
        assert VERSION["subresources"] == {"status": {}}
