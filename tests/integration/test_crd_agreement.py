"""The models, the CRD and Kubernetes say the same about the same manifest.

Everything is asked of a real API server, with requests that change nothing wherever that is possible.
"""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

from hostprocess_operator.api.agent import AgentSpec
from hostprocess_operator.api.crd import structural_schema
from hostprocess_operator.api.parse import parse_agent
from hostprocess_operator.api.shape import VALIDATIONS, Shape
from hostprocess_operator.api.shapes import containers, refused
from hostprocess_operator.api.status import (
    AgentStatus,
    Condition,
    DaemonSetReference,
    NodeCounts,
    Problem,
    Revisions,
    Summary,
)
from hostprocess_operator.manifests.daemonset import build_daemonset, daemonset_annotations, daemonset_spec
from hostprocess_operator.manifests.template import pod_template
from support.samples import as_rows, samples

CRD = yaml.safe_load((Path(__file__).parents[2] / "crds" / "hostprocess.dev_hostprocessagents.yaml").read_text("utf-8"))
ACCEPTED = samples("accepted")
REFUSED = samples("refused")
AGENTS = "/apis/hostprocess.dev/v1alpha1/namespaces/default/hostprocessagents"
DAEMONSETS = "/apis/apps/v1/namespaces/default/daemonsets"


class Answer(NamedTuple):
    """What the API server says to a manifest."""

    accepted: bool
    fields: frozenset[str]
    message: str


def dry_run(plane, path, manifest):
    """Ask whether the manifest would be created, and as what."""
    connection, response = plane.api.open(f"{path}?dryRun=All&fieldValidation=Strict", "POST", manifest, timeout=30)
    try:
        answer = json.loads(response.read())
    finally:
        connection.close()
    message = answer.get("message", "")
    causes = (answer.get("details") or {}).get("causes", ())
    unknown = re.findall(r'unknown field "([^"]+)"', message)
    return Answer(response.status == 201, frozenset([*unknown, *(cause.get("field") for cause in causes)]), message)


def ask_about_all(plane, path, manifests):
    """Return the API server's answers by name; it is asked for several at a time."""
    with ThreadPoolExecutor(8) as pool:
        answers = pool.map(lambda manifest: dry_run(plane, path, manifest), manifests.values())
        return dict(zip(manifests, answers, strict=True))


@pytest.fixture(scope="module")
def served(plane):
    """Return the control plane, with the CRD served."""
    plane.apply(CRD)
    return plane


@pytest.fixture(scope="module")
def answers(served):
    return ask_about_all(served, AGENTS, {sample.name: sample.manifest for sample in [*ACCEPTED, *REFUSED]})


@pytest.fixture(scope="module")
def daemonset_answers(served):
    def daemonset(manifest):
        identity = {"namespace": "default", "uid": "00000000-0000-0000-0000-000000000000"}
        agent = parse_agent(manifest | {"metadata": manifest["metadata"] | identity})
        return build_daemonset(
            agent, daemonset_spec(agent, pod_template(agent)), daemonset_annotations("0", "{}", None)
        )

    return ask_about_all(served, DAEMONSETS, {sample.name: daemonset(sample.manifest) for sample in ACCEPTED})


@pytest.fixture(scope="module")
def kubernetes(plane):
    """Return Kubernetes' schemas by kind, with references to other kinds followed."""
    schemas = plane.api.request("GET", "/openapi/v3/api/v1")["components"]["schemas"]

    def follow(schema):
        for reference in [schema, *schema.get("allOf", ())]:
            if "$ref" in reference:
                schema = follow(schemas[reference["$ref"].rpartition("/")[2]]) | schema
        return schema

    def kind(name):
        properties = schemas[f"io.k8s.api.core.v1.{name}"]["properties"]
        return {field: follow(schema) for field, schema in properties.items()}

    return kind


class TestSamples:
    """One verdict on every sample. What the models say about them is in the unit tests."""

    def test_there_are_enough_of_both_kinds(self):
        assert len(ACCEPTED) >= 25
        assert len(REFUSED) >= 100

    @pytest.mark.parametrize("sample", as_rows(ACCEPTED))
    def test_the_api_server_accepts_what_the_models_accept(self, answers, sample):
        assert answers[sample.name].message == ""

    @pytest.mark.parametrize("sample", as_rows(REFUSED))
    def test_the_api_server_refuses_what_the_models_refuse_and_names_the_same_field(self, answers, sample):
        assert not answers[sample.name].accepted
        assert sample.server in answers[sample.name].fields

    def test_a_broken_rule_is_told_in_the_same_sentence(self, answers):
        sentences = set(re.findall(r'"message": "((?:[^"\\]|\\.)*)"', json.dumps(CRD)))
        told = {
            sample.name: {json.loads(f'"{said}"') for said in sentences}
            & {error.message for error in parse_agent(sample.manifest).errors}
            for sample in REFUSED
        }

        assert sum(map(bool, told.values())) > 50
        assert {name for name, said in told.items() if not all(each in answers[name].message for each in said)} == set()

    @pytest.mark.parametrize("sample", as_rows(ACCEPTED))
    def test_kubernetes_accepts_the_daemonset_of_what_is_accepted(self, daemonset_answers, sample):
        assert daemonset_answers[sample.name].message == ""


