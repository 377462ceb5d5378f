from datetime import timedelta
from itertools import product

import pytest

from receivers.byte_answers import (
    ACKNOWLEDGEMENT,
    ANSWER_OPTIONS,
    REFUSAL,
    Answers,
    ByteSession,
    answers_of,
    repeats_of,
)
from receivers.events import Event, Fault, Frame, Garbled, Heartbeat
from receivers.lines import GapFramer, LineFramer
from receivers.options import OKAY_OPTIONS
from tests.receivers.conftest import NOON


def session(answers: Answers) -> ByteSession:
    return ByteSession(LineFramer(terminator=b"\r", limit=20), answers)


def test_a_frame_and_a_heartbeat_are_taken_with_one_byte() -> None:
    talk = session(Answers())
    assert talk.answer(Frame(b"a\r"), NOON) == ACKNOWLEDGEMENT
    assert talk.answer(Heartbeat(b"@\r"), NOON) == ACKNOWLEDGEMENT


@pytest.mark.parametrize(("fault", "refused"), list(product(Fault, [True, False])))
def test_only_damage_is_refused_and_only_where_that_is_set(fault: Fault, refused: bool) -> None:
    talk = session(Answers(damaged=REFUSAL if refused else b""))
    damaged = refused and fault in {Fault.CHECKSUM, Fault.CUT}
    assert talk.answer(Garbled(b"a", fault), NOON) == (REFUSAL if damaged else b"")


def test_the_answer_may_be_another_text() -> None:
    assert session(Answers(taken=b'"ACK"')).answer(Frame(b"a\r"), NOON) == b'"ACK"'


@pytest.mark.parametrize("count", [1, 2, 5])
def test_of_copies_before_the_answer_the_first_is_the_event(count: int) -> None:
    events: list[Event] = session(Answers()).receive(b"a\r" * count, NOON)
    assert events == [Frame(b"a\r")] + [Frame(b"a\r", repeat=True)] * (count - 1)


def test_a_frame_that_was_only_counted_is_forgotten() -> None:
    talk = session(Answers())
    (event,) = talk.receive(b"a\r", NOON)
    talk.dropped(event)
    assert talk.receive(b"a\r", NOON) == [Frame(b"a\r")]


def test_the_end_of_the_line_cuts_what_is_unfinished() -> None:
    talk = session(Answers())
    talk.receive(b"a", NOON)
    assert talk.ended() == [Garbled(b"a", Fault.CUT)]


def test_a_frame_is_refused_only_so_often_in_a_row() -> None:
    talk = session(Answers(damaged=REFUSAL, refusals=2))
    bad = Garbled(b"a", Fault.CHECKSUM)
    assert [talk.answer(bad, NOON) for _ in range(4)] == [REFUSAL, REFUSAL, b"", b""]
    assert talk.answer(Frame(b"a\r"), NOON) == ACKNOWLEDGEMENT
    assert talk.answer(bad, NOON) == REFUSAL


def test_a_heartbeat_may_be_answered_otherwise_or_not() -> None:
    talk = session(Answers(heartbeat=b""))
    assert talk.answer(Heartbeat(b"@\r"), NOON) == b""
    assert talk.answer(Frame(b"a\r"), NOON) == ACKNOWLEDGEMENT


def test_the_answer_may_be_the_frame_itself() -> None:
    assert session(Answers(taken=b"", echo=True)).answer(Frame(b"abc\r"), NOON) == b"abc\r"


def test_a_frame_with_a_fault_is_not_answered_and_never_a_repeat() -> None:
    class Faulty:
        def receive(self, data: bytes) -> list[Event]:
            return [Frame(data, fault=Fault.CHECKSUM)]

        def ended(self) -> list[Event]:
            return []

    talk = ByteSession(Faulty(), Answers())
    events = talk.receive(b"a", NOON) + talk.receive(b"a", NOON)
    assert events == [Frame(b"a", fault=Fault.CHECKSUM)] * 2
    assert talk.answer(events[0], NOON) == b""


def test_where_no_answer_is_ever_given_nothing_is_a_repeat() -> None:
    talk = session(Answers(taken=b""))
    assert talk.receive(b"a\ra\r", NOON) == [Frame(b"a\r")] * 2


def test_a_repeat_is_about_the_same_number() -> None:
    class Named:
        def receive(self, data: bytes) -> list[Event]:
            return [Frame(data, number="1234")]

        def ended(self) -> list[Event]:
            return []

    talk = ByteSession(Named(), Answers())
    talk.receive(b"a", NOON)
    assert talk.receive(b"a", NOON) == [Frame(b"a", number="1234", repeat=True)]


def test_a_frame_that_a_silence_ended_is_known_when_it_comes_again() -> None:
    talk = ByteSession(GapFramer(limit=20), Answers())
    assert talk.ended() == []
    talk.receive(b"abc", NOON)
    assert talk.ended() == [Frame(b"abc")]
    talk.receive(b"abc", NOON)
    assert talk.ended() == [Frame(b"abc", repeat=True)]


def test_a_numbered_frame_is_a_repeat_also_after_our_answer_and_on_another_connection() -> None:
    memory: dict[str, object] = {}
    line = LineFramer(terminator=b"\r", limit=20)
    first = ByteSession(line, Answers(), repeats_of(memory, "toy"))
    (event,) = first.receive(b"1a\r", NOON)
    first.answered(event)
    second = ByteSession(line, Answers(), repeats_of(memory, "toy"))
    assert second.receive(b"1a\r", NOON) == [Frame(b"1a\r", repeat=True)]


def test_the_numbers_come_round() -> None:
    talk = ByteSession(LineFramer(terminator=b"\r", limit=20), Answers(), repeats_of({}, "toy"))
    (event,) = talk.receive(b"1a\r", NOON)
    talk.answered(event)
    assert talk.receive(b"1a\r", NOON + timedelta(minutes=11)) == [Frame(b"1a\r")]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, Answers(refusals=7)),
        ({"answer": ""}, Answers(taken=b"", refusals=7)),
        ({"nak": "damaged"}, Answers(damaged=REFUSAL, refusals=7)),
        ({"nak": "damaged", "refusal": "18"}, Answers(damaged=b"\x18", refusals=7)),
        ({"okay": "never"}, Answers(heartbeat=b"", refusals=7)),
        ({"poll": 30}, Answers(heartbeat=b"", refusals=7)),
        ({"poll": 30, "okay": "always"}, Answers(refusals=7)),
    ],
)
def test_the_options_say_what_is_answered(
    options: dict[str, str | int | bool], expected: Answers
) -> None:
    known = {**ANSWER_OPTIONS, **OKAY_OPTIONS}
    assert answers_of(options, known, refusals=7) == expected
