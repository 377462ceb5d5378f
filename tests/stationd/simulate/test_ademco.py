"""The lines of a simulated 685, of CAPS, and of an AES that imitates a 685."""

from datetime import UTC, datetime

import pytest

from stationd.simulate import ademco
from stationd.simulate.happening import Event, Form, Happening, Stamp

STAMP = Stamp(1, datetime(2025, 6, 15, 12, tzinfo=UTC))
ALARM = Happening("E", "130", "BA", "A", 3)
CLOSING = Happening("R", "401", "CL", "C", 4)


@pytest.mark.parametrize(
    ("what", "form", "raw"),
    [
        (ALARM, Form.CONTACT_ID, b"\n11 1234 18 E130 01 C003 \r"),
        (CLOSING, Form.CONTACT_ID, b"\n11 1234 18 R401 01 U004 \r"),
        (ALARM, Form.BASIC, b"\n11 1234 3 3\r"),
    ],
)
def test_a_685_writes_contact_id_and_the_old_formats(what, form, raw):
    assert ademco.writer()(Event("1234", what, form), STAMP) == (raw,)


def test_an_aes_has_a_line_card_for_each_format_and_no_space_in_the_old_one():
    write = ademco.writer(contact="13", basic="14", joined=True)
    assert write(Event("1234", ALARM), STAMP) == (b"\n13 1234 18 E130 01 C003 \r",)
    assert write(Event("1234", ALARM, Form.BASIC), STAMP) == (b"\n14 1234 33\r",)


@pytest.mark.parametrize(("what", "spelled"), [(ALARM, b"0 5 1A"), (CLOSING, b"1 9 6A")])
def test_caps_spells_sixteen_times_the_event_and_the_zone(what, spelled):
    assert ademco.caps(Event("1234", what), STAMP) == (b"\n11 1234 " + spelled,)
