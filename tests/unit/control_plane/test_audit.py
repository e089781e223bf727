"""Lines of the audit log become events; the policy records the audited users and nobody else."""

import datetime as dt
import json

import pytest

from control_plane.audit import AuditEvent, audit_mark, audit_policy, parse_event, read_audit

WRITE = {
    "stage": "ResponseComplete",
    "verb": "patch",
    "user": {"username": "operator"},
    "objectRef": {"resource": "pods", "subresource": "status", "namespace": "agents", "name": "agent-1"},
    "responseStatus": {"code": 200},
    "requestObject": {"metadata": {"uid": "1"}},
    "requestReceivedTimestamp": "2026-01-01T00:00:00.250000Z",
}


def line(**changes):
    return json.dumps(WRITE | changes).encode() + b"\n"


def test_a_write():
    assert parse_event(line()) == AuditEvent(
        user="operator",
        verb="patch",
        resource="pods",
        subresource="status",
        namespace="agents",
        name="agent-1",
        code=200,
        body={"metadata": {"uid": "1"}},
        stage="ResponseComplete",
        time=dt.datetime(2026, 1, 1, microsecond=250000, tzinfo=dt.UTC),
    )


def test_a_create_is_named_by_its_body():
    target = {"resource": "daemonsets", "namespace": "agents"}
    event = parse_event(line(verb="create", objectRef=target, requestObject={"metadata": {"name": "inspector"}}))
    assert (event.name, event.subresource) == ("inspector", "")


def test_a_json_patch_is_a_list():
    patch = [{"op": "replace", "path": "/spec", "value": {}}]
    event = parse_event(line(requestObject=patch))
    assert (event.body, event.name) == (patch, "agent-1")


def test_a_read_has_no_body():
    read = {key: value for key, value in WRITE.items() if key != "requestObject"}
    assert parse_event(json.dumps(read).encode()).body is None


def test_events_behind_a_mark(tmp_path):
    log = tmp_path / "audit.log"
    log.write_bytes(line(verb="create"))
    mark = audit_mark(log)
    with log.open("ab") as file:
        file.write(line(verb="delete"))
    assert [event.verb for event in read_audit(log)] == ["create", "delete"]
    assert [event.verb for event in read_audit(log, mark)] == ["delete"]


def test_a_line_that_is_being_written_is_left_for_the_next_look(tmp_path):
    log = tmp_path / "audit.log"
    log.write_bytes(line() + line()[:20])
    assert len(read_audit(log)) == 1


def test_no_log_yet_is_no_event(tmp_path):
    assert audit_mark(tmp_path / "audit.log") == 0
    assert read_audit(tmp_path / "audit.log") == []


@pytest.mark.parametrize(
    ("users", "groups", "selectors"),
    [
        pytest.param(["operator"], ["accounts"], [{"users": ["operator"]}, {"userGroups": ["accounts"]}], id="both"),
        pytest.param([], ["accounts"], [{"userGroups": ["accounts"]}], id="an empty list selects nobody"),
        pytest.param([], [], [], id="nobody"),
    ],
)
def test_policy_selects(users, groups, selectors):
    *rules, rest = audit_policy(users, groups)["rules"]
    assert rest == {"level": "None"}
    levels = [(rule["level"], {key: rule[key] for key in ("users", "userGroups") if key in rule}) for rule in rules]
    assert levels == [(level, who) for who in selectors for level in ("Request", "Metadata")]


def test_policy_has_one_line_per_request():
    assert audit_policy(["operator"], [])["omitStages"] == ["RequestReceived", "ResponseStarted"]
