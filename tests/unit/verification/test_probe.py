"""The probe's command line: nobody runs it on Windows here, so everything else about it is checked."""

import re
import subprocess
from pathlib import Path

import pytest

from hostprocess_operator.verification.parser import parse_log
from hostprocess_operator.verification.probe import PROBE_COMMAND
from hostprocess_operator.verification.report import Report

SCRIPT = PROBE_COMMAND[-1]
# The rule by which Go and Python alike join arguments for Windows.
COMMAND_LINE = subprocess.list2cmdline(PROBE_COMMAND)
PROBE_LINE = Path(__file__).parents[2] / "windows" / "probe-line.txt"


@pytest.mark.parametrize(
    "character",
    [
        pytest.param('"', id="a double quote would need escapes that cmd and PowerShell read differently"),
        pytest.param("%", id="cmd expands percent signs even in quotes"),
        pytest.param("!", id="cmd expands exclamation marks where a machine has delayed expansion on"),
        pytest.param("^", id="cmd takes a caret for an escape"),
        pytest.param("&", id="cmd takes an ampersand for the end of a command"),
        pytest.param("|", id="cmd takes a bar for a pipe"),
        pytest.param("<", id="cmd takes it for a redirection from a file"),
        pytest.param(">", id="cmd takes it for a redirection to a file"),
        pytest.param("$(", id="Kubernetes expands it to an environment variable"),
        pytest.param("$$", id="Kubernetes makes one dollar of two"),
        pytest.param("`", id="a backtick would escape in PowerShell what the next reader does not see escaped"),
    ],
)
def test_the_script_has_nothing_that_another_reader_would_change(character):
    assert character not in SCRIPT


def test_the_script_is_one_printable_ascii_line():
    assert SCRIPT.isascii()
    assert SCRIPT.isprintable()


def test_the_script_fits():
    assert len(SCRIPT) <= 2000
    assert len(f"cmd /c {COMMAND_LINE}") < 8191, "the longest line that cmd takes"


def test_the_command_is_windows_powershell_without_a_profile_or_a_prompt():
    assert PROBE_COMMAND[:-1] == ("powershell.exe", "-NoProfile", "-NonInteractive", "-Command")


def test_joined_into_a_command_line_only_the_script_is_quoted():
    assert COMMAND_LINE.split('"') == ["powershell.exe -NoProfile -NonInteractive -Command ", SCRIPT, ""]


def test_the_script_follows_the_grammar(powershell):
    assert powershell.faults(SCRIPT) == []


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param(SCRIPT.replace("} catch", "catch", 1), id="a brace is missing"),
        pytest.param(SCRIPT.replace("'", "", 1), id="a quote is missing"),
        pytest.param(SCRIPT.replace("else {", "else", 1), id="a block is not opened"),
        pytest.param(SCRIPT.replace(")", "", 1), id="a parenthesis is missing"),
        pytest.param(SCRIPT + " -replace", id="an operator has no operand"),
    ],
)
def test_the_grammar_does_see_a_broken_script(powershell, broken):
    assert powershell.faults(broken)


def test_the_script_calls_no_cmdlet_and_one_program(powershell):
    assert powershell.commands(SCRIPT) == {r"C:\Windows\System32\whoami.exe"}


def test_the_script_ends_by_exiting_with_zero():
    assert SCRIPT.endswith("; exit 0")


def test_everything_that_can_fail_is_caught(powershell):
    tried, _, printing = SCRIPT.rpartition("} }; if ($a -is [bool])")
    assert tried.startswith("try {")
    assert powershell.commands(printing) == set()
    assert "::" not in printing


# whoami.exe /user /fo csv /nh and /groups /fo csv /nh, joined by blanks as PowerShell joins lines into one text
USERS = {
    "SYSTEM": r'"nt authority\system","S-1-5-18"',
    "Dienst": r'"nt-autorität\lokaler dienst","S-1-5-19"',
    "domain": r'"contoso\svc, agent","S-1-5-21-1004336348-1177238915-682003330-512"',
    "trap": r'"host\s-1-5-18","S-1-5-21-1-2-3-1001"',
}
ADMINISTRATORS = r'"BUILTIN\Administrators","Alias","S-1-5-32-544","Enabled by default, Enabled group, Group owner"'
DENIED = r'"VORDEFINIERT\Administratoren","Alias","S-1-5-32-544","Gruppe, die nur zum Verweigern verwendet wird"'
EVERYONE = '"Everyone","Well-known group","S-1-1-0","Mandatory group, Enabled by default, Enabled group"'
SYSTEM_LABEL = r'"Mandatory Label\System Mandatory Level","Label","S-1-16-16384",""'
HIGH_LABEL = r'"Verbindliche Beschriftung\Hohe Verbindlichkeitsstufe","Bezeichnung","S-1-16-12288",""'
MEDIUM_LABEL = r'"Mandatory Label\Medium Mandatory Level","Label","S-1-16-8192",""'
TRAP = r'"host\S-1-5-32-544","Alias","S-1-5-21-1-2-3-1002","Enabled group"'

