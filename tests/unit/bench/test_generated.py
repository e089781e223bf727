"""Generated fleets look like real ones to the operator."""

from bench.generated import Template, agent_body, encode, node_body, pod_body
from hostprocess_operator.api.agent import HostProcessAgent, Verification
from hostprocess_operator.api.parse import parse_agent
from hostprocess_operator.manifests import pod_template
from hostprocess_operator.observed import observe_node, observe_pod
from hostprocess_operator.verification.runs import Standing, standing_of

AGENT = parse_agent(agent_body(0))
TEMPLATES = [
    Template(f"agent-{number}", f"00000010-0000-4000-8002-{number:012}", "abc", pod_template(AGENT)["spec"])
    for number in range(3)
]


def test_the_agent_is_valid():
    assert isinstance(AGENT, HostProcessAgent)


def test_no_two_objects_have_the_same_uid():
    bodies = [pod_body(template, node, 1) for template in TEMPLATES for node in range(50)]
    bodies += [node_body(node, 1) for node in range(50)] + [agent_body(number) for number in range(3)]
    assert len({body["metadata"]["uid"] for body in bodies}) == len(bodies)


def test_a_pod_is_proven_and_ready_and_on_its_node():
    pod = observe_pod(pod_body(TEMPLATES[0], 7, 1))
    assert standing_of(pod, Verification().container) is Standing.VERIFIED
    assert pod.ready
    assert pod.node == observe_node(node_body(7, 1)).name


def test_a_restart_changes_what_the_operator_sees():
    before, after = (observe_pod(pod_body(TEMPLATES[0], 7, 1, ready=False, restarts=n)) for n in (0, 1))
    assert before != after
    assert (before.ready, after.restarts) == (False, 1)


def test_a_pod_is_as_large_as_a_real_one():
    assert 6_000 < len(encode(pod_body(TEMPLATES[0], 7, 1))) < 10_000
