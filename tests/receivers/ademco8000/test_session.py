import pytest

from receivers.checksums import v_byte
from receivers.events import Frame, Garbled, Heartbeat
from tests.receivers.conftest import Station

ACK, NAK = b"\x06", b"\x15"


def packet(body: bytes) -> bytes:
    return body + bytes((v_byte(body),)) + b"\r"


CALL = packet(b'&061525"120000"01"0001"00401\x05123456"BA01')
NEXT = packet(b'&061525"120000"01"0002"00401\x05123456"BA01')
BEAT = packet(b'\x03061525"120000"01"0000"')
OLD = packet(b'\'062794"0345"51\x051234"BA01')
DAMAGED = CALL.replace(b"BA01", b"BA02")


@pytest.mark.parametrize("name", ["mx8000", "sk9000"])
@pytest.mark.parametrize("raw", [CALL, BEAT, OLD, packet(b"\x02?")])
def test_a_packet_with_a_good_v_byte_is_acknowledged_understood_or_not(
    name: str, raw: bytes
) -> None:
    assert Station(name).says(raw) == ACK


@pytest.mark.parametrize("name", ["mx8000", "sk9000"])
def test_a_damaged_packet_is_refused_once_so_that_the_receiver_does_not_give_up(name: str) -> None:
    station = Station(name)
    assert [station.says(DAMAGED) for _ in range(3)] == [NAK, b"", b""]
    assert station.says(CALL) == ACK
    assert station.says(DAMAGED) == NAK


def test_a_damaged_packet_can_be_left_to_the_receivers_own_timer() -> None:
    assert Station("mx8000", options={"nak": "never"}).says(DAMAGED) == b""


def test_what_does_not_begin_like_a_packet_is_not_refused() -> None:
    assert Station("mx8000").says(b"hello\r") == b""


def test_a_lost_acknowledgement_is_known_by_the_reference_number() -> None:
    station = Station("mx8000")
    station.says(CALL)
    station.open()
    assert station.hears(CALL + NEXT) == [Frame(CALL, repeat=True), Frame(NEXT)]


def test_a_repeat_is_acknowledged_again() -> None:
    station = Station("mx8000")
    assert [station.says(CALL) for _ in range(3)] == [ACK] * 3


def test_an_sk9000_packet_has_no_number_so_after_our_answer_it_is_another_event() -> None:
    station = Station("sk9000")
    station.says(OLD)
    assert station.hears(OLD) == [Frame(OLD)]


def test_after_trouble_the_first_answered_heartbeat_brings_the_backlog() -> None:
    station = Station("mx8000")
    events = station.hears(BEAT + BEAT + CALL)
    assert [type(event) for event in events] == [Heartbeat, Heartbeat, Frame]
    assert b"".join(map(station.answers, events)) == ACK * 3


def test_a_packet_cut_by_a_silence_is_refused() -> None:
    station = Station("mx8000")
    station.hears(CALL[:9])
    (event,) = station.session.ended()
    assert isinstance(event, Garbled)
    assert station.answers(event) == NAK
