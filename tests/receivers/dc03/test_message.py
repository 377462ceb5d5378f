import pytest

from receivers.dc03.message import BLOCKS, decode
from receivers.sia import Block, write_block
from receivers.signals import Decoded, Undecoded


def read(function: str, data: bytes) -> Decoded:
    decoded = decode(write_block(Block(function, data)), lambda _: None, {})
    assert isinstance(decoded, Decoded)
    return decoded


def test_an_event_block_is_read_as_its_events() -> None:
    signals = read("N", b"ti11:46/id001/BA1011/BA1012").signals
    assert [(s.code, s.zone, s.panel_time, s.number) for s in signals] == [
        ("BA", "1011", "11:46", ""),
        ("BA", "1012", "11:46", ""),
    ]


def test_an_account_block_names_the_account() -> None:
    (signal,) = read("#", b"012345").signals
    assert (signal.number, signal.text) == ("012345", "")


@pytest.mark.parametrize(("function", "name"), sorted(BLOCKS.items()))
def test_every_block_has_a_name(function: str, name: str) -> None:
    (signal,) = read(function, b"").signals
    assert signal.code_name == name


def test_a_passcode_is_masked() -> None:
    decoded = read("?", b"4711")
    raw = write_block(Block("?", b"4711"))
    assert [raw[a:b] for a, b, _ in decoded.masked] == [b"4711"]
    assert decoded.signals[0].text == "****"


def test_a_text_block_keeps_its_text() -> None:
    assert read("A", b"BURGLARY HALL").signals[0].text == "BURGLARY HALL"


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "no DC-03 block with a good length and parity"),
        (write_block(Block("z", b"")), "block 'z' is not known"),
    ],
)
def test_what_is_no_known_block_says_so(raw: bytes, reason: str) -> None:
    assert decode(raw, lambda _: None, {}) == Undecoded(reason)
