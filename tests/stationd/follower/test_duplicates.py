"""The same event by another path is linked, and nothing else is."""

import json
from datetime import timedelta
from typing import Any

import pytest

from receivers.signals import Signal, SignalClass
from stationd.clock import from_ns, iso
from stationd.desk import Desk
from stationd.follower.duplicates import Duplicates, Heard, earliest, latest, several_paths
from stationd.follower.model import ListenerFacts, Owner, Place, Retired, Scope, Taken
from stationd.follower.service import follow
from stationd.follower.store import count_listeners, record_retired
from stationd.journal.model import Entry, Kind
from stationd.ledger.store import read_records
from stationd.signals.service import history

AT = 1_772_463_600 * 10**9
SECOND = 10**9
SIGNAL = Signal(
    number="1234", token="", signal_class=SignalClass.ALARM, code="BA", zone="5", area="1"
)
FACTS = ListenerFacts(receiver="dc09", group="main", mode="primary", options={})


def taken(listener: str = "ip", at: int = AT, position: int = 2) -> Taken:
    entry = Entry(
        received_at=at,
        ticks=0,
        listener=listener,
        peer="",
        kind=Kind.FRAME,
        raw=b"",
        note=b"",
        salt=bytes(16),
        position=position,
        link=bytes(32),
    )
    return Taken(entry=entry, body=b"", rx=iso(from_ns(at)), listener=FACTS, meaning=None)


def heard(**more: Any) -> Heard:
    whole: dict[str, Any] = {
        "acct": "4821",
        "signal_class": "alarm",
        "code": "BA",
        "zone": "5",
        "user": "",
        "area": "1",
        "listener": "cellular",
        "number": "1234",
        "rx": iso(from_ns(AT - 5 * SECOND)),
        "journal": "j",
        "position": 1,
        "part": 1,
        **more,
    }
    return Heard(**whole)


@pytest.mark.parametrize(
    ("before", "linked"),
    [
        ({}, True),
        ({"number": "9", "listener": "ip"}, True),
        ({"listener": "ip"}, False),
        ({"zone": "6"}, False),
        ({"code": "FA"}, False),
        ({"area": "2"}, False),
        ({"user": "1"}, False),
        ({"signal_class": "restore"}, False),
        ({"acct": "9"}, False),
        ({"rx": iso(from_ns(AT - 60 * SECOND))}, True),
        ({"rx": iso(from_ns(AT - 61 * SECOND))}, False),
        ({"rx": iso(from_ns(AT + SECOND))}, False),
        ({"rx": iso(from_ns(AT + SECOND)), "journal": "k"}, True),
        ({"listener": "ip", "journal": "k"}, True),
        ({"rx": iso(from_ns(AT + 61 * SECOND)), "journal": "k"}, False),
        ({"rx": iso(from_ns(AT - 61 * SECOND)), "journal": "k"}, False),
    ],
    ids=[
        "other listener",
        "other number",
        "same path",
        "zone",
        "code",
        "area",
        "user",
        "class",
        "account",
        "a minute ago",
        "longer ago",
        "later",
        "a little later at another node",
        "a listener of the same name at another node",
        "much later at another node",
        "much earlier at another node",
    ],
)
def test_the_same_event_by_another_path_is_linked(before: dict[str, Any], linked: bool) -> None:
    seen = Duplicates({"4821", "9"}, [heard(**before)])
    found = seen.find("4821", SIGNAL, taken(), "j", 1)
    assert (found is not None) == linked


def test_the_first_is_named_of_several() -> None:
    seen = Duplicates({"4821"}, [heard(position=1), heard(position=2)])
    found = seen.find("4821", SIGNAL, taken(), "j", 1)
    assert found == heard(position=1)


def test_events_of_one_batch_are_compared_too() -> None:
    seen = Duplicates({"4821"}, ())
    assert seen.find("4821", SIGNAL, taken("ip", position=7), "j", 2) is None
    found = seen.find("4821", SIGNAL, taken("cellular", AT + SECOND, 8), "j", 1)
    assert found is not None
    assert (found.position, found.part) == (7, 2)


def test_an_account_with_one_path_costs_nothing() -> None:
    seen = Duplicates((), [heard()])
    assert seen.find("4821", SIGNAL, taken(), "j", 1) is None


