"""What entries become: whose chain, which marks, what is parked."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from receivers.signals import Decoded, Signal, SignalClass, Undecoded
from stationd.follower.batch import Batch, numbers_of, polled_number
from stationd.follower.duplicates import Duplicates
from stationd.follower.model import ListenerFacts, Owner, Scope, Taken
from stationd.follower.watch import Watch
from stationd.ids import CountedIds
from stationd.journal.model import Entry, Kind
from stationd.ledger.model import RecordDraft

FACTS = ListenerFacts(receiver="dc09", group="main", mode="primary", options={})
RX = "2026-03-02T15:00:00.000000Z"
HOUR = 3600 * 10**9


def entry(kind: Kind = Kind.FRAME, note: bytes = b"", position: int = 1) -> Entry:
    return Entry(
        received_at=HOUR * position,
        ticks=1,
        listener="ip",
        peer="192.0.2.7:4000",
        kind=kind,
        raw=b"raw" if kind is not Kind.LINK_UP else b"",
        note=note,
        salt=bytes(16),
        position=position,
        link=bytes(32),
    )


def signal(number: str = "1234", **more: Any) -> Signal:
    return Signal(number=number, token="t", **{"signal_class": SignalClass.ALARM, **more})


def owner(acct: str, **more: Any) -> Owner:
    whole: dict[str, Any] = {
        "scope": Scope(),
        "valid_from": "2026-01-01",
        "valid_to": None,
        "service": "active",
        "record": "open",
        **more,
    }
    return Owner(acct=acct, **whole)


def frame(*signals: Signal, note: bytes = b"") -> Taken:
    return Taken(
        entry=entry(note=note),
        body=b"",
        rx=RX,
        listener=FACTS,
        meaning=Decoded(signals=signals, table="codes-1"),
    )


def batch(owners: Mapping[str, list[Owner]] | None = None) -> Batch:
    watch = Watch("n1", lines=(), tallies=(), gaps=(), last=None, ids=CountedIds())
    known = {("main", number): found for number, found in (owners or {}).items()}
    return Batch(
        journal="j" * 32,
        node="n1",
        watch=watch,
        owners=known,
        duplicates=Duplicates({"twice"}, ()),
    )


def became(taken: Taken, owners: Mapping[str, list[Owner]] | None = None) -> Batch:
    made = batch(owners)
    made.take(taken)
    return made


def one(made: Batch) -> RecordDraft:
    (draft,) = made.drafts
    return draft


def test_a_signal_goes_to_the_account_of_its_number() -> None:
    made = became(frame(signal()), {"1234": [owner("4821")]})
    draft = one(made)
    assert (draft.acct, draft.type, draft.origin) == ("4821", "signal", "machine")
    assert (draft.journal, draft.position, draft.part) == ("j" * 32, 1, (1, 1))
    assert draft.fields["frame"] == b"raw".hex()
    assert (made.marks, made.parked) == ([()], [])


def test_a_frame_with_three_events_gives_three_records() -> None:
    made = became(frame(signal(), signal(), signal()), {"1234": [owner("4821")]})
    assert [draft.part for draft in made.drafts] == [(1, 3), (2, 3), (3, 3)]


def test_a_number_that_nobody_has_gets_a_chain_of_its_own_and_is_parked() -> None:
    made = became(frame(signal("7"), signal("7")))
    assert {draft.acct for draft in made.drafts} == {"unknown:main:7"}
    assert [(row.part, row.reason, row.number) for row in made.parked] == [
        (1, "unknown_number", "7"),
        (2, "unknown_number", "7"),
    ]
    assert made.parked[0].peer == "192.0.2.7:4000"


def test_a_number_whose_account_came_later_is_nobodys_yet() -> None:
    made = became(frame(signal()), {"1234": [owner("4821", valid_from="2027-01-01")]})
    assert one(made).acct == "unknown:main:1234"


def test_of_a_frame_that_names_two_accounts_each_gets_its_part_only() -> None:
    made = became(frame(signal("1"), signal("2")), {"1": [owner("a")], "2": [owner("b")]})
    assert [draft.acct for draft in made.drafts] == ["a", "b"]
    assert not any("frame" in draft.fields for draft in made.drafts)
    assert all({"frame_hash", "token"} <= draft.fields.keys() for draft in made.drafts)


def test_a_shared_frame_is_whole_for_the_account_that_all_of_it_is_about() -> None:
    fire = owner("fire", scope=Scope(areas=frozenset({"2"})))
    both = {"1234": [fire, owner("whole")]}
    made = became(frame(signal(area="1"), signal(area="2")), both)
    shown = {(draft.acct, draft.part): "frame" in draft.fields for draft in made.drafts}
    assert shown == {("whole", (1, 2)): True, ("whole", (2, 2)): True, ("fire", (2, 2)): False}


def test_what_no_scope_takes_goes_to_all_marked_unresolved() -> None:
    shared = [owner(acct, scope=Scope(areas=frozenset({acct}))) for acct in ("1", "2")]
    made = became(frame(signal(area="9")), {"1234": shared})
    assert [draft.acct for draft in made.drafts] == ["1", "2"]
    assert [draft.fields["scope"] for draft in made.drafts] == ["unresolved", "unresolved"]
    assert made.marks == [("unresolved",), ("unresolved",)]


def test_two_links_of_one_account_take_an_event_once() -> None:
    made = became(frame(signal()), {"1234": [owner("4821"), owner("4821")]})
    assert one(made).acct == "4821"


@pytest.mark.parametrize(
    ("note", "state", "marks"),
    [
        (b'{"repeat":true}', {}, ("repeat",)),
        (b'{"poll":true}', {}, ("poll",)),
        (b'{"suspect":true}', {}, ("suspect",)),
        (b"", {"service": "suspended"}, ("log_only",)),
        (b"", {"service": "ended"}, ("post_end",)),
        (b"", {"service": "ended", "record": "closed"}, ("post_end", "post_close")),
        (b'{"repeat":true}', {"service": "ended"}, ("repeat", "post_end")),
    ],
)
def test_nothing_stops_a_record_and_marks_say_what_was_special(
    note: bytes, state: dict[str, str], marks: tuple[str, ...]
) -> None:
    made = became(frame(signal(), note=note), {"1234": [owner("4821", **state)]})
    assert made.marks == [marks]
    assert one(made).fields["marks"] == marks


def test_an_event_that_comes_by_another_path_names_the_first() -> None:
    made = batch({"1234": [owner("twice")], "5678": [owner("twice")]})
    made.take(frame(signal("1234")))
    made.take(frame(signal("5678")))
    first, second = made.drafts
    assert "duplicate_of" not in first.fields
    assert second.fields["duplicate_of"] == {"journal": "j" * 32, "part": 1, "position": 1}
    assert made.marks == [(), ("duplicate_of",)]


def test_the_receivers_own_events_go_to_its_line() -> None:
    made = became(frame(signal("", signal_class=SignalClass.SELF)))
    assert (one(made).acct, made.parked) == ("line:ip", [])


def test_a_frame_that_cannot_be_read_is_recorded_by_its_hash_and_parked() -> None:
    made = became(replace(frame(), meaning=Undecoded("no key opens it", "1234")))
    draft = one(made)
    assert (draft.acct, draft.type, draft.part) == ("line:ip", "line", None)
    assert draft.fields["reason"] == "no key opens it"
    assert "frame" not in draft.fields
    (row,) = made.parked
    assert (row.reason, row.detail, row.number, row.part) == (
        "undecoded",
        "no key opens it",
        "1234",
        0,
    )
    assert made.marks == [None]


@pytest.mark.parametrize(
    ("meaning", "number"),
    [(Decoded(signals=(signal(),)), "1234"), (Undecoded("", "9"), "9"), (None, "")],
    ids=["decoded", "undecoded", "no meaning"],
)
def test_a_frame_that_was_not_acknowledged_is_no_signal_of_the_account(
    meaning: Decoded | Undecoded | None, number: str
) -> None:
    made = became(
        replace(frame(note=b'{"fault":"stale"}'), meaning=meaning), {"1234": [owner("4821")]}
    )
    assert one(made).acct == "line:ip"
    (row,) = made.parked
    assert (row.reason, row.detail, row.number) == ("not_acknowledged", "stale", number)


def test_garbled_bytes_are_recorded_and_parked() -> None:
    note = b'{"fault":"checksum"}'
    made = became(replace(frame(), entry=entry(Kind.GARBLED, note), meaning=None))
    assert one(made).fields["kind"] == "garbled"
    assert (made.parked[0].reason, made.parked[0].detail) == ("garbled", "checksum")


def test_what_happens_to_a_line_is_in_its_chain_and_to_the_node_in_its() -> None:
    made = batch()
    made.take(replace(frame(), entry=entry(Kind.LINK_UP, b'{"scope":"listener"}'), meaning=None))
    started = replace(entry(Kind.STARTED, position=2), listener="", raw=b"")
    made.take(replace(frame(), entry=started, meaning=None, listener=None))
    assert [draft.acct for draft in made.drafts] == ["line:ip", "node:n1"]


def test_what_came_from_nowhere_is_parked_at_the_node() -> None:
    made = became(
        replace(frame(), entry=replace(entry(), listener=""), meaning=None, listener=None)
    )
    assert (made.drafts, made.parked) == ([], [])
    garbled = replace(entry(Kind.GARBLED), listener="")
    made = became(replace(frame(), entry=garbled, meaning=None, listener=None))
    assert one(made).acct == "node:n1"


def test_heartbeats_are_one_record_an_hour_and_stand_before_what_ends_it() -> None:
    made = batch()
    made.take(replace(frame(), entry=entry(Kind.HEARTBEAT), meaning=None))
    assert made.drafts == []
    made.take(replace(frame(), entry=entry(Kind.LINK_UP, position=2), meaning=None))
    assert [draft.fields["kind"] for draft in made.drafts] == ["heartbeats", "link_up"]
    assert made.drafts[0].journal is None


def test_numbers_are_asked_for_by_group() -> None:
    west = replace(FACTS, group="west")
    found = numbers_of(
        [
            frame(signal("1"), signal("2")),
            replace(frame(signal("1")), listener=west),
            replace(frame(signal("3")), listener=None),
            replace(frame(), meaning=Undecoded("", "4")),
        ]
    )
    assert found == {"main": {"1", "2"}, "west": {"1"}}


MISSED = b'{"cause":"missed","count":3,"first":null,"last":null,"longest_ms":9,"number":"1234"}'


def polls(note: bytes) -> Taken:
    return replace(frame(), entry=entry(Kind.POLLS, note), meaning=None)


def test_an_accounts_polls_stand_in_its_own_chain_and_in_each_that_shares_the_number() -> None:
    made = became(polls(MISSED), {"1234": [owner("A"), owner("B"), owner("A")]})
    assert [draft.acct for draft in made.drafts] == ["A", "B"]
    fields = made.drafts[0].fields
    assert (fields["kind"], fields["cause"], fields["count"]) == ("polls", "missed", 3)
    assert (fields["number"], fields["longest_ms"], fields["group"]) == ("1234", 9, "main")


def test_polls_of_a_number_nobody_has_stand_in_the_chain_of_that_number() -> None:
    made = became(polls(MISSED))
    assert [draft.acct for draft in made.drafts] == ["unknown:main:1234"]
    assert made.parked == []


def test_a_listeners_sum_of_polls_stands_in_its_own_chain() -> None:
    made = became(polls(b'{"due":2,"heard":2,"missing":0,"since":"x"}'))
    assert [draft.acct for draft in made.drafts] == ["line:ip"]


@pytest.mark.parametrize("note", [b"", b"[]", b'{"number":7}', b'{"number":"\\u0000"}'])
def test_polls_that_name_no_number_that_can_be_kept_stand_with_the_listener(note: bytes) -> None:
    made = became(polls(note))
    assert [draft.acct for draft in made.drafts] == ["line:ip"]


def test_the_number_whose_polls_were_counted_is_asked_for() -> None:
    taken = [polls(MISSED), frame(signal("5")), replace(polls(MISSED), listener=None)]
    assert numbers_of(taken) == {"main": {"1234", "5"}}
    assert polled_number(frame()) is None
