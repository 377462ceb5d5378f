"""Holds as plain things."""

from datetime import UTC, datetime, timedelta

import pytest

from stationd.errors import MistakeError
from stationd.holds.model import Hold, HoldKind, Reach, Scope

DAY = datetime(2026, 3, 1, tzinfo=UTC)
LATER = DAY + timedelta(days=1)


def hold(reach=None, **more):
    given = {"id": "h", "kind": HoldKind.RECORDS, "reach": reach or Reach(of="1"), "case_id": None}
    return Hold(**given, ground="claim", author="carla", set_at=DAY, **more)


def test_a_hold_is_in_force_until_it_is_lifted():
    assert hold().in_force
    assert not hold(lifted_at=DAY, lifted_by="maria").in_force


def test_only_a_hold_on_an_account_has_one():
    assert hold().acct == "1"
    assert hold(Reach(scope=Scope.SITE, of="s1")).acct is None


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"scope": Scope.SITE},
        {"scope": Scope.STATION, "of": "x", "since": DAY, "until": LATER},
        {"scope": Scope.STATION},
        {"scope": Scope.STATION, "since": DAY},
        {"scope": Scope.STATION, "until": DAY},
        {"of": "1", "since": DAY, "until": DAY},
    ],
)
def test_a_reach_names_one_thing_and_a_span_that_lasts(given):
    with pytest.raises(MistakeError):
        Reach(**given)


def test_a_reach_is_told_in_words():
    assert str(Reach(of="1")) == "account 1"
    span = Reach(scope=Scope.STATION, since=DAY, until=LATER)
    assert str(span) == ("the whole station from 2026-03-01 00:00 UTC until 2026-03-02 00:00 UTC")
