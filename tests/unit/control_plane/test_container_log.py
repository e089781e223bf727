"""What a container prints follows from its pod: its account, the words around it, its run."""

import json

import pytest

from control_plane import agent_pod
from control_plane.container_log import PROBE, REPORT_PREFIX, printed_lines, rights_of, word_for
from control_plane.pods import container

NO_PROBE = {"inits": []}


def rows(table):
    return [pytest.param(*row, id=sentence) for sentence, *row in table]


@pytest.mark.parametrize(
    ("pod", "name", "run", "word"),
    rows(
        [
            ("no word is healthy", agent_pod("a", "win-1"), PROBE, 0, "healthy"),
            ("the annotation", agent_pod("a", "win-1", knobs={"log": "log-blank"}), PROBE, 0, "blank"),
            (
                "the image of any container",
                agent_pod("a", "win-1", mains=[container("agent", "registry.example/agent:1.1-log-no-admin")]),
                *(PROBE, 0, "no-admin"),
            ),
            ("the node's name", agent_pod("a", "win-log-silent-1"), PROBE, 0, "silent"),
            (
                "the annotation wins over the node's name",
                agent_pod("a", "win-log-silent-1", knobs={"log": "log-error"}),
                *(PROBE, 0, "error"),
            ),
            ("a longer name is not the word", agent_pod("a", "win-log-silently-1"), PROBE, 0, "healthy"),
            ("a name that only begins like a word", agent_pod("a", "log-agent"), PROBE, 0, "healthy"),
            ("the agent beside a probe", agent_pod("a", "log-no-admin"), "agent", 0, "healthy"),
            ("the agent without a probe", agent_pod("a", "log-no-admin", **NO_PROBE), "agent", 0, "no-admin"),
            ("log-admin is for the agent", agent_pod("a", "log-admin"), "agent", 0, "admin"),
            ("log-admin is not for the probe", agent_pod("a", "log-admin"), PROBE, 0, "healthy"),
            (
                "an init container that is no probe",
                agent_pod("a", "log-no-admin", inits=[container("firewall")]),
                *("firewall", 0, "healthy"),
            ),
            (
                "the word for later, before the restart",
                agent_pod("a", "win-1", knobs={"log-after-restart": "log-missing"}),
                *(PROBE, 0, "healthy"),
            ),
            (
                "the word for later, after it",
                agent_pod("a", "log-blank", knobs={"log": "log-error", "log-after-restart": "log-missing"}),
                *(PROBE, 1, "missing"),
            ),
            (
                "without one for later the word stays",
                agent_pod("a", "win-1", knobs={"log": "log-500"}),
                *(PROBE, 3, "500"),
            ),
        ]
    ),
)
def test_word(pod, name, run, word):
    assert word_for(pod, name, run) == word


@pytest.mark.parametrize(
    ("account", "admin", "sid"),
    rows(
        [
            ("SYSTEM is an administrator", "NT AUTHORITY\\SYSTEM", True, "S-1-5-18"),
            ("in any case", "nt authority\\system", True, "S-1-5-18"),
            ("LocalService is none", "NT AUTHORITY\\LocalService", False, "S-1-5-19"),
            ("with a space, as the documentation writes it", "NT AUTHORITY\\Local service", False, "S-1-5-19"),
            ("NetworkService is none", "NT AUTHORITY\\NetworkService", False, "S-1-5-20"),
        ]
    ),
)
def test_well_known_account(account, admin, sid):
    assert rights_of(account) == (admin, sid)


def test_another_account_is_taken_for_a_group_of_administrators_with_a_sid_of_its_own():
    admin, sid = rights_of("agent-admins")
    assert admin
    assert sid.startswith("S-1-5-21-")
    assert sid == rights_of("agent-admins")[1] != rights_of("other-admins")[1]


def test_the_account_of_a_container_wins_over_the_pods():
    own = {"windowsOptions": {"runAsUserName": "NT AUTHORITY\\NetworkService"}}
    pod = agent_pod("a", "win-1", inits=[container(PROBE, securityContext=own)])
    assert b'"admin":false,"sid":"S-1-5-20"' in printed_lines(pod, PROBE, 0)[1]


def test_a_report_is_one_line_of_json_behind_its_prefix():
    plain, report = printed_lines(agent_pod("a", "win-1"), PROBE, 0)
    prefix, _, body = report.decode().partition(" ")
    assert plain == b"Process has admin rights: True"
    assert prefix == REPORT_PREFIX
    assert json.loads(body) == {"version": 1, "admin": True, "sid": "S-1-5-18", "error": None}


def test_a_blank_answer_has_nothing_but_a_space_behind_the_colon():
    assert printed_lines(agent_pod("a", "log-blank"), PROBE, 0)[1] == b"Process has admin rights: "


def test_an_agent_says_which_run_it_is():
    assert printed_lines(agent_pod("a", "win-1"), "agent", 2) == [b"agent started, run 3"]


def test_garbage_is_no_text_and_the_same_for_the_same_pod():
    pod = agent_pod("a", "log-garbage")
    pod["metadata"]["uid"] = "one"
    other = {**pod, "metadata": {**pod["metadata"], "uid": "two"}}
    noise = printed_lines(pod, PROBE, 0)
    with pytest.raises(UnicodeDecodeError):
        b"".join(noise).decode()
    assert noise == printed_lines(pod, PROBE, 0) != printed_lines(other, PROBE, 0)
