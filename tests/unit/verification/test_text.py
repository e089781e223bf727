"""Hostile text on its way to a status."""

import pytest

from hostprocess_operator.verification.text import clean_text, strip_escapes


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        pytest.param("plain words", "plain words", id="plain text stays"),
        pytest.param("Zugriff verweigert: für Öl 日本", "Zugriff verweigert: für Öl 日本", id="other scripts stay"),
        pytest.param("\x1b[31;1mred\x1b[0m", "red", id="colours go"),
        pytest.param("\x9b31mred", "red", id="a one-character control sequence goes"),
        pytest.param("\x1b]0;title\x07text", "text", id="a window title goes"),
        pytest.param("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link", id="a link's target goes"),
        pytest.param("\x1b]0;open", "0;open", id="an unfinished sequence loses its start"),
        pytest.param("\x1b(Bx\x1b7y", "xy", id="character sets and short sequences go"),
        pytest.param("\x1b\x1b[1m[1mx", "[1mx", id="a sequence in a sequence forms no new one"),
        pytest.param("a\x00b\x07c\x7fd\x85e", "abcd e", id="control characters go and a next-line is white space"),
        pytest.param("a\r\n\tb\u2028c\u00a0d", "a b c d", id="white space of any kind becomes one space"),
        pytest.param("  a  ", "a", id="the ends are trimmed"),
        pytest.param("\u202eevil\u2066x\u2069", "evilx", id="bidirectional overrides go"),
        pytest.param("a\u200bb\u200dc\ufeffd\u00ade", "abcde", id="zero-width and soft characters go"),
        pytest.param("a\ufe0fb\u034fc\U000e0101d", "abcd", id="variation selectors and joiners go"),
        pytest.param("a\u3164b\u2800c\u115fd", "abcd", id="blank letters go"),
        pytest.param("a\ud800b", "ab", id="lone surrogates go"),
        pytest.param("a\ue000b\U000f0000c\uffffd\u0378e", "abcde", id="private and unassigned characters go"),
        pytest.param("a \u200b b", "a b", id="what surrounds a dropped character stays one space"),
        pytest.param("\x1b[0m\x00\u200b", "", id="nothing printable gives nothing"),
        pytest.param("", "", id="nothing gives nothing"),
    ],
)
def test_text_becomes_one_printable_line(text, cleaned):
    assert clean_text(text) == cleaned


@pytest.mark.parametrize(
    ("text", "limit", "cut"),
    [
        pytest.param("x" * 256, 256, "x" * 256, id="as many bytes as allowed stay"),
        pytest.param("x" * 257, 256, "x" * 253 + "…", id="one more is cut with an ellipsis"),
        pytest.param("é" * 128, 256, "é" * 128, id="the limit counts bytes"),
        pytest.param("é" * 129, 256, "é" * 126 + "…", id="no character is cut in two"),
        pytest.param("abc   defghij", 8, "abc d…", id="another limit"),
        pytest.param("abcd efghij", 8, "abcd…", id="no space before the ellipsis"),
    ],
)
def test_a_long_line_is_cut_to_bytes(text, limit, cut):
    assert clean_text(text, limit) == cut


def test_what_lies_beyond_the_window_is_not_looked_at():
    assert clean_text(" " * 64 * 1024 + "x") == ""


def test_escape_sequences_are_not_taken_to_span_lines():
    assert (
        strip_escapes("\x1b]0;title\nProcess has admin rights: True\x07")
        == "0;title\nProcess has admin rights: True\x07"
    )
