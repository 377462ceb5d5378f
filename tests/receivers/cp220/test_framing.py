from receivers.cp220.framing import framer
from receivers.events import Fault, Frame, Garbled


def test_lines_end_at_cr() -> None:
    assert framer().receive(b"111234564131\r\n111234564132\r") == [
        Frame(b"111234564131\r"),
        Frame(b"111234564132\r"),
    ]


def test_a_byte_with_wrong_parity_is_damage_unless_it_is_programmed() -> None:
    assert framer().receive(b"1112\x00\r") == [Garbled(b"1112\x00\r", Fault.CHECKSUM)]
    assert framer(b"\x00").receive(b"1112\x00") == [Frame(b"1112\x00")]
    assert framer(b"\r", b"\x00").receive(b"1112\x0012\r") == [Frame(b"1112\x0012\r")]
