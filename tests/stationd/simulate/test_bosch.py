"""The lines of a simulated D6500, of what imitates it, and the frames of SIA mode."""

from datetime import UTC, datetime

import pytest

from stationd.simulate import bosch, dc09
from stationd.simulate.happening import Event, Form, Happening, Stamp
from stationd.simulate.voice import Answer

STAMP = Stamp(42, datetime(2025, 6, 15, 12, tzinfo=UTC))
ALARM = Happening("E", "130", "BA", "A", 35)


def only(frames):
    (frame,) = frames
    return frame


@pytest.mark.parametrize(
    ("options", "form", "raw"),
    [
        ({}, Form.CONTACT_ID, b"a011 123418113001035\x14"),
        ({"header": " ", "letters": True}, Form.CONTACT_ID, b" a011 123418E13001035\x14"),
        ({}, Form.BASIC, b"1011      1234A  035 \x14"),
        ({"mixed": True}, Form.BASIC, b"1011      1234A  203 \x14"),
        ({}, Form.SIA, b"a011 123418113001035\x14"),
    ],
)
def test_each_maker_writes_in_its_own_way(options, form, raw):
    assert only(bosch.writer(**options)(Event("1234", ALARM, form), STAMP)) == raw


@pytest.mark.parametrize(
    ("form", "body"),
    [
        (Form.CONTACT_ID, b"a00420101[#1234|18113001035]"),
        (Form.SIA, b"\t00420101[#1234|NBA35]"),
    ],
)
def test_sia_mode_numbers_its_frames_and_checks_them(form, body):
    raw = only(bosch.write_sia_mode(Event("1234", ALARM, form), STAMP))
    assert raw == b"\n%04X%b\r" % (dc09.crc16(body), body)


SENT = bosch.sia_mode("a", 42, "#1234|18113001035")


@pytest.mark.parametrize(
    ("heard", "answer"),
    [
        (bosch.sia_mode("\t", 42, ""), Answer.TAKEN),
        (bosch.sia_mode("\t", 41, ""), Answer.STRANGE),
        (bosch.sia_mode("\t", 0, ""), Answer.REFUSED),
        (bosch.sia_mode("a", 42, ""), Answer.STRANGE),
        (bosch.sia_mode("\t", 42, "").replace(b"\n", b"\nF", 1), Answer.STRANGE),
        (b"\n0000\t00420101[]\r", Answer.STRANGE),
        (b"\n8", None),
    ],
)
def test_an_answer_must_have_the_numbers_and_a_good_check(heard, answer):
    assert bosch.read_sia_mode(bytearray(heard), SENT) is answer


def test_an_answer_to_nothing_is_strange():
    assert bosch.read_sia_mode(bytearray(bosch.sia_mode("\t", 42, "")), b"") is Answer.STRANGE


def test_answers_are_taken_one_by_one():
    heard = bytearray(bosch.sia_mode("\t", 42, "") + b"\n8")
    bosch.read_sia_mode(heard, SENT)
    assert heard == b"\n8"