class TestDefinition:
    """The CRD itself, and what comes with it."""

    def test_the_api_server_finds_nothing_wrong_with_it(self, served):
        conditions = served.get("customresourcedefinitions", CRD["metadata"]["name"])["status"]["conditions"]
        told = {condition["type"]: condition["status"] for condition in conditions}

        assert told["NamesAccepted"] == told["Established"] == "True"
        assert told.get("NonStructuralSchema", "False") == "False"

    def test_the_api_server_stores_it_as_it_is_written(self, served):
        stored = served.get("customresourcedefinitions", CRD["metadata"]["name"])

        assert _part_of(CRD["spec"], stored["spec"])

    def test_kubectl_shows_the_columns(self, served, namespace):
        served.apply(ACCEPTED[0].manifest, namespace=namespace)

        short = served.kubectl("get", "hpagent", "-n", namespace).stdout.splitlines()[0].split()
        wide = served.kubectl("get", "hostprocess", "-n", namespace, "-o", "wide").stdout.splitlines()[0].split()

        assert short == ["NAME", "READY", "NODES", "ADMIN", "REASON", "AGE"]
        assert wide == [*short, "UPDATED", "DESIRED", "IMAGE", "SINCE", "MESSAGE"]

    def test_a_new_agent_has_not_been_looked_at(self, served, namespace):
        [created] = served.apply(ACCEPTED[0].manifest, namespace=namespace)

        assert created["status"] == {"observedGeneration": -1}

    def test_a_full_status_fits_the_schema(self, served, namespace):
        [created] = served.apply(ACCEPTED[0].manifest, namespace=namespace)
        name = created["metadata"]["name"]
        written = _full_status().to_dict()

        patch = [{"op": "replace", "path": "/status", "value": written}]
        path = served.api.path("hostprocessagents", namespace, name, "status", fieldValidation="Strict")
        stored = served.api.request("PATCH", path, patch, content_type="application/json-patch+json")

        assert stored["status"] == written


def _part_of(ours, stored):
    """Return whether every value of ours is stored unchanged, whatever is stored beside it."""
    if isinstance(ours, dict):
        return all(key in stored and _part_of(value, stored[key]) for key, value in ours.items())
    if isinstance(ours, list):
        return len(ours) == len(stored) and all(map(_part_of, ours, stored))
    return ours == stored


def _full_status():
    return AgentStatus(
        observed_generation=1,
        conditions=(
            Condition(
                type="Ready",
                status="False",
                observed_generation=1,
                last_transition_time="2026-01-01T00:00:00Z",
                reason="NotAdministrator",
                message="m" * 5000,
            ),
        ),
        daemon_set=DaemonSetReference(name="n" * 253, uid="1", generation=2, template_digest="d" * 64),
        nodes=NodeCounts(desired=5, denied=1),
        summary=Summary(nodes="5/5", admin_rights="4/5"),
        revisions=Revisions(target="a", proven="b"),
        problems=(Problem(node="n" * 300, pod="p", reason="r" * 200, message="m" * 2000),) * 20,
        problems_omitted=1,
        record="r" * 16_384,
    )


def _shapes(of=Shape):
    for shape in of.__subclasses__():
        yield shape
        yield from _shapes(shape)


# InitContainer is a part of Container; SecurityContext is refused in the shapes of pods and containers alike
EMBEDDED = sorted(
    {
        shape
        for shape in _shapes()
        if shape.__module__.startswith(containers.__package__)
        and not shape.__name__.startswith("_")
        and shape not in (containers.InitContainer, refused.SecurityContext)
    },
    key=lambda shape: shape.__name__,
)
ROWS = [pytest.param(shape, shape.__name__, id=shape.__name__) for shape in EMBEDDED]
ROWS += [
    pytest.param(containers.InitContainer, "Container", id="InitContainer"),
    pytest.param(AgentSpec, "PodSpec", id="AgentSpec"),
]
OURS = {
    "Container": {"runAsUserName"},
    "PodSpec": {"runAsUserName", "podMetadata", "verification", "rollout", "suspend"},
}


class TestShapes:
    """The shapes are Kubernetes' own: names, types, and how server-side apply merges them."""

    @pytest.mark.parametrize(("shape", "kind"), ROWS)
    def test_every_field_is_a_field_of_kubernetes(self, kubernetes, shape, kind):
        assert structural_schema(shape)["properties"].keys() - OURS.get(kind, set()) <= kubernetes(kind).keys()

    @pytest.mark.parametrize(("shape", "kind"), ROWS)
    def test_every_field_is_typed_and_merged_as_in_kubernetes(self, kubernetes, shape, kind):
        theirs = kubernetes(kind)
        differing = {
            (field, keyword): (schema.get(keyword), theirs[field].get(keyword))
            for field, schema in structural_schema(shape)["properties"].items()
            if field in theirs and not _refused(schema)
            for keyword in ("type", "x-kubernetes-list-type", "x-kubernetes-list-map-keys", "x-kubernetes-map-type")
            if schema.get(keyword) != theirs[field].get(keyword) and not _is_number_or_text(schema)
        }
        assert differing == {}

    @pytest.mark.parametrize(("shape", "kind"), ROWS)
    def test_every_choice_is_one_that_kubernetes_offers(self, kubernetes, shape, kind):
        theirs = kubernetes(kind)
        unknown = {
            field: set(schema["enum"]) - set(theirs[field]["enum"])
            for field, schema in structural_schema(shape)["properties"].items()
            if "enum" in schema and "enum" in theirs.get(field, {})
        }
        assert not any(unknown.values()), unknown


def _refused(schema):
    return any(rule["rule"] == "false" for rule in schema.get(VALIDATIONS, ()))


def _is_number_or_text(schema):
    # Kubernetes calls these a text and says in a format what they are
    return "x-kubernetes-int-or-string" in schema
