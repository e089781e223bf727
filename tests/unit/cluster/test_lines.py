"""A stream cut into lines, however its chunks fall."""

from hypothesis import given
from hypothesis import strategies as st

from hostprocess_operator.cluster.lines import LineBuffer


@given(st.lists(st.binary(max_size=20).map(lambda b: b.replace(b"\n", b"")), max_size=8), st.data())
def test_lines_come_out_whole_wherever_the_chunks_are_cut(lines, data):
    stream = b"".join(line + b"\n" for line in lines)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=10)))
    buffer = LineBuffer()
    seen = []
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        seen += buffer.feed(stream[start:end])
    assert seen == [line for line in lines if line]
    assert not buffer.holds_a_piece


def test_a_line_without_its_end_is_a_piece():
    buffer = LineBuffer()
    assert buffer.feed(b"one\ntw") == [b"one"]
    assert buffer.holds_a_piece
    assert buffer.feed(b"o\n") == [b"two"]
    assert not buffer.holds_a_piece
