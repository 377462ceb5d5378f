"""How answers are read, byte by byte, and what damage does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stationd.simulate.voice import ACK, NAK, Answer, damaged, echoed, in_bytes


def read(reader, data, in_flight=b""):
    heard = bytearray(data)
    answers = []
    while heard and (answer := reader(heard, in_flight)) is not None:
        answers.append(answer)
    return answers, bytes(heard)


T, R, S = Answer.TAKEN, Answer.REFUSED, Answer.STRANGE


@pytest.mark.parametrize(
    ("reader", "data", "answers", "rest"),
    [
        (in_bytes(), ACK + NAK + b"?", [T, R, S], b""),
        (in_bytes(refused=()), NAK, [S], b""),
        (in_bytes((b"ACK\r\n",), ()), b"ACK\r\nAC", [T], b"AC"),
        (in_bytes((b"ACK\r\n",), ()), b"AxACK\r\n", [S, S, T], b""),
        (in_bytes((b"\x40\x38\x87",), (b"\x40\x39\x86",)), b"\x40\x39\x86\x40", [R], b"\x40"),
    ],
)
def test_answers_are_read_off_the_front(reader, data, answers, rest):
    assert read(reader, data) == (answers, rest)


def test_an_echo_is_an_answer_to_what_is_in_flight_only():
    assert read(echoed, b"frame", b"frame") == ([T], b"")
    assert read(echoed, b"fra", b"frame") == ([], b"fra")
    assert read(echoed, b"fx", b"frame") == ([S, S], b"")
    assert read(echoed, b"f") == ([S], b"")


@given(st.binary(max_size=30), st.binary(min_size=1, max_size=3))
def test_reading_comes_to_an_end_and_loses_nothing_that_could_be_an_answer(data, taken):
    answers, rest = read(in_bytes((taken,), ()), data)
    assert taken not in rest
    assert taken.startswith(rest)
    assert answers.count(T) <= len(data)


@given(st.binary(min_size=1, max_size=60))
def test_damage_is_one_byte_that_is_nul(raw):
    harmed = damaged(raw)
    assert len(harmed) == len(raw)
    assert harmed[2 * len(raw) // 3] == 0
    assert sum(one != other for one, other in zip(raw, harmed, strict=True)) <= 1
