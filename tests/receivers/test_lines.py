import pytest
from hypothesis import given
from hypothesis import strategies as st

from receivers.events import Event, Fault, Frame, Garbled, Heartbeat
from receivers.lines import JudgedFramer, LineFramer, foreign_head
from tests.receivers.conftest import pieces

BYTES = st.lists(st.sampled_from([b"\r", b"\n", b"a", b"\x00"]), max_size=60).map(b"".join)
CUTS = st.lists(st.integers(min_value=0, max_value=80), max_size=10)


def framer() -> LineFramer:
    return LineFramer(terminator=b"\r\n", limit=8, start=b"a", idle=b"\x00")


def in_pieces(data: bytes, cuts: list[int]) -> list[Event]:
    line = framer()
    events = [event for piece in pieces(data, cuts) for event in line.receive(piece)]
    return events + line.ended()


@given(BYTES, CUTS)
def test_the_events_do_not_depend_on_how_the_bytes_arrive(data: bytes, cuts: list[int]) -> None:
    assert in_pieces(data, cuts) == in_pieces(data, [])


@given(BYTES)
def test_memory_stays_under_its_limit(data: bytes) -> None:
    line = framer()
    line.receive(data)
    assert len(line._buffer) <= 8 + 2


def test_frames_end_at_the_terminator() -> None:
    assert framer().receive(b"ab\r\na\r\n") == [Frame(b"ab\r\n"), Frame(b"a\r\n")]


def test_what_is_too_long_is_reported_once_and_the_next_frame_is_read() -> None:
    line = framer()
    events = line.receive(b"a" + b"x" * 50) + line.receive(b"x" * 50 + b"\r\nab\r\n")
    assert events == [Garbled(b"axxxxxxx", Fault.NO_TERMINATOR), Frame(b"ab\r\n")]


def test_what_is_too_long_but_ended_is_reported_in_part() -> None:
    assert framer().receive(b"a12345678\r\n") == [Garbled(b"a1234567", Fault.NO_TERMINATOR)]


def test_bytes_before_the_start_are_noise() -> None:
    assert framer().receive(b"xyab\r\n") == [Garbled(b"xy", Fault.NOISE), Frame(b"ab\r\n")]


def test_a_line_without_its_start_is_noise() -> None:
    assert framer().receive(b"xy\r\n") == [Garbled(b"xy\r\n", Fault.NOISE)]


def test_idle_bytes_and_empty_lines_are_nothing() -> None:
    line = LineFramer(terminator=b"\x14", limit=8, idle=b"\x00")
    assert line.receive(b"\x00\x14\x14\x00\x00a\x14\x00") == [Frame(b"a\x14")]
    assert line.ended() == []


def test_what_is_unfinished_at_the_end_is_cut() -> None:
    line = framer()
    assert line.receive(b"ab") == []
    assert line.ended() == [Garbled(b"ab", Fault.CUT)]
    assert line.ended() == []
    assert line.receive(b"ab\r\n") == [Frame(b"ab\r\n")]


def test_the_rest_of_what_was_too_long_is_not_reported_again_at_the_end() -> None:
    line = framer()
    assert len(line.receive(b"a" * 20)) == 1
    assert line.ended() == []


def test_a_line_can_be_skipped() -> None:
    line = framer()
    line.skip()
    assert line.receive(b"abc\r\nab\r\n") == [Frame(b"ab\r\n")]


@pytest.mark.parametrize(
    "head",
    [b"GET / HTTP/1.1", b"POST /x", b"OPTIONS * RTSP", b"\x16\x03\x01\x02\x00", b"SSH-2.0"],
)
def test_what_else_calls_on_a_port_is_known_by_its_first_bytes(head: bytes) -> None:
    assert foreign_head(head)


@pytest.mark.parametrize("head", [b"\n1EF2", b"5011 18", b"S011[#1", b"GETX", b"", b"T011", b"C01"])
def test_no_frame_is_taken_for_a_foreigner(head: bytes) -> None:
    assert not foreign_head(head)


def test_a_second_byte_may_end_a_frame_too() -> None:
    line = LineFramer(terminator=b"\r", limit=8, also=b"AB")
    assert line.receive(b"1A2\r3B") == [Frame(b"1A"), Frame(b"2\r"), Frame(b"3B")]


def test_a_judge_sees_frames_and_nothing_else() -> None:
    judged = JudgedFramer(framer(), lambda frame: Heartbeat(frame.raw))
    assert judged.receive(b"xab\r\na") == [Garbled(b"x", Fault.NOISE), Heartbeat(b"ab\r\n")]
    assert judged.ended() == [Garbled(b"a", Fault.CUT)]


def test_a_terminator_split_over_two_reads_ends_what_was_too_long() -> None:
    line = framer()
    assert line.receive(b"a" * 20 + b"\r") == [Garbled(b"a" * 8, Fault.NO_TERMINATOR)]
    assert line.receive(b"\nab\r\n") == [Frame(b"ab\r\n")]


def test_a_frame_as_long_as_its_limit_is_read_although_its_terminator_is_split() -> None:
    line = framer()
    assert line.receive(b"a2345678\r") == []
    assert line.receive(b"\n") == [Frame(b"a2345678\r\n")]
