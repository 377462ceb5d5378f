"""The same event by another path is linked, and nothing else is."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from receivers.signals import Signal, SignalClass
from stationd.clock import from_ns, iso
from stationd.desk import Desk
from stationd.follower.duplicates import Duplicates, Heard, earliest, several_paths
from stationd.follower.model import ListenerFacts, Owner, Scope, Taken
from stationd.follower.service import follow
from stationd.journal.model import Entry, Kind
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


def test_a_time_has_its_earliest_a_minute_before() -> None:
    assert earliest(AT) == iso(from_ns(AT) - timedelta(seconds=60))


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
    listeners = {
        "a": FACTS,
        "b": replace(FACTS, group="both"),
        "c": replace(FACTS, group="both"),
    }
    assert several_paths(owners, listeners) == {"two", "three"}


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
