"""What a column may mean."""

from datetime import date

import pytest

from stationd.imports.columns import FIELDS, KEYS, assign, read_cell, unknown_fields
from stationd.imports.model import Arrangement

PLAIN = Arrangement()


@pytest.mark.parametrize(
    ("field", "cell", "value"),
    [
        ("customer", "Adler & Co", "Adler & Co"),
        ("customer_no", "C-17", "C-17"),
        ("zone", "America/Denver", "America/Denver"),
        ("zone", "UTC", "UTC"),
        ("party", "Dealer", "dealer"),
        ("standing", "past_due", "past_due"),
        ("notice_days", "30", 30),
        ("started", "2026-03-31", date(2026, 3, 31)),
        ("notice_methods", "mail email", ("email", "mail")),
        ("account", "0012", "0012"),
        ("systems", "Fire; burglary", ("burglary", "fire")),
        ("group", "main", "main"),
        ("number", "01A4", "01A4"),
        ("key", "hex:" + "00" * 32, bytes(32)),
        ("key", "text:" + "A" * 32, b"A" * 32),
        ("key_hex", "41" * 16, b"A" * 16),
        ("key_text", "41" * 8, b"41" * 8),
        ("areas", "1, 2", ("1", "2")),
    ],
)
def test_a_cell_gives_its_value(field, cell, value):
    assert read_cell(field, cell, PLAIN) == value


@pytest.mark.parametrize(
    ("field", "cell", "words"),
    [
        ("customer", "x" * 201, "at most 200"),
        ("customer", "a\0b", "control character"),
        ("customer_no", "a b", "1 to 40 letters"),
        ("zone", "America/Denve", "IANA time zone"),
        ("zone", "MST", "IANA time zone"),
        ("zone", "../etc/passwd", "IANA time zone"),
        ("party", "customer", "one of: station, dealer"),
        ("notice_days", "-1", "from 0 to 3650"),
        ("notice_days", "1.5", "whole number"),
        ("notice_days", "3651", "from 0 to 3650"),
        ("started", "31.3.2026", "such as 2026-03-31"),
        ("started", "2026-02-30", "must be a date"),
        ("account", "station", "not the word station"),
        ("service", "ended", "pending, active, suspended"),
        ("systems", "fire, moat", "names 'moat'"),
        ("group", "ma in", "receiver group"),
        ("number", "01-A4", "as on the wire"),
        ("window_back", "x", "whole number"),
    ],
)
def test_a_wrong_cell_is_told_in_words(field, cell, words):
    with pytest.raises(ValueError, match=words):
        read_cell(field, cell, PLAIN)


@pytest.mark.parametrize(
    ("field", "cell"),
    [
        ("key", "00" * 16),
        ("key", "bin:" + "00" * 16),
        ("key", "hex:zz11"),
        ("key", "text:zz11"),
        ("key_hex", "zz11"),
        ("key_hex", "0011"),
        ("key_text", "0011"),
    ],
)
def test_a_wrong_key_is_not_repeated(field, cell):
    with pytest.raises(ValueError, match=r"hexadecimal|characters|hex: or text:") as caught:
        read_cell(field, cell, PLAIN)
    assert cell not in str(caught.value)


def test_a_key_is_given_in_one_column():
    _, faults, _ = assign(["account", "key hex", "key_text"], PLAIN)
    assert faults == ["two columns give a panel's key; the second is 'key_text'"]


def test_no_key_is_given_for_all_panels():
    (fault,) = unknown_fields(Arrangement(defaults={"key_hex": "00" * 16}))
    assert "one panel" in fault
    assert "00" not in fault


def test_dates_may_have_another_form():
    american = Arrangement(dates="%m/%d/%Y")
    assert read_cell("started", "03/31/2026", american) == date(2026, 3, 31)
    with pytest.raises(ValueError, match="such as 03/31/2026"):
        read_cell("started", "2026-03-31", american)


def test_a_heading_of_a_fields_name_needs_no_mapping():
    assert assign(["Account", "Customer-No", "notice days", "Remarks"], PLAIN) == (
        {0: "account", 1: "customer_no", 2: "notice_days"},
        [],
        ["Remarks"],
    )


def test_other_headings_are_mapped():
    arrangement = Arrangement(columns={"Acct No": "account"})
    assert assign(["ACCT NO"], arrangement)[0] == {0: "account"}


def test_a_field_comes_from_one_column():
    _, faults, _ = assign(["account", "Account"], PLAIN)
    assert faults == ["two columns give account; the second is 'Account'"]


def test_fields_that_do_not_exist_are_named():
    faults = unknown_fields(Arrangement(columns={"X": "acount"}, defaults={"zon": "UTC"}))
    assert [fault.partition(";")[0] for fault in faults] == [
        "there is no field acount",
        "there is no field zon",
    ]
    assert unknown_fields(PLAIN) == []


def test_every_field_says_what_it_means():
    assert all(field.help.endswith(".") for field in FIELDS.values())
    assert {*FIELDS} > KEYS
