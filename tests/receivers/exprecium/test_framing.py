import pytest

from receivers.events import Event, Fault, Frame, Garbled, Heartbeat
from receivers.exprecium.framing import LIMIT, framer, is_heartbeat


def heard(data: bytes) -> list[Event]:
    lines = framer()
    return lines.receive(data) + lines.ended()


def test_a_line_ends_in_cr_and_nothing_stands_before_it() -> None:
    assert heard(b"\n12:01 06/15 11 1234 A5\r\nx\r") == [
        Frame(b"12:01 06/15 11 1234 A5\r"),
        Frame(b"x\r"),
    ]


@pytest.mark.parametrize("body", [b"@", b" @ ", b"12:01 06/15/25 @", b"12:01 06/15 11 @"])
def test_the_sign_of_life_is_known_with_and_without_a_time(body: bytes) -> None:
    assert is_heartbeat(body)
    assert heard(body + b"\r") == [Heartbeat(body.lstrip(b"\n") + b"\r")]


@pytest.mark.parametrize("body", [b"12:01 06/15 11 1234 @", b"12:01 06/15 11 12AB @", b"@A"])
def test_a_sign_behind_an_account_is_no_heartbeat(body: bytes) -> None:
    assert not is_heartbeat(body)
    assert heard(body + b"\r") == [Frame(body + b"\r")]


def test_a_byte_with_wrong_parity_makes_a_line_damaged() -> None:
    assert heard(b"12:01 06/\x005\r") == [Garbled(b"12:01 06/\x005\r", Fault.CHECKSUM)]


def test_what_never_ends_is_reported_once() -> None:
    (event,) = heard(b"x" * (LIMIT + 5))
    assert event == Garbled(b"x" * LIMIT, Fault.NO_TERMINATOR)
