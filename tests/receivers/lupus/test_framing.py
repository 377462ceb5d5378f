from receivers.events import Fault, Frame, Garbled
from receivers.lupus.framing import framer

GOOD = b"[1234 181602010105]"


def test_only_a_string_with_a_good_check_digit_is_a_frame() -> None:
    bad = GOOD.replace(b"05]", b"06]")
    assert framer().receive(GOOD + bad) == [
        Frame(GOOD, number="1234"),
        Garbled(bad, Fault.CHECKSUM),
    ]


def test_bytes_before_the_bracket_are_noise() -> None:
    assert framer().receive(b"x" + GOOD) == [Garbled(b"x", Fault.NOISE), Frame(GOOD, number="1234")]
