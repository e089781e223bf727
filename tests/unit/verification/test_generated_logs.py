"""Generated logs: no text that a container can print raises an error or reaches a person unclean.

An everyday run tries a few thousand texts. `LOG_TEXTS=100000 pytest tests/unit/verification/test_generated_logs.py`
tries a hundred thousand, a sixth of them in each test.
"""

import json
import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hostprocess_operator.verification.parser import parse_log
from hostprocess_operator.verification.report import Report, StoredReport, dump_report, load_report
from hostprocess_operator.verification.text import clean_text
from hostprocess_operator.verification.verdict import judge

TESTS = 6
TEXTS = int(os.environ.get("LOG_TEXTS", "3000"))

pytestmark = pytest.mark.timeout(3600)
generated = settings(
    max_examples=-(-TEXTS // TESTS),
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)

RUN = "containerd://" + "0f" * 32
MARK = "hostprocess.dev/admin-rights "
PLAIN = "Process has admin rights:"

# Pieces that mean something to the parser, to a terminal or to a reader, without a word that answers the question.
NOISE = [
    "", " ", "\n", "\r", "\r\n", "\t", "\0", "\ufeff", "\x1b[31m", "\x1b]0;", "\x07", "\x9b1m", "\x1b", "\u202e",
    "\u2066", "\u200b", "\u2028", "\x85", "\ud800", "\U000e0101", "\u3164", "é", "日本", PLAIN, PLAIN + " ", MARK,
    MARK + "{", "{", "}", "[", "]", ",", ":", '"', "\\", "null", "NaN", "-Infinity", "1e999", '"version"', "1", "2",
    '"admin"', '"sid"', '"error"', '"S-1-5-18"', '{"version":1,"admin":', '{"version":2}', "%", "$(", "{account}",
    "InvalidOperation: ", "FullyQualifiedErrorId : ", "unable to retrieve container logs for ", "x" * 300, "9" * 400,
]  # fmt: skip
ANSWERS = [" True", " False", "True", "true", "false", '"error":"X"', '{"version":1,"admin":true,"sid":"S-1-5-18"}']
CODECS = ["utf-8", "utf-16", "utf-16-le", "utf-16-be", "cp437", "cp932", "latin-1"]

pieces = st.sampled_from(NOISE + ANSWERS)
codecs = st.sampled_from(CODECS)


def check(log):
    """Read and judge a log; assert that nothing unclean or endless comes of it, and return the verdict."""
    found = parse_log(log)
    verdict = judge(found, account=r"NT AUTHORITY\SYSTEM", expect=None)
    assert verdict.message.isprintable()
    assert len(verdict.message.encode()) <= 1024
    if isinstance(found, Report):
        stored = StoredReport(RUN, found)
        text = dump_report(stored)
        assert text.isprintable()
        assert len(text.encode()) <= 1024
        assert load_report(text) == stored
    else:
        assert verdict.status == "Unknown"
        assert found.excerpt.isprintable()
        assert len(found.excerpt.encode()) <= 256
    return verdict


def encoded(text, codec):
    # what a code page does not have becomes a question mark, as Windows does it; surrogates stay where they can
    return text.encode(codec, errors="surrogatepass" if codec.startswith("utf") else "replace")


@generated
@given(st.binary(max_size=4096))
def test_bytes(log):
    check(log)


@generated
@given(st.lists(pieces, max_size=40), codecs)
def test_pieces_that_mean_something(parts, codec):
    check(encoded("".join(parts), codec))


@generated
@given(st.lists(st.sampled_from(NOISE), max_size=40), codecs)
def test_a_log_without_an_answer_is_never_more_than_unknown(parts, codec):
    assert check(encoded("".join(parts), codec)).status == "Unknown"


values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.just("S-1-5-18"),
    st.just([{"a": [1]}]),
)
names = st.sampled_from(["version", "admin", "sid", "error", "user"])


@generated
@given(st.dictionaries(names, st.just(1) | values), st.booleans())
def test_json_with_any_values(fields, ascii_only):
    check((MARK + json.dumps(fields, ensure_ascii=ascii_only)).encode(errors="surrogatepass"))


@generated
@given(
    st.lists(pieces, max_size=5),
    st.sampled_from(["[", '{"a":', "9", "\x1b[", "\x1b]", "\x1b[0", "\u202e", "\n", "\r", " ", "x", "é", "True"]),
    st.integers(min_value=1, max_value=1024 * 1024),
    st.lists(pieces, max_size=5),
)
def test_deep_and_huge_and_megabyte_lines(before, repeated, size, after):
    check(encoded("".join([*before, repeated * (size // len(repeated)), *after]), "utf-8"))


@generated
@given(st.text(st.characters(codec=None) | st.sampled_from("\x1b\x9b[]m;\u202e\u200b\ud800 \n"), max_size=400))
def test_clean_text_is_printable_short_and_stays_as_it_is(text):
    cleaned = clean_text(text)
    assert cleaned.isprintable()
    assert len(cleaned.encode()) <= 256
    assert cleaned == cleaned.strip()
    assert clean_text(cleaned) == cleaned
