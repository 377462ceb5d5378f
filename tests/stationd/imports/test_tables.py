"""From bytes to rows with line numbers."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stationd.imports.model import Source
from stationd.imports.tables import read_table


def read(data, encoding="utf-8", delimiter=""):
    return read_table(Source(name="a.csv", data=data), encoding=encoding, delimiter=delimiter)


def rows(table):
    return [(row.line, *row.cells) for row in table.rows]


@pytest.mark.parametrize(
    "data",
    [
        b"a,b\n1,2\n",
        b"a;b\n1;2\n",
        b"a\tb\r\n1\t2\r\n",
        b"a|b\n1|2",
        b"\xef\xbb\xbfa,b\n1,2\n",
        b"\xff\xfe" + "a,b\n1,2\n".encode("utf-16-le"),
        b"\xfe\xff" + "a,b\n1,2\n".encode("utf-16-be"),
    ],
    ids=["comma", "semicolon", "tab", "bar", "BOM", "UTF-16", "UTF-16 BE"],
)
def test_delimiter_and_marks_are_found_out(data):
    table, faults = read(data)
    assert faults == []
    assert table.headings == ("a", "b")
    assert rows(table) == [(2, "1", "2")]


def test_a_delimiter_that_is_given_counts():
    table, _ = read(b"a;b,c\n1;2,3\n", delimiter=",")
    assert table.headings == ("a;b", "c")


def test_a_row_has_the_line_it_begins_on():
    table, _ = read(b'a,b\n"1\n\n",2\n\n , \n3,4\n')
    assert [row.line for row in table.rows] == [2, 7]


def test_every_line_of_another_encoding_is_named():
    table, faults = read("a\nö\nb\nä\n".encode("cp1252"))
    assert [fault.place.line for fault in faults] == [2, 4]
    assert "F6h in column 1 is not utf-8" in faults[0].text
    assert "cp1252" in faults[0].text
    assert table.rows == ()
    table, faults = read("a\nö\n".encode("cp1252"), encoding="cp1252")
    assert (rows(table), faults) == ([(2, "ö")], [])


@pytest.mark.parametrize(
    ("data", "encoding", "words"),
    [
        (b"", "utf-8", "empty"),
        (b"a", "klingon", "no encoding klingon"),
        (b"\xff\xfea\x00\n\x00\x00\xd8", "utf-8", "not utf-16-le at byte"),
    ],
)
def test_a_file_that_cannot_be_read_is_said_why(data, encoding, words):
    _, (fault,) = read(data, encoding)
    assert words in fault.text


def test_rows_of_another_width_are_named_and_the_rest_kept():
    table, faults = read(b"a,b\n1\n1,2\n1,2,3\n")
    assert [(fault.place.line, fault.text) for fault in faults] == [
        (2, "1 cells, but the header has 2"),
        (4, "3 cells, but the header has 2"),
    ]
    assert rows(table) == [(3, "1", "2")]


@pytest.mark.parametrize("data", [b'a,b\n1,2\n3,"4\n5,6\n', b'a,b\n1,2\n3,"4"x\n'])
def test_a_stray_quotation_mark_is_told_where_it_begins(data):
    table, faults = read(data)
    assert faults[-1].place.line == 3
    assert "quotation mark" in faults[-1].text
    assert rows(table) == [(2, "1", "2")]


def test_an_endless_cell_is_a_fault():
    _, (fault,) = read(b"a\n" + b"x" * 16_385)
    assert "more than 16384" in fault.text


CELLS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=5)


@given(st.lists(st.tuples(CELLS, CELLS), max_size=5))
def test_what_was_written_is_read(body):
    text = io.StringIO()
    csv.writer(text).writerows([("one", "two"), *body])
    table, faults = read(text.getvalue().encode())
    kept = [cells for cells in body if any(cell.strip() for cell in cells)]
    assert faults == []
    assert [row.cells for row in table.rows] == kept


@given(st.binary(max_size=60))
def test_any_bytes_give_rows_or_faults(data):
    table, faults = read(data)
    assert table.headings or faults
