import pytest

from receivers.dc03.message import BLOCKS, decode
from receivers.sia import Block, write_block
from receivers.signals import Decoded, SignalClass, Undecoded


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


ACCOUNT = write_block(Block("#", b"012345"))
EVENT = write_block(Block("N", b"ti11:46/BA1011"))


def in_context(function: str, data: bytes, *before: bytes) -> Decoded:
    raw = write_block(Block(function, data))
    decoded = decode(raw, lambda _: None, {"context": b"".join(before).hex()})
    assert isinstance(decoded, Decoded)
    return decoded


def test_an_event_is_about_the_account_before_it() -> None:
    (signal,) = in_context("N", b"BA1", ACCOUNT).signals
    assert (signal.number, signal.code, signal.zone) == ("012345", "BA", "1")


def test_a_text_belongs_to_the_event_before_it() -> None:
    (signal,) = in_context("A", b"BURGLARY HALL", ACCOUNT, EVENT).signals
    assert (signal.number, signal.text, signal.code_name) == (
        "012345",
        "BURGLARY HALL",
        "text of the event before it",
    )
    assert signal.extra == {"event": "BA", "address": "1011"}


def test_a_block_with_wrong_parity_in_a_context_says_nothing() -> None:
    (signal,) = in_context("N", b"BA1", ACCOUNT, EVENT[:-1] + b"\x00").signals
    assert signal.number == "012345"


def test_other_blocks_in_a_context_change_nothing() -> None:
    (signal,) = in_context("A", b"HALL", ACCOUNT, EVENT, write_block(Block("@", b"AL3"))).signals
    assert signal.extra["event"] == "BA"


def test_an_account_holds_until_the_next_one() -> None:
    other = write_block(Block("#", b"999999"))
    (signal,) = in_context("N", b"BA1", ACCOUNT, other).signals
    assert signal.number == "999999"


@pytest.mark.parametrize(
    "context",
    [
        pytest.param("", id="nothing"),
        pytest.param("4", id="no bytes"),
        pytest.param("ff" * 9, id="no blocks"),
        pytest.param(write_block(Block("N", b"")).hex(), id="an event block without an event"),
    ],
)
def test_without_a_context_a_block_says_what_it_can(context: str) -> None:
    raw = write_block(Block("A", b"HALL"))
    decoded = decode(raw, lambda _: None, {"context": context})
    assert isinstance(decoded, Decoded)
    (signal,) = decoded.signals
    assert (signal.number, signal.text, signal.code_name) == ("", "HALL", "ascii")


def test_an_event_block_without_an_event_is_kept_as_its_text() -> None:
    (signal,) = in_context("N", b"", ACCOUNT).signals
    assert (signal.number, signal.code_name) == ("012345", "new event")


def test_a_block_of_no_known_kind_is_parked_with_its_account() -> None:
    raw = write_block(Block("z", b""))
    assert decode(raw, lambda _: None, {"context": ACCOUNT.hex()}) == Undecoded(
        "block 'z' is not known", "012345"
    )


@pytest.mark.parametrize(
    ("function", "kind"),
    [
        ("#", SignalClass.SELF),
        ("0", SignalClass.SELF),
        ("8", SignalClass.SELF),
        ("A", SignalClass.STATUS),
        ("?", SignalClass.STATUS),
        ("C", SignalClass.STATUS),
    ],
)
def test_what_carries_the_call_is_a_matter_of_the_line(function: str, kind: SignalClass) -> None:
    (signal,) = in_context(function, b"1", ACCOUNT).signals
    assert signal.signal_class is kind
