"""Lines of what is simple, or hardly known."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stationd.simulate import plain
from stationd.simulate.happening import Event, Form, Happening, Stamp

STAMP = Stamp(100, datetime(2025, 6, 15, 12, tzinfo=UTC))
ALARM = Happening("E", "130", "BA", "A", 3)
VALUES = {**{str(digit): digit for digit in range(1, 10)}, "0": 10}
VALUES |= {letter: 11 + place for place, letter in enumerate("BCDEF")}


@pytest.mark.parametrize(
    ("write", "number", "raw"),
    [
        (plain.cp220, "220001", b"112200011130\r"),
        (plain.contact_id_tcp, "1234", b"[1234 181130010037]"),
        (plain.exprecium, "1234", b"12:00 06/15 11 1234 E130 01 003\r"),
        (plain.oh_line, "1234", b"1234 0100 [1130]"),
        (plain.dmp, "1234", b"01 1234 BA 003\r"),
        (plain.line, "1234", b"0100 1234 1130 003\r"),
    ],
)
def test_an_event_is_a_line(write, number, raw):
    assert write(Event(number, ALARM), STAMP) == (raw,)


def test_an_exprecium_writes_sia_in_brackets():
    event = Event("1234", ALARM, Form.SIA)
    assert plain.exprecium(event, STAMP) == (b"12:00 06/15 11[#1234|EBA03]\r",)


@given(st.text("0123456789BCDEF", min_size=1, max_size=25))
def test_with_its_check_digit_a_string_adds_up_to_a_multiple_of_15(said):
    whole = said + plain.check_digit(said)
    assert sum(VALUES[digit] for digit in whole) % 15 == 0


def test_the_account_of_an_oh_heartbeat_has_eight_columns():
    assert plain.oh_heartbeat("42") == b"SR0001L0001    42          [ID00000000]"


def test_a_template_has_a_test_message():
    assert plain.dmp_test(STAMP) == b"s00 TEST\r"
