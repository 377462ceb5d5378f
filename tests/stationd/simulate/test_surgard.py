"""The bytes of a simulated Sur-Gard receiver."""

import pytest

from stationd.simulate import surgard

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
