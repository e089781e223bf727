"""Hostile text: made from what is printed in earnest, by a seeded source of chance. Pure."""

import functools
import json

from control_plane.container_log import PROBE, WORDS, printed_lines
from control_plane.pods import agent_pod
from hostprocess_operator.verification.parser import LOG_BYTES
from hostprocess_operator.verification.probe import PLAIN_PREFIX, REPORT_PREFIX

CODECS = ("utf-8", "utf-16", "utf-16-le", "utf-16-be", "cp437", "cp932", "latin-1")
# What means something to a parser, to a terminal, or to a reader.
PIECES = [
    "", " ", "\n", "\r", "\r\n", "\t", "\0", "\ufeff", "\x1b[31m", "\x1b]0;", "\x07", "\x1b\\", "\x9b1m", "\x9c",
    "\x1b", "\x1b[", "\u202e", "\u2066", "\u200b", "\u2028", "\x85", "\ud800", "\U000e0101", "\u3164", "é", "日本", "🜁",
    "\u0301", PLAIN_PREFIX, PLAIN_PREFIX + "True", PLAIN_PREFIX + "False", REPORT_PREFIX, REPORT_PREFIX + "{", "{",
    "}", "[", "]", ",", ":", '"', "\\", "null", "NaN", "-Infinity", "1e999", '"version":1', '"version":2',
    '"admin":true', '"sid":', '"S-1-5-18"', '"error":"X"', '{"version":1,"admin":true,"sid":"S-1-5-18"}', "%s", "%",
    "$(", "${x}", "{account}", "{0}", "InvalidOperation: ", "FullyQualifiedErrorId : ",
    "unable to retrieve container logs for ", "'; DROP", "<script>", "x" * 300, "9" * 400, "[" * 500, "\n" * 250,
    " " * 500, "a.b" * 100, "True", "False", "containerd://", "\\u0000",
]  # fmt: skip


@functools.cache
def printed_logs():
    """Return every log that a simulated container prints, for each word and kind of container."""
    words = [f"log-{word}" for word in WORDS.split("|") if word not in {"huge", "slow", "500", "missing", "gone"}]
    logs = [b"unable to retrieve container logs for containerd://0123456789abcdef"]
    for word in words:
        pod = agent_pod("agent", "node", knobs={"log": word})
        logs += [b"\r\n".join(printed_lines(pod, name, 0)) for name in (PROBE, "agent")]
    return tuple(logs)


def text(chance, most=40):
    """Return a text of pieces and of any characters, surrogates among them."""
    parts = []
    for _ in range(chance.randrange(most)):
        if chance.random() < 0.8:
            parts.append(chance.choice(PIECES))
        else:
            parts.append(
                chr(chance.choice((chance.randrange(256), chance.randrange(0x3000), chance.randrange(0x110000))))
            )
    return "".join(parts)


def log(chance):
    """Return the bytes of a log: a real one damaged, pieces in some encoding, or noise."""
    kind = chance.random()
    if kind < 0.45:
        return damaged(chance, chance.choice(printed_logs()))
    if kind < 0.9:
        return encoded(chance, text(chance))
    return chance.randbytes(chance.randrange(2048))


def large_log(chance):
    """Return as many bytes as are ever read of a log, made of a few pieces over and over."""
    few = "".join(chance.choice(PIECES) for _ in range(chance.randrange(1, 6))) or "x"
    content = encoded(chance, few)
    return (content * (LOG_BYTES // len(content) + 1))[:LOG_BYTES]


def damaged(chance, content):
    """Return bytes with a few things done to them."""
    content = bytearray(content)
    for _ in range(chance.randrange(1, 6)):
        at, length = chance.randrange(len(content) + 1), chance.randrange(1, 40)
        match chance.randrange(6):
            case 0:
                del content[at : at + length]
            case 1:
                content[at:at] = chance.randbytes(length)
            case 2:
                content[at:at] = encoded(chance, chance.choice(PIECES))
            case 3:
                content[at:at] = content[:length] * chance.randrange(1, 20)
            case 4 if at < len(content):
                content[at] ^= 1 << chance.randrange(8)
            case 5:
                content += chance.choice(printed_logs())
    return bytes(content)


def encoded(chance, characters):
    """Return the text in one of the encodings that Windows prints in."""
    codec = chance.choice(CODECS)
    # what a code page does not have becomes a question mark, as Windows does it; surrogates stay where they can
    return characters.encode(codec, errors="surrogatepass" if codec.startswith("utf") else "replace") or b" "


def defaced(chance, body):
    """Return an object with some of its texts replaced, and some of its fields gone.

    Names, UIDs and types are left alone: the API server lets nobody send an object without them, or with a number
    where a text belongs.
    """
    body = json.loads(json.dumps(body))
    for _ in range(chance.randrange(1, 5)):
        holder = body
        while True:
            keys = [key for key in holder if key not in SACRED] if isinstance(holder, dict) else range(len(holder))
            if not keys:
                break
            key = chance.choice(list(keys))
            value = holder[key]
            if isinstance(value, dict | list) and value and chance.random() < 0.9:
                holder = value
                continue
            if isinstance(value, str):
                holder[key] = text(chance)
            elif isinstance(holder, dict) and chance.random() < 0.3:
                del holder[key]
            break
    return body


SACRED = frozenset({"name", "uid", "namespace", "key", "operator", "spec", "metadata", "managedFields"})
