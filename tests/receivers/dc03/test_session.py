import pytest

from receivers.events import Event, Fault, Frame, Garbled
from receivers.session import Options
from receivers.sia import Block, write_block
from receivers.signals import Decoded
from tests.receivers.conftest import Station

TAKEN, REJECTED = bytes.fromhex("403887"), bytes.fromhex("403986")


def block(function: str, data: bytes = b"", *, asks: bool = True) -> bytes:
    return write_block(Block(function, data, wants_acknowledgement=asks))


ACCOUNT = block("#", b"012345")
EVENT = block("N", b"ti11:46/BA1011")
TEXT = block("A", b"+HALL")
END = block("0")


def test_a_panels_call_is_answered_block_by_block() -> None:
    station = Station("galaxy")
    answers = [station.says(each) for each in (ACCOUNT, EVENT, TEXT, ACCOUNT, EVENT, END)]
    assert answers == [TAKEN] * 6


def test_each_block_carries_what_it_stands_on() -> None:
    station = Station("galaxy")
    events = station.hears(ACCOUNT + EVENT + TEXT + END)
    assert events == [
        Frame(ACCOUNT, number="012345"),
        Frame(EVENT, number="012345", context=ACCOUNT),
        Frame(TEXT, number="012345", context=ACCOUNT + EVENT),
        Frame(END, number="012345", context=ACCOUNT),
    ]


def test_with_its_context_every_block_is_read_as_its_accounts() -> None:
    station = Station("galaxy")
    read = []
    for event in station.hears(ACCOUNT + EVENT + TEXT):
        assert isinstance(event, Frame)
        options = {"context": event.context.hex()}
        decoded = station.spec.decode(event.raw, lambda _: None, options)
        assert isinstance(decoded, Decoded)
        read += [(signal.number, signal.code, signal.text) for signal in decoded.signals]
    assert read == [("012345", "", ""), ("012345", "BA", ""), ("012345", "", "+HALL")]


def test_a_text_is_of_the_last_event_and_of_none_behind_a_new_account() -> None:
    station = Station("galaxy")
    other = block("#", b"999")
    last = station.hears(ACCOUNT + EVENT + other + TEXT)[-1]
    assert last == Frame(TEXT, number="999", context=other)


def test_an_account_holds_over_a_silence_and_not_on_a_new_connection() -> None:
    station = Station("galaxy")
    station.hears(ACCOUNT)
    assert station.session.ended() == []
    assert station.hears(EVENT) == [Frame(EVENT, number="012345", context=ACCOUNT)]
    station.open()
    assert station.hears(EVENT) == [Frame(EVENT)]


def test_an_unfinished_block_is_rejected_after_a_silence() -> None:
    station = Station("galaxy")
    station.hears(EVENT[:5])
    assert [station.answers(event) for event in station.session.ended()] == [REJECTED]
    assert station.spec.gap({}) == 2.0


def test_a_block_that_comes_again_before_its_answer_is_a_repeat() -> None:
    station = Station("galaxy")
    first, again = station.hears(ACCOUNT * 2)
    assert again == Frame(ACCOUNT, number="012345", repeat=True)
    assert [station.answers(event) for event in (first, again)] == [TAKEN] * 2
    assert station.hears(ACCOUNT) == [Frame(ACCOUNT, number="012345")]


def test_a_block_that_was_only_counted_is_forgotten() -> None:
    station = Station("galaxy")
    station.session.dropped(*station.hears(ACCOUNT))
    assert station.hears(ACCOUNT) == [Frame(ACCOUNT, "012345")]


def test_a_block_with_wrong_parity_is_rejected_as_often_as_a_panel_tries() -> None:
    station = Station("galaxy")
    bad = EVENT[:-1] + b"\x00"
    assert [station.says(bad) for _ in range(4)] == [REJECTED] * 3 + [b""]
    assert station.says(EVENT) == TAKEN


def test_a_block_that_asks_for_no_answer_gets_one_only_where_that_is_set() -> None:
    quiet = block("N", b"BA1", asks=False)
    assert Station("galaxy").says(quiet) == b""
    assert Station("galaxy", options={"acknowledge": "each"}).says(quiet) == TAKEN


@pytest.mark.parametrize("function", ["8", "9", "\x08", "\x09", "6", "7"])
@pytest.mark.parametrize("options", [{}, {"acknowledge": "each"}])
def test_an_answer_is_never_answered(function: str, options: Options) -> None:
    assert Station("galaxy", options=options).says(block(function)) == b""


def test_what_comes_on_the_reverse_channel_is_noise() -> None:
    raw = write_block(Block("N", b"BA1", wants_acknowledgement=True, reverse=True))
    events: list[Event] = Station("galaxy").hears(raw + EVENT)
    assert not any(event == Frame(raw) for event in events)


def test_our_answers_may_be_written_without_the_bit_that_asks() -> None:
    station = Station("galaxy", options={"form": "00"})
    assert station.says(EVENT) == bytes.fromhex("0038C7")
    assert station.says(EVENT[:-1] + b"\x00") == bytes.fromhex("0039C6")


def test_an_encrypted_panel_is_named_gets_no_answer_and_is_hung_up() -> None:
    station = Station("galaxy")
    (event,) = station.hears(b"\x05\x01\x00\x20anything")
    assert event == Garbled(b"\x05\x01", Fault.UNDECRYPTABLE)
    assert station.answers(event) == b""
    assert Fault.UNDECRYPTABLE in station.spec.hang_up_on


def test_a_block_of_a_passcode_is_taken_like_any() -> None:
    assert Station("galaxy").says(block("?", b"4711")) == TAKEN
