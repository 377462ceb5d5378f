"""Entries are checked link by link, and frames read as far as they can be."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from receivers.own_codes import parse
from receivers.registry import RECEIVERS
from receivers.session import Account, ReceiverSpec
from receivers.sia import Block, write_block
from receivers.signals import Decoded, Signal, SignalClass, Undecoded
from stationd.errors import JournalBrokenError
from stationd.follower.meaning import listeners_of, note_of, taken
from stationd.follower.model import ListenerFacts, Place, Taken
from stationd.journal import chain
from stationd.journal.model import Kind

DC09 = ListenerFacts(receiver="dc09", group="main", mode="primary", options={})


def nobody(_group: str) -> Callable[[str], Account | None]:
    return lambda _number: None


def take(
    journal: Any,
    receivers: Mapping[str, ReceiverSpec] = RECEIVERS,
    listeners: dict[str, ListenerFacts] | None = None,
) -> list[Taken]:
    start = Place(
        journal=journal.id, node="n1", position=0, link=chain.first_link(journal.id.encode())
    )
    known = {"ip": DC09} if listeners is None else listeners
    return list(
        taken(journal.entries, start, listeners=known, receivers=receivers, accounts=nobody)
    )


class Saying:
    """A receiver whose frames all say one thing."""

    def __init__(self, *signals: Signal) -> None:
        self.signals = signals

    def decode(self, *_: object) -> Decoded:
        return Decoded(signals=self.signals)


def spec(decode: Callable[..., Decoded | Undecoded]) -> Mapping[str, ReceiverSpec]:
    return {"dc09": replace(RECEIVERS["dc09"], decode=decode)}


def signal(number: str) -> Signal:
    return Signal(number=number, token="", signal_class=SignalClass.ALARM)


def test_a_frame_is_decoded_by_its_listeners_receiver(journal: Any, frames: Any) -> None:
    journal.frame(frames.dc09("1234", "NBA005"))
    (one,) = take(journal)
    assert isinstance(one.meaning, Decoded)
    assert one.meaning.signals[0].number == "1234"
    assert one.listener == DC09


def test_what_is_no_frame_has_no_meaning(journal: Any) -> None:
    journal.write(Kind.HEARTBEAT, b"x", "ip")
    (one,) = take(journal)
    assert one.meaning is None


def test_a_start_says_what_the_listeners_are(journal: Any, frames: Any) -> None:
    journal.start({"new": {"receiver": "dc09", "group": "west", "mode": "tap", "options": {}}})
    journal.frame(frames.dc09("1234", "NBA005"), "new")
    journal.frame(frames.dc09("1234", "NBA005"), "ip")
    _, new, old = take(journal)
    assert new.listener is not None
    assert (new.listener.group, new.listener.mode) == ("west", "tap")
    assert old.meaning == Undecoded("listener_unknown")


@pytest.mark.parametrize(
    ("listeners", "reason"),
    [({}, "listener_unknown"), ({"ip": replace(DC09, receiver="gone")}, "receiver_unknown")],
)
def test_a_frame_that_nobody_can_read_is_kept_undecoded(
    journal: Any, frames: Any, listeners: dict[str, ListenerFacts], reason: str
) -> None:
    journal.frame(frames.dc09("1234", "NBA005"))
    (one,) = take(journal, listeners=listeners)
    assert one.meaning == Undecoded(reason)


def test_a_fault_of_a_decoder_holds_up_no_signal_behind_it(journal: Any) -> None:
    def decode(raw: bytes, *_: object) -> Decoded:
        if raw == b"poison":
            raise IndexError
        return Decoded(signals=(signal("1"),))

    journal.frame(b"poison")
    journal.frame(b"fine")
    bad, good = take(journal, spec(decode))
    assert bad.meaning == Undecoded("decoder_fault:IndexError")
    assert isinstance(good.meaning, Decoded)


@pytest.mark.parametrize(
    ("signals", "reason"),
    [
        ((), "no_event"),
        ((signal("x" * 41),), "number_unreadable"),
        ((signal("1"), signal("a\0b")), "number_unreadable"),
        ((signal("\ud800"),), "number_unreadable"),
    ],
    ids=["none", "long", "nul", "surrogate"],
)
def test_what_no_chain_could_be_named_after_is_undecoded(
    journal: Any, signals: tuple[Signal, ...], reason: str
) -> None:
    journal.frame(b"frame")
    (one,) = take(journal, spec(Saying(*signals).decode))
    assert one.meaning == Undecoded(reason)


def test_a_frame_that_says_nothing_alone_is_read_with_what_came_before(journal: Any) -> None:
    account = write_block(Block("#", b"012345"))
    journal.frame(write_block(Block("N", b"BA1")), note={"context": account.hex()})
    galaxy = replace(DC09, receiver="galaxy")
    (one,) = take(journal, listeners={"ip": galaxy})
    assert isinstance(one.meaning, Decoded)
    assert [(s.number, s.code) for s in one.meaning.signals] == [("012345", "BA")]


def test_a_number_may_be_missing(journal: Any) -> None:
    journal.frame(b"frame")
    (one,) = take(journal, spec(Saying(signal("")).decode))
    assert isinstance(one.meaning, Decoded)


def test_an_entry_that_was_changed_is_refused_by_name(journal: Any) -> None:
    journal.frame(b"one")
    entry = journal.frame(b"two")
    journal.entries[1] = replace(entry, raw=b"owt")
    with pytest.raises(JournalBrokenError, match=f"n1: entry 2 of journal {'a' * 32} does not"):
        take(journal)


def test_an_entry_that_is_missing_is_refused_by_name(journal: Any) -> None:
    journal.frame(b"one")
    journal.frame(b"two")
    journal.frame(b"three")
    del journal.entries[1]
    with pytest.raises(JournalBrokenError, match=r"entry 2 .* is missing"):
        take(journal)


def test_entries_of_another_journal_are_refused(journal: Any, another_journal: Any) -> None:
    another_journal.frame(b"one")
    journal.entries = another_journal.entries
    with pytest.raises(JournalBrokenError, match="does not continue"):
        take(journal)


@pytest.mark.parametrize("note", [b"", b"{", b"[1]", b"\xff"], ids=repr)
def test_a_note_that_is_no_object_says_nothing(journal: Any, note: bytes) -> None:
    entry = journal.write(Kind.CLOCK)
    assert note_of(replace(entry, note=note)) == {}


@pytest.mark.parametrize(
    "named",
    [None, [], {"ip": 1}, {"ip": {"group": "main"}}],
    ids=["none", "list", "number", "no receiver"],
)
def test_what_a_start_does_not_say_is_left_out(journal: Any, named: Any) -> None:
    assert listeners_of(journal.start(named)) == {}


def test_options_that_are_none_are_empty(journal: Any) -> None:
    started = journal.start({"ip": {"receiver": "dc09", "options": 3}})
    assert listeners_of(started)["ip"] == ListenerFacts(
        receiver="dc09", group="", mode="", options={}
    )


def test_a_stations_own_codes_are_read_in_the_groups_they_are_for(
    journal: Any, frames: Any
) -> None:
    text = 'name = "s"\n[[codes]]\nformat = "sia"\ncode = "BA"\nclass = "test"\nname = "t"\n'
    journal.frame(frames.dc09("1234", "NBA005"))
    start = Place(
        journal=journal.id, node="n1", position=0, link=chain.first_link(journal.id.encode())
    )
    read = {
        groups: next(
            taken(
                journal.entries,
                start,
                listeners={"ip": DC09},
                receivers=RECEIVERS,
                accounts=nobody,
                own=parse(f"{text}groups = [{groups}]\n"),
            )
        ).meaning
        for groups in ('"main"', '"other"')
    }
    classes = [one.signals[0].signal_class for one in read.values() if isinstance(one, Decoded)]
    assert classes == [SignalClass.TEST, SignalClass.ALARM]
