"""Whose signal it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from receivers.signals import Signal, SignalClass
from stationd.follower.assign import assigned, in_force, scope_of
from stationd.follower.model import Owner, Scope

JUNE, JULY, AUGUST = "2026-06-01", "2026-07-01", "2026-08-01"


def owner(
    acct: str, scope: Scope | None = None, since: str = JUNE, until: str | None = None
) -> Owner:
    return Owner(
        acct=acct,
        scope=scope or Scope(),
        valid_from=since,
        valid_to=until,
        service="active",
        record="open",
    )


def signal(area: str = "1", zone: str = "5", kind: SignalClass = SignalClass.ALARM) -> Signal:
    return Signal(number="1", token="", signal_class=kind, area=area, zone=zone)


@pytest.mark.parametrize(
    ("at", "accts"),
    [
        ("2026-05-31", []),
        (JUNE, ["old"]),
        ("2026-06-30", ["old"]),
        (JULY, ["new"]),
        (AUGUST, ["new"]),
    ],
)
def test_a_number_that_was_given_on_belongs_to_whom_had_it_then(at: str, accts: list[str]) -> None:
    owners = [owner("old", until=JULY), owner("new", since=JULY)]
    assert [one.acct for one in in_force(owners, at)] == accts


@pytest.mark.parametrize(
    ("scope", "said", "takes"),
    [
        ({}, signal(), True),
        ({"areas": ["1"]}, signal(area="01"), True),
        ({"areas": ["2"]}, signal(area="01"), False),
        ({"zones": ["005", "6"]}, signal(zone="5"), True),
        ({"zones": ["0"]}, signal(zone="000"), True),
        ({"zones": ["0"]}, signal(zone=""), False),
        ({"classes": ["alarm"]}, signal(), True),
        ({"classes": ["test"]}, signal(), False),
        ({"areas": ["1"], "classes": ["test"]}, signal(), False),
        ({"areas": ["1"], "classes": ["test"]}, signal(kind=SignalClass.TEST), True),
    ],
)
def test_a_scope_takes_what_meets_all_its_conditions(
    scope: dict[str, list[str]], said: Signal, takes: bool
) -> None:
    (taker,), resolved = assigned(said, [owner("a", scope_of(scope))])
    assert (taker.acct, resolved) == ("a", takes)


def test_scopes_part_the_signals_of_a_shared_transmitter() -> None:
    owners = [
        owner("burglary", scope_of({"areas": ["1"]})),
        owner("fire", scope_of({"areas": ["2"]})),
    ]
    takers, resolved = assigned(signal(area="2"), owners)
    assert ([one.acct for one in takers], resolved) == (["fire"], True)


def test_what_no_scope_takes_goes_to_everyone_unresolved() -> None:
    owners = [
        owner("burglary", scope_of({"areas": ["1"]})),
        owner("fire", scope_of({"areas": ["2"]})),
    ]
    takers, resolved = assigned(signal(area="3"), owners)
    assert ([one.acct for one in takers], resolved) == (["burglary", "fire"], False)


@pytest.mark.parametrize("scope", [{"areas": "1"}, {"areas": None}, {"other": ["1"]}], ids=repr)
def test_what_a_scope_does_not_say_as_a_list_sets_no_condition(scope: dict[str, object]) -> None:
    assert scope_of(scope) == Scope()


_NUMBERS = st.sampled_from(["", "0", "1", "01", "2", "003"])


@given(
    _NUMBERS,
    _NUMBERS,
    st.lists(st.tuples(st.lists(_NUMBERS, max_size=2), st.lists(_NUMBERS, max_size=2)), min_size=1),
)
def test_a_signal_always_goes_somewhere(
    area: str, zone: str, scopes: list[tuple[list[str], list[str]]]
) -> None:
    owners = [
        owner(str(number), scope_of({"areas": areas, "zones": zones}))
        for number, (areas, zones) in enumerate(scopes)
    ]
    takers, resolved = assigned(signal(area, zone), owners)
    assert takers
    assert resolved or takers == owners
