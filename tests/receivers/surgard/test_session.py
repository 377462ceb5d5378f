import pytest
from hypothesis import given
from hypothesis import strategies as st

from receivers.events import Fault, Frame, Garbled, Heartbeat
from receivers.session import Options
from receivers.surgard.session import gap
from tests.receivers.conftest import Station, pieces

FRAME = b"5011 181234E13001015\x14"
OTHER = b"5011 181234R13001015\x14"
BEAT = b"1011           @    \x14"
ACK, NAK = b"\x06", b"\x15"


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(FRAME, id="event"),
        pytest.param(BEAT, id="heartbeat"),
        pytest.param(b"001000[#0000|NYD0001]\x14", id="the receiver's own event"),
        pytest.param(b"?what is this\x14", id="not understood"),
    ],
)
def test_a_whole_frame_is_acknowledged_understood_or_not(raw: bytes) -> None:
    assert Station("surgard").says(raw) == ACK


def test_nothing_is_said_before_the_end_of_a_frame() -> None:
    station = Station("surgard")
    assert station.says(FRAME[:-1]) == b""
    assert station.says(FRAME[-1:]) == ACK


@given(st.lists(st.integers(min_value=0, max_value=200), max_size=8))
def test_the_answers_do_not_depend_on_how_the_bytes_arrive(cuts: list[int]) -> None:
    station = Station("surgard")
    data = FRAME + BEAT + OTHER + b"\r\n" + BEAT
    assert b"".join(station.says(piece) for piece in pieces(data, cuts)) == ACK * 4


def test_an_identical_frame_before_our_answer_is_a_repeat() -> None:
    station = Station("surgard")
    first = station.hears(FRAME)
    second = station.hears(FRAME)
    assert (first, second) == ([Frame(FRAME)], [Frame(FRAME, repeat=True)])


def test_an_identical_frame_after_our_answer_is_a_second_event() -> None:
    station = Station("surgard")
    assert station.says(FRAME) == ACK
    assert station.hears(FRAME) == [Frame(FRAME)]


def test_glued_copies_are_one_event_and_its_repeats_each_acknowledged() -> None:
    station = Station("surgard")
    events = station.hears(FRAME * 3)
    assert [isinstance(e, Frame) and e.repeat for e in events] == [False, True, True]
    assert b"".join(map(station.answers, events)) == ACK * 3


def test_glued_copies_can_be_acknowledged_once() -> None:
    station = Station("surgard", options={"copies": "once"})
    events = station.hears(FRAME * 3 + OTHER)
    assert [station.answers(event) for event in events] == [ACK, b"", b"", ACK]


def test_a_copy_is_acknowledged_where_the_first_never_was() -> None:
    station = Station("surgard", options={"copies": "once"})
    _, copy = station.hears(FRAME * 2)
    assert station.answers(copy) == ACK


def test_a_different_frame_is_no_repeat() -> None:
    station = Station("surgard")
    assert station.hears(FRAME + OTHER) == [Frame(FRAME), Frame(OTHER)]


def test_heartbeats_are_never_repeats() -> None:
    assert Station("surgard").hears(BEAT * 2) == [Heartbeat(BEAT)] * 2


def test_a_tap_takes_a_frame_for_a_repeat_only_while_the_receiver_would_repeat_it() -> None:
    station = Station("surgard")
    station.hears(FRAME)
    station.wait(seconds=60)
    assert station.hears(FRAME) == [Frame(FRAME, repeat=True)]
    station.wait(seconds=1)
    assert station.hears(FRAME) == [Frame(FRAME)]


def test_a_new_connection_knows_nothing_of_the_old_one() -> None:
    station = Station("surgard")
    station.hears(FRAME)
    station.open()
    assert station.hears(FRAME) == [Frame(FRAME)]


@pytest.mark.parametrize(
    ("option", "answer"), [("never", b""), ("damaged", NAK)], ids=["silence", "refusal"]
)
def test_a_damaged_frame_is_refused_only_where_the_option_says_so(
    option: str, answer: bytes
) -> None:
    station = Station("surgard", options={"nak": option})
    (event,) = station.hears(FRAME.replace(b"E", b"\x00"))
    assert event == Garbled(FRAME.replace(b"E", b"\x00"), Fault.CHECKSUM)
    assert station.answers(event) == answer


def test_a_cut_frame_is_refused_as_damaged_and_noise_is_not() -> None:
    station = Station("surgard", options={"nak": "damaged"})
    station.hears(FRAME[:9])
    assert [station.answers(event) for event in station.session.ended()] == [NAK]
    assert [station.answers(event) for event in station.hears(b"9" * 600)] == [b""]


def test_memory_stays_bounded_where_no_answer_is_ever_handed_out() -> None:
    station = Station("surgard")
    for n in range(3000):
        station.hears(b"5011 18%04dE13001015\x14" % n)
    assert len(station.session._pending) <= 1024  # type: ignore[attr-defined]


@given(st.binary(max_size=100))
def test_any_bytes_are_taken_and_answered_or_not(data: bytes) -> None:
    station = Station("surgard")
    for event in station.hears(data + b"\x14") + station.session.ended():
        assert station.answers(event) in {b"", ACK}


@pytest.mark.parametrize(
    ("options", "seconds"),
    [({}, None), ({"gap_ms": 100}, None), ({"end": ""}, 0.3), ({"end": "", "gap_ms": 50}, 0.05)],
)
def test_a_silence_ends_a_frame_where_nothing_else_does(
    options: Options, seconds: float | None
) -> None:
    assert gap(options) == seconds


def test_a_cheap_sender_is_answered_in_its_own_words() -> None:
    station = Station("surgard", options={"end": "", "answer": "41434B0D0A"})
    assert station.hears(b"501118123413001") + station.hears(b"015") == []
    (event,) = station.session.ended()
    assert event == Frame(b"501118123413001015")
    assert station.answers(event) == b"ACK\r\n"


def test_a_refused_frame_is_not_refused_until_the_receiver_gives_it_up() -> None:
    station = Station("surgard", options={"nak": "damaged"})
    bad = FRAME.replace(b"E", b"\x00")
    answers = [station.says(bad) for _ in range(12)]
    assert answers == [NAK] * 10 + [b""] * 2


@pytest.mark.parametrize("place", [0, -2], ids=["the first byte", "the last before the end"])
def test_a_frame_that_lost_a_byte_at_its_edge_is_not_acknowledged(place: int) -> None:
    # A byte with wrong parity arrives as NUL.
    damaged = bytearray(FRAME)
    damaged[place] = 0
    station = Station("surgard")

    assert station.says(bytes(damaged)) == b""
    assert station.says(FRAME) == ACK
