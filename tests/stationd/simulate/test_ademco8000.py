"""The packets of a simulated MX8000 and SK9000."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stationd.simulate import ademco8000
from stationd.simulate.happening import Event, Happening, Stamp

STAMP = Stamp(42, datetime(2025, 6, 15, 12, 30, 59, tzinfo=UTC))
ALARM = Event("1234", Happening("E", "130", "BA", "A", 3))


@given(st.text(st.characters(max_codepoint=255), min_size=1, max_size=120))
def test_the_v_byte_agrees_with_the_sum_of_all_before_it(text):
    raw = ademco8000.packet(text)
    assert raw[-2] == 0x40 | sum(raw[:-2]) % 64
    assert raw.endswith(b"\r")


def test_an_event_has_time_reference_and_account():
    (raw,) = ademco8000.write(ALARM, STAMP)
    assert raw[:-2] == b'&061525"123059"01"0042"00401\x051234"BA03'


def test_an_event_without_a_place_has_none():
    (raw,) = ademco8000.write(Event("1234", Happening("E", "602", "RP", "R")), STAMP)
    assert raw[:-2].endswith(b'"RP')


def test_the_sk9000_has_no_reference_and_no_seconds():
    (raw,) = ademco8000.sk9000_write(ALARM, STAMP)
    assert raw[:-2] == b'\'061525"1230"51\x051234"BA03'


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (ademco8000.trouble(STAMP, True), b'\x02061525"123059"01"0042"{'),
        (ademco8000.trouble(STAMP, False), b'\x02061525"123059"01"0042"}'),
        (ademco8000.sk9000_trouble(STAMP, True), b'\x01061525"1230"{'),
        (ademco8000.sk9000_trouble(STAMP, False), b'\x01061525"1230"}'),
        (ademco8000.beat(STAMP), b'\x03061525"123059"01"0000"'),
    ],
)
def test_a_receiver_tells_of_its_computer_and_that_it_lives(made, said):
    assert made[:-2] == said
