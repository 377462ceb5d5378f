import pytest

from receivers.events import Fault, Frame, Garbled, Heartbeat
from receivers.iti.framing import framer, interface_framer

REPORT = b"|[R|IA1|LB|A123456|V55600|D0514|T1019|N0005|Z1|CA|]K1\r"
ALIVE = b"|[S|IA1|D970514|T145056|V042097|L6.1|]K1\r"


def test_records_and_okay_are_told_apart() -> None:
    report, okay = b"\n1B1j23458b45A\r", b"\n00 OKAY @\r"
    assert framer().receive(report + okay) == [Frame(report), Heartbeat(okay)]


def test_records_of_the_computer_interface_are_told_apart() -> None:
    assert interface_framer().receive(REPORT + ALIVE) == [Frame(REPORT), Heartbeat(ALIVE)]


def test_what_stands_before_a_record_is_noise() -> None:
    assert interface_framer().receive(b"xxxx" + REPORT) == [
        Garbled(b"xxxx", Fault.NOISE),
        Frame(REPORT),
    ]


@pytest.mark.parametrize("raw", [b"\n1B1\x0023458b45A\r", REPORT.replace(b"N", b"\x00")])
def test_a_byte_with_wrong_parity_makes_a_record_garbled(raw: bytes) -> None:
    lines = framer() if raw.startswith(b"\n") else interface_framer()
    assert lines.receive(raw) == [Garbled(raw, Fault.CHECKSUM)]
