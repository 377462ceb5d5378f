"""Kept entries are read again with what their listener was, or is."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from receivers.registry import RECEIVERS
from receivers.sia import Block, write_block
from stationd.follower.model import ListenerFacts
from stationd.journal.model import Entry, Kind
from stationd.redecoding.model import Tools
from stationd.redecoding.reading import Read, Timeline, read_anew
from tests.stationd.redecoding.conftest import nobody

pytestmark = pytest.mark.both_databases

DC09 = ListenerFacts(receiver="dc09", group="main", mode="primary", options={})
TOOLS = Tools(receivers=RECEIVERS, accounts=nobody, table="t", software="s")


def entry(raw: bytes, kind: Kind = Kind.FRAME, note: Any = None, listener: str = "ip") -> Entry:
    return Entry(
        received_at=1_772_463_600 * 10**9,
        ticks=0,
        listener=listener,
        peer="",
        kind=kind,
        raw=raw,
        note=b"" if note is None else json.dumps(note).encode(),
        salt=bytes(16),
        position=7,
        link=bytes(32),
    )


def started(position: int, **listeners: str) -> Entry:
    facts = {name: {"receiver": receiver} for name, receiver in listeners.items()}
    note = {"listeners": facts}
    return replace(entry(b"", Kind.STARTED, note, listener=""), position=position)


def read(one: Entry, then: ListenerFacts | None = DC09, tools: Tools = TOOLS) -> Read:
    found = read_anew("j", one, then, tools)
    assert found is not None
    return found


def test_a_listener_is_what_it_was_when_the_daemon_last_started() -> None:
    line = Timeline([started(1, ip="dc09"), started(5, ip="raw", com1="surgard")])
    found = [line.at(position, "ip") for position in (1, 4, 5, 99)]
    assert [one and one.receiver for one in found] == ["dc09", "dc09", "raw", "raw"]
    assert line.at(0, "ip") is None
    assert line.at(4, "com1") is None


def test_starts_that_say_the_same_take_no_room() -> None:
    line = Timeline([started(position, ip="dc09") for position in range(1, 100)])
    assert len(line._positions) == 1


@pytest.mark.parametrize(
    "one",
    [
        entry(b"x", Kind.HEARTBEAT),
        entry(b"x", Kind.ANSWER),
        entry(b"", Kind.GARBLED, {"count": 7}),
        entry(b"x", note={"fault": "stale"}),
        entry(b"x", note={"fault": "not_encrypted"}),
    ],
    ids=lambda one: f"{one.kind} {one.note.decode()}",
)
def test_what_could_not_say_anything_is_passed_over(one: Entry) -> None:
    assert read_anew("j", one, DC09, TOOLS) is None


def test_a_frame_says_what_it_says_or_why_not(frames: Any) -> None:
    good = read(entry(frames.dc09("1234", "NBA5")))
    assert [len(piece.decoded.signals) for piece in good.pieces] == [1]
    assert (good.acknowledged, good.options) == (True, None)
    bad = read(entry(b"rubbish"))
    assert (bad.pieces, bad.why) == ((), "no DC-09 frame with a good CRC and length")


def test_a_frame_without_a_listener_says_nothing(frames: Any) -> None:
    assert read(entry(frames.dc09("1", "NBA5")), None).why == "listener_unknown"
    assert read(entry(b"x", Kind.GARBLED), None).why == "no whole frame stands in it"


def test_a_fault_that_a_key_may_lift_is_taken_off(frames: Any) -> None:
    one = read(entry(frames.dc09("1", "NBA5"), note={"fault": "undecryptable", "repeat": True}))
    assert not one.acknowledged
    (piece,) = one.pieces
    assert piece.taken.entry.note == b'{"repeat": true}'
    bare = read(entry(frames.dc09("1", "NBA5"), note={"fault": "undecryptable"}))
    assert bare.pieces[0].taken.entry.note == b""


def test_options_of_now_are_named_where_they_are_other_ones(frames: Any) -> None:
    now = ListenerFacts(receiver="dc09", group="elsewhere", mode="tap", options={"a": "b"})
    one = read(entry(frames.dc09("1", "NBA5")), tools=replace(TOOLS, now={"ip": now}))
    assert one.options == {"a": "b"}
    facts = one.pieces[0].taken.listener
    # The group says whose a number is, and stays what it was.
    assert facts == replace(now, group="main", mode="primary")


def test_options_of_now_read_what_came_before_the_listener_was_known(frames: Any) -> None:
    one = read(entry(frames.dc09("1", "NBA5")), None, replace(TOOLS, now={"ip": DC09}))
    assert len(one.pieces) == 1
    assert one.options is None


def test_blocks_in_garbled_bytes_keep_whose_they_are() -> None:
    galaxy = replace(DC09, receiver="galaxy")
    raw = write_block(Block("#", b"1234")) + write_block(Block("N", b"BA7"))
    one = read(entry(raw, Kind.GARBLED), galaxy)
    numbers = [signal.number for piece in one.pieces for signal in piece.decoded.signals]
    assert numbers == ["1234", "1234"]


def test_a_session_that_fails_leaves_bytes_garbled() -> None:
    def opened(_: object) -> Any:
        raise RuntimeError

    spec = replace(RECEIVERS["dc09"], open=opened)
    tools = replace(TOOLS, receivers={"dc09": spec})
    assert read(entry(b"x", Kind.GARBLED), tools=tools).pieces == ()


@given(st.binary(max_size=200), st.sampled_from(sorted(RECEIVERS)))
def test_any_bytes_at_all_can_be_read_anew(raw: bytes, receiver: str) -> None:
    facts = replace(DC09, receiver=receiver)
    for kind in (Kind.FRAME, Kind.GARBLED):
        read_anew("j", entry(raw, kind), facts, TOOLS)
