import pytest

from receivers.ademco8000.framing import framer
from receivers.checksums import v_byte
from receivers.events import Fault, Frame, Garbled, Heartbeat


def packet(body: bytes) -> bytes:
    return body + bytes((v_byte(body),)) + b"\r"


CALL = packet(b'&061525"120000"01"0001"00401\x05123456"BA01')


def test_a_packet_whose_v_byte_agrees_is_a_frame() -> None:
    assert framer().receive(CALL * 2) == [Frame(CALL)] * 2


def test_the_receivers_heartbeat_is_known_by_its_first_byte() -> None:
    beat = packet(b'\x03061525"120000"01"0000"')
    assert framer().receive(beat) == [Heartbeat(beat)]


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        pytest.param(CALL.replace(b"BA01", b"BA02"), Fault.CHECKSUM, id="damaged"),
        pytest.param(b"&\r", Fault.CHECKSUM, id="hardly begun"),
        pytest.param(b"what is this\r", Fault.NOISE, id="no packet"),
    ],
)
def test_what_has_no_good_v_byte_is_garbled(raw: bytes, fault: Fault) -> None:
    assert framer().receive(raw + CALL) == [Garbled(raw, fault), Frame(CALL)]
