"""What must not leave the house does not, and what is needed to understand a failure stays."""

import pytest

from e2e.nodes import WindowsNode
from e2e.redaction import names_of_nodes, names_of_server, redactor

CLEAN = redactor({})


def node(name, *aliases):
    return WindowsNode(name=name, hostname=name, build=0, nature="real", facts={}, aliases=aliases)


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        pytest.param("dial tcp 10.2.3.4:6443: refused", "dial tcp <address>:6443: refused", id="an IPv4 address"),
        pytest.param("from [fd00::12:ab]:443", "from [<address>]:443", id="an IPv6 address"),
        pytest.param("get https://api.corp.example:6443/api", "get https://<host>/api", id="the host of a URL"),
        pytest.param('User "jane@corp" cannot list', 'User "<user>" cannot list', id="the account of a person"),
        pytest.param("ask jane.doe@corp.example now", "ask <mail> now", id="a mail address"),
        pytest.param("token eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOi.c2ln end", "token <token> end", id="a JSON Web Token"),
        pytest.param("Authorization: Bearer abcdefgh12345", "Authorization: Bearer <token>", id="a bearer token"),
        pytest.param("a\x1b[31m\u202eb", "a\\x1b[31m\\u202eb", id="what could drive a terminal"),
    ],
)
def test_it_is_taken_out_by_its_shape(text, cleaned):
    assert CLEAN(text) == cleaned


@pytest.mark.parametrize(
    "text",
    [
        "10.0.20348.2227",
        "containerd://2.1.4",
        "2026-03-04T05:06:07Z and 05:06:07",
        "S-1-5-32-544",
        "[Security.Principal.WindowsIdentity]::GetCurrent()",
        "mcr.microsoft.com/windows/nanoserver@sha256:0123456789abcdef",
        r"NT AUTHORITY\SYSTEM",
        "1/1\n2/2",
    ],
)
def test_what_only_looks_like_an_address_stays(text):
    assert CLEAN(text) == text


def test_nodes_are_numbered_and_those_that_take_no_part_are_not():
    used, others = [node("win-a", "10.1.1.1"), node("win-b")], [node("win-a", "10.1.1.1"), node("linux-1")]
    clean = redactor(names_of_nodes(used, others))
    assert clean("win-a 10.1.1.1 win-b linux-1") == "node-1 node-1 node-2 other-node"


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        pytest.param("on win-a.corp.example, 2", "on node-1, 2", id="the whole name before its first part"),
        pytest.param("win-a-2 and my-win-a", "win-a-2 and my-win-a", id="only as a whole word"),
        pytest.param("On WIN-A: error", "On node-1: error", id="in capitals, as Windows has it"),
        pytest.param("pods/x on win-a.", "pods/x on node-1.", id="at the end of a sentence"),
    ],
)
def test_a_node_is_found_under_each_of_its_names(text, cleaned):
    assert redactor(names_of_nodes([node("win-a.corp.example")]))(text) == cleaned


def test_a_long_name_is_found_as_windows_cuts_it():
    assert redactor(names_of_nodes([node("aksnpwin00000012345")]))("host AKSNPWIN0000001") == "host node-1"


def test_the_server_is_found_in_every_spelling():
    clean = redactor(names_of_server("https://abc.k8s.corp.example:6443"))
    assert clean("https://abc.k8s.corp.example:6443/api") == "<server>/api"
    assert clean("lookup abc.k8s.corp.example: no such host") == "lookup <server>: no such host"


def test_the_name_of_a_cluster_is_taken_out_unless_it_is_but_a_word():
    clean = redactor(names_of_server("https://x", "corp-prod-7", "local"))
    assert clean(r"corp-prod-7 runs NT AUTHORITY\Local service") == r"<cluster> runs NT AUTHORITY\Local service"


def test_every_text_of_a_value_is_cleaned_and_its_shape_kept():
    clean = redactor({"win-a": "node-1"})
    value = {"win-a": ["win-a", {"at": "10.1.1.1"}, 7, None, True]}
    assert clean(value) == {"node-1": ["node-1", {"at": "<address>"}, 7, None, True]}


def test_a_name_that_is_empty_takes_nothing_out():
    assert redactor({"": "nothing"})("a b") == "a b"


def test_a_path_of_the_person_is_shortened():
    assert redactor({"/home/jane": "~", "/home/jane/x": "<checkout>"})("see /home/jane/x/log, /home/jane/y") == (
        "see <checkout>/log, ~/y"
    )
