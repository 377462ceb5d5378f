import re

from hypothesis import given
from hypothesis import strategies as st

from receivers.events import Event, Fault, Frame, Garbled
from receivers.seeking import SeekingFramer
from tests.receivers.conftest import pieces

# A toy protocol: "<", a digit, and so many letters.
CUTS = st.lists(st.integers(min_value=0, max_value=80), max_size=10)
STREAMS = st.lists(
    st.sampled_from([b"<", b"2", b"ab", b"<2ab", b" ", b" " * 9, b"xy" * 9, b"<0"]), max_size=30
).map(b"".join)
LIMIT = 8


def framer() -> SeekingFramer:
    def end(buffer: bytes, position: int) -> int | None:
        last = position + 2 + int(buffer[position + 1 : position + 2])
        return last if len(buffer) >= last else None

    def judge(raw: bytes) -> Event:
        return Frame(raw) if raw[2:].isalpha() else Garbled(raw, Fault.CHECKSUM)

    return SeekingFramer(
        begins=re.compile(rb"<[0-9]"), undecided=1, end=end, judge=judge, limit=LIMIT, idle=b" "
    )


def cut(data: bytes, cuts: list[int]) -> list[Event]:
    line = framer()
    return [e for part in pieces(data, cuts) for e in line.receive(part)] + line.ended()


@given(STREAMS, CUTS)
def test_the_events_do_not_depend_on_how_the_bytes_arrive(data: bytes, cuts: list[int]) -> None:
    assert cut(data, cuts) == cut(data, [])


def test_a_frame_is_found_by_its_beginning() -> None:
    assert cut(b"<2ab<1c", []) == [Frame(b"<2ab"), Frame(b"<1c")]


def test_what_stands_before_a_beginning_is_noise() -> None:
    assert cut(b"xyz<2ab", []) == [Garbled(b"xyz", Fault.NOISE), Frame(b"<2ab")]


def test_idle_bytes_between_frames_are_no_noise() -> None:
    assert cut(b"  <2ab  <1c  ", []) == [Frame(b"<2ab"), Frame(b"<1c")]


def test_a_frame_that_is_judged_bad_costs_itself_and_no_other() -> None:
    assert cut(b"<2??<1c", []) == [Garbled(b"<2??", Fault.CHECKSUM), Frame(b"<1c")]


def test_long_noise_is_reported_once_and_the_next_frame_is_read() -> None:
    assert cut(b"x" * 100 + b"<1c" + b"y" * 3 + b"<1d", []) == [
        Garbled(b"x" * LIMIT, Fault.NOISE),
        Frame(b"<1c"),
        Garbled(b"yyy", Fault.NOISE),
        Frame(b"<1d"),
    ]


def test_memory_stays_under_its_limit() -> None:
    line = framer()
    for _ in range(100):
        line.receive(b"x" * 50)
    assert len(line._buffer) <= LIMIT


def test_what_is_unfinished_at_the_end_is_cut() -> None:
    line = framer()
    assert line.receive(b"<5abc") == []
    assert line.ended() == [Garbled(b"<5abc", Fault.CUT)]
    assert line.receive(b"<1c") == [Frame(b"<1c")]


def test_nothing_is_told_of_noise_twice() -> None:
    assert cut(b"x" * 50, []) == [Garbled(b"x" * LIMIT, Fault.NOISE)]


def test_a_frame_that_is_cut_behind_long_noise_is_told_of() -> None:
    data = b"x" * 50 + b"<5abc"
    expected = [Garbled(b"x" * LIMIT, Fault.NOISE), Garbled(b"<5abc", Fault.CUT)]
    assert cut(data, []) == expected
    assert cut(data, [30]) == expected
