import pytest

from receivers.events import Fault, Frame, Garbled, Heartbeat
from tests.receivers.conftest import Station

LINE = b"a011 123418113001015\x14"
BEAT = b"1010           @    \x14"
ACK, NAK = b"\x06", b"\x15"


@pytest.mark.parametrize(
    "raw",
    [LINE, b" " + LINE, BEAT, b"b011 whatever it is\x14", b"?\x14"],
    ids=["event", "with a header", "heartbeat", "type not read", "not understood"],
)
def test_a_line_is_acknowledged_understood_or_not(raw: bytes) -> None:
    assert Station("d6500").says(raw) == ACK


def test_damage_is_met_with_silence_since_the_receiver_skips_what_is_refused() -> None:
    station = Station("d6500")
    # The type is the first byte: without it a line would be one of another kind.
    for raw in (LINE.replace(b"3", b"\x00", 1), b"\x00" + LINE[1:]):
        assert station.hears(raw) == [Garbled(raw, Fault.CHECKSUM)]
    assert station.says(raw) == b""


def test_where_damage_is_refused_it_is_never_refused_three_times_in_a_row() -> None:
    raw = LINE.replace(b"3", b"\x00", 1)
    station = Station("d6500", options={"nak": "damaged"})
    assert [station.says(raw) for _ in range(4)] == [NAK, NAK, b"", b""]


def test_header_trailer_and_answers_are_those_set_at_the_receiver() -> None:
    station = Station(
        "d6500",
        options={"header": "3A", "end": "0D", "answer": "41", "nak": "damaged", "refusal": "4E"},
    )
    line, beat = b":" + LINE[:-1] + b"\r", b":" + BEAT[:-1] + b"\r"
    assert station.hears(line + beat) == [Frame(line), Heartbeat(beat)]
    assert station.says(beat) == b"A"
    assert station.says(line.replace(b"3", b"\x00", 1)) == b"N"
    decoded = station.spec.decode(line, lambda _: None, station.options)
    assert decoded.signals[0].number == "1234"  # type: ignore[union-attr]


def test_a_copy_before_our_answer_is_a_repeat() -> None:
    assert Station("d6500").hears(LINE * 2) == [Frame(LINE), Frame(LINE, repeat=True)]
