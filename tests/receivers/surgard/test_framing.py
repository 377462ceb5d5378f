import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from receivers.events import Event, Fault, Frame, Garbled, Heartbeat
from receivers.surgard.framing import LIMIT, framer
from tests.receivers.conftest import pieces

FRAME = b"5011 181234E13001015\x14"
BEAT = b"1011           @    \x14"
STREAMS = st.lists(
    st.sampled_from(
        [FRAME, BEAT, FRAME[:7], b"\x14", b"\x00", b"\r\n", b"GET ", b"\x16\x03\x01\x02"]
    ),
    max_size=8,
).map(b"".join)
CUTS = st.lists(st.integers(min_value=0, max_value=300), max_size=12)


def cut(data: bytes, cuts: list[int]) -> list[Event]:
    lines = framer()
    events = [event for part in pieces(data, cuts) for event in lines.receive(part)]
    return events + lines.ended()


@settings(max_examples=300)
@given(STREAMS, CUTS)
def test_the_events_do_not_depend_on_how_the_bytes_arrive(data: bytes, cuts: list[int]) -> None:
    assert cut(data, cuts) == cut(data, [])


@given(st.binary(max_size=300), CUTS)
def test_any_bytes_give_events_however_they_arrive(data: bytes, cuts: list[int]) -> None:
    assert cut(data, cuts) == cut(data, [])


@given(STREAMS)
def test_a_frame_after_noise_is_still_read(noise: bytes) -> None:
    assert cut(noise + b"\x14" + FRAME, [])[-1] == Frame(FRAME)


def test_frames_and_heartbeats_are_told_apart() -> None:
    assert cut(FRAME + BEAT + FRAME, []) == [Frame(FRAME), Heartbeat(BEAT), Frame(FRAME)]


def test_line_ends_between_frames_belong_to_none() -> None:
    assert cut(FRAME + b"\r\n" + FRAME, []) == [Frame(FRAME), Frame(FRAME)]


@pytest.mark.parametrize("damage", [b"\x00", b"\x07", b"\x7f"])
def test_a_byte_with_wrong_parity_makes_a_frame_garbled(damage: bytes) -> None:
    raw = FRAME.replace(b"E", damage)
    assert cut(raw, []) == [Garbled(raw, Fault.CHECKSUM)]


def test_a_frame_with_letters_of_an_alphabet_is_good() -> None:
    raw = "S011[#1234|NBA005|ATür]\x14".encode("cp1252")
    assert cut(raw, []) == [Frame(raw)]


def test_what_has_no_end_is_reported_once_in_bounded_memory() -> None:
    lines = framer()
    events = [event for _ in range(50) for event in lines.receive(b"5" * 1000)]
    assert events == [Garbled(b"5" * LIMIT, Fault.NO_TERMINATOR)]
    assert len(lines._lines._buffer) <= LIMIT
    assert lines.receive(b"\x14" + FRAME) == [Frame(FRAME)]


def test_a_silence_cuts_an_unfinished_frame() -> None:
    lines = framer()
    assert lines.receive(FRAME[:9]) == []
    assert lines.ended() == [Garbled(FRAME[:9], Fault.CUT)]
    assert lines.receive(FRAME) == [Frame(FRAME)]


@pytest.mark.parametrize("begun", [b"5", b"501"])
def test_a_silence_cuts_what_has_hardly_begun(begun: bytes) -> None:
    lines = framer()
    assert lines.receive(begun) == []
    assert lines.ended() == [Garbled(begun, Fault.CUT)]
    assert lines.ended() == []


def test_a_foreigner_is_named_once_and_the_line_goes_on_behind_it() -> None:
    assert cut(b"GET / HTTP/1.1\r\n\r\n", []) == [Garbled(b"GET ", Fault.FOREIGN)]
    assert cut(b"GET / HTTP/1.1\r\n\x14" + FRAME, [])[-1] == Frame(FRAME)
