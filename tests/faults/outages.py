"""What an API server, or the way to it, can do to an operator, as a table. Seven are too much for kopf 1.45."""

import json
from dataclasses import dataclass

from faults.rules import Answer, Cut, Hold, Match, Mute, Rule, Script, requests

AGENTS = "hostprocessagents"
READS = requests("list watch")
READS_OF_AGENTS = requests("list watch", AGENTS)
WATCHES_OF_AGENTS = requests("watch", AGENTS)
WRITES = requests("create update patch delete")
EVERYTHING = Match()


@dataclass(frozen=True)
class Outage:
    """A row of the table.

    Attributes:
        name: what happens, as it reads in the documentation.
        rules: what requests meet while it lasts.
        say: bytes on the watches of agents that are open when it begins.
        cuts: whether open watches are reset when it begins, so that they too meet the rules.
        refuses: whether no connection is taken at all.
        rotates: whether the token that the client started with is refused, and its kubeconfig holds another.
        storm: whether a second writer changes every object of the agent all the time.
        silent: whether only the client's own clock can tell that something is wrong.
    """

    name: str
    rules: tuple[Rule, ...] = ()
    say: bytes = b""
    cuts: bool = True
    refuses: bool = False
    rotates: bool = False
    storm: bool = False
    silent: bool = False


def refusal(code, reason, message="told to fail", **headers):
    """Return an answer with a Status, as the API server gives one."""
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(code, json.dumps(_status(code, reason, message)).encode(), tuple(headers.items()))


def error_event(code, reason):
    """Return the line of a watch that says ERROR."""
    return json.dumps({"type": "ERROR", "object": _status(code, reason, "told to fail")}).encode() + b"\n"


def _status(code, reason, message):
    return {"kind": "Status", "apiVersion": "v1", "code": code, "reason": reason, "message": message}


HALF_A_LINE = b'{"type":"MODIFIED","object":{"metadata":{"na'
FIRST_PAGE = json.dumps(
    {
        "kind": "HostProcessAgentList",
        "apiVersion": "hostprocess.dev/v1alpha1",
        "metadata": {"resourceVersion": "1", "continue": "more"},
        "items": [],
    }
).encode()
EXPIRED = refusal(410, "Expired")

TOO_MUCH_FOR_KOPF = (
    Outage(
        "an error other than 410 within the watch",
        (Rule(WATCHES_OF_AGENTS, Script((error_event(500, "InternalError"),))),),
        say=error_event(500, "InternalError"),
        cuts=False,
    ),
    Outage(
        "410 for the second page of a list",
        (
            Rule(requests("list", AGENTS, continues=True), EXPIRED),
            Rule(requests("list", AGENTS, continues=False, single=False), Answer(200, FIRST_PAGE)),
        ),
        say=error_event(410, "Expired"),
        cuts=False,
    ),
    Outage("404 for the resource", (Rule(READS_OF_AGENTS, refusal(404, "NotFound")),)),
    Outage(
        "half a line, then the end of the stream",
        (Rule(WATCHES_OF_AGENTS, Script((HALF_A_LINE,))),),
    ),
    Outage("503 for every list and watch", (Rule(READS, refusal(503, "ServiceUnavailable")),)),
    Outage("403 for every list and watch", (Rule(READS, refusal(403, "Forbidden")),)),
    Outage("401 for everything, the token stays", (Rule(EVERYTHING, refusal(401, "Unauthorized")),)),
)
OTHERS = (
    Outage("410 within the watch", (Rule(requests("watch"), Script((error_event(410, "Expired"),))),)),
    Outage(
        "429 with Retry-After for everything",
        (Rule(EVERYTHING, refusal(429, "TooManyRequests", Retry_After="2")),),
    ),
    Outage("500 for everything", (Rule(EVERYTHING, refusal(500, "InternalError")),)),
    Outage("504 for everything", (Rule(EVERYTHING, refusal(504, "Timeout")),)),
    Outage(
        "a page of HTML with 200 for every list and watch",
        (Rule(READS, Answer(200, b"<html>Sign in</html>", content_type="text/html")),),
    ),
    Outage("a byte a second", (Rule(READS, Script((b"{", *(b" ",) * 3600), pause=1.0)),), silent=True),
    Outage("connections are taken, and nothing is ever said", (Rule(EVERYTHING, Hold()),), silent=True),
    Outage("watches are accepted, and nothing is ever said", (Rule(requests("watch"), Mute()),), silent=True),
    Outage("every connection is refused", refuses=True),
    Outage("every connection is reset", (Rule(EVERYTHING, Cut()),)),
    Outage("writes are carried out, their answers are lost", (Rule(WRITES, Cut(after=True)),)),
    Outage("409 for every write", (Rule(WRITES, refusal(409, "Conflict")),)),
    Outage("422 for every write", (Rule(WRITES, refusal(422, "Invalid")),)),
    Outage("a second writer changes every object all the time", storm=True),
    Outage("the token is rotated", rotates=True),
)
OUTAGES = TOO_MUCH_FOR_KOPF + OTHERS


def outage(name):
    """Return the row of that name."""
    return next(row for row in OUTAGES if row.name == name)
