import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.file_check import expected_row
from archive.rows import COLUMNS, RecordRows, cell, table

# Letters that a spreadsheet or a line-based reader could stumble over are likely.
TEXT = st.text(
    st.sampled_from("ab=+-@\t\r\n\",;'\\\x00\x07\x7f\x85\xa0\u2028\ufeffŁ東"), max_size=8
)
VALUE = st.one_of(TEXT, st.integers(-5, 5), st.booleans(), st.none(), st.lists(TEXT, max_size=3))
FIELDS = st.dictionaries(
    st.sampled_from([*COLUMNS, "entry", "acct", "salt", "other", "by"]),
    st.one_of(VALUE, st.dictionaries(st.sampled_from(["journal", "position", "x"]), VALUE)),
)


def record_of(fields: dict[str, object]) -> bytes:
    return json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def rows_of(*records: dict[str, object]) -> list[list[str]]:
    rows = RecordRows()
    data = b"".join(rows.add(record_of(fields), fields) for fields in records) + rows.flush()
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("=1+1", "'=1+1"),
        ("+49 30", "'+49 30"),
        ("-5", "'-5"),
        (-5, "'-5"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("a=b", "a=b"),
        ("bell\x07", "bell\\u0007"),
        ("\x00=x", "\\u0000=x"),
        ("two\nlines", "two\\u000alines"),
        (None, ""),
        (True, "true"),
        (7, "7"),
        ([1, "a"], '[1,"a"]'),
    ],
)
def test_a_cell_is_safe_to_open(value: object, shown: str) -> None:
    assert cell(value) == shown


@given(TEXT)
def test_no_cell_begins_a_formula_or_holds_a_control_character(text: str) -> None:
    shown = cell(text)

    assert shown[:1] not in {"=", "+", "-", "@"}
    assert all(ord(sign) >= 32 and not 127 <= ord(sign) < 160 for sign in shown)


@given(FIELDS)
def test_the_verifier_expects_the_row_that_is_written(fields: dict[str, object]) -> None:
    (_, row) = rows_of(fields)

    assert row == expected_row(record_of(fields), fields)
    assert len(row) == len(COLUMNS)


def test_a_row_shows_what_the_record_says() -> None:
    fields = {"seq": 3, "part": [1, 3], "marks": ["on_test", "storm"], "new": False, "by": "clerk"}
    fields["entry"] = {"journal": "ab", "position": 9, "link": "cd"}

    (head, row) = rows_of(fields)

    shown = {name: value for name, value in zip(head, row, strict=True) if value}
    assert shown.pop("record_sha256")
    assert shown == {
        "seq": "3",
        "part": "1/3",
        "marks": "on_test storm",
        "new": "false",
        "journal": "ab",
        "position": "9",
        "more": '{"by":"clerk"}',
    }


def test_rows_come_out_whole_however_many_there_are() -> None:
    rows = rows_of(*({"seq": seq} for seq in range(1, 1202)))

    assert [row[0] for row in rows[1:]] == [str(seq) for seq in range(1, 1202)]


def test_a_table_keeps_what_has_no_column() -> None:
    data = table(("a",), [{"a": "=x", "b": 1}, {}])

    assert data == b'\xef\xbb\xbfa,more\r\n\'=x,"{""b"":1}"\r\n,\r\n'