def test_a_time_has_its_earliest_a_minute_before_and_its_latest_a_minute_after() -> None:
    assert earliest(AT) == iso(from_ns(AT) - timedelta(seconds=60))
    assert latest(AT) == iso(from_ns(AT) + timedelta(seconds=60))


def owner(acct: str, paths: int) -> Owner:
    return Owner(
        acct=acct,
        scope=Scope(),
        valid_from="",
        valid_to=None,
        service="active",
        record="open",
        paths=paths,
    )


def test_paths_are_transmitters_of_an_account_and_listeners_of_a_group() -> None:
    owners = {
        ("main", "1"): [owner("one", 1)],
        ("main", "2"): [owner("two", 2)],
        ("both", "1"): [owner("three", 1)],
    }
    assert several_paths(owners, {"main": 1, "both": 2}) == {"two", "three"}


@pytest.mark.parametrize("most", [1, 1000], ids=["in two batches", "in one"])
def test_both_stay_in_the_history_and_the_second_is_marked(
    desk: Desk, journal: Any, frames: Any, roll: Any, most: int
) -> None:
    roll.account("4821")
    roll.link("4821", "main", "1234")
    roll.link("4821", "main", "9999")
    journal.start()
    journal.frame(frames.dc09("1234", "NBA005"))
    journal.frame(frames.dc09("9999", "NBA005"))
    journal.frame(frames.dc09("9999", "NBA006"))
    while follow(desk, journal, node="n1", accounts=lambda _: lambda _: None, most=most):
        pass
    assert [row.marks for row in history(desk, "4821")] == ["", "duplicate_of", ""]


ONE_LISTENER = {"ip": {"receiver": "dc09", "group": "main", "mode": "primary", "options": {}}}


@pytest.mark.parametrize("first", [0, 1], ids=["the one that heard first", "the other"])
def test_one_event_at_two_nodes_is_linked_whichever_is_taken_over_first(
    desk: Desk, journal: Any, another_journal: Any, frames: Any, roll: Any, first: int
) -> None:
    roll.account("4821")
    roll.link("4821", "main", "1234")
    raw = frames.dc09("1234", "NBA005")
    for one in (journal, another_journal):
        one.start(ONE_LISTENER)
    nodes = [(journal, "n1"), (another_journal, "n2")]
    take(desk, nodes)
    for one in (journal, another_journal):
        one.frame(raw)
    take(desk, nodes[first:] + nodes[:first])
    rows = history(desk, "4821")
    assert [row.marks for row in rows] == ["", "duplicate_of"]
    with desk.database.reading() as connection:
        record = json.loads(read_records(connection, "4821", 1, 3, 1)[0])
    assert record["duplicate_of"]["journal"] == nodes[first][0].id
    assert record["marks"] == ["duplicate_of"]


def test_an_event_at_one_node_by_a_listener_of_another_group_is_linked_by_its_account(
    desk: Desk, journal: Any, another_journal: Any, frames: Any, roll: Any
) -> None:
    roll.account("4821")
    roll.link("4821", "main", "1234")
    roll.link("4821", "other", "77")
    journal.start(ONE_LISTENER)
    another_journal.start({"ip": {**ONE_LISTENER["ip"], "group": "other"}})
    journal.frame(frames.dc09("1234", "NBA005"))
    another_journal.frame(frames.dc09("77", "NBA005"))
    take(desk, [(journal, "n1"), (another_journal, "n2")])
    assert [row.marks for row in history(desk, "4821")] == ["", "duplicate_of"]


def test_a_journal_that_was_replaced_or_retired_is_no_second_path(
    desk: Desk, journal: Any, another_journal: Any, frames: Any, roll: Any
) -> None:
    for one in (journal, another_journal):
        one.start(ONE_LISTENER)
    take(desk, [(journal, "n1"), (another_journal, "n2")])
    here = Place(journal="c", node="n1", position=0, link=b"")
    own = {"ip": ListenerFacts(receiver="dc09", group="main", mode="primary", options={})}
    with desk.database.writing() as connection:
        assert count_listeners(connection, here, own) == {"main": 2}
        gone = Retired(
            journal=another_journal.id, node="n2", position=1, doc=bytes(32), by="anna", at="t"
        )
        record_retired(connection, gone)
        assert count_listeners(connection, here, own) == {"main": 1}


def take(desk: Desk, nodes: list[tuple[Any, str]]) -> None:
    for journal, node in nodes:
        while follow(desk, journal, node=node, accounts=lambda _: lambda _: None):
            pass
