"""The frames of a simulated receiver of DC-07, and the answers it believes."""

from datetime import UTC, datetime

import pytest

from stationd.simulate import dc07, dc09
from stationd.simulate.happening import Event, Form, Happening, Stamp
from stationd.simulate.voice import Answer

STAMP = Stamp(42, datetime(2025, 6, 15, 12, tzinfo=UTC))
ALARM = Happening("E", "130", "BA", "A", 3, "HALL")


@pytest.mark.parametrize(
    ("form", "body"),
    [
        (Form.CONTACT_ID, b'"ADM-CID"0042R1L1[#1234|1130 01 003]'),
        (Form.SIA, b'"SIA-DCS"0042R1L1[#1234|Nri1/BA03^HALL^]'),
    ],
)
def test_the_account_stands_in_the_data_only(form, body):
    assert dc07.write(Event("1234", ALARM, form), STAMP) == (dc09.frame(body),)


def test_the_link_test_has_number_zero():
    assert dc07.beat(STAMP) == dc09.frame(b'"NULL"0000R1L1[]')


(SENT,) = dc07.write(Event("1234", ALARM), STAMP)


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        (b'"ACK"0042R1L1[]', Answer.TAKEN),
        (b'"ACK"0041R1L1[]', Answer.STRANGE),
        (b'"NAK"0000R0L0A0[]_12:00:00,06-15-2025', Answer.REFUSED),
        (b'"DUH"0042R1L1[]', Answer.STRANGE),
        (b"nothing", Answer.STRANGE),
    ],
)
def test_an_answer_must_have_the_numbers_of_the_frame(body, answer):
    heard = bytearray(dc09.frame(body) + b"\n1")
    assert dc07.read(heard, SENT) is answer
    assert heard == b"\n1"
    assert dc07.read(heard, SENT) is None
