"""What stands in a record, and what never does."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive import canonical
from receivers.signals import Decoded, Signal, SignalClass
from stationd.follower import fields as make
from stationd.follower.model import ListenerFacts, Taken, Tally
from stationd.journal.model import Entry, Kind

SIGNAL = Signal(
    number="1234",
    token="NBA005",
    signal_class=SignalClass.ALARM,
    code="BA",
    code_name="burglary alarm",
    zone="005",
    receiver="01",
    line="1",
)
FACTS = ListenerFacts(receiver="dc09", group="main", mode="primary", options={})


def entry(raw: bytes = b"frame 7788", kind: Kind = Kind.FRAME, note: bytes = b"") -> Entry:
    return Entry(
        received_at=1_772_463_600_000_000_000,
        ticks=1,
        listener="ip",
        peer="192.0.2.7:4000",
        kind=kind,
        raw=raw,
        note=note,
        salt=bytes(16),
        position=9,
        link=b"\x11" * 32,
    )


def taken(one: Entry, facts: ListenerFacts | None = FACTS) -> Taken:
    return Taken(
        entry=one, body=b"", rx="2026-03-02T15:00:00.000000Z", listener=facts, meaning=None
    )


def test_every_record_leads_back_to_its_entry() -> None:
    assert make.entry_fields(taken(entry()), "j") == {
        "entry": {"journal": "j", "link": "11" * 32, "position": 9},
        "group": "main",
        "listener": "ip",
        "proto": "dc09",
        "rx": "2026-03-02T15:00:00.000000Z",
    }


def test_an_entry_of_the_node_has_no_listener() -> None:
    found = make.entry_fields(taken(replace(entry(), listener=""), None), "j")
    assert sorted(found) == ["entry", "rx"]


def test_a_signal_has_its_decoded_fields_and_none_that_are_empty() -> None:
    assert make.signal_fields(SIGNAL, "codes-1") == {
        "class": "alarm",
        "code": "BA",
        "name": "burglary alarm",
        "number": "1234",
        "rcv": "01/1",
        "table": "codes-1",
        "zone": "005",
    }


def test_new_and_extra_are_there_when_the_protocol_tells_them() -> None:
    found = make.signal_fields(replace(SIGNAL, new=False, extra={"X": "010E57"}), "")
    assert (found["new"], found["extra"]) == (False, {"X": "010E57"})
    assert "table" not in found


def test_a_plain_frame_is_whole_in_hex() -> None:
    assert make.whole_fields(entry(b"\x01ab"), Decoded(signals=(SIGNAL,))) == {"frame": "016162"}


def test_a_passcode_is_stars_and_is_named() -> None:
    decoded = Decoded(signals=(SIGNAL,), masked=((6, 10, "code"),))
    found = make.whole_fields(entry(), decoded)
    assert bytes.fromhex(str(found["frame"])) == b"frame ****"
    assert found["masked"] == [(6, 10, "code")]


def test_of_an_encrypted_frame_the_clear_form_is_masked_and_the_cipher_is_as_sent() -> None:
    decoded = Decoded(signals=(SIGNAL,), plain=b"code 7788", masked=((5, 9, "code"),))
    found = make.whole_fields(entry(b"cipher"), decoded)
    assert bytes.fromhex(str(found["frame"])) == b"cipher"
    assert bytes.fromhex(str(found["plain"])) == b"code ****"


@given(st.binary(max_size=20), st.lists(st.tuples(st.integers(0, 25), st.integers(0, 25))))
def test_masking_keeps_the_length_and_touches_nothing_else(
    data: bytes, cuts: list[tuple[int, int]]
) -> None:
    spans = [(min(cut), max(cut), "code") for cut in cuts]
    inside = {at for start, end, _ in spans for at in range(start, end)}
    expected = bytes(ord("*") if at in inside else byte for at, byte in enumerate(data))
    assert make.masked_bytes(data, spans) == expected


def test_a_part_of_a_frame_has_its_own_token_and_the_frames_hash() -> None:
    found = make.part_fields(entry(), Decoded(signals=(SIGNAL,)), SIGNAL)
    assert found == {"frame_hash": make.frame_hash(entry()), "token": "NBA005"}


def test_a_part_of_a_masked_frame_shows_no_token() -> None:
    decoded = Decoded(signals=(SIGNAL,), masked=((6, 10, "code"),))
    assert sorted(make.part_fields(entry(), decoded, SIGNAL)) == ["frame_hash"]


def test_a_frames_hash_cannot_be_guessed_without_the_entrys_salt() -> None:
    assert make.frame_hash(entry()) != make.frame_hash(replace(entry(), salt=b"\x01" * 16))


def test_of_a_frame_that_was_not_read_a_record_has_the_hash_and_not_the_bytes() -> None:
    note = b'{"count":3,"fault":"checksum"}'
    one = taken(entry(b"secret", Kind.GARBLED, note))
    assert make.park_fields(one, "checksum") == {
        "bytes": 6,
        "count": 3,
        "fault": "checksum",
        "frame_hash": make.frame_hash(one.entry),
        "kind": "garbled",
        "reason": "checksum",
    }


def test_an_event_of_a_line_says_what_its_note_says() -> None:
    one = taken(entry(b"", Kind.LINK_DOWN, b'{"cause":"hung up","scope":"listener"}'))
    assert make.line_fields(one) == {"cause": "hung up", "kind": "link_down", "scope": "listener"}


def test_an_event_with_bytes_has_their_hash() -> None:
    one = taken(entry(b"\x06", Kind.ANSWER))
    assert make.line_fields(one) == {
        "bytes": 1,
        "frame_hash": make.frame_hash(one.entry),
        "kind": "answer",
    }


@pytest.mark.parametrize("name", ["seq", "entry", "kind", "acct"])
def test_a_note_takes_no_other_fields_name(name: str) -> None:
    one = taken(entry(b"", Kind.CLOCK, f'{{"{name}":1}}'.encode()))
    assert make.line_fields(one) == {"kind": "clock", "note": {name: 1}}


def test_heartbeats_of_an_hour_are_one_record() -> None:
    tally = Tally(
        listener="com1",
        hour=1,
        count=120,
        first_ns=3600 * 10**9,
        last_ns=3700 * 10**9,
        first_position=4,
        last_position=130,
    )
    assert make.heartbeat_fields(tally, "j") == {
        "count": 120,
        "entries": {"first": 4, "journal": "j", "last": 130},
        "first": "1970-01-01T01:00:00.000000Z",
        "kind": "heartbeats",
        "last": "1970-01-01T01:01:40.000000Z",
        "listener": "com1",
    }


_JSON: Any = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=True)
    | st.text(st.characters(codec=None), max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(st.characters(codec=None), max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(_JSON)
def test_whatever_a_protocol_carries_can_be_written(value: Any) -> None:
    # One entry that could not be written would hold up all behind it.
    strange = replace(SIGNAL, text=value if isinstance(value, str) else "", extra={"é": value})
    canonical.encode(make.signal_fields(strange, ""))


def test_a_signal_that_another_table_explains_names_that_table() -> None:
    assert make.signal_fields(SIGNAL, "codes-1")["table"] == "codes-1"
    own = replace(SIGNAL, table="own:south:0")
    assert make.signal_fields(own, "codes-1")["table"] == "own:south:0"


def test_the_receivers_own_time_is_kept_as_it_was_sent() -> None:
    timed = replace(SIGNAL, receiver_time="062794 0345")
    assert make.signal_fields(timed, "")["receiver_time"] == "062794 0345"
