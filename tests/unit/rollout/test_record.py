"""The rollout record: as text and back, and one of its two copies."""

import base64
import zlib
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hostprocess_operator.rollout import Out, Proven, Record, Target, dump_record, load_record, merge_records
from support import build

AGENT = build.agent()
FULL = build.record(AGENT, seq=7, proven=build.proven(AGENT), out=build.out("node-a", "node-b", taken=False))

moments = st.integers(min_value=0, max_value=2**32).map(lambda second: datetime.fromtimestamp(second, UTC))
names = st.text(st.characters(categories=["L", "N", "P"]), max_size=20)
records = st.builds(
    Record,
    seq=st.integers(min_value=0),
    target=st.none() | st.builds(Target, rev=names, spec=names, digest=st.none() | names, started=moments),
    proven=st.none() | st.builds(Proven, rev=names, spec=names, digest=names, at=moments),
    out=st.dictionaries(names, st.builds(Out, since=moments, taken=st.booleans()), max_size=4),
)


@given(records)
def test_what_was_dumped_is_loaded(record):
    assert load_record(dump_record(record)) == record


def test_times_are_kept_to_the_second():
    record = Record(out={"node-a": Out(since=build.NOW + timedelta(microseconds=999_999), taken=True)})
    assert load_record(dump_record(record)).out["node-a"].since == build.NOW


def test_equal_records_give_equal_text():
    backwards = FULL.model_copy(update={"out": dict(reversed(FULL.out.items()))})
    assert dump_record(backwards) == dump_record(FULL)


def test_the_text_that_stands_on_daemonsets():
    """Older versions of the operator wrote it so, and every later one has to understand it."""
    text = (
        '{"out":{"node-a":{"since":"2026-03-04T05:05:07Z","taken":true}},'
        '"proven":{"at":"2026-03-03T05:06:07Z","digest":"d1","rev":"r1","spec":"s1"},"seq":2,'
        '"target":{"digest":"d2","rev":"r2","spec":"s2","started":"2026-03-04T05:00:00Z"}}'
    )
    record = load_record(text)
    assert dump_record(record) == text
    assert (record.seq, record.target.rev, record.proven.digest, record.out["node-a"].taken) == (2, "r2", "d1", True)


def many(count):
    """Return a record of so many nodes with the longest names that a cloud gives, all of them out and failed."""
    names = [f"ip-10-{n // 256 % 256}-{n % 256}-{n * 7919 % 256}.eu-central-1.compute.internal" for n in range(count)]
    return Record(out=build.out(*names), charged=dict.fromkeys(names, "NotAdministrator"))


def test_a_record_of_a_few_nodes_can_be_read_by_people():
    assert dump_record(many(100)).startswith('{"charged"')


def test_a_record_of_five_thousand_nodes_fits_into_an_annotation():
    text = dump_record(many(5000))
    assert len(text) < 128 * 1024
    assert load_record(text) == many(5000)


def test_an_endless_text_is_no_record():
    endless = base64.b64encode(zlib.compress(b" " * 64 * 1024 * 1024)).decode()
    assert load_record(f"zlib:{endless}") is None


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(None, id="none"),
        pytest.param("", id="empty"),
        pytest.param("not json", id="no JSON"),
        pytest.param("[]", id="a list"),
        pytest.param("null", id="null"),
        pytest.param('{"seq":-1}', id="a negative number"),
        pytest.param('{"out":{"node-a":{"since":"soon","taken":true}}}', id="a time that is none"),
        pytest.param('{"out":{"node-a":{"since":"2026-03-04T05:06:07","taken":true}}}', id="a time without a zone"),
        pytest.param('{"target":{"rev":"r"}}', id="half a target"),
        pytest.param('{"out":{"' + "r" * 254 + '":{"since":"2026-03-04T05:06:07Z","taken":true}}}', id="a long name"),
        pytest.param("[" * 100_000, id="as deep as it gets"),
        pytest.param("zlib:", id="nothing that was compressed"),
        pytest.param("zlib:{}", id="no Base64"),
        pytest.param("zlib:\u00e4", id="no ASCII"),
        pytest.param("zlib:e30=", id="Base64 of something else"),
        pytest.param(dump_record(many(5000))[:-400], id="compressed and cut off"),
    ],
)  # fmt: skip
def test_nonsense_is_no_record(text):
    assert load_record(text) is None


def test_what_a_later_version_added_is_passed_over():
    assert load_record('{"seq":3,"from-a-later-version":["node-a"]}') == Record(seq=3)


def test_an_empty_object_is_an_empty_record():
    assert load_record("{}") == Record()


A, B = build.target(AGENT), build.target(AGENT, rev="b")
B_UNKNOWN = B.model_copy(update={"digest": None})
OUT = build.out("node-a")


@pytest.mark.parametrize(
    ("on_daemonset", "in_status", "expected"),
    [
        pytest.param(None, None, Record(), id="neither: it begins anew"),
        pytest.param(Record(seq=1, out=OUT), None, Record(seq=1, out=OUT), id="only the DaemonSet's"),
        pytest.param(None, Record(seq=1, target=A), Record(seq=1, target=A), id="only the status's"),
        pytest.param(None, Record(seq=1, out=OUT), Record(seq=1), id="the status is not believed about who is out"),
        pytest.param(
            Record(seq=2, target=B, out=OUT), Record(seq=1, target=A), Record(seq=2, target=B, out=OUT),
            id="the higher number wins: the DaemonSet's",
        ),
        pytest.param(
            Record(seq=1, target=A, out=OUT), Record(seq=2, target=B), Record(seq=2, target=B, out=OUT),
            id="the higher number wins: the status's, but for who is out",
        ),
        pytest.param(
            Record(seq=2, target=B, out=OUT), Record(seq=2, target=A), Record(seq=2, target=B, out=OUT),
            id="a tie goes to the DaemonSet",
        ),
        pytest.param(
            Record(seq=2, target=B_UNKNOWN, out=OUT), Record(seq=2, target=B),
            Record(seq=2, target=B, out=OUT),
            id="unless the status's has learned the digest of the same target",
        ),
        pytest.param(
            Record(seq=2, target=B_UNKNOWN), Record(seq=2, target=A), Record(seq=2, target=B_UNKNOWN),
            id="a digest of another target is of no use",
        ),
        pytest.param(Record(seq=2, target=B), Record(seq=2), Record(seq=2, target=B), id="nor is none"),
        pytest.param(
            Record(seq=2, target=B_UNKNOWN), Record(seq=1, target=B), Record(seq=2, target=B_UNKNOWN),
            id="nor is that of an older record",
        ),
        pytest.param(
            Record(seq=2, target=B, retry="r"), Record(seq=2, target=B), Record(seq=2, target=B, retry="r"),
            id="a digest that both know decides nothing",
        ),
        pytest.param(
            Record(seq=2, target=B_UNKNOWN, retry="r"), Record(seq=2, target=B_UNKNOWN),
            Record(seq=2, target=B_UNKNOWN, retry="r"), id="nor does one that none of them knows",
        ),
        pytest.param(Record(seq=2), Record(seq=2, target=B), Record(seq=2), id="nor one of what only one names"),
    ],
)  # fmt: skip
def test_merge(on_daemonset, in_status, expected):
    assert merge_records(on_daemonset, in_status) == expected
