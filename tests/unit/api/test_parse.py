"""Parsing never raises, tells everything that is wrong at once, and repeats nothing of the user's."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hostprocess_operator.api.agent import HostProcessAgent
from hostprocess_operator.api.parse import InvalidAgent, parse_agent

AGENT = {"name": "agent", "image": "registry.example/agent:1.0"}
METADATA = {"name": "sample", "namespace": "agents", "uid": "1234", "generation": 7, "annotations": {"a": "b"}}


def parse(spec, **metadata):
    return parse_agent({"metadata": METADATA | metadata, "spec": spec})


def paths(agent):
    return [error.path for error in agent.errors]


class TestIdentity:
    """The part of the metadata that the operator acts on."""

    def test_a_valid_agent_carries_it(self):
        agent = parse({"containers": [AGENT]})

        assert isinstance(agent, HostProcessAgent)
        assert (agent.name, agent.namespace, agent.uid, agent.generation) == ("sample", "agents", "1234", 7)
        assert agent.annotations == {"a": "b"}

    def test_an_invalid_agent_carries_it_too(self):
        agent = parse({"containers": []})

        assert isinstance(agent, InvalidAgent)
        assert (agent.name, agent.namespace, agent.uid, agent.generation) == ("sample", "agents", "1234", 7)
        assert agent.annotations == {"a": "b"}

    def test_a_name_that_cannot_be_a_label_is_an_error_beside_those_of_the_spec(self):
        assert paths(parse({"containers": []}, name="n" * 64)) == ["metadata.name", "spec.containers"]


class TestErrors:
    """Which errors are told, and how."""

    def test_all_are_told_at_once_and_sorted(self):
        agent = parse(
            {
                "suspend": "yes",
                "containers": [{"name": "Agent", "image": "i"}, {"name": "b"}],
                "volumes": [{"name": "v"}],
                "bogus": 1,
            }
        )

        assert paths(agent) == [
            "spec.bogus",
            "spec.containers[0].name",
            "spec.containers[1].image",
            "spec.suspend",
            "spec.volumes[0]",
        ]

    def test_a_rule_between_fields_is_judged_though_another_field_is_broken(self):
        containers = [
            AGENT | {"ports": [{"containerPort": 1}]},
            {**AGENT, "name": "b", "ports": [{"containerPort": 1}]},
        ]

        agent = parse({"containers": containers, "suspend": 1})

        assert paths(agent) == ["spec.containers[1].ports[0].containerPort", "spec.suspend"]

    def test_a_rule_is_not_judged_on_a_field_that_is_broken_itself(self):
        mounting = AGENT | {"volumeMounts": [{"name": "data", "mountPath": "/data"}]}

        assert paths(parse({"containers": [mounting], "volumes": [{"name": "data"}]})) == ["spec.volumes[0]"]

    def test_a_rule_between_fields_does_not_speak_of_what_stands_in_for_broken_containers(self):
        spec = {"containers": [{"name": "agent"}], "verification": {"mode": "AgentLog", "container": "agent"}}

        assert paths(parse(spec)) == ["spec.containers[0].image"]

    def test_broken_containers_do_not_count_as_missing(self):
        assert paths(parse({"containers": [{"name": "A", "image": "i"}]})) == ["spec.containers[0].name"]

    @pytest.mark.parametrize(
        ("spec", "message"),
        [
            pytest.param(None, "is required", id="no spec"),
            pytest.param([], "must be an object", id="a list for a spec"),
        ],
    )
    def test_a_spec_that_is_none_is_one_error(self, spec, message):
        [error] = parse(spec).errors

        assert (error.path, error.message) == ("spec", message)

    def test_a_pattern_is_told_in_words(self):
        [error] = parse({"containers": [AGENT | {"name": "Agent"}]}).errors

        assert error.message.startswith("must be lower-case letters")

    def test_an_error_reads_as_one_line(self):
        [error] = parse({"containers": [{"name": "agent"}]}).errors

        assert str(error) == "spec.containers[0].image: is required"

    def test_a_key_of_the_users_is_cut_and_kept_printable(self):
        [error] = parse({"containers": [AGENT], "\x1b[31m" + "k" * 100: 1}).errors

        assert error.path == "spec.?[31m" + "k" * 59

    @pytest.mark.parametrize(
        "spec",
        [
            pytest.param({"runAsUserName": "{marker}\\x\\y"}, id="in an account"),
            pytest.param({"verification": {"mode": "{marker}"}}, id="in an enumeration"),
            pytest.param({"rollout": {"maxUnavailable": "{marker}"}}, id="in a number or text"),
            pytest.param({"nodeSelector": {"a": "{marker}!"}}, id="in a label"),
            pytest.param({"containers": "{marker}"}, id="in place of a list"),
        ],
    )
    def test_a_message_repeats_nothing_of_the_users(self, spec):
        agent = parse({"containers": [AGENT]} | spec)

        assert agent.errors
        assert not any("{marker}" in error.message for error in agent.errors)


class TestWhatTheApiServerStores:
    """The API server drops nulls and writes whole numbers as such; so does the parser."""

    def test_nulls_are_as_if_absent(self):
        spec = {"containers": [AGENT | {"env": None}], "suspend": None, "rollout": {"maxUnavailable": None}}

        assert parse(spec).spec == parse({"containers": [AGENT]}).spec

    def test_a_null_in_a_list_is_an_error(self):
        assert paths(parse({"containers": [AGENT | {"args": [None]}]})) == ["spec.containers[0].args[0]"]

    def test_a_whole_number_may_have_a_fraction_of_zero(self):
        spec = parse({"containers": [AGENT], "terminationGracePeriodSeconds": 5.0}).spec

        assert spec.termination_grace_period_seconds == 5

    @pytest.mark.parametrize(
        "grace", [pytest.param("5", id="a text"), pytest.param(True, id="a truth"), pytest.param(5.5, id="a fraction")]
    )
    def test_nothing_else_is_a_number(self, grace):
        agent = parse({"containers": [AGENT], "terminationGracePeriodSeconds": grace})

        assert paths(agent) == ["spec.terminationGracePeriodSeconds"]

    def test_python_spelling_is_unknown(self):
        assert paths(parse({"containers": [AGENT], "node_selector": {}})) == ["spec.node_selector"]


class TestVerificationOfAnInvalidAgent:
    """Agents that run go on being judged, as far as it is known how."""

    def test_it_is_the_one_asked_for(self):
        verification = parse({"containers": [], "verification": {"mode": "AgentLog", "container": "x"}}).verification

        assert (verification.mode, verification.container) == ("AgentLog", "x")

    def test_it_is_the_default_if_that_part_is_broken_too(self):
        verification = parse({"containers": [], "verification": {"mode": "Guess", "timeoutSeconds": 11}}).verification

        assert (verification.mode, verification.timeout_seconds) == ("Probe", 300)


class TestToDict:
    """A shape goes back to the API as it came."""

    def test_only_what_was_asked_for_is_there(self):
        container = AGENT | {"env": [{"name": "A", "value": ""}], "ports": [{"containerPort": 80, "hostIP": "::1"}]}

        assert parse({"containers": [container]}).spec.containers[0].to_dict() == container

    def test_an_empty_volume_stays(self):
        volume = {"name": "data", "emptyDir": {}}

        assert parse({"containers": [AGENT], "volumes": [volume]}).spec.volumes[0].to_dict() == volume


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
KNOWN = st.sampled_from(
    ["containers", "name", "image", "env", "volumes", "hostPath", "path", "rollout", "verification", "runAsUserName"]
)
NEARLY = st.recursive(
    JSON, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KNOWN, inner, max_size=5), max_leaves=12
)


class TestAnyInput:
    """No input makes the parser raise."""

    @given(JSON)
    def test_any_body(self, body):
        assert parse_agent(body)

    @given(NEARLY, NEARLY)
    def test_any_spec(self, metadata, spec):
        assert parse_agent({"metadata": metadata, "spec": spec})

    @given(st.dictionaries(KNOWN, NEARLY), st.text(string.printable))
    def test_any_containers(self, fields, name):
        agent = parse({"containers": [AGENT, fields, {"name": name, "image": name}], **fields})

        assert isinstance(agent, InvalidAgent)

    def test_a_spec_nested_beyond_any_stack(self):
        spec: dict = {}
        for _ in range(100_000):
            spec = {"containers": [spec]}

        assert isinstance(parse(spec), InvalidAgent)

    def test_a_lone_surrogate(self):
        assert isinstance(parse({"containers": [AGENT], "runAsUserName": "\ud800", "\ud800": 1}), InvalidAgent)
