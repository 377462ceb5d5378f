"""What an entry read anew changes, rule by rule; the whole is in `test_service`."""

import json
from typing import Any

import pytest

from stationd.follower import fields as make
from stationd.follower.model import Owner, Scope
from stationd.redecoding.model import Known, ParkedPlace
from stationd.redecoding.plan import Plan, plan
from stationd.redecoding.reading import Read
from tests.stationd.redecoding.test_reading import entry, read

PARKED = ParkedPlace(part=0, reason="undecoded", detail="")


def owner(acct: str, scope: Scope | None = None) -> Owner:
    return Owner(
        acct=acct,
        scope=scope or Scope(),
        valid_from="",
        valid_to=None,
        service="active",
        record="open",
    )


def known_of(said: Read, acct: str = "4821", part: int = 1, **changed: Any) -> Known:
    """Return the record of an event as it was read, but for what is ``changed``."""
    piece = said.pieces[0]
    reading = make.signal_fields(piece.decoded.signals[part - 1], piece.decoded.table)
    record = json.loads(json.dumps({**reading, **changed, "entry": {"position": 7}}))
    return Known(acct=acct, epoch=1, seq=2, part=part, record=record, reading=record)


@pytest.fixture
def alarm(frames: Any) -> Read:
    return read(entry(frames.dc09("1234", "NBA005/FA006")))


OWNERS = {("main", "1234"): [owner("4821")]}


def changed(alarm: Read, *known: Known, parked: Any = (), owners: Any = OWNERS) -> Plan:
    return plan(alarm, known, parked, owners)


def test_the_same_reading_by_another_table_is_no_change(alarm: Read) -> None:
    both = [known_of(alarm, part=part, table="older") for part in (1, 2)]
    made = changed(alarm, *both)
    assert made.empty
    assert made.signals == 2


def test_what_was_not_there_was_nothing(alarm: Read) -> None:
    one = known_of(alarm, part=1)
    record = {key: value for key, value in one.record.items() if key != "zone"}
    bare = Known(acct="4821", epoch=1, seq=2, part=1, record=record, reading=record)
    (found,) = changed(alarm, bare, known_of(alarm, part=2)).corrections
    assert found.before == {"zone": None}
    assert found.reading["zone"] == "005"


def test_an_event_that_no_chain_had_is_added(alarm: Read) -> None:
    made = changed(alarm, known_of(alarm, part=1))
    (added,) = made.additions
    assert (added.draft.acct, added.draft.part) == ("4821", (2, 2))
    assert made.corrections == []


def test_a_frame_that_was_neither_read_nor_parked_stays_what_it_is(alarm: Read) -> None:
    assert changed(alarm).empty


def test_a_class_that_reads_differently_takes_a_shared_signal_to_whom_it_is_for(
    alarm: Read,
) -> None:
    fire = owner("fire", Scope(classes=frozenset({"alarm"})))
    rest = owner("rest", Scope(classes=frozenset({"test"})))
    owners = {("main", "1234"): [fire, rest]}
    first = known_of(alarm, "rest", **{"class": "test"})
    second = known_of(alarm, "fire", part=2)
    made = changed(alarm, first, second, owners=owners)
    assert [one.draft.acct for one in made.additions] == ["fire"]
    assert [one.known.acct for one in made.corrections] == ["rest"]


def test_a_chain_that_the_old_reading_goes_to_as_well_was_not_left_out_by_it(
    alarm: Read,
) -> None:
    owners = {("main", "1234"): [owner("other")]}
    both = [known_of(alarm, part=part) for part in (1, 2)]
    assert changed(alarm, *both, owners=owners).empty


def test_a_class_of_another_release_is_no_reason_to_fail(alarm: Read) -> None:
    both = [known_of(alarm, part=part, **{"class": "noise"}) for part in (1, 2)]
    assert len(changed(alarm, *both).corrections) == 2


def test_a_parked_frame_that_is_read_is_settled(alarm: Read) -> None:
    made = changed(alarm, parked=[PARKED])
    assert made.settled == [("j", 7, 0)]
    assert [one.draft.acct for one in made.additions] == ["4821", "4821"]


def test_one_of_nobody_is_parked_by_its_number(alarm: Read) -> None:
    made = changed(alarm, parked=[PARKED], owners={})
    assert [(one.part, one.number) for one in made.parked] == [(1, "1234"), (2, "1234")]
    assert {one.draft.acct for one in made.additions} == {"unknown:main:1234"}


def test_what_cannot_be_read_says_why_where_it_was_read_before(alarm: Read) -> None:
    known = known_of(alarm)
    lost = Read(journal="j", entry=alarm.entry, pieces=(), why="no key")
    assert plan(lost, [known], (), {}).why == "no key"
    assert plan(lost, [], [PARKED], {}).why == ""
