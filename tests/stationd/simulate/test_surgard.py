"""The bytes of a simulated Sur-Gard receiver."""

from datetime import UTC, datetime

import pytest

from stationd.simulate import surgard
from stationd.simulate.happening import Event, Form, Happening, Stamp

RRL = surgard.Header("01", "1")
RRLLL = surgard.Header("01", "001")


@pytest.mark.parametrize(
    ("made", "wanted"),
    [
        (
            surgard.contact_id(RRL, "1234", "E", "121", group="01", zone="001"),
            b"5011 181234E12101001\x14",
        ),
        (
            surgard.contact_id(RRLLL, "1234", "E", "130", group="01", zone="015"),
            b"501001 181234E13001015\x14",
        ),
        (surgard.basic(RRL, "1234", "A", "5"), b"1011      1234 A   5\x14"),
        (surgard.basic(RRLLL, "123", "A", "45"), b"101001       123 A  45\x14"),
        (surgard.basic(RRL, "0000", "P", "01"), b"1011      0000 P  01\x14"),
        (surgard.sia(RRL, "1234", "NBA03"), b"S011[#1234|NBA03]\x14"),
        (surgard.own_event(RRLLL, "NYD00"), b"001001[#0000|NYD00]\x14"),
        (surgard.heartbeat(RRL), b"1011           @    \x14"),
        (surgard.heartbeat(RRLLL), b"101001           @    \x14"),
    ],
)
def test_each_layout_stands_in_its_columns(made, wanted):
    assert made == wanted


@pytest.mark.parametrize(("header", "length"), [(RRL, 20), (RRLLL, 22)])
def test_the_length_of_a_heartbeat_tells_the_width_of_the_header(header, length):
    assert len(surgard.heartbeat(header).removesuffix(surgard.DC4)) == length


ALARM = Happening("E", "130", "BA", "A", 3, "HALL DOOR")
STAMP = Stamp(1, datetime(2025, 6, 15, 12, tzinfo=UTC))


@pytest.mark.parametrize(
    ("form", "raw"),
    [
        (Form.CONTACT_ID, b"5011 181234E13001003\x14"),
        (Form.SIA, b"S011[#1234|Nri1/BA03^HALL DOOR^]\x14"),
        (Form.BASIC, b"1011      1234 A   3\x14"),
    ],
)
def test_a_receiver_passes_each_form_on(form, raw):
    assert surgard.writer(RRL)(Event("1234", ALARM, form), STAMP) == (raw,)


@pytest.mark.parametrize(
    ("number", "raw"),
    [
        ("1234", b"5011 981234113001003\x14"),
        ("1234567890", b"5011 981234567890113001003\x14"),
    ],
)
def test_an_imitator_writes_digits_another_type_and_long_accounts(number, raw):
    dialect = surgard.Dialect(numeric=True, kind="98")
    assert surgard.writer(RRL, dialect)(Event(number, ALARM), STAMP) == (raw,)


def test_a_cheap_sender_leaves_out_the_space_and_the_end():
    dialect = surgard.Dialect(space="", end=b"")
    assert surgard.writer(RRL, dialect)(Event("1234", ALARM), STAMP) == (b"5011181234E13001003",)
