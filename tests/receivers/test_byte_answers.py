from itertools import product

import pytest

from receivers.byte_answers import ACKNOWLEDGEMENT, REFUSAL, Answers, ByteSession
from receivers.events import Event, Fault, Frame, Garbled, Heartbeat
from receivers.lines import LineFramer
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


def test_the_end_of_the_line_cuts_what_is_unfinished() -> None:
    talk = session(Answers())
    talk.receive(b"a", NOON)
    assert talk.ended() == [Garbled(b"a", Fault.CUT)]
