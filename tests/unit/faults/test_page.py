import pytest

from faults import page
from faults.matrix import Result

TEXT = "above\n\n<!-- begin: written by make faults -->\n<!-- end: written by make faults -->\n\nbelow\n"
HEAD = "| a | b |"


@pytest.fixture
def written(tmp_path):
    path = tmp_path / "page.md"
    path.write_text(TEXT)
    return path


def test_a_table_stands_between_its_marks_and_the_rest_stays(written):
    page.write_table("faults", HEAD, {"x": "| x | 1 |"}, written)
    text = written.read_text()
    assert text.startswith("above\n")
    assert text.endswith("below\n")
    assert "| a | b |\n|---|---|\n| x | 1 |\n" in text


def test_rows_of_another_run_stay_and_those_of_this_one_are_replaced(written):
    page.write_table("faults", HEAD, {"x": "| x | 1 |", "y": "| y | 1 |"}, written)
    page.write_table("faults", HEAD, {"y": "| y | 2 |", "z": "| z | 2 |"}, written)
    assert "|---|---|\n| x | 1 |\n| y | 2 |\n| z | 2 |\n" in written.read_text()


def test_a_page_without_a_place_is_refused(written):
    with pytest.raises(ValueError, match="no place for what make crashes writes"):
        page.write_table("crashes", HEAD, {}, written)


def test_a_row_says_who_ended_and_who_recovered_when():
    row = page.outage_row("it rains", Result(True, None, 0), Result(False, 1.23, 2), 30.0)
    assert row == "| it rains | 30 s | **yes** | no | never | 1.2 s | 0 | 2 |"