USER, NO_GROUPS, ADMIN, ELEVATED = re.findall(r"-(?:not)?match '([^']+)'", SCRIPT)


@pytest.mark.parametrize(
    ("user", "sid"),
    [
        pytest.param(USERS["SYSTEM"], "S-1-5-18", id="SYSTEM"),
        pytest.param(USERS["Dienst"], "S-1-5-19", id="a translated name"),
        pytest.param(USERS["domain"], "S-1-5-21-1004336348-1177238915-682003330-512", id="a name with a comma"),
        pytest.param(USERS["trap"], "S-1-5-21-1-2-3-1001", id="a name that looks like a SID"),
    ],
)
def test_the_fallback_finds_the_users_sid(user, sid):
    assert re.search(USER, user)[1] == sid


@pytest.mark.parametrize("text", ["", "ERROR: Unable to get user information.", '"nt authority\\system","-"'])
def test_the_fallback_finds_no_sid_in_anything_else(text):
    assert re.search(USER, text) is None


@pytest.mark.parametrize(
    ("groups", "admin"),
    [
        pytest.param([ADMINISTRATORS, EVERYONE, SYSTEM_LABEL], True, id="SYSTEM"),
        pytest.param([ADMINISTRATORS, HIGH_LABEL], True, id="an elevated administrator, translated"),
        pytest.param([DENIED, EVERYONE, MEDIUM_LABEL], False, id="an administrator who is not elevated"),
        pytest.param([EVERYONE, SYSTEM_LABEL], False, id="a service that is no administrator"),
        pytest.param([TRAP, SYSTEM_LABEL], False, id="a group whose name looks like the SID"),
    ],
)
def test_the_fallback_decides_by_group_and_integrity(groups, admin):
    text = " ".join(groups)
    assert re.search(NO_GROUPS, text), "the list is recognized as one"
    assert bool(re.search(ADMIN, text) and re.search(ELEVATED, text)) is admin


@pytest.mark.parametrize("text", ["", "ERROR: Unable to get group membership information.", EVERYONE])
def test_the_fallback_takes_no_integrity_label_for_an_error(text):
    assert re.search(NO_GROUPS, text) is None


ANSWER, ERROR = re.findall(r"\$j = ('.+?') }", SCRIPT)
LINE, PEOPLE = re.search(r"; \((.+)\) -replace '~', \[char\]34; (.+); exit 0$", SCRIPT).groups()


def texts(expression):
    """Return what an expression of text constants joined by plus signs gives."""
    return "".join(re.findall(r"'([^']*)'", expression))


def printed(*, admin=None, sid="", error=""):
    """Return what the script prints for these values."""
    json = (ERROR if admin is None else ANSWER).replace("$s", f"'{sid}'")
    json = json.replace("([string]$a).ToLower()", f"'{str(admin).lower()}'")
    json = re.sub(r"\(\$e -replace [^)]+\)", f"'{re.sub(r'[^A-Za-z0-9_]', '.', error)}'", json)
    word = "unknown" if admin is None else str(admin)
    return [texts(LINE.replace("$j", json)).replace("~", '"'), texts(PEOPLE.replace("$a", f"'{word}'"))]


@pytest.mark.parametrize(
    ("values", "lines", "report"),
    [
        pytest.param(
            {"admin": True, "sid": "S-1-5-18"},
            [
                'hostprocess.dev/admin-rights {"version":1,"admin":true,"sid":"S-1-5-18"}',
                "Process has admin rights: True",
            ],
            Report(admin=True, sid="S-1-5-18"),
            id="rights",
        ),
        pytest.param(
            {"admin": False, "sid": "S-1-5-20"},
            [
                'hostprocess.dev/admin-rights {"version":1,"admin":false,"sid":"S-1-5-20"}',
                "Process has admin rights: False",
            ],
            Report(admin=False, sid="S-1-5-20"),
            id="no rights",
        ),
        pytest.param(
            {"error": "CommandNotFoundException"},
            [
                'hostprocess.dev/admin-rights {"version":1,"error":"CommandNotFoundException"}',
                "Process has admin rights: unknown",
            ],
            Report(error="CommandNotFoundException"),
            id="an error",
        ),
    ],
)
def test_the_probe_prints_what_the_parser_reads(values, lines, report):
    assert printed(**values) == lines
    assert parse_log("\r\n".join(lines).encode()) == report
    assert all(len(line) < 80 for line in lines), "a console of 80 columns wraps nothing"


def test_an_error_with_quotes_cannot_break_the_report():
    line, _ = printed(error='Für "X"\\')
    assert parse_log(line.encode()) == Report(error="F.r..X..")


def test_the_operators_line_comes_first_so_that_half_a_log_is_never_a_whole_report():
    first, second = printed(admin=True, sid="S-1-5-18")
    assert parse_log(first.encode()).sid == "S-1-5-18"
    assert parse_log(second.encode()).sid is None


def test_the_line_that_is_tried_on_windows_is_the_probes():
    assert PROBE_LINE.read_text(encoding="ascii") == COMMAND_LINE + "\n"
