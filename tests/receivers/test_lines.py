import pytest
from hypothesis import given
from hypothesis import strategies as st

from receivers.events import Event, Fault, Frame, Garbled, Heartbeat
from receivers.lines import (
    GapFramer,
    GuardedFramer,
    JudgedFramer,
    LineFramer,
    damaged,
    foreign_head,
)
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
    assert framer().receive(b"ab\r\nac\r\n") == [Frame(b"ab\r\n"), Frame(b"ac\r\n")]


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


def test_something_else_may_end_a_frame_too() -> None:
    line = LineFramer(terminator=b"\r", limit=8, also=rb"(?<=[0-9])A")
    assert line.receive(b"1A2\rBA3A") == [Frame(b"1A"), Frame(b"2\r"), Frame(b"BA3A")]


ENDS = st.lists(st.sampled_from([b"1A", b"\r", b"11111", b"A", b"B"]), max_size=20).map(b"".join)


@given(ENDS, CUTS)
def test_what_was_too_long_ends_at_a_terminator_however_it_arrives(
    data: bytes, cuts: list[int]
) -> None:
    def ended(parts: list[bytes]) -> list[Event]:
        line = LineFramer(terminator=b"\r", limit=8, also=rb"(?<=[0-9])A")
        return [event for part in parts for event in line.receive(part)] + line.ended()

    assert ended(pieces(data, cuts)) == ended([data])


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


# A head is looked at in a line that ends in "]" and begins anywhere.
HEADS = st.lists(
    st.sampled_from(
        [b"a]", b"GET ", b"G", b"\x16\x03\x01", b"\x80", b"]", b"\x80]\x01\x03", b"\x00"]
    ),
    max_size=8,
).map(b"".join)


def guarded(data: bytes, cuts: list[int]) -> list[Event]:
    line = GuardedFramer(LineFramer(terminator=b"]", limit=8, idle=b"\x00"), lambda frame: frame)
    return [e for piece in pieces(data, cuts) for e in line.receive(piece)] + line.ended()


@given(HEADS, CUTS)
def test_what_calls_is_known_however_it_arrives(data: bytes, cuts: list[int]) -> None:
    assert guarded(data, cuts) == guarded(data, [])


HELLOS = pytest.mark.parametrize(
    "hello", [b"GET / HTTP/1.1\r\n", b"\x16\x03\x01\x02\x00", b"SSH-2.0-x"]
)


@HELLOS
def test_a_foreigner_is_named_once_and_dropped_up_to_an_end(hello: bytes) -> None:
    line = GuardedFramer(LineFramer(terminator=b"\x14", limit=8), lambda frame: frame)
    assert line.receive(hello + b"\x14a\x14") == [
        Garbled(hello[:4], Fault.FOREIGN),
        Frame(b"a\x14"),
    ]


@HELLOS
@pytest.mark.parametrize("end", [b"\r", b"]"])
def test_where_the_end_may_stand_in_any_text_a_foreigner_is_not_heard_any_more(
    hello: bytes, end: bytes
) -> None:
    line = GuardedFramer(LineFramer(terminator=end, limit=8), lambda frame: frame)
    assert line.receive(hello + end) == [Garbled(hello[:4], Fault.FOREIGN)]
    assert line.receive(b"a" + end) == []
    assert line.ended() == []
    assert line.receive(b"abc" + end) == [Frame(b"abc" + end)]


def test_a_stream_that_ends_early_is_cut_like_any() -> None:
    assert guarded(b"ab", []) == [Garbled(b"ab", Fault.CUT)]
    assert guarded(b"\x00", []) == []


def test_a_frame_of_a_guarded_line_is_judged() -> None:
    line = GuardedFramer(LineFramer(terminator=b"]", limit=8), lambda frame: Heartbeat(frame.raw))
    assert line.receive(b"a]b]") == [Heartbeat(b"a]"), Heartbeat(b"b]")]


def test_a_silence_ends_a_frame_that_nothing_else_ends() -> None:
    line = GapFramer(limit=8)
    assert line.receive(b"abc") + line.receive(b"de") == []
    assert line.ended() == [Frame(b"abcde")]
    assert line.ended() == []


def test_what_no_silence_ends_is_reported_once_and_dropped_up_to_one() -> None:
    line = GapFramer(limit=8)
    assert line.receive(b"12345678") == []
    assert line.receive(b"9" * 100) == [Garbled(b"12345678", Fault.NO_TERMINATOR)]
    assert line.receive(b"9" * 100) == []
    assert line.ended() == []
    line.receive(b"abc")
    assert line.ended() == [Frame(b"abc")]


@given(st.binary(max_size=20), CUTS)
def test_a_frame_between_two_silences_does_not_depend_on_how_it_arrives(
    data: bytes, cuts: list[int]
) -> None:
    whole, parts = GapFramer(limit=8), GapFramer(limit=8)
    expected = whole.receive(data) + whole.ended()
    assert [e for p in pieces(data, cuts) for e in parts.receive(p)] + parts.ended() == expected


def test_a_byte_with_wrong_parity_arrives_as_nul() -> None:
    assert damaged(b"ab\x00c")
    assert not damaged(b"abc")


def test_a_start_and_an_end_with_nothing_between_are_no_frame() -> None:
    assert framer().receive(b"a\r\nab\r\n") == [
        Garbled(b"a\r\n", Fault.NOISE),
        Frame(b"ab\r\n"),
    ]
