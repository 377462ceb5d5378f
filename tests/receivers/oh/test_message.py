from receivers.oh.message import ANSWER, decode
from receivers.signals import Decoded, Undecoded


def test_the_heartbeat_says_whose_it_is() -> None:
    decoded = decode(b"SR0001L0002    012345XX    [ID00000007]", lambda _: None, {})
    assert isinstance(decoded, Decoded)
    (s,) = decoded.signals
    assert (s.number, s.receiver, s.line, s.extra) == (
        "012345XX",
        "0001",
        "0002",
        {"id": "00000007"},
    )


def test_another_line_is_refused() -> None:
    assert isinstance(decode(b"x]", lambda _: None, {}), Undecoded)


def test_its_answer_is_a_word_with_its_quotes() -> None:
    assert ANSWER == b'"ACK"'
