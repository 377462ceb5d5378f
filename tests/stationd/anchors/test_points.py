"""Which anchors are shown of an account."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from stationd.anchors import points as module
from stationd.anchors.points import Sizes, choose, covered_at, read_chosen
from stationd.anchors.service import Anchorage, begin, work
from stationd.clock import SetClock
from stationd.desk import Desk
from stationd.errors import NotFoundError
from stationd.ledger.service import LedgerTree

START = datetime(2026, 1, 1, tzinfo=UTC)
DAYS = [(n, START + timedelta(days=n)) for n in range(100)]


def test_the_size_is_that_of_the_last_mark() -> None:
    sizes = Sizes([(3, 2), (7, 9)])
    assert [sizes.at(n) for n in (0, 2, 3, 6, 7, 99)] == [0, 0, 2, 2, 9, 9]


def test_first_last_and_the_last_of_each_month_are_shown() -> None:
    sizes = Sizes([(10, 1), (50, 8)])
    assert choose(DAYS, sizes, []) == [10, 30, 58, 89, 99]


def test_an_incident_is_shown_between_the_anchors_around_it() -> None:
    sizes = Sizes([(10, 1), (42, 5), (50, 8), (70, 20)])
    assert choose(DAYS, sizes, [6]) == [10, 30, 49, 50, 58, 89, 99]
    assert choose(DAYS, sizes, [1, 30]) == [10, 30, 58, 89, 99], "covered by the first; by none"


def test_of_many_incidents_the_latest_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_INCIDENTS", 1)
    sizes = Sizes([(n, n + 1) for n, _ in DAYS])
    assert choose(DAYS, sizes, [21, 61]) == [0, 30, 58, 59, 60, 89, 99]


def test_an_account_that_no_anchor_covers_has_no_point() -> None:
    assert choose(DAYS, Sizes([(200, 5)]), []) == []


def test_points_are_read_of_what_is_stamped(
    desk: Desk,
    clock: SetClock,
    tree: LedgerTree,
    anchorage: Anchorage,
    checkpoint: Callable[..., int],
) -> None:
    numbers = []
    for _ in range(3):
        clock.advance(timedelta(days=20))
        numbers.append(checkpoint())
        begin(desk, tree, anchorage.states)
        work(anchorage)
    checkpoint()
    with desk.database.reading() as connection:
        assert read_chosen(connection, desk.station, ("4821", 1), numbers[-1]) == numbers
        assert covered_at(connection, desk.station, ("4821", 1), numbers[1])[0] == 3
        with pytest.raises(NotFoundError, match="covers nothing of 9999"):
            covered_at(connection, desk.station, ("9999", 1), numbers[1])
